"""Whether this process may be sent work: the database answers, its schema is the one we know, Kafka has an address."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.anchor_lateness import LATENESS, complaint
from infra.migrations import newest_revision
from services.storage.standing import unreached

LIMIT_S: Final = 5.0
"""Seconds the database has to answer in; whoever asks gives up about then."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What keeps this process from its work, a sentence each; none: it is ready.

    ``complaints`` are about the whole and keep no process from its work: to take the pages away from people because
    the ledger is not anchored would help nobody.
    """

    problems: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands against it."""
        return not self.problems


async def readiness(engine: AsyncEngine, kafka_bootstrap_servers: str | None) -> Readiness:
    """Ask what this process stands on. Nothing raises, and no sentence holds an address or a password."""
    problems: list[str] = []
    complaints: list[str] = []
    try:
        async with asyncio.timeout(LIMIT_S):
            problems += await _schema_problems(engine)
            if not problems:
                complaints += await _anchor_complaints(engine)
                complaints += await _unreached_complaints(engine)
    except (SQLAlchemyError, OSError, TimeoutError) as failure:
        problems.append(f"The database does not answer ({type(failure).__name__}): check it with `waymark doctor`.")
    except Exception as failure:  # noqa: BLE001 - a driver's own errors differ by how the connection was lost
        problems.append(f"The database cannot be used ({type(failure).__name__}): check it with `waymark doctor`.")
    if not kafka_bootstrap_servers:
        problems.append("No Kafka is known: set WAYMARK_KAFKA_BOOTSTRAP_SERVERS, or start `waymark up`.")
    return Readiness(tuple(problems), tuple(complaints))


async def _schema_problems(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as conn:
        await conn.execute(text("SELECT 1"))
        try:
            found = (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar()
        except DBAPIError as failure:
            if getattr(failure.orig, "sqlstate", None) != _NO_SUCH_TABLE:
                raise
            found = None
    newest = newest_revision()
    if found is None:
        return ["The database has no schema yet: run `waymark migrate`."]
    if found != newest:
        return [f"The schema is at revision {found} and this version knows {newest}: run `waymark migrate`."]
    return []


async def _anchor_complaints(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as conn:
        row = (await conn.execute(text(LATENESS))).one()
    found = complaint(row.age_s, waits=row.waits)
    return [] if found is None else [f"{found} Look whether `waymark relay` runs."]


async def _unreached_complaints(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as conn:
        found = (await conn.execute(unreached.limit(1))).first()
    return [] if found is None else [_UNREACHED]


_UNREACHED: Final = (
    "An interruption reached nobody, the control room neither: somebody must look at the first page now. Set "
    "WAYMARK_CONTROL_ROOM and WAYMARK_ALERT_MAIL, and import the addresses of officers."
)
_NO_SUCH_TABLE: Final = "42P01"
