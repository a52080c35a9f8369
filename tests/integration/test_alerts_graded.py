"""What a contact was graded, what it may have told, and a dispute about it: for whom, when, and until when."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.assess_case import Rules
from services.journeys.assessment import Assessment
from services.journeys.facts import Fact
from services.storage.card_answers import dispute, uphold
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import adopt_rule_set
from services.storage.tables_notify import cards
from tests.support.alerting import DAY, cards_for, go_on, go_to, referral, solo, store_officers
from tests.support.app import NOW, assess_all, event, take_in
from tests.support.texting import HOUR, bring_in, real_rules, report, safe_contact, the_worklist

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

MINUTE = timedelta(minutes=1)
FRIDAY, SATURDAY, TUESDAY = (datetime(2026, 11, 27, tzinfo=UTC) + days * DAY for days in (0, 1, 4))
NO_NEWS = "Called victim. No update at this time. Victim happy."
NEWS = (
    "Told the victim that the suspect was arrested today and will be interviewed; the CPS decision is awaited by "
    "4 December; I will ring again on Friday."
)


def call(id_: str, time: datetime, *, by: str | None = "P-1", note: str = NO_NEWS, **given: Any) -> dict[str, Any]:
    if by is not None:
        given["recorded_by"] = {"role": "SOLO", "officer_ref": by}
    return event(
        id_, "contact.made.v1", time=time, channel="phone", direction="outbound", outcome="reached", note=note, **given
    )


async def rows(engine: AsyncEngine, **wanted: Any) -> list[Any]:
    async with engine.connect() as conn:
        found = (await conn.execute(select(cards).order_by(cards.c.kind, cards.c.raised_at))).all()
    return [row for row in found if all(getattr(row, name) == value for name, value in wanted.items())]


async def begun(engine: AsyncEngine, *events: dict[str, Any]) -> None:
    await store_officers(engine)
    await bring_in(engine, report(), safe_contact(), solo(), referral(), *events)


async def breaches(engine: AsyncEngine) -> list[tuple[str, str]]:
    found = [each for each in await the_worklist(engine) if each.kind in {"overdue", "review"}]
    return [(each.kind, each.to) for each in found if each.rule == "VC-R6-ARREST"]


async def test_a_run_without_news_is_for_whoever_recorded_it_and_not_within_the_hour(engine: AsyncEngine) -> None:
    await begun(engine, call("c1", NOW - 26 * HOUR, by="P-2"), call("c2", NOW, by="P-2", note="Rang, no update."))
    await go_on(engine, MINUTE)
    assert not [each for each in await the_worklist(engine) if each.rule == "tick_box_run"]
    await go_on(engine, HOUR)
    assert [each.to for each in await the_worklist(engine) if each.rule == "tick_box_run"] == ["P-2"]


async def test_a_conversation_that_arrives_late_takes_the_breach_off_the_supervisors_next_list(
    engine: AsyncEngine,
) -> None:
    await begun(engine, event("arrest", time=NOW - HOUR))
    await go_to(engine, SATURDAY + HOUR)
    assert [each.raised_at for each in await rows(engine, kind="review")] == [SATURDAY + 7 * HOUR]
    await bring_in(engine, call("c", FRIDAY + 16 * HOUR, note=NEWS))
    await go_on(engine)
    await go_to(engine, SATURDAY + timedelta(hours=7, minutes=6))
    assert await cards_for(engine, "S-1") == []
    await go_to(engine, TUESDAY + timedelta(hours=7, minutes=6))
    assert [line.kind for card in await cards_for(engine, "S-1") for line in card.lines] == ["review"]


async def test_a_regrade_that_leaves_nothing_to_link_brings_the_breach_to_the_next_list(engine: AsyncEngine) -> None:
    await begun(engine, event("arrest", time=NOW - HOUR), call("c", NOW + HOUR, note=NEWS))
    await go_to(engine, SATURDAY + HOUR)
    assert await breaches(engine) == []
    regraded = event(
        "r", "contact.regraded.v1", time=SATURDAY + HOUR, event_id="c", grade="attempt", reason="not reached"
    )
    await bring_in(engine, regraded)
    await go_on(engine)
    await go_to(engine, SATURDAY + timedelta(hours=7, minutes=6))
    assert [line.kind for card in await cards_for(engine, "S-1") for line in card.lines] == ["review"]


async def test_a_contact_without_a_name_is_asked_of_whoever_looks_after_the_victim(engine: AsyncEngine) -> None:
    await begun(engine, event("arrest", time=NOW - HOUR), call("c", NOW - HOUR / 2, by=None, note=NEWS))
    await go_to(engine, SATURDAY + HOUR)
    assert [each.to for each in await the_worklist(engine) if each.kind == "link"] == ["P-1"]


async def test_whoever_made_a_contact_is_asked_once_what_it_covered(engine: AsyncEngine) -> None:
    interviewed = event("interview", "policing.suspect.interviewed.v1", time=NOW - HOUR, suspect_ref="S-1")
    await begun(engine, event("arrest", time=NOW - HOUR), interviewed, call("c", NOW + HOUR, note=NEWS))
    await go_to(engine, SATURDAY + HOUR)
    assert len([each for each in await the_worklist(engine) if each.kind == "link"]) == 2
    lines = [line for card in await cards_for(engine, "P-1", also_coming=True) for line in card.lines]
    (asked,) = [line.say for line in lines if line.kind == "link"]
    assert asked.count("You recorded a contact with V-1") == 1
    assert "a suspect was arrested?" in asked
    assert "a suspect was interviewed?" in asked


async def test_a_link_to_one_event_brings_no_breach_of_another_forward(engine: AsyncEngine) -> None:
    other = event("arrest2", time=NOW - HOUR, suspect_ref="S-2")
    await begun(engine, event("arrest", time=NOW - HOUR), other, call("c", NOW + HOUR, note=NEWS))
    await go_to(engine, SATURDAY + HOUR)
    await bring_in(engine, event("l", "contact.linked.v1", time=SATURDAY + HOUR, event_id="c", informed_of=["arrest"]))
    await go_on(engine)
    assert await breaches(engine) == []
    await go_to(engine, TUESDAY + timedelta(hours=7, minutes=6))
    assert set(await breaches(engine)) == {("overdue", "P-1"), ("review", "S-1")}


async def disputed(engine: AsyncEngine) -> None:
    await begun(engine, call("c", NOW))
    await go_on(engine, HOUR)
    async with engine.begin() as conn:
        assert await dispute(conn, "KP-1", "c", "P-1")


async def open_about_the_contact(engine: AsyncEngine) -> list[str]:
    return [each.kind for each in await rows(engine, event_id="c", closed_at=None)]


async def test_a_dispute_waits_for_the_supervisor_also_after_a_week(engine: AsyncEngine) -> None:
    await disputed(engine)
    await go_to(engine, FRIDAY + 13 * HOUR)
    recorded = event("rec", "policing.crime.recorded.v1", time=FRIDAY + 12 * HOUR, crime_ref="X")
    await bring_in(engine, recorded)
    assert await open_about_the_contact(engine) == ["grade", "review"]


async def test_a_dispute_is_not_answered_by_a_later_conversation(engine: AsyncEngine) -> None:
    await disputed(engine)
    later = call("c2", NOW + HOUR, note=NEWS, informed_of=["arrest"])
    await bring_in(engine, event("arrest", time=NOW - HOUR), later)
    assert await open_about_the_contact(engine) == ["grade", "review"]


@pytest.mark.parametrize(
    "answer",
    [
        event("x", "contact.regraded.v1", time=NOW + HOUR, event_id="c", grade="meaningful", reason="heard it"),
        event("x", "record.retracted.v1", time=NOW + HOUR, event_id="c", reason="wrong case"),
    ],
)
async def test_another_grade_or_a_retraction_ends_a_dispute(engine: AsyncEngine, answer: dict[str, Any]) -> None:
    await disputed(engine)
    await bring_in(engine, answer)
    assert await open_about_the_contact(engine) == []


async def test_a_supervisor_who_has_read_the_record_ends_a_dispute_and_nobody_else_does(engine: AsyncEngine) -> None:
    await disputed(engine)
    await go_to(engine, SATURDAY - 6 * DAY)
    async with engine.begin() as conn:
        assert not await uphold(conn, "KP-1", "c", "P-1")
        assert not await uphold(conn, "KP-1", "c", "P-2")
        assert await uphold(conn, "KP-1", "c", "S-1")
        assert not await uphold(conn, "KP-1", "c", "S-1")
    await bring_in(engine, event("rec", "policing.crime.recorded.v1", time=FRIDAY - 6 * DAY, crime_ref="X"))
    assert await open_about_the_contact(engine) == []


async def test_what_a_new_rule_set_grades_otherwise_alerts_nobody_then_or_later(engine: AsyncEngine) -> None:
    real = real_rules()

    def kinder(facts: Sequence[Fact], now: datetime) -> Assessment:
        found = real.assess(facts, now)
        kind = tuple(msgspec.structs.replace(each, grade="meaningful") for each in found.contacts)
        return dataclasses.replace(found, contacts=kind)

    async def judge(rules: Rules) -> None:
        async with engine.begin() as conn:
            await adopt_rule_set(conn, rules.hash)
        await assess_all(engine, rules, writers=[partial(write_cards_and_requests, announce_from=None)])

    await store_officers(engine)
    await take_in(engine, report(), safe_contact(), solo(), referral(), call("c", NOW - 2 * DAY))
    await judge(Rules("a kinder grader", kinder))
    assert await rows(engine, kind="grade") == []
    await judge(real)
    await take_in(engine, event("rec", "policing.crime.recorded.v1", time=NOW, crime_ref="X"))
    await judge(real)
    assert [each.closed_because for each in await rows(engine, kind="grade")] == ["it came from a new rule set"]


async def test_what_the_cps_owes_is_on_its_own_worklist_when_it_is_overdue(engine: AsyncEngine) -> None:
    await store_officers(engine)
    decided = event("nc", "prosecution.decision.made.v1", time=NOW - 9 * DAY, decision="no_charge", suspect_ref="S-1")
    await bring_in(engine, report(time=NOW - 12 * DAY), safe_contact(), solo(), referral(), decided)
    await go_to(engine, datetime(2026, 11, 23, 9, 6, tzinfo=UTC))
    found = await rows(engine, rule="VC-R6-CPS-NO-CHARGE")
    assert [(each.kind, each.to_ref) for each in found] == [("overdue", "CPS"), ("review", "CPS")]


async def test_another_team_of_the_same_person_makes_no_card_new(engine: AsyncEngine) -> None:
    seized = event("ph", "policing.phone.seized.v1", time=NOW - 20 * HOUR, device_ref="D")
    await begun(engine, seized)
    await go_on(engine)
    (before,) = await rows(engine, rule="KENT-PHONE-24H")
    assert before.shown_at is not None
    await bring_in(engine, {**solo(team="west", time=NOW), "id": "assigned again"})
    await go_on(engine, MINUTE)
    (after,) = await rows(engine, rule="KENT-PHONE-24H")
    assert (after.team, after.shown_at) == ("west", before.shown_at)
