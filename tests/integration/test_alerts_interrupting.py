"""What cannot wait interrupts, goes on when nobody takes it in hand, and is tested every week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from notifications.alerting import Alerts
from services.storage.card_answers import TEST_CASE, dispute
from tests.support.alerting import (
    all_notices,
    cards_for,
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
from tests.support.texting import HOUR, bring_in, report, safe_contact, the_worklist

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

MINUTE = timedelta(minutes=1)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


async def test_what_is_first_seen_when_it_is_overdue_interrupts_nobody(engine: AsyncEngine) -> None:
    await store_officers(engine)
    seized = event("ph", "policing.phone.seized.v1", time=NOW - 8 * HOUR, device_ref="D")
    await bring_in(engine, report(), safe_contact(), solo(), seized)
    await go_on(engine, timedelta(hours=22, minutes=1))
    assert (await item(engine, "KENT-PHONE-24H", "overdue")).urgent
    assert await paged(engine) == []


async def test_an_interruption_goes_on_after_15_and_30_minutes(engine: AsyncEngine) -> None:
    await store_officers(engine)
    seized = event("ph", "policing.phone.seized.v1", time=NOW - 4 * HOUR, device_ref="D")
    await bring_in(engine, report(), safe_contact(), solo(), seized)
    await go_on(engine, timedelta(hours=14, minutes=1))  # Saturday 02:01, 18 hours and a minute after
    assert await paged(engine) == [("interruption", "cover")]
    (card,) = [each for each in await cards_for(engine, "cover") if each.interrupts]
    assert [line.rule for line in card.lines if line.interrupts] == ["KENT-PHONE-24H"]
    await go_on(engine, 13 * MINUTE)
    assert len(await paged(engine)) == 1
    await go_on(engine, 2 * MINUTE)
    assert (await paged(engine))[1:] == [("escalation", "S-1")]
    assert [(each.escalated, each.to) for each in await cards_for(engine, "S-1") if each.interrupts] == [
        (True, "cover")
    ]
    await go_on(engine, 15 * MINUTE)
    assert ("last_resort", "control room") in await paged(engine)
    await go_on(engine, 3 * HOUR)
    assert len(await paged(engine)) == 3


async def test_an_interruption_that_is_taken_in_hand_goes_no_further(engine: AsyncEngine) -> None:
    await store_officers(engine)
    seized = event("ph", "policing.phone.seized.v1", time=NOW - 4 * HOUR, device_ref="D")
    await bring_in(engine, report(), safe_contact(), solo(), seized)
    await go_on(engine, timedelta(hours=14, minutes=1))
    assert await take_in_hand(engine, "KP-1", "P-2") == 1  # a colleague took the call
    await go_on(engine, HOUR)
    assert await paged(engine) == [("interruption", "cover")]


async def test_an_escape_pages_whoever_is_at_work_now_and_a_supervisor(engine: AsyncEngine) -> None:
    await store_officers(engine)
    escaped = event("esc", "probation.offender.escaped.v1", time=NOW - MINUTE, suspect_ref="S-1")
    await bring_in(engine, report(), safe_contact(), solo(), escaped)
    await go_on(engine)
    assert set(await paged(engine)) == {("interruption", "P-1"), ("escalation", "S-1")}
    assert [card.interrupts for card in await cards_for(engine, "S-1")] == [True]
    await go_on(engine, 15 * MINUTE)
    assert (await paged(engine))[2:] == [("last_resort", "control room")]
    for ref in ("P-1", "S-1", "control room"):
        assert [card.interrupts for card in await cards_for(engine, ref) if card.interrupts] == [True]


async def test_a_release_at_night_pages_the_cover_and_a_supervisor(engine: AsyncEngine) -> None:
    await store_officers(engine)
    await bring_in(engine, report(), safe_contact(), solo(), referral())
    await go_on(engine, 14 * HOUR)
    released = event("rel", "probation.offender.released.v1", time=NOW + 14 * HOUR - MINUTE, suspect_ref="S-1")
    await bring_in(engine, released)
    await go_on(engine)
    assert set(await paged(engine)) == {("interruption", "cover"), ("escalation", "S-1")}


async def test_two_urgent_things_of_one_victim_are_one_interruption(engine: AsyncEngine) -> None:
    await store_officers(engine)
    both = [event(f"esc-{n}", "probation.offender.escaped.v1", time=NOW - n * MINUTE, suspect_ref=f"S-{n}")
            for n in (1, 2)]  # fmt: skip
    await bring_in(engine, report(), safe_contact(), solo(), *both)
    await go_on(engine)
    (notice,) = [each for each in await all_notices(engine) if each.kind == "interruption"]
    assert len(notice.cards) == 4  # of each escape the duty and the task


async def test_a_weekly_test_goes_to_the_cover_and_on_until_somebody_answers(engine: AsyncEngine) -> None:
    await store_officers(engine)
    await go_to(engine, MONDAY + timedelta(hours=9, minutes=59))
    assert await the_worklist(engine) == []
    await go_to(engine, MONDAY + timedelta(hours=10, minutes=1))
    (found,) = await the_worklist(engine)
    assert (found.case_id, found.to, found.urgent) == (TEST_CASE, "cover", True)
    await go_on(engine, 16 * MINUTE)
    assert await paged(engine) == [("interruption", "cover"), ("escalation", "S-1")]
    assert await take_in_hand(engine, TEST_CASE, "S-1") == 1
    assert await the_worklist(engine) == []
    await go_on(engine, HOUR)
    assert len(await paged(engine)) == 2
    await go_to(engine, MONDAY + timedelta(days=7, hours=10, minutes=1))
    assert [each.case_id for each in await the_worklist(engine)] == [TEST_CASE]
    await go_to(engine, MONDAY + timedelta(days=14, hours=10, minutes=1))
    assert [each.case_id for each in await the_worklist(engine)] == [TEST_CASE]


async def test_there_is_no_weekly_test_before_go_live(engine: AsyncEngine) -> None:
    await go_on(engine, MONDAY + 11 * HOUR - NOW, announce_from=MONDAY + timedelta(days=1))
    assert await the_worklist(engine) == []


async def test_a_disputed_grade_is_suspended_and_the_supervisor_looks(engine: AsyncEngine) -> None:
    await store_officers(engine)
    call = event("c", "contact.made.v1", time=NOW, channel="phone", direction="outbound", outcome="reached",
                 note="Called victim. No update at this time. Victim happy.",
                 recorded_by={"role": "SOLO", "officer_ref": "P-1"})  # fmt: skip
    await bring_in(engine, report(), safe_contact(), solo(), referral(), call)
    await go_on(engine, HOUR)
    async with engine.begin() as conn:
        assert not await dispute(conn, "KP-1", "c", "P-2")
        assert await dispute(conn, "KP-1", "c", "P-1")
        assert not await dispute(conn, "KP-1", "c", "P-1")
    await go_on(engine)
    assert [each for each in await the_worklist(engine) if each.kind == "grade"] == []
    await go_to(engine, datetime(2026, 11, 21, 7, 6, tzinfo=UTC))
    (review,) = [each for each in await the_worklist(engine, officer="S-1") if each.kind == "review"]
    assert "disputed" in review.say
    regraded = event("r", "contact.regraded.v1", time=NOW + 19 * HOUR, event_id="c", grade="meaningful",
                     reason="an arrest was told")  # fmt: skip
    await bring_in(engine, regraded)
    assert [each for each in await the_worklist(engine) if each.kind in {"grade", "review"}] == []


async def test_alerts_plan_and_show_what_odd_references_name(engine: AsyncEngine) -> None:
    odd = "V\x00\ud800\U0001f600"
    await store_officers(engine)
    await bring_in(
        engine,
        {**report(odd), "id": "report-odd"},
        safe_contact(victim_id=odd),
        {**solo("P\x00\ud800", victim_id=odd), "id": "assigned-odd"},
        event("arrest", time=NOW - HOUR, victim_id=odd),
    )
    await go_to(engine, datetime(2026, 11, 26, 12, tzinfo=UTC))
    await go_to(engine, datetime(2026, 11, 27, 9, 6, tzinfo=UTC))
    async with engine.connect() as conn:
        waiting = await conn.execute(text("SELECT count(*) FROM cards WHERE planned_at IS NULL AND closed_at IS NULL"))
        assert waiting.scalar_one() == 0
    assert await cards_for(engine, "P\x00\\ud800")


async def test_a_step_that_fails_stops_no_other_step(engine: AsyncEngine) -> None:
    done: list[str] = []

    async def fails() -> None:
        done.append("failed")
        raise ArithmeticError("not for any log")

    async def works() -> None:
        done.append("worked")

    class Stop(BaseException):
        pass

    async def wait(seconds: float) -> None:
        done.append(f"waited {seconds:g}")
        if len(done) > 5:
            raise Stop

    from notifications.alerting import _keep_doing  # noqa: PLC0415 - the loop itself is what is tried

    with pytest.raises(Stop):
        await _keep_doing((fails, works), wait)
    assert done == ["failed", "worked", "waited 2", "failed", "worked", "waited 4"]
    assert len(Alerts(engine).steps()) == 4


async def test_what_went_on_to_a_supervisor_is_on_their_worklist(engine: AsyncEngine) -> None:
    await store_officers(engine)
    escaped = event("esc", "probation.offender.escaped.v1", time=NOW - MINUTE, suspect_ref="S-1")
    await bring_in(engine, report(), safe_contact(), solo(), referral(), escaped)
    await go_on(engine)
    await go_on(engine, 16 * MINUTE)
    assert {each.rule for each in await the_worklist(engine, officer="S-1")} >= {"VC-R11-ESCAPE"}
