"""The schema and its history: one file a step under ``versions``, shipped with the package and applied by alembic.

Migrations name every table themselves, as if each were huge and already full, and import nothing from the packages
above: what a table looked like then must not change with what it looks like now.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

_LOCK = 0x5741_594D
"""Advisory lock under which one process at a time migrates ("WAYM")."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """Return the revision this version of Waymark expects the database to be at."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("No migration was shipped with this installation: install Waymark again.")
    return head


def _engine(url: str) -> AsyncEngine:
    # The driver reads the address itself, so that all that libpq knows (sslmode, a socket) works as written.
    async def connection() -> Any:
        return await asyncpg.connect(dsn=url, server_settings={"application_name": "waymark-migrate"})

    return create_async_engine("postgresql+asyncpg://", async_creator=connection, poolclass=NullPool)


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    before = MigrationContext.configure(connection).get_current_revision()
    command.upgrade(_config(connection), "head")
    return before, newest_revision()


async def migrate(url: str) -> tuple[str | None, str]:
    """Bring the schema at ``url`` to the newest revision and return the revisions before and after.

    Everything happens in one transaction under an advisory lock, so that processes started together wait for the
    first and a step that fails leaves the schema as it was.
    """
    engine = _engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            return await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def revision_of(url: str) -> str | None:
    """Return the revision the schema at ``url`` is at, or None where it was never migrated."""
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda plain: MigrationContext.configure(plain).get_current_revision())
    finally:
        await engine.dispose()
