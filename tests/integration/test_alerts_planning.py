"""Items get their person, their moment to act by and the moment they are shown; and again when that changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from notifications import planning_round
from services.contacts.planning import Item, Plan
from services.contacts.planning import plan as real_plan
from services.storage.notify_rows import write_cards_and_requests
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
    take_in_hand,
)
from tests.support.app import NOW, assess_all, event, take_in
from tests.support.texting import HOUR, bring_in, real_rules, report, safe_contact, the_worklist

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

THURSDAY_NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)


async def one_arrest(engine: AsyncEngine, **hours: Any) -> None:
    """An arrest of today, to be told by the end of Friday the 27th; P-1 is at work Mondays to Fridays 9 to 5."""
    await store_officers(engine)
    await bring_in(engine, report(), safe_contact(**hours), solo(), referral(), event("arrest", time=NOW - HOUR))
    await go_to(engine, THURSDAY_NOON)


async def test_a_duty_is_to_be_done_in_the_last_shift_and_shown_on_the_next_list(engine: AsyncEngine) -> None:
    await one_arrest(engine)
    found = await item(engine, "VC-R6-ARREST")
    assert (found.to_ref, found.act_by) == ("P-1", FRIDAY + 17 * HOUR)
    assert (found.show_at, found.shown_at, found.interrupts) == (FRIDAY + 9 * HOUR, None, False)
    assert [each for each in await cards_for(engine, "P-1") if each.act_by] == []
    await go_to(engine, FRIDAY + timedelta(hours=9, minutes=6))
    assert (await item(engine, "VC-R6-ARREST")).shown_at is not None
    (card,) = [each for each in await cards_for(engine, "P-1") if each.act_by]
    assert (card.case_id, card.victim_id, card.act_by) == ("KP-1", "V-1", FRIDAY + 17 * HOUR)
    assert card.safe_hours == "any day, any hour"
    notice = (await all_notices(engine))[-1]
    assert (notice.kind, notice.to_ref) == ("list", "P-1")
    assert {"case_id": "KP-1", "act_by": (FRIDAY + 17 * HOUR).isoformat()} in notice.about
    before = len(await all_notices(engine))
    await go_on(engine, HOUR)
    assert len(await all_notices(engine)) == before


async def test_safe_hours_move_the_moment_to_act_by(engine: AsyncEngine) -> None:
    await one_arrest(engine, hours=[{"from": "10:00", "to": "14:00"}], voicemail=False)
    assert (await item(engine, "VC-R6-ARREST")).act_by == FRIDAY + 14 * HOUR
    narrower = safe_contact("safe-2", time=THURSDAY_NOON, hours=[{"days": ["fri"], "from": "10:00", "to": "11:30"}])
    await bring_in(engine, narrower)
    await go_on(engine)
    assert (await item(engine, "VC-R6-ARREST")).act_by == FRIDAY + timedelta(hours=11, minutes=30)
    (line,) = [each for each in await the_worklist(engine) if each.rule == "VC-R6-ARREST"]
    assert (line.to, line.act_by) == ("P-1", FRIDAY + timedelta(hours=11, minutes=30))
    assert line.as_json()["act_by"] == "2026-11-27T11:30:00+00:00"


async def test_safe_hours_said_in_one_case_hold_in_the_others(engine: AsyncEngine) -> None:
    await one_arrest(engine)
    other: dict[str, Any] = {"case": "KP-2", "time": THURSDAY_NOON}
    known = [report(**{**other, "time": NOW - 6.5 * DAY}), {**solo(case="KP-2"), "id": "solo-2"}]
    await bring_in(engine, *known, safe_contact("safe-2", hours=[{"from": "10:00", "to": "11:00"}], **other),
                   event("ph", "policing.phone.seized.v1", device_ref="D", **other))  # fmt: skip
    await go_on(engine, timedelta(hours=18, minutes=1))
    assert (await item(engine, "VC-R6-ARREST")).act_by == FRIDAY + 11 * HOUR


async def test_a_new_roster_moves_cards_to_whoever_is_at_work(engine: AsyncEngine) -> None:
    await one_arrest(engine)
    on_leave = {**SOLO, "to": "2026-11-25"}
    back = {**SOLO, "from": "2026-12-07"}
    done = await store_officers(engine, on_leave, back)
    assert done.planned_anew > 0
    await go_on(engine)
    found = await item(engine, "VC-R6-ARREST")
    assert (found.addressee, found.to_ref) == ("P-1", "P-2")
    assert {each.rule for each in await the_worklist(engine, officer="P-2")} >= {"VC-R6-ARREST"}
    assert (await store_officers(engine, COLLEAGUE, SUPERVISOR)).officers == 2


async def test_a_card_that_was_taken_in_hand_is_new_when_something_comes(engine: AsyncEngine) -> None:
    await one_arrest(engine)
    assert await take_in_hand(engine, "KP-1", "P-1") == 0
    await go_to(engine, FRIDAY + timedelta(hours=9, minutes=6))
    assert await take_in_hand(engine, "KP-1", "nobody") == 0
    assert await take_in_hand(engine, "KP-1", "P-1", "V-2") == 0
    assert await take_in_hand(engine, "KP-1", "P-1", "V-1") > 0
    (card,) = await cards_for(engine, "P-1")
    assert card.acknowledged
    assert {each.acknowledged_by for each in card.lines} == {"P-1"}
    seized = event("ph", "policing.phone.seized.v1", time=FRIDAY + 8 * HOUR, device_ref="D")
    await bring_in(engine, seized)
    await go_to(engine, FRIDAY + timedelta(days=1, hours=2))
    assert not next(each for each in await cards_for(engine, "cover")).acknowledged
    assert next(each for each in await cards_for(engine, "P-1")).acknowledged


async def test_what_is_overdue_stays_with_its_person_and_goes_to_the_supervisor_at_seven(engine: AsyncEngine) -> None:
    await one_arrest(engine)
    await go_to(engine, FRIDAY + timedelta(hours=9, minutes=6))
    shown_at = (await item(engine, "VC-R6-ARREST")).shown_at
    await take_in_hand(engine, "KP-1", "P-1")
    await go_to(engine, FRIDAY + timedelta(days=1, hours=1))
    late = await item(engine, "VC-R6-ARREST", "overdue")
    assert (late.to_ref, late.shown_at, late.acknowledged_by) == ("P-1", shown_at, "P-1")
    assert await cards_for(engine, "S-1") == []
    await go_to(engine, FRIDAY + timedelta(days=1, hours=7, minutes=6))
    (card,) = await cards_for(engine, "S-1")
    assert [(line.kind, line.rule) for line in card.lines] == [("review", "VC-R6-ARREST")]
    told = event("told", "contact.made.v1", time=FRIDAY + timedelta(days=1, hours=6), channel="phone",
                 direction="outbound", outcome="reached", informed_of=["arrest"])  # fmt: skip
    await bring_in(engine, told)
    assert await cards_for(engine, "S-1") == []


async def test_a_duty_of_one_day_is_shown_again_before_the_last_shift(engine: AsyncEngine) -> None:
    await store_officers(engine)
    needs = event("needs", "policing.needs.assessed.v1", time=NOW - 2 * DAY, enhanced_rights=True)
    await bring_in(engine, report(), safe_contact(), solo(), needs, event("arrest", time=NOW - HOUR))
    await go_on(engine)
    first = await item(engine, "VC-R6-ARREST")
    assert first.is_short
    # Due by the end of Monday; the next list is Monday's, which is the last shift too: once is enough.
    assert (first.show_at, first.again_at) == (datetime(2026, 11, 23, 9, tzinfo=UTC), None)
    early = [{**SOLO, "from": f"2026-11-{day}T08:00:00Z", "to": f"2026-11-{day}T16:00:00Z"} for day in (20, 21, 22, 23)]
    await store_officers(engine, *early)
    await go_on(engine)
    replanned = await item(engine, "VC-R6-ARREST")
    assert replanned.show_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert replanned.again_at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    await go_to(engine, datetime(2026, 11, 21, 9, 6, tzinfo=UTC))
    await take_in_hand(engine, "KP-1", "P-1")
    await go_to(engine, datetime(2026, 11, 23, 9, 6, tzinfo=UTC))
    again = await item(engine, "VC-R6-ARREST")
    assert (again.acknowledged_at, again.again_at) == (None, None)
    assert [each.kind for each in await all_notices(engine) if each.to_ref == "P-1"] == ["list", "list"]


async def test_one_item_that_cannot_be_planned_stops_no_other(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_once(found: Item, *others: object) -> Plan:
        if found.rule == "VC-R6-ARREST":
            raise ArithmeticError("not for any log")
        return real_plan(found, *others)  # type: ignore[arg-type]  # the rest is passed on

    await store_officers(engine)
    monkeypatch.setattr(planning_round, "plan", fails_once)
    await bring_in(engine, report(), safe_contact(), solo(), event("arrest", time=NOW - HOUR))
    await go_to(engine, THURSDAY_NOON + HOUR / 6)
    found = await item(engine, "VC-R6-ARREST")
    assert (found.to_ref, found.interrupts) == ("P-1", False)
    async with engine.connect() as conn:
        waiting = await conn.execute(text("SELECT count(*) FROM cards WHERE planned_at IS NULL AND closed_at IS NULL"))
        assert waiting.scalar_one() == 0


async def test_a_rule_that_nothing_could_show_to_be_met_raises_no_card(engine: AsyncEngine) -> None:
    async def writer(conn: object, batch: object) -> None:
        await write_cards_and_requests(
            conn,  # type: ignore[arg-type]  # passed on
            batch,  # type: ignore[arg-type]  # passed on
            not_measured=frozenset({"KENT-PHONE-24H", "no_safe_contact"}),
        )

    await bring_in(engine, report())
    await take_in(engine, solo(), event("ph", "policing.phone.seized.v1", time=NOW - 20 * HOUR, device_ref="D"))
    await assess_all(engine, real_rules(), writers=[writer])
    assert {each.rule for each in await the_worklist(engine)}.isdisjoint({"KENT-PHONE-24H"})
