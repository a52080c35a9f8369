"""Reads what the cases of a period contribute to figures; the facts are not looked at."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.figures.rows import VERSION, from_stored
from services.figures.totals import Counted
from services.storage.figures import bodies_in_period


async def read_counted(conn: AsyncConnection, first: date, last: date) -> Counted:
    """Return what the cases contribute to a period, its first and last London day included."""
    counted = Counted(first, last)
    async for body in bodies_in_period(conn, first, last, VERSION):
        counted.add(from_stored(body))
    return counted
