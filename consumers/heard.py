"""Which feeds were heard lately: kept while batches are accepted, and written down every few seconds apart from them.

Silence of a feed is what nobody notices: no event is late that never came. Writing beside the acceptance, and not in
its transaction, keeps one row a feed from becoming the place where all batches wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.case_events import AcceptBatch
from contracts.refusal import Refused
from services.accept import Accepted, Incoming
from services.storage.feeds import feed_of, note_feeds

NOTE_EVERY_S: Final = 5.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Heard:
    """The feeds whose events were accepted and that are not written down yet."""

    feeds: set[str] = field(default_factory=set)

    def listening_to(self, accept: AcceptBatch) -> AcceptBatch:
        """Return the same acceptance, which takes note of what it accepted."""

        async def accept_and_note(batch: Sequence[Incoming]) -> Accepted:
            done = await accept(batch)
            types = {each.read_as.type for each in batch if not isinstance(each.read_as, Refused)}
            self.feeds.update(feed_of(each) for each in types)
            return done

        return accept_and_note


async def keep_noting(engine: AsyncEngine, heard: Heard, every_s: float = NOTE_EVERY_S) -> None:
    """Write down which feeds were heard, until cancelled; what could not be written is written with the next."""
    while True:
        await asyncio.sleep(every_s)
        if not heard.feeds:
            continue
        feeds, heard.feeds = heard.feeds, set()
        try:
            async with engine.begin() as conn:
                await note_feeds(conn, feeds)
        except (DBAPIError, OSError) as failure:
            heard.feeds |= feeds
            _log.warning("feeds_not_noted", error=type(failure).__name__)
