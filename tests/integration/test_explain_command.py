"""`waymark explain` from the store: what was owed, since when it could be known, and a look that is logged."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.assess_case import Rules
from services.journeys.assess import assess
from services.journeys.rule_set import load_rule_set
from services.storage.tables import obligations
from tests.support.app import NOW, assess_all, event, take_in
from tests.support.commands import Invoke, OnStore

RULES = load_rule_set()
CARRIED = Rules(RULES.hash, lambda facts, now: assess(facts, RULES, now))


@pytest.fixture
def run(run: Invoke) -> Invoke:
    return partial(run, "explain")


async def _an_arrest_read_late(engine: AsyncEngine) -> str:
    """An arrest of ten days ago that was recorded at once and reaches the store only now; the id of its duty."""
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE clock SET simulated = true, ahead = :now - clock_timestamp()"), {"now": NOW})
    report = event("r", "policing.crime.reported.v1", case="KP-1", offence="other", time=NOW - timedelta(days=60))
    await take_in(engine, report, event("arrest", case="KP-1", time=NOW - timedelta(days=10)))
    await assess_all(engine, CARRIED)
    async with engine.connect() as conn:
        duty = await conn.execute(select(obligations.c.id).where(obligations.c.rule == "VC-R6-ARREST"))
        return str(duty.scalar_one())


async def _looks(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return int((await conn.execute(select(func.count()).select_from(text("access_log")))).scalar_one())


def test_an_obligation_is_explained_with_when_waymark_read_what_it_rests_on(on_store: OnStore, run: Invoke) -> None:
    duty = on_store(_an_arrest_read_late)
    shown = run(duty)
    assert shown.exit_code == 0, shown.output
    assert "It was late before Waymark could know" in shown.output
    content = json.loads(run(duty, "--json").stdout)
    assert content["trigger"]["late_before_known"] == "waymark"
    assert content["trigger"]["received_at"] is not None
    assert content["obligation"]["id"] == duty
    assert on_store(_looks) == 2


def test_an_obligation_that_never_was_is_refused_in_a_sentence(on_store: OnStore, run: Invoke) -> None:
    on_store(_an_arrest_read_late)
    refused = run("0" * 32)
    assert refused.exit_code == 1
    assert "No obligation of this id stands." in refused.output
