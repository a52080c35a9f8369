"""A case that was set aside is told, once it can be assessed, for what woke it first: nothing else may hide that.

What a new rule set or a repair changes alerts nobody, and what a correction made news is never texted. So why a case
was to be assessed has to outlive its failures.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.storage.clock_rows import advance_clock
from services.storage.rule_sets import adopt_rule_set, wake_every_case
from services.storage.tables import ledger
from tests.support.app import assess_all, event, take_in, told_within

pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.mark.parametrize(("why", "then"), [("event", "ruleset"), ("event", "repair"), ("correction", "event")])
async def test_a_case_set_aside_is_told_for_what_it_was_woken_by_whatever_wakes_it_next(
    engine: AsyncEngine, why: str, then: str
) -> None:
    await take_in(engine, event("x", "weather.changed.v1"))
    if why == "correction":
        await take_in(engine, event("r", "record.retracted.v1", event_id="z", reason="entered twice"))
    await take_in(engine, event("a"))
    await assess_all(engine, told_within(fails_on="weather.changed.v1"))
    async with engine.begin() as conn:
        match then:
            case "ruleset":
                await adopt_rule_set(conn, "mended")
            case "repair":
                await wake_every_case(conn, "repair")
    if then == "event":
        await take_in(engine, event("b"))
    mended = told_within(hash_="mended" if then == "ruleset" else "rules-1")
    assert (await assess_all(engine, mended)).assessed == 1
    async with engine.connect() as conn:
        entries = (await conn.execute(select(ledger.c.entry))).scalars().all()
    assert {json.loads(each)["cause"] for each in entries} == {why}


@pytest.mark.parametrize("hours", [8, 30])
async def test_a_date_that_comes_while_a_case_is_set_aside_for_other_rules_is_told_as_a_date_that_came(
    engine: AsyncEngine, hours: int
) -> None:
    await take_in(engine, event("a"), event("x", "weather.changed.v1"))
    await assess_all(engine, told_within())
    async with engine.begin() as conn:
        await adopt_rule_set(conn, "other")
    for forward in (1, hours):
        async with engine.begin() as conn:
            await advance_clock(conn, timedelta(hours=forward))
        await assess_all(engine, told_within(hash_="other", fails_on="weather.changed.v1"))
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(hours=1))
    await assess_all(engine, told_within(hash_="other"))
    async with engine.connect() as conn:
        entries = (await conn.execute(select(ledger.c.entry).order_by(ledger.c.sequence))).scalars().all()
    assert [json.loads(each)["cause"] for each in entries] == ["event", "time"]
