"""Whether the database's clock runs steadily: one that jumps by more than five minutes announces nothing at first.

The moment everything is judged by is the database's (``infra/clock.py``). Here its progress between two looks is held
against this machine's monotonic clock. After a jump of either, one more look must agree before anything is announced
(alerts.md, "What must not become an alert"). A simulated clock is moved on purpose, so the clock beneath it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from infra import clock

LARGEST_JUMP: Final = timedelta(minutes=5)

_clock = select(func.clock_timestamp())
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class SteadyClock:
    """Looks at the database's clock, and remembers what it said the time before."""

    engine: AsyncEngine
    _last: tuple[datetime, float] | None = field(default=None, repr=False)

    async def is_steady(self) -> bool:
        """Whether the clock has gone on, since the last look, as this machine's has; the first look believes it."""
        began = clock.monotonic()
        async with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
            says: datetime = (await conn.execute(_clock)).scalar_one()
        return self.agrees(says, (began + clock.monotonic()) / 2)

    def agrees(self, says: datetime, at_s: float) -> bool:
        """Whether the database's moment, seen at this second of the monotonic clock, fits the look before."""
        before, self._last = self._last, (says, at_s)
        if before is None:
            return True
        jumped = (says - before[0]) - timedelta(seconds=at_s - before[1])
        if abs(jumped) <= LARGEST_JUMP:
            return True
        _log.warning("clock_jumped", by_s=round(jumped.total_seconds()))
        return False
