"""When each feed was last heard: a small table of one row a feed, written every few seconds and not with each event.

A feed is the first word of its event types (``policing``, ``court``), so that there are few; what no type of ours
begins with is ``other``, since whoever sends could make up any number of names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.registry import TYPES
from services.storage.sets import columns_of, insert_set
from services.storage.tables_feeds import feeds

OTHER: Final = "other"
FEEDS: Final = frozenset(name.partition(".")[0] for name in TYPES)
"""Every feed that a known event type has."""

_put = insert_set(feeds, ["name"], {"last_received_at": func.waymark_now()})
_note = _put.on_conflict_do_update(
    index_elements=[feeds.c.name],
    set_={"last_received_at": func.greatest(feeds.c.last_received_at, _put.excluded.last_received_at)},
)


def feed_of(event_type: str) -> str:
    """Return the feed that an event type belongs to.

    >>> feed_of("court.hearing.listed.v1")
    'court'
    """
    first = event_type.partition(".")[0]
    return first if first in FEEDS else OTHER


async def note_feeds(conn: AsyncConnection, heard: Iterable[str]) -> None:
    """Note that these feeds were heard just now, in the order of their names: another process may note the same."""
    await conn.execute(_note, columns_of(((name,) for name in sorted(heard)), ["name"]))
