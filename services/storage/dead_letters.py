"""Looking at dead letters, and noting that one was given another try."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, bindparam, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.payloads import Header, unpacked_headers
from services.storage.sets import is_among
from services.storage.tables import DeadLetterState, cases, dead_letters, facts


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
    publish_problem: str | None
    size: int
    """Bytes of its value."""


@dataclass(frozen=True, slots=True)
class DeadLetterWhole:
    """One dead letter with the record as it came; its value may hold somebody's words."""

    shown: DeadLetterShown
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


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
        dead_letters.c.publish_problem,
        func.coalesce(func.octet_length(dead_letters.c.value), 0).label("size"),
    )
    .select_from(dead_letters.outerjoin(cases, cases.c.case_key == dead_letters.c.case_key))
    .order_by(dead_letters.c.id)
)


_refused = select(
    dead_letters.c.offset,
    func.sha256(func.coalesce(dead_letters.c.value, literal(b"", LargeBinary))),
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
    conn: AsyncConnection, ids: Collection[int] | None, most: int = 100
) -> list[DeadLetterWhole]:
    """Return dead letters with their records, by number; None means all that are open. At most ``most``."""
    wanted = _shown.add_columns(dead_letters.c.record_key, dead_letters.c.value, dead_letters.c.headers).limit(most)
    if ids is None:
        wanted = wanted.where(dead_letters.c.state == DeadLetterState.OPEN.value)
    else:
        wanted = wanted.where(is_among(dead_letters.c.id, "ids"))
    return [
        DeadLetterWhole(_as_shown(row), row.record_key, row.value, unpacked_headers(row.headers))
        for row in await conn.execute(wanted, {} if ids is None else {"ids": sorted(ids)})
    ]


async def mark_retried(conn: AsyncConnection, ids: Iterable[int]) -> None:
    """Note that these were published to the input topic once more."""
    await conn.execute(
        update(dead_letters)
        .where(is_among(dead_letters.c.id, "ids"))
        .values(state=DeadLetterState.RETRIED.value, retried_at=func.waymark_now()),
        {"ids": list(ids)},
    )


async def contents_of(conn: AsyncConnection, keys: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return the content hash stored under each of these fact keys."""
    rows = await conn.execute(
        select(facts.c.key, facts.c.content).where(is_among(facts.c.key, "keys")), {"keys": list(keys)}
    )
    return dict(rows.all())


async def refused_at(
    conn: AsyncConnection, topic: str, places: Collection[tuple[int, int]]
) -> set[tuple[int, int, bytes]]:
    """Return which of these places (partition, offset) hold a dead letter, each with the SHA-256 of its value."""
    by_partition: dict[int, list[int]] = {}
    for partition, offset in places:
        by_partition.setdefault(partition, []).append(offset)
    found: set[tuple[int, int, bytes]] = set()
    for partition, offsets in by_partition.items():
        rows = await conn.execute(_refused, {"topic": topic, "partition": partition, "offsets": offsets})
        found.update((partition, offset, digest) for offset, digest in rows)
    return found


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
        publish_problem=row.publish_problem,
        size=row.size,
    )
