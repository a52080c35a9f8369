"""Make an anchor of the ledger each minute: what every chain stood at, chained, stored and published at once.

Any number of processes may try: one at a time holds the lock and makes it, the others look again later. The anchor,
its leaves and the outbox row are one transaction, so that a crash leaves all of them or nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.announcements import LEDGER_ANCHOR, SOURCE
from infra.metrics import ANCHORS
from services.projections.anchors import FIRST, anchor_hash, as_data, merkle_root, written
from services.steps import At, carry_on
from services.storage.anchors import (
    LEDGER_KEY,
    Anchor,
    Grown,
    grown_since_anchor,
    hold_anchoring,
    last_anchor,
    write_anchor,
)
from services.storage.failures import in_words
from services.storage.payloads import to_bytes

EVERY: Final = timedelta(minutes=1)
"""The least time between two anchors, by the product's clock."""

SILENCE: Final = timedelta(hours=1)
"""After this long without a change an anchor says that there was none: silence would be no sign of life."""

_SHORTEST_WAIT_S: Final = 0.05
_FIRST_BACK_OFF_S: Final = 0.1
_LONGEST_BACK_OFF_S: Final = 5.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What one look did: the anchor made, if any, and after how long (real time) to look again."""

    made: Anchor | None
    again_in: timedelta = EVERY


async def make_anchor(engine: AsyncEngine, *, at: At = carry_on) -> Anchoring:
    """Make the next anchor if its time has come and there is something to say.

    Raises:
        DBAPIError: if the database cannot be worked with just now; nothing is written.
    """
    async with engine.begin() as conn:
        if not await hold_anchoring(conn):
            return Anchoring(None)
        await at("held")
        last, now = await last_anchor(conn)
        if last is not None and timedelta(0) <= now - last.made_at < EVERY:
            return Anchoring(None, EVERY - (now - last.made_at))
        grown = await grown_since_anchor(conn)
        await at("read")
        if last is not None and not grown.leaves and timedelta(0) <= now - last.made_at < SILENCE:
            return Anchoring(None)
        anchor = _following(last, grown, now)
        await write_anchor(conn, anchor, grown.leaves, _message(anchor))
        await at("written")
    await at("committed")
    ANCHORS.inc()
    _log.info("ledger_anchored", anchor=anchor.number, cases=anchor.changed, entries=anchor.entries)
    return Anchoring(anchor)


async def keep_anchoring(
    engine: AsyncEngine, *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep, at: At = carry_on
) -> None:
    """Make anchors until cancelled, through restarts of the database; a simulated clock is heard within a minute."""
    back_off = _FIRST_BACK_OFF_S
    while True:
        try:
            done = await make_anchor(engine, at=at)
        except (DBAPIError, OSError) as failure:
            _log.warning(
                "anchoring_interrupted", error=type(failure).__name__, why=in_words(failure), again_in_s=back_off
            )
            await pause(back_off)
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_S)
            continue
        back_off = _FIRST_BACK_OFF_S
        await pause(max(done.again_in.total_seconds(), _SHORTEST_WAIT_S))


def _following(last: Anchor | None, grown: Grown, now: datetime) -> Anchor:
    anchor = Anchor(
        number=last.number + 1 if last else 1,
        made_at=now,
        cases=grown.cases,
        entries=grown.entries,
        changed=len(grown.leaves),
        root=merkle_root(grown.leaves),
        previous=last.hash if last else FIRST,
        hash=b"",
    )
    return replace(anchor, hash=anchor_hash(anchor))


def _message(anchor: Anchor) -> bytes:
    return to_bytes(
        {
            "specversion": "1.0",
            "id": f"{LEDGER_KEY}-{anchor.number}",
            "source": SOURCE,
            "type": LEDGER_ANCHOR,
            "subject": LEDGER_KEY,
            "time": written(anchor.made_at),
            "datacontenttype": "application/json",
            "data": as_data(anchor),
        }
    )
