"""The migrations make the schema that the code names, in any number of processes, all of it or nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import services.storage.tables_alerts  # who is at work when shares the metadata
import services.storage.tables_anchor  # anchors share the metadata too
import services.storage.tables_feeds  # and so does the table of feeds
import services.storage.tables_figures  # and those of figures
import services.storage.tables_notify  # what is told to people shares the metadata  # noqa: F401
from infra.migrations import migrate, newest_revision, revision_of
from services.storage.clock_rows import ClockError, advance_clock, show_clock, start_simulated_clock
from services.storage.tables import metadata

CHECKS = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"


async def test_the_migrated_schema_is_the_one_the_code_names(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with engine.connect() as conn:
        assert await conn.run_sync(differences) == []
        checks = set((await conn.execute(text(CHECKS))).scalars())
    named = {
        constraint.name
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert checks == named


async def test_the_tables_that_the_code_names_can_be_made_as_they_stand(database: str) -> None:
    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)
        made = set((await conn.execute(text(CHECKS))).scalars())
    await engine.dispose()
    assert "one_switch_for_all_texts" in made


async def test_processes_started_together_migrate_once(database: str) -> None:
    assert await revision_of(database) is None
    done = await asyncio.gather(*(migrate(database) for _ in range(3)))
    assert sorted(before is None for before, _ in done) == [False, False, True]
    assert await revision_of(database) == newest_revision()


async def test_a_migration_that_fails_leaves_nothing_behind(database: str) -> None:
    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE wakes (in_the_way int)"))
    with pytest.raises(Exception, match="wakes"):
        await migrate(database)
    async with engine.connect() as conn:
        tables = (await conn.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).scalars()
        assert list(tables) == ["wakes"]
    await engine.dispose()


async def test_the_clock_is_the_databases_until_a_simulated_one_is_started(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        shown = await show_clock(conn)
        database_says = (await conn.execute(text("SELECT clock_timestamp()"))).scalar_one()
        assert not shown.simulated
        assert timedelta(0) <= database_says - shown.now < timedelta(seconds=5)
        with pytest.raises(ClockError, match="real one"):
            await advance_clock(conn, timedelta(hours=1))


async def test_the_real_clock_can_never_be_moved(engine: AsyncEngine) -> None:
    with pytest.raises(IntegrityError, match="clock_real_one_is_never_moved"):
        async with engine.begin() as conn:
            await conn.execute(text("UPDATE clock SET ahead = interval '1 hour'"))
    with pytest.raises(IntegrityError, match="clock_one_row"):
        async with engine.begin() as conn:
            await conn.execute(text("INSERT INTO clock DEFAULT VALUES"))


async def test_a_simulated_clock_runs_on_moves_forward_and_never_back(engine: AsyncEngine) -> None:
    start = datetime(2027, 1, 1, 9, tzinfo=UTC)
    async with engine.begin() as conn:
        shown = await start_simulated_clock(conn, start)
        assert shown.simulated
        assert timedelta(0) <= shown.now - start < timedelta(seconds=5)
        moved = await advance_clock(conn, timedelta(days=3))
        assert timedelta(days=3) <= moved.now - start < timedelta(days=3, seconds=5)
        assert (await show_clock(conn)).now > moved.now
        with pytest.raises(ClockError, match="never goes back"):
            await start_simulated_clock(conn, start)
        with pytest.raises(ClockError, match="forward"):
            await advance_clock(conn, timedelta(0))
