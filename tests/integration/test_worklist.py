"""Cards from real assessments: raised in time, once, for the right person, closed when done, silent about history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.projections.worklist import WorklistItem, count_worklist
from services.storage.clock_rows import advance_clock
from services.storage.rule_sets import wake_every_case
from tests.support.app import NOW, event
from tests.support.texting import HOUR, bring_in, judge_all, report, safe_contact, the_worklist

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

DAY = timedelta(days=1)


def solo(ref: str = "P-1", **others: Any) -> dict[str, Any]:
    given = {"time": NOW - 6 * DAY, "role": "SOLO", "officer_ref": ref, "team": "east", **others}
    return event(f"assigned-{ref}", "policing.officer.assigned.v1", **given)


async def advance(engine: AsyncEngine, by: timedelta) -> None:
    async with engine.begin() as conn:
        await advance_clock(conn, by)
    await judge_all(engine)


async def card(engine: AsyncEngine, rule: str) -> WorklistItem | None:
    """The card of whoever looks after the victim; the supervisor's review of it stands beside it."""
    return next((each for each in await the_worklist(engine) if each.rule == rule and each.kind != "review"), None)


async def test_a_duty_is_one_card_from_warning_to_being_overdue_to_done(engine: AsyncEngine) -> None:
    await bring_in(engine, report(), safe_contact(), solo(), event("arrest", time=NOW - HOUR))
    assert await card(engine, "VC-R6-ARREST") is None
    await advance(engine, 6 * DAY)
    due = await card(engine, "VC-R6-ARREST")
    assert due is not None
    assert (due.kind, due.to, due.event_id, due.acknowledged_at) == ("approaching", "P-1", "arrest", None)
    assert due.say == (
        "A suspect was arrested on Fri 20 Nov 2026 at 11:00. V-1 should be told by the end of Fri 27 Nov 2026. "
        "Say what happens next and when they will hear again."
    )
    await advance(engine, 3 * DAY)
    late = await card(engine, "VC-R6-ARREST")
    assert late is not None
    assert (late.kind, late.due_at) == ("overdue", due.due_at)
    assert late.say.startswith("Overdue since the end of Fri 27 Nov 2026: V-1 should be told.")
    assert "breach" not in late.say.lower()
    await advance(engine, DAY)
    kinds = [each.kind for each in await the_worklist(engine) if each.rule == "VC-R6-ARREST"]
    assert kinds == ["overdue", "review"]
    told = event("told", "contact.made.v1", time=NOW + 8 * DAY, channel="phone", direction="outbound",
                 outcome="reached", informed_of=["arrest"])  # fmt: skip
    await bring_in(engine, told)
    assert await card(engine, "VC-R6-ARREST") is None


async def test_a_phone_makes_a_card_at_18_hours_and_its_flag_none(engine: AsyncEngine) -> None:
    seized = event("ph", "policing.phone.seized.v1", time=NOW - HOUR, device_ref="D")
    await bring_in(engine, report(), safe_contact(), solo(), seized)
    assert await card(engine, "KENT-PHONE-24H") is None
    await advance(engine, timedelta(hours=17, seconds=-30))
    assert await card(engine, "KENT-PHONE-24H") is None
    await advance(engine, timedelta(seconds=60))
    found = await card(engine, "KENT-PHONE-24H")
    assert found is not None
    assert (found.kind, found.urgent) == ("approaching", True)
    assert "by 11:00 on Sat 21 Nov 2026" in found.say
    await advance(engine, timedelta(hours=7))
    assert [each.kind for each in await the_worklist(engine) if each.rule == "KENT-PHONE-24H"] == ["overdue"]
    assert await card(engine, "phone_over_24h") is None
    await bring_in(engine, event("back", "policing.phone.returned.v1", time=NOW + DAY, device_ref="D"))
    assert await card(engine, "KENT-PHONE-24H") is None


