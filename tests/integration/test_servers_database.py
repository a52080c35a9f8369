"""Connections to PostgreSQL: the engine's habits, and a listener that outlives its connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.database import Notice, create_engine, listening, shown_url
from infra.settings import Settings
from tests.support.servers import settings_for

pytestmark = pytest.mark.servers

LISTENER = "waymark-test-listener"


@pytest.fixture
def settings(given_settings: Settings, database: str) -> Settings:
    return settings_for(given_settings, database_url=database, database_statement_timeout_s=1)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(settings, "waymark-test", pool_size=2)
    yield engine
    await engine.dispose()


async def test_every_session_says_who_it_is_counts_in_utc_and_ends_what_takes_too_long(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        names = "application_name", "timezone", "statement_timeout", "lock_timeout"
        shown = [await connection.scalar(text(f"SHOW {name}")) for name in names]
        assert shown == ["waymark-test", "UTC", "1s", "20s"]
        with pytest.raises(DBAPIError, match="statement timeout"):
            await connection.execute(text("SELECT pg_sleep(30)"))


async def test_a_session_sees_what_was_committed_while_it_waited_whatever_the_databases_default(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as connection:
        name = await connection.scalar(text("SELECT current_database()"))
        await connection.execute(text(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation TO 'serializable'"))
    await engine.dispose()
    async with engine.connect() as connection:
        assert await connection.scalar(text("SHOW transaction_isolation")) == "read committed"


async def test_an_error_repeats_no_value_of_the_statement(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError) as failed:
            await connection.execute(text("SELECT 1 / (length(:note) - 9)"), {"note": "her words"})
    assert "her words" not in str(failed.value)


async def test_the_pool_recovers_from_connections_the_server_ended(engine: AsyncEngine) -> None:
    async with engine.connect() as first, engine.connect() as second:
        pid = await first.scalar(text("SELECT pg_backend_pid()"))
        await second.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await first.invalidate()
    async with engine.connect() as first, engine.connect() as second:
        assert await first.scalar(text("SELECT 1")) == 1
        assert await second.scalar(text("SELECT 2")) == 2


async def test_a_listener_hears_what_is_notified_and_returns_empty_where_nothing_is(
    settings: Settings,
    engine: AsyncEngine,
) -> None:
    async with listening(settings, "one", "two") as listener:
        assert await listener.wait(0) == []
        assert await listener.wait(0.05) == []
        async with engine.begin() as connection:
            await connection.execute(text("NOTIFY one, 'a'"))
            await connection.execute(text("NOTIFY two, 'b'"))
            await connection.execute(text("NOTIFY three, 'c'"))
        heard = await listener.wait(5)
        if len(heard) == 1:
            heard += await listener.wait(5)
        assert heard == [Notice("one", "a"), Notice("two", "b")]


async def test_a_listener_whose_connection_is_lost_connects_again_and_says_to_look(
    settings: Settings,
    engine: AsyncEngine,
) -> None:
    async with listening(settings, "one", application_name=LISTENER) as listener:
        await listener.wait(0)
        waiting = asyncio.create_task(listener.wait(120))
        async with engine.begin() as connection:
            ended = await connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"),
                {"name": LISTENER},
            )
            assert ended.scalars().all() == [True]
        assert await asyncio.wait_for(waiting, 30) == []
        assert await asyncio.wait_for(listener.wait(120), 30) == []
        async with engine.begin() as connection:
            await connection.execute(text("NOTIFY one, 'after'"))
        assert await asyncio.wait_for(listener.wait(120), 30) == [Notice("one", "after")]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql://waymark:hunter2@db.example:5432/w?sslpassword=hunter2",
            "postgresql://waymark@db.example:5432/w",
        ),
        ("postgresql://waymark@127.0.0.1:5432/waymark", "postgresql://waymark@127.0.0.1:5432/waymark"),
        ("postgresql://db.example/w", "postgresql://db.example/w"),
        ("postgresql://a:p%40ss@h1:1,h2:2/w", "postgresql://a@h1:1,h2:2/w"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_an_engine_without_a_database_is_refused_in_a_sentence() -> None:
    with pytest.raises(LookupError, match="WAYMARK_DATABASE_URL"):
        create_engine(Settings(_env_file=None))
