"""`waymark explain` from the store: what was owed, since when it could be known, and a look that is logged."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner, Result

from infra.database import create_engine
from infra.settings import Settings
from services.assess_case import Rules
from services.cli.main import build_app
from services.journeys.assess import assess
from services.journeys.rule_set import load_rule_set
from services.storage.tables import obligations
from tests.support.app import MASTER_SECRET, NOW, assess_all, event, take_in
from tests.support.servers import run_apart

OnStore = Callable[[Callable[[AsyncEngine], Awaitable[Any]]], Any]
RULES = load_rule_set()
CARRIED = Rules(RULES.hash, lambda facts, now: assess(facts, RULES, now))


@pytest.fixture
def on_store(store_settings: Settings) -> OnStore:
    """Do something on the store in a loop of its own: the command brings its own."""

    async def alone(work: Callable[[AsyncEngine], Awaitable[Any]]) -> Any:
        engine = create_engine(store_settings, "waymark-test")
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    return lambda work: run_apart(alone(work))


@pytest.fixture
def run(store_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    assert store_settings.database_url is not None
    monkeypatch.setenv("WAYMARK_DATABASE_URL", store_settings.database_url.get_secret_value())
    monkeypatch.setenv("WAYMARK_MASTER_KEY", MASTER_SECRET)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(build_app(), ["explain", *arguments])


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


def test_an_obligation_is_explained_with_when_waymark_read_what_it_rests_on(
    on_store: OnStore, run: Callable[..., Result]
) -> None:
    duty = on_store(_an_arrest_read_late)
    shown = run(duty)
    assert shown.exit_code == 0, shown.output
    assert "It was late before Waymark could know" in shown.output
    content = json.loads(run(duty, "--json").stdout)
    assert content["trigger"]["late_before_known"] == "waymark"
    assert content["trigger"]["received_at"] is not None
    assert content["obligation"]["id"] == duty
    assert on_store(_looks) == 2


def test_an_obligation_that_never_was_is_refused_in_a_sentence(on_store: OnStore, run: Callable[..., Result]) -> None:
    on_store(_an_arrest_read_late)
    refused = run("0" * 32)
    assert refused.exit_code == 1
    assert "No obligation of this id stands." in refused.output