async def test_missing_safe_contact_is_said_after_the_first_working_day(engine: AsyncEngine) -> None:
    await bring_in(engine, report(time=NOW - HOUR), solo(time=NOW))
    assert await card(engine, "no_safe_contact") is None
    await advance(engine, timedelta(days=3, hours=11))
    assert await card(engine, "no_safe_contact") is None
    await advance(engine, timedelta(hours=2))
    found = await card(engine, "no_safe_contact")
    assert found is not None
    assert found.raised_at.isoformat() == "2026-11-24T00:00:00+00:00"
    await bring_in(engine, safe_contact(time=NOW + 3 * DAY))
    assert await card(engine, "no_safe_contact") is None


async def test_cards_go_to_whoever_looks_after_the_case_now(engine: AsyncEngine) -> None:
    await bring_in(engine, report(), safe_contact(), event("arrest", time=NOW - HOUR))
    await advance(engine, 6 * DAY)
    found = await card(engine, "VC-R6-ARREST")
    assert found is not None
    assert found.to == "cover"
    await bring_in(engine, solo("P-2", time=NOW + DAY))
    assert [each.rule for each in await the_worklist(engine, officer="P-2") if each.rule == "VC-R6-ARREST"]
    assert [each.rule for each in await the_worklist(engine, team="east") if each.rule == "VC-R6-ARREST"]
    await bring_in(engine, event("gone", "policing.officer.released.v1", time=NOW + 2 * DAY, role="SOLO",
                                 officer_ref="P-2"))  # fmt: skip
    assert await the_worklist(engine, officer="P-2") == []


async def test_court_and_witness_care_duties_go_to_their_worklists(engine: AsyncEngine) -> None:
    listed = event("h", "court.hearing.listed.v1", time=NOW - HOUR, hearing_ref="H", kind="trial",
                   starts_at="2026-12-08T10:00:00+00:00")  # fmt: skip
    told = event("n", "wcu.notified.v1", time=NOW, about="h")
    await bring_in(engine, report(), safe_contact(), solo(), listed, told)
    found = await card(engine, "VC-R8-HEARING")
    assert found is not None
    assert (found.kind, found.to) == ("approaching", "WCU")


async def test_a_contact_without_news_goes_to_whoever_made_it_after_an_hour(engine: AsyncEngine) -> None:
    call = event("c", "contact.made.v1", time=NOW, channel="phone", direction="outbound", outcome="reached",
                 note="Called victim. No update at this time. Victim happy.",
                 recorded_by={"role": "OIC", "officer_ref": "P-9"})  # fmt: skip
    await bring_in(engine, report(), safe_contact(), solo(), call)
    assert not [each for each in await the_worklist(engine) if each.kind == "grade"]
    await advance(engine, HOUR)
    (found,) = [each for each in await the_worklist(engine) if each.kind == "grade"]
    assert (found.to, found.event_id) == ("P-9", "c")
    assert "There was no news in the contact with V-1" in found.say


async def test_what_fell_due_before_go_live_alerts_nobody(engine: AsyncEngine) -> None:
    history = [report(time=NOW - 40 * DAY), safe_contact(), solo(), event("arrest", time=NOW - 30 * DAY)]
    await bring_in(engine, *history, announce_from=NOW - DAY)
    assert [each.rule for each in await the_worklist(engine) if each.kind == "overdue"] == []
    later = [{**each, "subject": "KP-2", "id": f"{each['id']}-2"} for each in history]
    await bring_in(engine, *later)
    assert "VC-R6-ARREST" in {each.rule for each in await the_worklist(engine) if each.case_id == "KP-2"}


async def test_a_case_that_cannot_be_assessed_and_a_record_that_contradicts_itself_are_shown(
    engine: AsyncEngine,
) -> None:
    await bring_in(engine, report(), safe_contact(), solo())
    await bring_in(engine, {**safe_contact(), "data": {"victim_id": "V-1", "sms": "never"}})
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE cases SET problem = 'x', retry_at = waymark_now()"))
    found = {each.kind: each for each in await the_worklist(engine)}
    assert found["record"].to == found["set_aside"].to == "P-1"
    assert found["record"].event_id == "safe"


