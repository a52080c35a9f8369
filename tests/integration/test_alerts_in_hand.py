"""What somebody has said to have in hand stays with them, and rings nobody else's telephone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.alerting import (
    COLLEAGUE,
    DAY,
    SOLO,
    SUPERVISOR,
    all_notices,
    go_on,
    go_to,
    item,
    paged,
    referral,
    solo,
    store_officers,
    take_in_hand,
)
from tests.support.app import NOW, event
from tests.support.texting import HOUR, bring_in, report, safe_contact

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

MINUTE = timedelta(minutes=1)
FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)


async def arrest_in_hand(engine: AsyncEngine) -> None:
    """P-1 has an arrest in hand that is due at midnight of Friday; it is 18:00, and they are gone."""
    await store_officers(engine)
    await bring_in(engine, report(), safe_contact(), solo(), referral(), event("arrest", time=NOW - HOUR))
    await go_to(engine, FRIDAY - 12 * HOUR)
    await go_to(engine, FRIDAY + timedelta(hours=9, minutes=6))
    assert await take_in_hand(engine, "KP-1", "P-1") == 1
    await go_to(engine, FRIDAY + 18 * HOUR)


async def test_a_roster_imported_in_the_evening_takes_no_card_from_who_has_it_in_hand(engine: AsyncEngine) -> None:
    await arrest_in_hand(engine)
    await store_officers(engine)
    for _ in range(3):
        await go_on(engine)
        await go_on(engine, 16 * MINUTE)
    found = await item(engine, "VC-R6-ARREST")
    assert (found.to_ref, found.acknowledged_by) == ("P-1", "P-1")
    assert await paged(engine) == []


async def test_a_new_safe_contact_in_the_evening_moves_only_by_when_to_act(engine: AsyncEngine) -> None:
    await arrest_in_hand(engine)
    before = await item(engine, "VC-R6-ARREST")
    hours = [{"from": "09:00", "to": "12:00"}]
    await bring_in(engine, safe_contact("s2", time=FRIDAY + timedelta(hours=17, minutes=59), hours=hours))
    await go_on(engine)
    found = await item(engine, "VC-R6-ARREST")
    assert (found.to_ref, found.acknowledged_at, found.shown_at) == ("P-1", before.acknowledged_at, before.shown_at)
    assert found.act_by != before.act_by
    assert await paged(engine) == []


async def test_what_is_in_hand_goes_to_somebody_else_when_its_holder_goes_on_leave(engine: AsyncEngine) -> None:
    await store_officers(engine)
    await bring_in(engine, report(), safe_contact(), solo(), referral(), event("arrest", time=NOW - HOUR))
    await go_to(engine, FRIDAY - 12 * HOUR)
    await go_to(engine, FRIDAY + timedelta(hours=9, minutes=6))
    await take_in_hand(engine, "KP-1", "P-1")
    away = ({**SOLO, "to": "2026-11-26"}, {**SOLO, "from": "2026-12-21"})
    await store_officers(engine, *away, SUPERVISOR, COLLEAGUE)
    await go_on(engine)
    found = await item(engine, "VC-R6-ARREST")
    assert (found.to_ref, found.acknowledged_at) == ("P-2", None)


async def test_a_second_look_at_what_was_in_hand_goes_on_to_nobody(engine: AsyncEngine) -> None:
    needs = event("needs", "policing.needs.assessed.v1", time=NOW - 2 * DAY, enhanced_rights=True)
    first = {
        **SOLO, "from": "2026-11-20T09:00:00Z", "to": "2026-11-20T17:00:00Z", "cover_ref": "", "supervisor_ref": "S-1"
    }  # fmt: skip
    later = {**first, "from": "2026-11-24T09:00:00Z", "to": "2026-11-24T17:00:00Z"}
    await store_officers(engine, first, later, SUPERVISOR)
    await bring_in(engine, report(), safe_contact(), solo(), needs, referral(), event("arrest", time=NOW - HOUR))
    await go_on(engine)
    assert (await item(engine, "VC-R6-ARREST")).interrupts
    await take_in_hand(engine, "KP-1", "P-1")
    monday = {**first, "from": "2026-11-23T09:00:00Z", "to": "2026-11-23T17:00:00Z"}
    saturday = {**first, "from": "2026-11-21T09:00:00Z", "to": "2026-11-21T17:00:00Z"}
    await store_officers(engine, first, saturday, monday, later)
    await go_on(engine)
    assert (await item(engine, "VC-R6-ARREST")).again_at is not None
    await go_to(engine, datetime(2026, 11, 23, 9, 6, tzinfo=UTC))
    assert [each.kind for each in await all_notices(engine)][-1] == "list"
    for _ in range(3):
        await go_on(engine, 16 * MINUTE)
    assert {kind for kind, _ in await paged(engine)} == {"interruption"}


async def test_a_list_does_not_come_on_a_day_that_has_become_leave(engine: AsyncEngine) -> None:
    until = {"to": "2027-02-26"}
    await store_officers(engine, {**SOLO, **until}, {**SUPERVISOR, **until}, {**COLLEAGUE, **until})
    await bring_in(engine, report(), safe_contact(), solo(), referral())
    await go_to(engine, datetime(2026, 12, 4, 12, tzinfo=UTC))
    await go_to(engine, datetime(2026, 12, 6, 12, tzinfo=UTC))
    assert (await item(engine, "KENT-UPDATE")).show_at == datetime(2026, 12, 7, 9, tzinfo=UTC)
    await store_officers(engine, {**SOLO, "to": "2026-12-06"}, {**SOLO, "from": "2026-12-09", **until})
    await go_on(engine)
    assert (await item(engine, "KENT-UPDATE")).show_at == datetime(2026, 12, 9, 9, tzinfo=UTC)
