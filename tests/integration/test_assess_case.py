"""Assessing: every difference announced once, in order, by any number of processes, whatever one case does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.announcements import ANNOUNCEMENTS
from infra.database import listening
from infra.settings import Settings
from services.assess_case import Rules, assess_cases, keep_assessing
from services.projections.ledger import verify_ledger
from services.storage.clock_rows import advance_clock
from services.storage.differences import Difference
from services.storage.rule_sets import RuleSetNotCurrentError, adopt_rule_set, wake_every_case
from services.storage.tables import (
    WAKE_CHANNEL,
    case_key,
    cases,
    ledger,
    obligations,
    outbox,
    rule_sets,
    wakes,
)
from tests.support.app import NOW, StoppedHere, announced, assess_all, counts, event, stop_at, take_in, told_within

pytestmark = pytest.mark.usefixtures("at_noon")

CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
RAISED, WARNED = "obligation.raised", "obligation.approaching"


async def states(engine: AsyncEngine) -> dict[str, str]:
    async with engine.connect() as conn:
        rows = await conn.execute(select(obligations.c.id, obligations.c.state))
        return {id_.rpartition("/")[2]: state for id_, state in rows}


async def test_an_event_is_announced_and_told_once(engine: AsyncEngine) -> None:
    await take_in(engine, event("a"))
    done = await assess_all(engine, told_within())
    assert (done.assessed, done.announced) == (1, 1)
    assert await announced(engine) == [RAISED]
    assert await states(engine) == {"a": "pending"}
    assert (await assess_all(engine, told_within())).assessed == 0
    assert await counts(engine, wakes, outbox, ledger) == [0, 1, 1]


async def test_a_deadline_is_announced_as_approaching_and_as_breached_after_its_moment(engine: AsyncEngine) -> None:
    await take_in(engine, event("a"))
    rules = told_within()
    await assess_all(engine, rules)
    for forward, state in (
        (timedelta(hours=5), "pending"),
        (timedelta(hours=2), "warned"),
        (timedelta(hours=16), "warned"),
    ):
        async with engine.begin() as conn:
            await advance_clock(conn, forward)
        await assess_all(engine, rules)
        assert await states(engine) == {"a": state}
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(hours=2))
    await assess_all(engine, rules)
    assert await announced(engine) == [RAISED, WARNED, "obligation.breached"]


async def test_a_breach_announced_is_withdrawn_by_an_announcement_of_its_own(engine: AsyncEngine) -> None:
    await take_in(engine, event("a", time=NOW - timedelta(days=3)))
    await assess_all(engine, told_within())
    await take_in(engine, event("r", "record.retracted.v1", event_id="a", reason="entered twice"))
    await assess_all(engine, told_within())
    assert await announced(engine) == ["obligation.breached", "obligation.breach_withdrawn", "obligation.rescinded"]
    assert await states(engine) == {}
    async with engine.connect() as conn:
        entries = [json.loads(each) for each in (await conn.execute(select(ledger.c.entry))).scalars()]
    assert [each["cause"] for each in entries] == ["event", "correction", "correction"]


async def test_what_is_published_is_what_the_contract_promises(engine: AsyncEngine) -> None:
    await take_in(engine, event("a", time=NOW - timedelta(days=3)), event("b"), event("c", victim_id="V-\ud800\x00"))
    await assess_all(engine, told_within())
    async with engine.connect() as conn:
        sent = (await conn.execute(select(outbox.c.key, outbox.c.value).order_by(outbox.c.id))).all()
    assert [key for key, _ in sent] == [b"KP-1"] * 3
    read = [ANNOUNCEMENTS[json.loads(value)["type"]].model_validate_json(value) for _, value in sent]
    assert [each.data.sequence for each in read] == [1, 2, 3]
    assert len({each.id for each in read}) == 3


async def test_no_two_processes_announce_the_same(engine: AsyncEngine) -> None:
    await take_in(engine, *(event(f"e{n}", case=f"KP-{n % 40}", time=NOW - timedelta(days=2)) for n in range(400)))
    rules = told_within()
    await asyncio.gather(*(assess_all(engine, rules, at_once=7) for _ in range(4)))
    assert await announced(engine) == ["obligation.breached"] * 400
    async with engine.connect() as conn:
        assert (await verify_ledger(conn)).problem is None


async def test_a_fact_that_comes_while_its_case_is_assessed_is_not_missed(engine: AsyncEngine) -> None:
    await take_in(engine, event("a"))

    async def another_comes(step: str) -> None:
        if step == "loaded":
            await take_in(engine, event("b"))

    await assess_cases(engine, told_within(), at=another_comes)
    assert await states(engine) == {"a": "pending"}
    await assess_all(engine, told_within())
    assert await states(engine) == {"a": "pending", "b": "pending"}


@pytest.mark.parametrize("step", ["seated", "held", "loaded", "written", "before_commit"])
async def test_stopped_before_its_commit_nothing_is_announced_and_later_once(engine: AsyncEngine, step: str) -> None:
    await take_in(engine, event("a"), event("b", case="KP-2"))
    with pytest.raises(StoppedHere):
        await assess_cases(engine, told_within(), at=stop_at(step))
    assert await counts(engine, ledger, outbox, obligations, wakes) == [0, 0, 0, 2]
    await assess_all(engine, told_within())
    assert await counts(engine, ledger, outbox, obligations, wakes) == [2, 2, 2, 0]


async def test_a_case_whose_assessment_raises_is_set_aside_alone_and_tried_again(engine: AsyncEngine) -> None:
    await take_in(engine, event("a"), event("x", "weather.changed.v1", case="KP-2"), event("c", case="KP-3"))
    broken, mended = told_within(fails_on="weather.changed.v1"), told_within()
    assert (await assess_all(engine, broken)).set_aside == 1
    assert set(await states(engine)) == {"a", "c"}
    async with engine.connect() as conn:
        row = (await conn.execute(select(cases).where(cases.c.case_key == case_key("KP-2")))).one()
    assert row.attempts == 1
    assert "ArithmeticError" in row.problem
    assert "V-1" not in row.problem
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(seconds=3))
    assert (await assess_all(engine, broken)).set_aside == 1
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(seconds=5))
    assert (await assess_all(engine, mended)).assessed == 1
    async with engine.connect() as conn:
        row = (await conn.execute(select(cases).where(cases.c.case_key == case_key("KP-2")))).one()
    assert (row.attempts, row.problem, row.retry_at) == (0, None, None)


async def test_a_case_that_the_database_refuses_is_set_aside_alone(engine: AsyncEngine) -> None:
    await take_in(engine, event("a"), event("x", case="KP-2"), event("c", case="KP-3"))

    async def refuses(conn: AsyncConnection, differences: Sequence[Difference]) -> None:
        if any(each.case_id == "KP-2" for each in differences):
            await conn.execute(text("SELECT 1 / 0"))

    done = await assess_all(engine, told_within(), writers=[refuses])
    assert (done.assessed, done.set_aside) == (2, 1)
    assert set(await states(engine)) == {"a", "c"}
    async with engine.connect() as conn:
        assert (await verify_ledger(conn)).problem is None


@pytest.mark.parametrize(
    "failure",
    [
        KeyError("V-1"),
        FileNotFoundError("V-1"),
        TimeoutError("V-1"),
        RecursionError("V-1"),
        RuleSetNotCurrentError("V-1", "V-1"),
    ],
)
async def test_a_writer_that_fails_for_one_case_sets_that_case_aside_alone(
    engine: AsyncEngine, failure: Exception
) -> None:
    await take_in(engine, event("a"), event("x", case="KP-2"), event("c", case="KP-3"))

    async def fails(_: AsyncConnection, differences: Sequence[Difference]) -> None:
        if any(each.case_id == "KP-2" for each in differences):
            raise failure

    done = await assess_all(engine, told_within(), writers=[fails])
    assert (done.assessed, done.set_aside) == (2, 1)
    assert set(await states(engine)) == {"a", "c"}
    async with engine.connect() as conn:
        problem = (await conn.execute(select(cases.c.problem).where(cases.c.problem.is_not(None)))).scalar_one()
    assert type(failure).__name__ in problem
    assert "in fails" in problem
    assert "V-1" not in problem


async def test_the_process_outlives_a_writer_that_fails(engine: AsyncEngine) -> None:
    await take_in(engine, event("x"))
    asked = asyncio.Event()

    async def fails(_: AsyncConnection, __: Sequence[Difference]) -> None:
        raise FileNotFoundError

    async def wait(_: float) -> None:
        asked.set()
        await asyncio.Event().wait()

    working = asyncio.create_task(keep_assessing(engine, told_within(), wait, writers=[fails]))
    async with asyncio.timeout(30):
        await asked.wait()
    assert not working.done()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    async with engine.connect() as conn:
        assert (await conn.execute(select(cases.c.attempts))).scalar_one() == 1


async def test_who_finds_only_what_others_hold_does_not_look_again_at_the_next_event(engine: AsyncEngine) -> None:
    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    await take_in(engine, event("b"))
    heard: list[float] = []
    looked = 0
    enough = asyncio.Event()

    async def wait(seconds: float) -> None:
        heard.append(seconds)
        await asyncio.sleep(0)

    async def at(step: str) -> None:
        nonlocal looked
        looked += step == "seated"
        if looked == 3:
            enough.set()

    async with engine.begin() as other:
        await other.execute(select(cases).with_for_update())
        working = asyncio.create_task(keep_assessing(engine, told_within(), wait, at=at))
        async with asyncio.timeout(30):
            await enough.wait()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert heard == []


async def test_another_rule_set_writes_nothing_until_it_is_adopted(engine: AsyncEngine) -> None:
    await take_in(engine, event("a", time=NOW - timedelta(hours=2)))
    await assess_all(engine, told_within(hash_="old"))
    new = told_within(timedelta(hours=1), hash_="new")
    await take_in(engine, event("b"))
    with pytest.raises(RuleSetNotCurrentError, match="rules adopt"):
        await assess_cases(engine, new)
    assert await states(engine) == {"a": "pending"}
    async with engine.begin() as conn:
        assert await adopt_rule_set(conn, "new")
    async with engine.begin() as conn:
        assert not await adopt_rule_set(conn, "new")
    await assess_all(engine, new)
    assert await states(engine) == {"a": "breached", "b": "pending"}
    async with engine.connect() as conn:
        current = (await conn.execute(select(rule_sets.c.hash).where(rule_sets.c.current))).scalars().all()
    assert current == ["new"]


async def test_an_adoption_waits_for_the_assessments_under_way(engine: AsyncEngine) -> None:
    await take_in(engine, event("a"))
    loaded, may_go_on = asyncio.Event(), asyncio.Event()

    async def hold(step: str) -> None:
        if step == "loaded":
            loaded.set()
            await may_go_on.wait()

    async def adopt() -> None:
        async with engine.begin() as conn:
            await adopt_rule_set(conn, "new")

    under_way = asyncio.create_task(assess_cases(engine, told_within(hash_="old"), at=hold))
    await loaded.wait()
    adoption = asyncio.create_task(adopt())
    done, _ = await asyncio.wait({adoption}, timeout=0.2)
    assert not done
    may_go_on.set()
    await asyncio.gather(under_way, adoption)
    assert (await assess_all(engine, told_within(hash_="new"))).assessed == 1


async def test_the_moment_never_goes_back_behind_a_cases_last_assessment(engine: AsyncEngine) -> None:
    await take_in(engine, event("a", time=NOW - timedelta(hours=23, minutes=59)))
    rules = told_within()
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(minutes=2))
    await assess_all(engine, rules)
    assert await states(engine) == {"a": "breached"}
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE clock SET ahead = ahead - interval '2 hours'"))
        await wake_every_case(conn, "repair")
    assert (await assess_all(engine, rules)).announced == 0
    assert await states(engine) == {"a": "breached"}


async def test_what_fell_due_before_go_live_is_recorded_and_announced_to_nobody(engine: AsyncEngine) -> None:
    await take_in(engine, event("old", time=NOW - timedelta(days=9)), event("new"))
    await assess_all(engine, told_within(), announce_from=NOW - timedelta(days=1))
    assert await states(engine) == {"old": "breached", "new": "pending"}
    assert sorted(await announced(engine)) == ["obligation.breached", RAISED]
    async with engine.connect() as conn:
        sent = [json.loads(value) for value in (await conn.execute(select(outbox.c.value))).scalars()]
    assert [each["type"] for each in sent] == ["waymark.obligation.raised.v1"]
    assert sent[0]["data"]["sequence"] == 1


async def test_a_process_hears_of_an_event_and_of_a_moved_clock(engine: AsyncEngine, store_settings: Settings) -> None:
    async def until(wanted: dict[str, str]) -> None:
        async with asyncio.timeout(30):
            while await states(engine) != wanted:  # noqa: ASYNC110 - nothing tells of it but the store
                await asyncio.sleep(0.01)

    async with listening(store_settings, WAKE_CHANNEL) as listener:
        working = asyncio.create_task(keep_assessing(engine, told_within(), listener.wait))
        await take_in(engine, event("a"))
        await until({"a": "pending"})
        async with engine.begin() as conn:
            await advance_clock(conn, timedelta(days=2))
        await until({"a": "breached"})
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_case_that_says_two_things_of_one_id_is_set_aside(engine: AsyncEngine) -> None:
    honest = told_within()

    def twice(facts: Sequence[object], now: datetime) -> object:
        said = honest.assess(facts, now)  # type: ignore[arg-type]  # the test hands on what it was given
        return replace(said, obligations=said.obligations * 2)

    await take_in(engine, event("a"))
    done = await assess_all(engine, Rules("rules-1", twice))  # type: ignore[arg-type]  # as above
    assert (done.assessed, done.set_aside) == (0, 1)


@pytest.mark.usefixtures("at_noon")
async def test_the_oldest_wakes_are_taken_first_whatever_their_case(engine: AsyncEngine) -> None:
    cases = sorted((f"KP-{number}" for number in range(12)), key=case_key, reverse=True)
    for number, case in enumerate(cases):
        await take_in(engine, event(f"a{number}", case=case))
    await assess_cases(engine, told_within(), at_once=3)
    async with engine.connect() as conn:
        waiting = set((await conn.execute(select(wakes.c.case_id))).scalars())
    assert waiting == set(cases[3:])
