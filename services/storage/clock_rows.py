"""The clock everything is judged by: the database's, or a simulated one that is so far ahead of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.tables import WAKE_CHANNEL, clock

LONGEST_AHEAD: Final = timedelta(days=36_500)
"""A simulated clock stays in the years events may lie in."""


class ClockError(Exception):
    """The clock cannot be set as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class ClockShown:
    """What the clock says, and whether it is simulated."""

    now: datetime
    simulated: bool


async def show_clock(conn: AsyncConnection) -> ClockShown:
    """Return what the clock says."""
    row = (await conn.execute(select(func.waymark_now().label("now"), clock.c.simulated))).one()
    return ClockShown(row.now, row.simulated)


async def start_simulated_clock(conn: AsyncConnection, at: datetime) -> ClockShown:
    """Start a simulated clock at ``at``, from where it runs on; one that runs already goes on from where it is.

    Raises:
        ClockError: if it would have to go back: what was announced as breached would not yet be due.
    """
    shown = await show_clock(conn)
    if shown.simulated and at < shown.now:
        raise ClockError(
            f"This store's simulated clock stands at {shown.now.isoformat(timespec='seconds')} and never goes back: "
            "leave out --now, or choose an empty --data folder."
        )
    await conn.execute(update(clock).values(simulated=True, ahead=bindparam("at", at) - func.clock_timestamp()))
    return await show_clock(conn)


async def advance_clock(conn: AsyncConnection, by: timedelta) -> ClockShown:
    """Move a simulated clock forward and wake everybody who waits for something to fall due.

    Raises:
        ClockError: if the clock is the real one, or ``by`` is not forward or too far.
    """
    shown = await show_clock(conn)
    if not shown.simulated:
        raise ClockError(
            "The clock is the real one, which nobody moves: start a simulated one with `waymark up --now`."
        )
    if not timedelta(0) < by <= LONGEST_AHEAD:
        raise ClockError("A simulated clock only goes forward, and at most a hundred years.")
    await conn.execute(update(clock).values(ahead=clock.c.ahead + by))
    await conn.execute(select(func.pg_notify(bindparam("channel", WAKE_CHANNEL), "")))
    return await show_clock(conn)
