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
from services.storage.tables import cases
from services.storage.tables_notify import text_requests
from tests.support.app import NOW, StoppedHere, assess_all, event, stop_at, take_in
from tests.support.texting import (
    HOUR,
    Scripted,
    all_texts,
    bring_in,
    hearing,
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


async def test_news_that_its_source_recorded_after_every_calendar_holds_up_neither_case_nor_text(
    engine: AsyncEngine,
) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing(recorded_at="9999-12-31T23:59:59Z"))
    await notifier(engine).send_due()
    (found,) = await all_texts(engine)
    assert found["state"] == "delivered"
    await take_in(engine, event("later"))
    await judge_all(engine)
    async with engine.connect() as conn:
        assert (await conn.execute(select(cases.c.problem))).scalars().all() == [None]


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
