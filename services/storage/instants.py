"""Instants as the database gives them back.

events.md lets an instant in ``data`` be of any year; after 2199 it is never, which is kept as the last instant of all.
asyncpg writes that one as PostgreSQL's infinity and reads infinity back without a zone, and what has no zone cannot be
compared with anything.
"""

from __future__ import annotations

from datetime import datetime

from services.provisions.working_days import NEVER


def instant_of(read: datetime) -> datetime:
    """Return an instant (UTC) as it was written."""
    return read if read.tzinfo is not None else NEVER
