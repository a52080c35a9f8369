"""Connections to PostgreSQL: SQLAlchemy's engine for data, and one connection that listens.

All data goes through SQLAlchemy. Only LISTEN uses the driver itself: a notification comes to a connection that waits,
which a pool cannot lend. PostgreSQL is reached directly or through a pooler in session mode: session locks (relay)
and LISTEN do not survive transaction mode.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infra import clock
from infra.settings import Settings

logger = structlog.stdlib.get_logger(__name__)

CONNECT_LIMIT_S = 10.0
_IDLE_IN_TRANSACTION_LIMIT_S = 120
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


def database_url(settings: Settings) -> str:
    """Return the libpq address of the database, which may hold a password: never log or print it.

    Raises:
        LookupError: if none is set.
    """
    if settings.database_url is None:
        raise LookupError("No database is known: set WAYMARK_DATABASE_URL, or start `waymark up`.")
    return settings.database_url.get_secret_value()


def shown_url(url: str) -> str:
    """Return a database address as it may be printed: without its password, and without options that may hold one."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    shown = f"{user.partition(':')[0]}@{host}" if user else host
    return urlunsplit((parts.scheme, shown, parts.path, "", ""))


async def connect(settings: Settings, application_name: str) -> Any:
    """Open one driver connection with the session settings every connection of Waymark has.

    The driver reads the address itself, so that what libpq knows (sslmode, several hosts, a socket) works as written.
    """
    return await asyncpg.connect(
        dsn=database_url(settings),
        timeout=CONNECT_LIMIT_S,
        server_settings={
            "application_name": application_name,
            "timezone": "UTC",
            "statement_timeout": f"{settings.database_statement_timeout_s}s",
            "lock_timeout": f"{settings.database_lock_timeout_s}s",
            "idle_in_transaction_session_timeout": f"{_IDLE_IN_TRANSACTION_LIMIT_S}s",
            # What is read after a lock must see what was committed meanwhile, whatever the default of the database.
            "default_transaction_isolation": "read committed",
            # Short statements on few rows: compiling them costs more than it saves.
            "jit": "off",
        },
    )


def create_engine(
    settings: Settings, application_name: str = "waymark", *, pool_size: int | None = None
) -> AsyncEngine:
    """Return an engine whose errors never repeat a statement's values, for one event loop; dispose of it at the end.

    `application_name` is what pg_stat_activity shows; each connection keeps up to 100 prepared statements.

    Raises:
        LookupError: if no database is set.
    """
    database_url(settings)

    async def creator() -> Any:
        return await connect(settings, application_name)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=creator,
        pool_size=pool_size or settings.database_pool_size,
        max_overflow=0,
        pool_timeout=30,
        # A database that was restarted leaves dead connections in the pool; asking first costs 0.1 ms.
        pool_pre_ping=True,
        # Values are notes and numbers: they must not stand in an exception that is logged.
        hide_parameters=True,
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification: the channel it came on and what it carried."""

    channel: str
    payload: str


class Listener:
    """Waits for notifications on a connection of its own, and opens another when that one is lost."""

    def __init__(self, settings: Settings, channels: tuple[str, ...], application_name: str) -> None:
        self._settings = settings
        self._channels = channels
        self._application_name = application_name
        self._heard: list[Notice] = []
        self._stir = asyncio.Event()
        self._connection: Any = None

    async def wait(self, limit_s: float) -> list[Notice]:
        """Return what has come since the last call, or wait for it; empty after `limit_s` seconds without any.

        Empty also means, after a lost connection, that something may have been missed: look as if it had come.
        """
        if self._connection is None or self._connection.is_closed():
            await self._connect()
            return self._take()
        if not self._heard:
            try:
                async with asyncio.timeout(limit_s):
                    await self._stir.wait()
            except TimeoutError:
                await self._check()
        return self._take()

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _take(self) -> list[Notice]:
        self._stir.clear()
        heard, self._heard = self._heard, []
        return heard

    async def _connect(self) -> None:
        pause = _FIRST_PAUSE_S
        was_lost_at = clock.monotonic()
        while True:
            connection = None
            try:
                connection = await connect(self._settings, self._application_name)
                for channel in self._channels:
                    await connection.add_listener(channel, self._hear)
                connection.add_termination_listener(self._lose)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                logger.warning("database_listener_refused", error=type(error).__name__, again_in_s=pause)
                _give_back(connection)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                continue
            except BaseException:
                # Cancelled on the way: nobody else will ever close it.
                _give_back(connection)
                raise
            self._connection = connection
            logger.info("database_listener_connected", after_s=round(clock.monotonic() - was_lost_at, 1))
            return

    async def _check(self) -> None:
        """Ask over the connection: one that the network swallowed would stay silent for ever."""
        try:
            await self._connection.execute("SELECT 1", timeout=CONNECT_LIMIT_S)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            self._connection.terminate()

    def _hear(self, _connection: Any, _pid: int, channel: str, payload: str) -> None:
        self._heard.append(Notice(channel, payload))
        self._stir.set()

    def _lose(self, _connection: Any) -> None:
        logger.warning("database_listener_lost")
        self._stir.set()


def _give_back(connection: Any) -> None:
    if connection is not None:
        connection.terminate()


@asynccontextmanager
async def listening(
    settings: Settings,
    *channels: str,
    application_name: str = "waymark-listen",
) -> AsyncIterator[Listener]:
    """Open a listener on the channels and close it at the end; its first `wait` connects and returns at once."""
    listener = Listener(settings, channels, application_name)
    try:
        yield listener
    finally:
        await listener.close()
