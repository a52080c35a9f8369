"""The triangle: what the ledger adds up to is what is stored, and that is what the facts say; a rebuild restores it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.assess_case import Rules, assess_cases
from services.rebuild import Comparison, rebuild, verify
from services.storage.clock_rows import advance_clock
from services.storage.tables import case_victims, obligations, wakes
from tests.support.app import NOW, announced, assess_all, counts, event, take_in, told_within

pytestmark = pytest.mark.usefixtures("at_noon")

RULES = told_within()
CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


async def compared(engine: AsyncEngine, rules: Rules = RULES) -> Comparison:
    return await verify(engine, rules.hash, rules.assess)


async def rebuilt(engine: AsyncEngine) -> int:
    async def work() -> bool:
        done = await assess_cases(engine, RULES)
        return bool(done.assessed or done.set_aside)

    return await rebuild(engine, work)


@pytest.fixture(name="history")
async def _history(engine: AsyncEngine) -> AsyncEngine:
    """A few cases with a history: warned, breached, met late, taken back, and one whose reference is strange."""
    await take_in(engine, event("a"), event("b", time=NOW - timedelta(days=2)), event("c", case="KP-2"))
    await take_in(engine, event("d", case="KP-3", victim_id="V-\x00"), event("e", case="KP-4"))
    await assess_all(engine, RULES)
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(days=3))
    await assess_all(engine, RULES)
    await take_in(engine, event("r", "record.retracted.v1", case="KP-2", event_id="c", reason="entered twice"))
    call = CALL | {"informed_of": ["a"], "time": NOW}
    await take_in(engine, event("t", "contact.made.v1", **call))  # type: ignore[arg-type]  # data and a time
    await assess_all(engine, RULES)
    return engine


async def test_whatever_happened_the_triangle_holds(history: AsyncEngine) -> None:
    found = await compared(history)
    assert (found.cases, found.facts, found.differences) == (4, 7, 0)
    assert (found.waiting, found.other_rules, found.set_aside) == (0, 0, 0)


async def _changes_a_state(conn: AsyncConnection) -> None:
    await conn.execute(text("UPDATE obligations SET state = 'waived' WHERE id LIKE '%/a'"))


async def _changes_a_snapshot(conn: AsyncConnection) -> None:
    await conn.execute(text("UPDATE obligations SET body = '{}' WHERE id LIKE '%/a'"))


async def _loses_an_obligation(conn: AsyncConnection) -> None:
    await conn.execute(text("DELETE FROM obligations WHERE id LIKE '%/b'"))


async def _changes_the_page(conn: AsyncConnection) -> None:
    await conn.execute(text("UPDATE case_views SET body = '{}' WHERE case_key = (SELECT min(case_key) FROM cases)"))


async def _loses_a_fact(conn: AsyncConnection) -> None:
    await conn.execute(text("DELETE FROM facts WHERE event_id = 'b'"))


async def _breaks_a_fact(conn: AsyncConnection) -> None:
    await conn.execute(text("UPDATE facts SET payload = '{' WHERE event_id = 'e'"))


@pytest.mark.parametrize(
    "tampers",
    [_changes_a_state, _changes_a_snapshot, _loses_an_obligation, _changes_the_page, _loses_a_fact, _breaks_a_fact],
)
async def test_any_difference_is_found_and_told(
    history: AsyncEngine, tampers: Callable[[AsyncConnection], Awaitable[None]]
) -> None:
    async with history.begin() as conn:
        await tampers(conn)
    found = await compared(history)
    assert found.differences > 0
    assert found.first[0].startswith("KP-")


async def test_a_rebuild_puts_right_what_is_stored_and_announces_it_as_a_repair(history: AsyncEngine) -> None:
    before = await announced(history)
    async with history.begin() as conn:
        # As a past fault of ours would have left it: announced and stored alike, and wrong.
        await conn.execute(text("UPDATE facts SET occurred_at = occurred_at + interval '30 days' WHERE event_id = 'b'"))
    assert (await compared(history)).differences > 0
    assert await rebuilt(history) == 4
    assert (await compared(history)).differences == 0
    assert sorted(await announced(history)) == sorted([*before, "obligation.breach_withdrawn", "obligation.rescinded"])
    assert await counts(history, wakes) == [0]


async def test_a_rebuild_of_what_is_right_announces_nothing(history: AsyncEngine) -> None:
    before = await announced(history)
    assert await rebuilt(history) == 4
    assert await announced(history) == before


async def test_cases_with_waiting_news_and_other_rules_are_compared_by_their_ledger_alone(
    history: AsyncEngine,
) -> None:
    await take_in(history, event("new"))
    assert (await compared(history)).waiting == 1
    other = await compared(history, told_within(hash_="other"))
    assert (other.other_rules, other.waiting, other.differences) == (3, 1, 0)


async def test_a_case_set_aside_is_counted_and_no_difference(engine: AsyncEngine) -> None:
    await take_in(engine, event("x", "weather.changed.v1"))
    await assess_all(engine, told_within(fails_on="weather.changed.v1"))
    found = await compared(engine)
    assert (found.set_aside, found.differences) == (1, 0)


async def test_the_store_can_be_derived_from_its_facts_alone(history: AsyncEngine) -> None:
    async with history.connect() as conn:
        said = (await conn.execute(text("SELECT id, state, body FROM obligations ORDER BY id"))).all()
    async with history.begin() as conn:
        await conn.execute(text("TRUNCATE obligations, flags, news, case_views, case_victims, ledger, outbox"))
        await conn.execute(text("UPDATE cases SET sequence = 0, told = 0, ledger_head = NULL"))
    await rebuilt(history)
    async with history.connect() as conn:
        assert (await conn.execute(text("SELECT id, state, body FROM obligations ORDER BY id"))).all() == said
    assert await counts(history, obligations, case_victims) == [len(said), 4]
