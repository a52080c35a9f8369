"""Nobody assesses for two weeks: then everything due is announced at once, once, in one go for each case."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.topics import COMPLIANCE_EVENTS
from services.assess_case import Round, assess_cases
from services.rebuild import verify
from services.storage.clock_rows import advance_clock
from services.storage.tables import cases, ledger, wakes
from tests.support.app import NOW, assess_all, event, take_in, told_within
from tests.support.texting import HOUR, judge_all, outbox_of, real_rules, report, safe_contact

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

CASES = 12
TWO_WEEKS = timedelta(days=14)


async def some_cases(engine: AsyncEngine, announce_from: datetime | None = None) -> Round:
    """A few cases in which something is owed within the next days, assessed and then left alone."""
    for number in range(CASES):
        case = f"KP-{number}"
        await take_in(
            engine,
            report(case=case, time=NOW - HOUR),
            safe_contact(f"safe-{number}", case=case),
            event(f"arrest-{number}", case=case, time=NOW - HOUR),
        )
    return await judge_all(engine, announce_from)


async def two_weeks_pass(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await advance_clock(conn, TWO_WEEKS)


async def entries(engine: AsyncEngine) -> list[dict[str, object]]:
    async with engine.connect() as conn:
        found = await conn.execute(select(ledger.c.entry).order_by(ledger.c.case_key, ledger.c.sequence))
        return [json.loads(entry) for entry in found.scalars()]


async def test_what_falls_due_does_not_wait_until_all_that_came_is_assessed(engine: AsyncEngine) -> None:
    rules = told_within()
    await take_in(engine, event("due", case="KP-DUE"))
    await assess_all(engine, rules)
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(days=2))
    await take_in(engine, *(event(f"a{number}", case=f"KP-{number}") for number in range(40)))
    await assess_cases(engine, rules, at_once=8)
    assert "obligation.breached" in [each["what"] for each in await entries(engine) if each["case_id"] == "KP-DUE"]
    async with engine.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(wakes))).scalar_one() == 33


async def test_after_two_weeks_everything_due_is_announced_at_once_and_once(engine: AsyncEngine) -> None:
    await some_cases(engine)
    before = await entries(engine)
    await two_weeks_pass(engine)
    done = await judge_all(engine)
    assert done.assessed == CASES, "each case is assessed in one go, and not once for each moment it missed"
    new = [each for each in await entries(engine) if each not in before]
    assert len(new) == done.announced
    breached = Counter(each["case_id"] for each in new if each["what"] == "obligation.breached")
    assert len(breached) == CASES
    assert len(set(breached.values())) == 1
    about = Counter((each["case_id"], each["thing"], each["id"]) for each in new)
    assert set(about.values()) == {1}, "nothing is announced as approaching and then as breached in the same go"
    for case in breached:
        assert len({each["at"] for each in new if each["case_id"] == case}) == 1
    published = [json.loads(each) for each in await outbox_of(engine, COMPLIANCE_EVENTS.name)]
    assert len({each["id"] for each in published}) == len(published) == len(before) + len(new)
    assert await judge_all(engine) == Round(), "a second round finds nothing more to say"
    found = await verify(engine, real_rules().hash, real_rules().assess)
    assert (found.differences, found.waiting, found.cases) == (0, 0, CASES)


async def test_what_fell_due_before_go_live_is_shown_and_announced_to_nobody(engine: AsyncEngine) -> None:
    go_live = NOW + TWO_WEEKS - timedelta(days=1)
    await some_cases(engine, go_live)
    before = len(await outbox_of(engine, COMPLIANCE_EVENTS.name))
    await two_weeks_pass(engine)
    done = await judge_all(engine, go_live)
    assert done.assessed == CASES
    late = [each for each in await entries(engine) if each["what"] == "obligation.breached"]
    early = [each for each in late if datetime.fromisoformat(each["body"]["due_at"]) < go_live]  # type: ignore[index]  # JSON
    assert len({each["case_id"] for each in early}) == CASES
    assert all(each["quiet"] and each["cause"] == "backfill" for each in early)
    published = [json.loads(each) for each in (await outbox_of(engine, COMPLIANCE_EVENTS.name))[before:]]
    breaches = [each for each in published if each["type"] == "waymark.obligation.breached.v1"]
    assert len(breaches) == len(late) - len(early)
    assert await judge_all(engine, go_live) == Round()
    async with engine.connect() as conn:
        told = (await conn.execute(select(func.sum(cases.c.told)))).scalar_one()
    assert told == before + len(published)