async def test_a_case_of_which_a_stored_row_cannot_be_read_stands_with_the_cover_and_stops_no_other(
    engine: AsyncEngine,
) -> None:
    await bring_in(engine, report(case="KP-2"), {**safe_contact(case="KP-2"), "id": "safe-2"}, solo(case="KP-2"))
    await bring_in(engine, report(), {**solo(), "id": "solo-1"})
    await bring_in(engine, {**report(case="KP-2"), "data": {"victim_id": "V-1", "offence": "rape"}})
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE facts SET payload = '\\x7b22' WHERE case_id = 'KP-1' AND event_id = 'solo-1'"))
    await bring_in(engine, safe_contact())
    found = {(each.case_id, each.kind): each for each in await the_worklist(engine)}
    assert found["KP-1", "set_aside"].to == "cover"
    assert found["KP-2", "record"].to == "P-1"
    assert await the_worklist(engine, officer="cover", case_id="KP-1") == [found["KP-1", "set_aside"]]
    assert found["KP-2", "record"] in await the_worklist(engine, officer="P-1")


async def test_the_first_lines_and_one_cases_lines_are_those_of_the_whole_list(engine: AsyncEngine) -> None:
    for n in range(4):
        one = f"KP-{n}"
        await bring_in(
            engine,
            report(case=one),
            {**safe_contact(case=one), "id": f"safe-{n}"},
            {**solo(case=one), "id": f"solo-{n}"},
            event(f"arrest-{n}", time=NOW - n * HOUR, case=one),
        )
    await bring_in(engine, {**safe_contact(case="KP-2"), "id": "safe-2", "data": {"victim_id": "V-1", "sms": "never"}})
    await advance(engine, 6 * DAY)
    async with engine.begin() as conn:
        await conn.execute(
            text("UPDATE cases SET problem = 'x', retry_at = waymark_now() + interval '1 day' WHERE case_id <> 'KP-0'")
        )
    whole = await the_worklist(engine)
    assert len(whole) >= 12
    assert {each.kind for each in whole} >= {"approaching", "record", "set_aside"}
    for limit in (0, 1, 2, len(whole) - 3, len(whole), len(whole) + 5):
        assert await the_worklist(engine, limit=limit) == whole[:limit]
        assert await the_worklist(engine, officer="P-1", limit=limit) == [o for o in whole if o.to == "P-1"][:limit]
    for case_id in ("KP-0", "KP-2", "KP-9"):
        mine = [each for each in whole if each.case_id == case_id]
        assert await the_worklist(engine, case_id=case_id) == mine
        async with engine.connect() as conn:
            assert await count_worklist(conn, 1000, case_id) == len(mine)
    async with engine.connect() as conn:
        assert await count_worklist(conn, 1000) == len(whole)
        assert await count_worklist(conn, 2) <= 3 * 3


async def test_a_repair_changes_the_cards_that_are_open_and_raises_none(engine: AsyncEngine) -> None:
    await bring_in(engine, report(), safe_contact(), solo(), event("arrest", time=NOW - HOUR))
    await advance(engine, 6 * DAY)
    before = await the_worklist(engine)
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE cards SET say = 'wrong', urgent = NOT urgent WHERE rule = 'VC-R6-ARREST'"))
        await conn.execute(text("DELETE FROM cards WHERE rule <> 'VC-R6-ARREST'"))
        await conn.execute(text("TRUNCATE obligations, flags, news, case_views, ledger, outbox"))
        await conn.execute(text("UPDATE cases SET sequence = 0, told = 0, ledger_head = NULL"))
        await wake_every_case(conn, "repair")
    await judge_all(engine)
    after = await the_worklist(engine)
    assert after
    assert [each for each in after if each.rule] == [each for each in before if each.rule == "VC-R6-ARREST"]


async def test_odd_references_make_cards_like_any_other(engine: AsyncEngine) -> None:
    odd = "V\x00\ud800\U0001f600\u202e"
    await bring_in(
        engine,
        {**report(odd), "id": "report-odd"},
        safe_contact(victim_id=odd),
        solo(victim_id=odd),
        event("arrest", time=NOW - HOUR, victim_id=odd),
    )
    await advance(engine, 6 * DAY)
    found = await card(engine, "VC-R6-ARREST")
    assert found is not None
    # Half a surrogate pair is written out in normalised data (contracts).
    stands = odd.replace("\ud800", "\\ud800")
    assert found.victim_id == stands
    assert stands in found.say
