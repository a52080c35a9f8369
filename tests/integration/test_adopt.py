"""Adopting a rule set announces what the dry run said, and nobody is alerted by it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.adopt import foresee
from services.journeys.entries import read_entry
from services.rebuild import verify
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import RuleSetNotCurrentError, adopt_rule_set
from services.storage.tables import ledger
from services.storage.tables_notify import cards
from tests.support.app import NOW, assess_all, event, take_in, told_within

OLD = told_within(timedelta(days=2))
NEW = told_within(timedelta(hours=20), hash_="rules-2")


async def _fill(engine: AsyncEngine) -> None:
    for number in range(30):
        case = f"KP-{number}"
        at = NOW - timedelta(hours=3 * number)
        await take_in(engine, event(f"a{number}", case=case, time=at))
    await assess_all(engine, OLD, writers=[write_cards_and_requests])


async def _announced(engine: AsyncEngine) -> Counter[str]:
    async with engine.connect() as conn:
        entries = (await conn.execute(select(ledger.c.entry))).scalars().all()
    return Counter(read_entry(bytes(entry)).what for entry in entries)


@pytest.mark.usefixtures("at_noon")
async def test_what_is_announced_is_what_the_dry_run_said(engine: AsyncEngine) -> None:
    await _fill(engine)
    before = await _announced(engine)
    async with engine.connect() as conn:
        had_cards = (await conn.execute(select(func.count()).select_from(cards))).scalar_one()

    foreseen = await foresee(engine, NEW.assess)
    assert await _announced(engine) == before  # a dry run writes nothing
    assert foreseen.changed == foreseen.cases == 30  # another due date at least

    async with engine.begin() as conn:
        assert await adopt_rule_set(conn, NEW.hash)
    await assess_all(engine, NEW, writers=[write_cards_and_requests])

    said = Counter[str]()
    for (_rule, name), count in foreseen.announcements.items():
        said[name] += count
    assert await _announced(engine) - before == said
    async with engine.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(cards))).scalar_one() == had_cards
    assert (await verify(engine, NEW.hash, NEW.assess)).differences == 0


@pytest.mark.usefixtures("at_noon")
async def test_a_process_with_the_old_rules_refuses_to_write_after_an_adoption(engine: AsyncEngine) -> None:
    await _fill(engine)
    async with engine.begin() as conn:
        await adopt_rule_set(conn, NEW.hash)
    with pytest.raises(RuleSetNotCurrentError, match="rules adopt"):
        await assess_all(engine, OLD)


@pytest.mark.usefixtures("at_noon")
async def test_a_case_that_fails_under_the_new_rules_is_named(engine: AsyncEngine) -> None:
    await _fill(engine)

    def failing(_facts: object, _now: datetime) -> object:
        raise ArithmeticError("V-1 must not stand in any log")

    foreseen = await foresee(engine, failing)  # type: ignore[arg-type] # an assessment that never comes
    assert len(foreseen.failed) == 30
