"""What is to be published: the outbox by shard, and dead letters not yet on their topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Integer, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.payloads import Header, unpacked_headers
from services.storage.sets import columns_of, is_among, unnested
from services.storage.tables import SHARDS, dead_letters, outbox

DEAD_LETTER_SHARD: Final = SHARDS
"""The lock under which dead letters are published; the outbox's own shards are 0 to 15."""

SHARD_LOCKS: Final = 0x5741_594F
"""First number of the advisory locks of the shards ("WAYO")."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish; ``key`` orders it within its case."""

    id: int
    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[Header]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One refused record to publish, as it came; ``reason`` and ``field`` go into headers of their own."""

    id: int
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]
    reason: str
    field: str | None


_wanted = (
    func.unnest(bindparam("shards", type_=ARRAY(Integer)))
    .table_valued(Column("shard", Integer), name="wanted")
    .render_derived()
)
_take_shards = select(_wanted.c.shard, func.pg_try_advisory_lock(SHARD_LOCKS, _wanted.c.shard))
_leave_shards = select(func.pg_advisory_unlock_all())
_first = (
    select(outbox.c.id, outbox.c.topic, outbox.c.key, outbox.c.value, outbox.c.headers)
    .where(
        is_among(outbox.c.shard, "shards"),
        outbox.c.problem.is_(None),
    )
    .order_by(outbox.c.id)
    .limit(bindparam("most", type_=Integer))
)
_sent = delete(outbox).where(is_among(outbox.c.id, "ids"))
_parked_rows = unnested(outbox, ["id", "problem"], "new_")
_park = update(outbox).where(outbox.c.id == _parked_rows.c.id).values(problem=_parked_rows.c.problem)
_unpublished = (
    select(
        dead_letters.c.id,
        dead_letters.c.topic,
        dead_letters.c.partition,
        dead_letters.c.offset,
        dead_letters.c.record_key,
        dead_letters.c.value,
        dead_letters.c.headers,
        dead_letters.c.reason,
        dead_letters.c.field,
    )
    .where(dead_letters.c.published_at.is_(None), dead_letters.c.publish_problem.is_(None))
    .order_by(dead_letters.c.id)
    .limit(bindparam("most", type_=Integer))
)
_published = update(dead_letters).where(is_among(dead_letters.c.id, "ids")).values(published_at=func.waymark_now())
_dead_rows = unnested(dead_letters, ["id", "publish_problem"], "new_")
_park_dead = (
    update(dead_letters)
    .where(dead_letters.c.id == _dead_rows.c.id)
    .values(publish_problem=_dead_rows.c.publish_problem)
)


async def take_shards(conn: AsyncConnection, wanted: Iterable[int]) -> set[int]:
    """Take the locks of those of these shards that no other relay has, for this session; return which."""
    rows = await conn.execute(_take_shards, {"shards": sorted(wanted)})
    return {shard for shard, is_taken in rows if is_taken}


async def leave_shards(conn: AsyncConnection) -> None:
    """Let go of every shard this session holds."""
    await conn.execute(_leave_shards)


async def next_messages(conn: AsyncConnection, shards: Iterable[int], most: int) -> list[Message]:
    """Return the first messages of these shards, in order; those parked with a problem are passed over.

    Always the first there are, never those after the last seen: a transaction that commits late has a smaller number
    than others that were sent already.
    """
    rows = await conn.execute(_first, {"shards": sorted(shards), "most": most})
    return [Message(row.id, row.topic, row.key, row.value, unpacked_headers(row.headers)) for row in rows]


async def forget_sent(conn: AsyncConnection, ids: Iterable[int]) -> None:
    """Delete messages that the broker has acknowledged."""
    await conn.execute(_sent, {"ids": list(ids)})


async def park_messages(conn: AsyncConnection, problems: Iterable[tuple[int, str]]) -> None:
    """Mark messages that the broker refuses for good, so that they stop nobody and can be seen."""
    await conn.execute(_park, columns_of(problems, ["id", "problem"], "new_"))


async def next_dead_letters(conn: AsyncConnection, most: int) -> list[DeadLetter]:
    """Return dead letters that are not yet on their topic."""
    return [
        DeadLetter(
            row.id,
            row.topic,
            row.partition,
            row.offset,
            row.record_key,
            row.value,
            unpacked_headers(row.headers),
            row.reason,
            row.field,
        )
        for row in await conn.execute(_unpublished, {"most": most})
    ]


async def mark_published(conn: AsyncConnection, ids: Iterable[int]) -> None:
    """Note that these dead letters are on their topic; the rows stay until somebody has dealt with them."""
    await conn.execute(_published, {"ids": list(ids)})


async def park_dead_letters(conn: AsyncConnection, problems: Iterable[tuple[int, str]]) -> None:
    """Mark dead letters that cannot be published; they stay in the store, where they can be seen."""
    await conn.execute(_park_dead, columns_of(problems, ["id", "publish_problem"], "new_"))
