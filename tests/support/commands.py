"""Commands run in the process of the test, on a store of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner, Result

from infra.database import create_engine
from infra.settings import Settings
from services.cli.main import build_app
from tests.support.app import MASTER_SECRET
from tests.support.servers import run_apart

Invoke = Callable[..., Result]
OnStore = Callable[[Callable[[AsyncEngine], Awaitable[Any]]], Any]


@pytest.fixture
def on_store(store_settings: Settings) -> OnStore:
    """Do something on the store in a loop of its own: the commands bring theirs."""

    async def alone(work: Callable[[AsyncEngine], Awaitable[Any]]) -> Any:
        engine = create_engine(store_settings, "waymark-test")
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    return lambda work: run_apart(alone(work))


@pytest.fixture
def run(store_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invoke:
    """`waymark` with these words, in an empty folder, on this test's store; `given` is what it reads."""
    assert store_settings.database_url is not None
    monkeypatch.setenv("WAYMARK_DATABASE_URL", store_settings.database_url.get_secret_value())
    monkeypatch.setenv("WAYMARK_MASTER_KEY", MASTER_SECRET)
    monkeypatch.chdir(tmp_path)
    app = build_app()
    return lambda *words, given=None: CliRunner().invoke(app, list(words), input=given)
