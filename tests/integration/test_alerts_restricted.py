"""A card of a restricted case goes to somebody who may see the case, or to nobody by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.alerting import (
    COLLEAGUE,
    DAY,
    SOLO,
    SUPERVISOR,
    all_notices,
    cards_for,
    go_on,
    go_to,
    item,
    referral,
    solo,
    store_officers,
)
from tests.support.app import NOW, event
from tests.support.texting import HOUR, bring_in, report, safe_contact

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

MINUTE = timedelta(minutes=1)
FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)
ON_LEAVE = ({**SOLO, "to": "2026-11-20"}, {**SOLO, "from": "2026-12-14"})


def restricted(*allowed: str, time: datetime = NOW - 5 * DAY) -> dict[str, Any]:
    return event("restricted", "policing.case.restricted.v1", time=time, allowed=list(allowed), reason="known")


def escaped() -> dict[str, Any]:
    return event("esc", "probation.offender.escaped.v1", time=NOW - MINUTE, suspect_ref="S-1")


async def paged(engine: AsyncEngine) -> list[tuple[str, str]]:
    return [(each.kind, each.to_ref) for each in await all_notices(engine) if each.kind != "list"]


async def test_on_leave_a_card_does_not_go_to_a_cover_who_may_not_see_the_case(engine: AsyncEngine) -> None:
    await store_officers(engine, *ON_LEAVE, SUPERVISOR, COLLEAGUE)
    await bring_in(
        engine, report(), safe_contact(), solo(), referral(), restricted("P-1"), event("arrest", time=NOW - HOUR)
    )
    await go_to(engine, FRIDAY + timedelta(hours=9, minutes=6))
    assert (await item(engine, "VC-R6-ARREST")).to_ref == "P-1"
    assert {each.to_ref for each in await all_notices(engine)} <= {"P-1"}
    assert await cards_for(engine, "P-2", also_coming=True) == []


async def test_on_leave_a_card_goes_to_the_supervisor_if_that_is_who_may_see_the_case(engine: AsyncEngine) -> None:
    await store_officers(engine, *ON_LEAVE, SUPERVISOR, COLLEAGUE)
    allowed = restricted("P-1", "S-1")
    await bring_in(engine, report(), safe_contact(), solo(), referral(), allowed, event("arrest", time=NOW - HOUR))
    await go_to(engine, datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert (await item(engine, "VC-R6-ARREST")).to_ref == "S-1"


async def test_where_nobody_assigned_may_see_the_case_the_person_who_may_is_told(engine: AsyncEngine) -> None:
    await store_officers(engine)
    await bring_in(
        engine, report(), safe_contact(), solo(), referral(), restricted("P-2"), event("arrest", time=NOW - HOUR)
    )
    await go_to(engine, FRIDAY + timedelta(hours=9, minutes=6))
    found = await item(engine, "VC-R6-ARREST")
    assert (found.addressee, found.to_ref) == ("cover", "P-2")


async def test_what_was_planned_before_the_restriction_leaves_the_list_of_who_may_not_see_it(
    engine: AsyncEngine,
) -> None:
    await store_officers(engine, *ON_LEAVE, SUPERVISOR, COLLEAGUE)
    await bring_in(engine, report(), safe_contact(), solo(), referral(), event("arrest", time=NOW - HOUR))
    await go_to(engine, datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert (await item(engine, "VC-R6-ARREST")).to_ref == "P-2"
    await bring_in(engine, restricted("P-1", time=datetime(2026, 11, 26, 12, tzinfo=UTC)))
    await go_on(engine)
    assert (await item(engine, "VC-R6-ARREST")).to_ref == "P-1"
    assert await cards_for(engine, "P-2", also_coming=True) == []


async def test_an_interruption_of_a_restricted_case_goes_on_to_those_who_may_see_it(engine: AsyncEngine) -> None:
    await store_officers(engine)
    seized = event("phone", "policing.phone.seized.v1", time=NOW - 20 * HOUR, device_ref="D")
    await bring_in(engine, report(), safe_contact(), solo(), referral(), restricted("P-1", "P-2"), seized)
    await go_on(engine)
    await go_on(engine, 15 * MINUTE)
    await go_on(engine, 15 * MINUTE)
    assert await paged(engine) == [("interruption", "P-1"), ("escalation", "P-2"), ("last_resort", "control room")]


async def test_of_an_escape_a_second_person_who_may_see_the_case_is_paged_too(engine: AsyncEngine) -> None:
    await store_officers(engine)
    await bring_in(engine, report(), safe_contact(), solo(), restricted("P-1", "P-2"), escaped())
    await go_on(engine)
    assert set(await paged(engine)) == {("interruption", "P-1"), ("escalation", "P-2")}


async def test_where_nobody_else_may_see_it_the_control_room_is_next_and_told_once(engine: AsyncEngine) -> None:
    await store_officers(engine)
    await bring_in(engine, report(), safe_contact(), solo(), restricted("P-1"), escaped())
    await go_on(engine)
    await go_on(engine, 15 * MINUTE)
    await go_on(engine, HOUR)
    assert await paged(engine) == [("interruption", "P-1"), ("last_resort", "control room")]
