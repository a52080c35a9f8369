"""Texts from the event to the receipt, on a real PostgreSQL: at most once, never blind, and always a task instead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts import Refused as RefusedEvent
from contracts import read_line
from notifications.channels.channel import Accepted, OutcomeUnknownError, Refused
from notifications.notify import Round
from services.assess_case import Rules
from services.contacts.text_states import TextState
from services.journeys.assessment import Assessment
from services.journeys.facts import Fact
from services.storage.clock_rows import advance_clock
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import adopt_rule_set
from services.storage.tables import victim_key
from services.storage.tables_notify import contact_points, recorded_outbox, text_requests
from services.storage.texts import list_texts, set_paused
from tests.support.app import NOW, StoppedHere, assess_all, event, stop_at, take_in, vault
from tests.support.texting import (
    HOUR,
    Scripted,
    all_texts,
    bring_in,
    hearing,
    in_store,
    judge_all,
    notifier,
    outbox_of,
    real_rules,
    report,
    safe_contact,
    store_people,
    the_worklist,
)

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]


async def tasks(engine: AsyncEngine) -> list[str]:
    return [item.say for item in await the_worklist(engine) if item.kind == "task"]


async def test_an_event_becomes_a_delivered_text_and_is_told_to_its_case(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    assert [json.loads(each) for each in await outbox_of(engine, "notifications.requests")]
    done = await notifier(engine).send_due()
    assert (done.sent, done.held, done.suppressed) == (1, 0, 0)
    (found,) = await all_texts(engine)
    assert (found["state"], found["template"], found["to_ref"]) == ("delivered", "hearing_listed.v1", "CP-1")
    assert found["body"].startswith("Hello, this is the police. The court has set the trial")
    assert [each["state"] for each in found["history"]] == ["requested", "sending", "sent", "delivered"]
    assert "900123" not in json.dumps(found)
    assert await tasks(engine) == []
    (back,) = await outbox_of(engine, "case.events")
    contact = read_line(back)
    assert not isinstance(contact, RefusedEvent)
    assert (contact.type, contact.source, contact.subject) == ("contact.made.v1", "/waymark/texts", "KP-1")
    assert json.loads(back)["data"]["informed_of"] == ["news"]
    await take_in(engine, json.loads(back))
    await judge_all(engine)
    assert (await notifier(engine).send_due()).sent == 0


async def test_a_discreet_text_states_nothing_and_asks_a_person_to_ring(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(sms="discreet"), hearing())
    await notifier(engine).send_due()
    (found,) = await all_texts(engine)
    assert found["body"] == "Hi, it's Sam. Are you about for a chat? Text me when I can ring you."
    (back,) = await outbox_of(engine, "case.events")
    assert "informed_of" not in json.loads(back)["data"]
    (task,) = await tasks(engine)
    assert "Please ring V-1 about the court hearing" in task


@pytest.mark.parametrize(
    ("events", "rule", "words"),
    [
        ([], "2", "no safe contact is recorded"),
        ([safe_contact(sms="never")], "2", "texts are never safe"),
        ([safe_contact(), safe_contact("other", case="KP-2", sms="never")], "2", "texts are never safe"),
        (
            [safe_contact(), event("ph", "policing.phone.seized.v1", device_ref="D", contact_point_ref="CP-1")],
            "3",
            "police hands",
        ),
    ],
)
async def test_what_is_not_sent_is_a_task_that_says_why(
    engine: AsyncEngine, events: list[dict[str, Any]], rule: str, words: str
) -> None:
    await store_people(engine)
    await bring_in(engine, report(), *events, hearing())
    await notifier(engine).send_due()
    (found,) = await all_texts(engine)
    assert (found["state"], found["rule"], found["body"]) == ("suppressed", rule, None)
    assert words in found["history"][-1]["why"]
    (task,) = [each for each in await tasks(engine) if "court hearing" in each]
    assert words in task


async def test_a_held_text_goes_when_its_hours_open(engine: AsyncEngine) -> None:
    await store_people(engine)
    hours = [{"days": ["fri"], "from": "14:00", "to": "16:00"}]
    await bring_in(engine, report(), safe_contact(hours=hours), hearing())
    assert (await notifier(engine).send_due()).held == 1
    (found,) = await all_texts(engine)
    assert (found["state"], found["until"]) == ("held", "2026-11-20T14:00:00+00:00")
    assert await tasks(engine) == []
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(hours=2, minutes=1))
    assert (await notifier(engine).send_due()).sent == 1


async def test_a_case_that_cannot_be_assessed_still_holds_back_a_persons_texts(engine: AsyncEngine) -> None:
    rules = real_rules()

    def fails_on_the_other(facts: Sequence[Fact], now: datetime) -> Assessment:
        if any(fact.case_id == "KP-2" for fact in facts):
            raise ArithmeticError
        return rules.assess(facts, now)

    await store_people(engine)
    await take_in(engine, safe_contact("other", case="KP-2", sms="never"), report(), safe_contact(), hearing())
    async with engine.begin() as conn:
        await adopt_rule_set(conn, rules.hash)
    done = await assess_all(engine, Rules(rules.hash, fails_on_the_other), writers=[write_cards_and_requests])
    assert done.set_aside == 1
    assert await notifier(engine).send_due() == Round(suppressed=1)
    (found,) = await all_texts(engine)
    assert (found["case_id"], found["state"], found["rule"]) == ("KP-1", "suppressed", "2")


async def test_what_is_recorded_before_the_store_was_made_is_never_texted(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine, texts_from=None).send_due()
    (found,) = await all_texts(engine)
    assert (found["state"], found["rule"]) == ("suppressed", "7")
    assert await tasks(engine) == []


async def test_a_fact_is_texted_once_for_each_purpose_whoever_asks(engine: AsyncEngine) -> None:
    await store_people(engine)
    channel = Scripted()
    await bring_in(engine, report(), safe_contact(), hearing())
    await asyncio.gather(*(notifier(engine, channel).send_due() for _ in range(4)))
    assert len(channel.asked) == 1
    await take_in(engine, event("note", "policing.case.reviewed.v1", by="supervisor"))
    await asyncio.gather(judge_all(engine), judge_all(engine))
    assert len(await all_texts(engine)) == 1


async def test_two_events_at_once_are_one_text_that_day(engine: AsyncEngine) -> None:
    await store_people(engine)
    channel = Scripted()
    other = event("visit", "wcu.pretrial_visit.offered.v1", case="KP-2", time=NOW - HOUR)
    await bring_in(
        engine, report(), safe_contact(), hearing(), report(case="KP-2", time=NOW - timedelta(days=8)), other
    )
    for _ in range(3):
        await asyncio.gather(*(notifier(engine, channel).send_due() for _ in range(3)))
    assert len(channel.asked) <= 1
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(seconds=3))
    await notifier(engine, channel).send_due()
    assert len(channel.asked) == 1
    states = sorted(each["state"] for each in await all_texts(engine))
    assert states == ["held", "sent"]


@pytest.mark.parametrize("step", ["sending_committed", "channel_answered"])
async def test_a_crash_after_the_commit_leaves_unknown_and_is_never_sent_again(engine: AsyncEngine, step: str) -> None:
    await store_people(engine)
    channel = Scripted()
    await bring_in(engine, report(), safe_contact(), hearing())
    with pytest.raises(StoppedHere):
        await notifier(engine, channel, at=stop_at(step)).send_due()
    received = len(channel.asked)
    assert [each["state"] for each in await all_texts(engine)] == ["sending"]
    assert (await notifier(engine, channel).send_due()).unknown == 0
    async with engine.begin() as conn:
        await conn.execute(update(text_requests).values(lease_until=text("clock_timestamp() - interval '1 second'")))
    assert (await notifier(engine, channel).send_due()).unknown == 1
    await notifier(engine, channel).send_due()
    assert [each["state"] for each in await all_texts(engine)] == ["unknown"]
    assert len(channel.asked) == received <= 1
    (task,) = await tasks(engine)
    assert "may or may not have been sent" in task


@pytest.mark.parametrize("step", ["never"])
async def test_a_crash_before_the_commit_changes_nothing(engine: AsyncEngine, step: str) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    async with engine.begin() as conn:
        row = (await conn.execute(select(text_requests.c.state))).scalar_one()
    assert (row, step) == ("requested", "never")
    assert (await notifier(engine).send_due()).sent == 1


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (OutcomeUnknownError(), "unknown", "may or may not have been sent"),
        (TimeoutError(), "unknown", "may or may not have been sent"),
        (Refused(TextState.PERMANENT_FAILURE, "the number cannot receive texts"), "permanent_failure", "ring instead"),
    ],
)
async def test_an_answer_that_is_not_yes_is_a_task(
    engine: AsyncEngine, answer: Refused | Exception, state: str, words: str
) -> None:
    await store_people(engine)
    channel = Scripted(answer)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine, channel).send_due()
    (found,) = await all_texts(engine)
    assert found["state"] == state
    (task,) = await tasks(engine)
    assert words in task
    await notifier(engine, channel).send_due()
    assert len(channel.asked) == 1
    assert not await outbox_of(engine, "case.events")


async def test_no_database_session_is_open_while_the_channel_is_asked(engine: AsyncEngine) -> None:
    open_then: list[int] = []

    class Watching(Scripted):
        async def send(self, message: Any) -> Accepted | Refused:
            open_then.append(engine.pool.checkedout())  # type: ignore[attr-defined]  # the pool is a QueuePool
            return await super().send(message)

    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine, Watching()).send_due()
    assert open_then == [0]


async def test_news_told_meanwhile_is_not_texted_and_nobody_has_the_task(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), hearing())
    await notifier(engine).send_due()
    assert len(await tasks(engine)) == 1
    told = event("told", "contact.made.v1", time=NOW, channel="phone", direction="outbound", outcome="reached",
                 informed_of=["news"])  # fmt: skip
    await bring_in(engine, told)
    assert await tasks(engine) == []


async def test_the_release_of_news_wakes_the_text_that_waits_for_it(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), event("news", time=NOW - HOUR))
    assert (await notifier(engine).send_due()).held == 1
    (task,) = await tasks(engine)
    assert "has not released" in task
    await bring_in(engine, event("rel", "policing.news.released.v1", event_id="news", category="other"))
    assert (await notifier(engine).send_due()).sent == 1
    assert await tasks(engine) == []


async def test_what_was_texted_and_then_taken_back_is_urgent(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    await bring_in(engine, event("undo", "record.retracted.v1", event_id="news", reason="wrong case"))
    (card,) = [each for each in await the_worklist(engine) if each.kind == "task"]
    assert card.urgent
    assert "put it right" in card.say


async def test_a_corrected_record_makes_a_task_and_no_text(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), report("V-2"), safe_contact(), hearing(victim_id="V-2"))
    replacement = {"time": (NOW - HOUR).isoformat(), "data": {**hearing()["data"], "victim_id": "V-1"}}
    await bring_in(engine, event("k", "record.corrected.v1", event_id="news", reason="x", replacement=replacement))
    await notifier(engine).send_due()
    mine = [each for each in await all_texts(engine) if each["victim_id"] == "V-1"]
    assert [(each["state"], each["rule"]) for each in mine] == [("suppressed", "7")]
    assert any(each.startswith("Please tell V-1 about the court hearing") for each in await tasks(engine))


async def test_the_switch_holds_all_texts_until_it_is_lifted(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    async with engine.begin() as conn:
        assert await set_paused(conn, paused=True)
        assert not await set_paused(conn, paused=True)
    assert (await notifier(engine).send_due()).held == 1
    assert "paused" in (await tasks(engine))[0]
    async with engine.begin() as conn:
        assert await set_paused(conn, paused=False)
    assert (await notifier(engine).send_due()).sent == 1


async def test_the_local_outbox_records_attempts_and_no_number(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    async with engine.connect() as conn:
        (row,) = await in_store(conn, recorded_outbox)
    assert (row.to_ref, row.segments) == ("CP-1", 2)
    assert isinstance(row.valid_until, datetime)


async def test_a_text_that_cannot_be_decided_about_stops_no_other(engine: AsyncEngine) -> None:
    await store_people(engine, {}, {"victim_id": "V-2", "value": "07700 900124"})
    others = [
        {**safe_contact("safe-2"), "data": {"victim_id": "V-2", "sms": "allowed"}},
        hearing("n2", victim_id="V-2"),
    ]
    await bring_in(engine, report(), report("V-2"), safe_contact(), hearing(), *others)
    async with engine.begin() as conn:
        await conn.execute(
            update(contact_points).where(contact_points.c.victim_key == victim_key("V-1")).values(sealed=b"broken")
        )
    done = await notifier(engine).send_due()
    assert (done.sent, done.held) == (1, 1)
    by_victim = {each["victim_id"]: each for each in await all_texts(engine)}
    assert (by_victim["V-1"]["state"], by_victim["V-2"]["state"]) == ("held", "delivered")
    assert "VaultError" in by_victim["V-1"]["history"][-1]["why"]
    assert any("keeps Waymark from deciding" in each for each in await tasks(engine))


async def test_a_history_that_is_loaded_makes_neither_texts_nor_tasks(engine: AsyncEngine) -> None:
    old = NOW - timedelta(days=30)
    told = event("told", "contact.made.v1", time=old + HOUR, channel="phone", direction="outbound", outcome="reached",
                 informed_of=["free"])  # fmt: skip
    free = event("free", "policing.suspect.released.v1", time=old, outcome="bail")
    await bring_in(engine, report(time=old - HOUR), safe_contact(time=old), hearing(time=old), free, told)
    assert {(each["state"], each["rule"]) for each in await all_texts(engine)} == {("suppressed", "7")}
    assert (await notifier(engine).send_due()) == Round()
    assert await tasks(engine) == []


async def test_a_release_pages_a_person_at_once_whatever_the_hour(engine: AsyncEngine) -> None:
    await bring_in(engine, report(), event("out", "probation.offender.released.v1", time=NOW))
    (card,) = [each for each in await the_worklist(engine) if each.kind == "task"]
    assert (card.urgent, card.rule) == (True, None)
    await notifier(engine).send_due()
    (card,) = [each for each in await the_worklist(engine) if each.kind == "task"]
    assert (card.urgent, card.rule) == (True, "1")


async def test_assessing_and_sending_at_once_wait_for_each_other_only_briefly(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(sms="discreet"), hearing())

    async def feed() -> None:
        for number in range(10):
            await bring_in(engine, event(f"n{number}", "wcu.pretrial_visit.offered.v1", time=NOW - HOUR))

    async def send() -> None:
        for _ in range(20):
            await notifier(engine).send_due()

    async with asyncio.timeout(60):
        await asyncio.gather(feed(), send())
    await notifier(engine).send_due()
    states = [each["state"] for each in await all_texts(engine)]
    assert states.count("delivered") == 1


async def test_the_latest_texts_are_listed_oldest_first(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact())
    for n in range(3):
        await bring_in(engine, hearing(f"news-{n}", hearing_ref=f"H-{n}"))
    await notifier(engine).send_due()
    whole = await all_texts(engine)
    assert [each["event_id"] for each in whole] == ["news-0", "news-1", "news-2"]
    async with engine.connect() as conn:
        assert await list_texts(conn, vault, limit=2) == whole[1:]
        assert await list_texts(conn, vault, "KP-1", limit=9) == whole
        assert await list_texts(conn, vault, "KP-2") == []


async def test_words_that_were_changed_hide_no_others(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    await bring_in(engine, hearing("later", hearing_ref="H-2"))
    async with engine.begin() as conn:
        await conn.execute(
            text(
                "UPDATE text_requests SET sealed_body = went.sealed_body FROM text_requests AS went "
                "WHERE text_requests.event_id = 'later' AND went.event_id = 'news'"
            )
        )
    first, later = await all_texts(engine)
    assert first["body"].startswith("Hello")
    assert later["body"] is None
