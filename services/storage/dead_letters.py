"""Looking at dead letters, and noting that one was given another try, or is dealt with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.topics import CASE_EVENTS
from services.storage.dead_letter_states import DeadLetterState
from services.storage.outgoing import RecordOpener
from services.storage.payloads import Header, unpacked_record
from services.storage.sets import is_among
from services.storage.tables import cases, dead_letters, facts
from services.storage.vault import VaultError

PAST_RETENTION: Final = (
    f"Its record is past the retention of {CASE_EVENTS.name} ({CASE_EVENTS.retention.days} days) and was erased; "
    "if it is still needed, ask its source to send it again."
)
NOT_SETTLED: Final = text("dead_letters.state IN ('open', 'erased')")
"""Nobody has dealt with it, its record erased meanwhile or not. Written out, so that the indexes of these are used."""


@dataclass(frozen=True, slots=True)
class DeadLetterShown:
    """One dead letter as a person sees it in a list: where it stood, why it was refused, and what came of it."""

    id: int
    state: DeadLetterState
    reason: str
    field: str | None
    case_id: str | None
    """The case it names, where Waymark knows that case."""
    topic: str
    partition: int
    offset: int
    received_at: datetime
    retried_at: datetime | None
    settled_at: datetime | None
    settled_by: str | None
    """``event``: one of its source and id was accepted since; otherwise who closed it."""
    publish_problem: str | None
    size: int
    """Bytes of its value."""


@dataclass(frozen=True, slots=True)
class DeadLetterWhole:
    """One dead letter with the record as it came; its value may hold somebody's words.

    ``missing`` says why there is no record: it is past its retention, or does not open with this master key.
    """

    shown: DeadLetterShown
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]
    missing: str | None = None


_shown = (
    select(
        dead_letters.c.id,
        dead_letters.c.state,
        dead_letters.c.reason,
        dead_letters.c.field,
        cases.c.case_id,
        dead_letters.c.topic,
        dead_letters.c.partition,
        dead_letters.c.offset,
        dead_letters.c.received_at,
        dead_letters.c.retried_at,
        dead_letters.c.settled_at,
        dead_letters.c.settled_by,
        dead_letters.c.publish_problem,
        dead_letters.c.size,
    )
    .select_from(dead_letters.outerjoin(cases, cases.c.case_key == dead_letters.c.case_key))
    .order_by(dead_letters.c.id)
)


_refused = select(
    dead_letters.c.offset,
    dead_letters.c.digest,
).where(
    dead_letters.c.topic == bindparam("topic"),
    dead_letters.c.partition == bindparam("partition"),
    is_among(dead_letters.c.offset, "offsets"),
)


async def list_dead_letters(
    conn: AsyncConnection, state: DeadLetterState | None = None, limit: int = 1000
) -> list[DeadLetterShown]:
    """Return dead letters, oldest first; those of one state, or all."""
    wanted = _shown.limit(limit)
    if state is not None:
        wanted = wanted.where(dead_letters.c.state == state.value)
    return [_as_shown(row) for row in await conn.execute(wanted)]


async def whole_dead_letters(
    conn: AsyncConnection, opener: RecordOpener, ids: Collection[int] | None, most: int = 100
) -> list[DeadLetterWhole]:
    """Return dead letters with their records, by number; None means all that are open. At most ``most``."""
    wanted = _shown.add_columns(dead_letters.c.key, dead_letters.c.sealed).limit(most)
    if ids is None:
        wanted = wanted.where(NOT_SETTLED, dead_letters.c.state == DeadLetterState.OPEN.value)
    else:
        wanted = wanted.where(is_among(dead_letters.c.id, "ids"))
    return [_as_whole(row, opener) for row in await conn.execute(wanted, {} if ids is None else {"ids": sorted(ids)})]


async def mark_retried(conn: AsyncConnection, ids: Iterable[int]) -> None:
    """Note that these were published to the input topic once more; one erased meanwhile stays so."""
    await conn.execute(
        update(dead_letters)
        .where(is_among(dead_letters.c.id, "ids"), dead_letters.c.sealed.is_not(None))
        .values(state=DeadLetterState.RETRIED.value, retried_at=func.waymark_now()),
        {"ids": list(ids)},
    )


async def close_dead_letters(conn: AsyncConnection, ids: Collection[int], by: str) -> set[int]:
    """Note that a person has dealt with these, and return which of them nobody had before; nothing is deleted."""
    rows = await conn.execute(
        update(dead_letters)
        .where(is_among(dead_letters.c.id, "ids"), NOT_SETTLED)
        .values(state=DeadLetterState.SETTLED.value, settled_at=func.waymark_now(), settled_by=by)
        .returning(dead_letters.c.id),
        {"ids": sorted(ids)},
    )
    return set(rows.scalars())


async def count_refused(
    conn: AsyncConnection, key: bytes, most: int = 1000, received_by: datetime | None = None
) -> int:
    """Return how many refused records of a case nobody has dealt with, at most ``most``."""
    few = select(literal(1)).select_from(dead_letters).where(dead_letters.c.case_key == key, NOT_SETTLED).limit(most)
    if received_by is not None:
        few = few.where(dead_letters.c.received_at <= received_by)
    return int((await conn.execute(select(func.count()).select_from(few.subquery()))).scalar_one())


async def contents_of(conn: AsyncConnection, keys: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return the keyed digest of the content hash stored under each of these fact keys."""
    rows = await conn.execute(
        select(facts.c.key, facts.c.content).where(is_among(facts.c.key, "keys")), {"keys": list(keys)}
    )
    return dict(rows.all())


async def refused_at(
    conn: AsyncConnection, topic: str, places: Collection[tuple[int, int]]
) -> set[tuple[int, int, bytes]]:
    """Return which of these places (partition, offset) hold a dead letter, each with its digest.

    That is the keyed one of the value's SHA-256.
    """
    by_partition: dict[int, list[int]] = {}
    for partition, offset in places:
        by_partition.setdefault(partition, []).append(offset)
    found: set[tuple[int, int, bytes]] = set()
    for partition, offsets in by_partition.items():
        rows = await conn.execute(_refused, {"topic": topic, "partition": partition, "offsets": offsets})
        found.update((partition, offset, digest) for offset, digest in rows)
    return found


def _as_whole(row: Any, opener: RecordOpener) -> DeadLetterWhole:
    shown = _as_shown(row)
    if row.sealed is None:
        return DeadLetterWhole(shown, None, None, (), PAST_RETENTION)
    try:
        key, value, headers = unpacked_record(opener.open_record(row.key, row.sealed))
    except VaultError as problem:
        return DeadLetterWhole(shown, None, None, (), str(problem))
    return DeadLetterWhole(shown, key, value, headers)


def _as_shown(row: Any) -> DeadLetterShown:
    return DeadLetterShown(
        id=row.id,
        state=DeadLetterState(row.state),
        reason=row.reason,
        field=row.field,
        case_id=row.case_id,
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        received_at=row.received_at,
        retried_at=row.retried_at,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        publish_problem=row.publish_problem,
        size=row.size,
    )
