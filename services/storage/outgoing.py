"""What is to be published: the outbox by shard, and dead letters not yet on their topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy import Column, Integer, Interval, bindparam, case, delete, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.dead_letter_states import DeadLetterState
from services.storage.payloads import Header, unpacked_headers, unpacked_record
from services.storage.sets import columns_of, is_among, unnested
from services.storage.tables import SHARDS, dead_letters, outbox
from services.storage.vault import VaultError

DEAD_LETTER_SHARD: Final = SHARDS
"""The lock under which dead letters are published; the outbox's own shards are 0 to 15."""

SHARD_LOCKS: Final = 0x5741_594F
"""First number of the advisory locks of the shards ("WAYO")."""


_TOO_LATE = "It could not be published before its record was past its retention and was erased."


class RecordOpener(Protocol):
    """Decrypts refused records (services.storage.vault.Vault)."""

    def open_record(self, row_id: bytes, sealed: bytes) -> bytes:
        """Return a refused record as it came; raises VaultError where this master key did not seal it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish; ``key`` orders it within its case."""

    id: int
    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[Header]
    trace: str | None = None


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
    select(outbox.c.id, outbox.c.topic, outbox.c.key, outbox.c.value, outbox.c.headers, outbox.c.trace)
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
        dead_letters.c.key,
        dead_letters.c.sealed,
        dead_letters.c.reason,
        dead_letters.c.field,
    )
    .where(
        dead_letters.c.published_at.is_(None),
        dead_letters.c.publish_problem.is_(None),
        dead_letters.c.sealed.is_not(None),
    )
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
_past_retention = (
    select(dead_letters.c.key)
    .where(
        dead_letters.c.sealed.is_not(None),
        # A sub-select, so that the moment is read once and the index is used.
        dead_letters.c.received_at
        <= select(func.waymark_now() - bindparam("retention", type_=Interval)).scalar_subquery(),
    )
    .order_by(dead_letters.c.received_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_erase = (
    update(dead_letters)
    .where(dead_letters.c.key.in_(_past_retention))
    .values(
        sealed=None,
        # What somebody has dealt with stays so.
        state=case(
            (dead_letters.c.state == DeadLetterState.OPEN.value, literal(DeadLetterState.ERASED.value)),
            else_=dead_letters.c.state,
        ),
        publish_problem=func.coalesce(
            dead_letters.c.publish_problem,
            case((dead_letters.c.published_at.is_(None), literal(_TOO_LATE)), else_=null()),
        ),
    )
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
    return [Message(row.id, row.topic, row.key, row.value, unpacked_headers(row.headers), row.trace) for row in rows]


async def forget_sent(conn: AsyncConnection, ids: Iterable[int]) -> None:
    """Delete messages that the broker has acknowledged."""
    await conn.execute(_sent, {"ids": list(ids)})


async def park_messages(conn: AsyncConnection, problems: Iterable[tuple[int, str]]) -> None:
    """Mark messages that the broker refuses for good, so that they stop nobody and can be seen."""
    await conn.execute(_park, columns_of(problems, ["id", "problem"], "new_"))


async def next_dead_letters(
    conn: AsyncConnection, opener: RecordOpener, most: int
) -> tuple[list[DeadLetter], list[tuple[int, str]]]:
    """Return dead letters that are not yet on their topic, and those that do not open, each with a sentence why."""
    opened: list[DeadLetter] = []
    closed: list[tuple[int, str]] = []
    for row in await conn.execute(_unpublished, {"most": most}):
        try:
            key, value, headers = unpacked_record(opener.open_record(row.key, row.sealed))
        except VaultError as problem:
            closed.append((row.id, str(problem)))
            continue
        opened.append(
            DeadLetter(row.id, row.topic, row.partition, row.offset, key, value, headers, row.reason, row.field)
        )
    return opened, closed


async def erase_dead_letters(conn: AsyncConnection, retention: timedelta, most: int) -> int:
    """Erase the records of up to ``most`` dead letters received longer ago than that; return of how many.

    The row stays, with its reason and where the record stood: that something was refused is no secret, what it held is.
    """
    return (await conn.execute(_erase, {"retention": retention, "most": most})).rowcount


async def mark_published(conn: AsyncConnection, ids: Iterable[int]) -> None:
    """Note that these dead letters are on their topic; the rows stay until somebody has dealt with them."""
    await conn.execute(_published, {"ids": list(ids)})


async def park_dead_letters(conn: AsyncConnection, problems: Iterable[tuple[int, str]]) -> None:
    """Mark dead letters that cannot be published; they stay in the store, where they can be seen."""
    await conn.execute(_park_dead, columns_of(problems, ["id", "publish_problem"], "new_"))
