"""Writing what was accepted or refused: facts, notes, dead letters, problems of the record, and wakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from operator import attrgetter, itemgetter
from typing import Any, Final, Literal, Protocol

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from infra.tracing import wake_traces
from services.storage.dead_letter_states import DeadLetterState
from services.storage.dead_letters import NOT_SETTLED
from services.storage.payloads import Header, packed_record
from services.storage.sets import and_tell, columns_of, insert_set, is_among
from services.storage.tables import (
    WAKE_CHANNEL,
    case_victims,
    dead_letters,
    facts,
    notes,
    record_problems,
    victim_key,
    wakes,
)

EVENT_CONTENT: Final = "content of an event"
"""What the keyed digest of a fact's content is of."""

DEAD_LETTER: Final = "dead letter"
"""What the keyed digests of refused records are of."""

ProblemKind = Literal["same_identity_other_content", "same_identity_two_cases"]


class RecordSealer(Protocol):
    """Encrypts refused records (services.storage.vault.Vault)."""

    def seal_record(self, row_id: bytes, plain: bytes) -> bytes:
        """Return a refused record encrypted, bound to its row."""

    def digest_of(self, what: str, plain: bytes) -> bytes:
        """Return 32 bytes by which equal bytes are known, and nothing else is."""


class FactRow(msgspec.Struct, frozen=True, gc=False):
    """One event as it is to be stored; ``reading`` only where a contact had a note.

    ``content`` is the keyed digest of its content hash: that covers the note, and a plain one would let whoever has
    the database confirm a guess at a note that was erased. The reading's fingerprint and sketch are still plain hashes
    of the note: the reader of notes is pure and holds no key.
    """

    key: bytes
    case_key: bytes
    case_id: str
    event_id: str
    source: str
    type: str
    occurred_at: datetime
    known_at: datetime
    content: bytes
    payload: bytes
    reading: bytes | None
    position: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is already stored under a fact's key."""

    content: bytes
    case_key: bytes


class RawRecord(msgspec.Struct, frozen=True, gc=False):
    """One Kafka record as it came, and where from: what a dead letter keeps. ``timestamp_ms`` is the broker's."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()

    @property
    def position(self) -> str:
        """Where it stood: ``topic/partition/offset``."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def identity(self) -> bytes:
        """32 bytes for this record alone: redelivered it is the same, also where a broker began to count anew.

        Stored only as a keyed digest: by this one a guess at what the record held could be confirmed.
        """
        place = f"{self.position}/{self.timestamp_ms}".encode()
        return sha256(sha256(place).digest() + sha256(self.value or b"").digest()).digest()


@dataclass(frozen=True, slots=True)
class DeadLetterRow:
    """One refused record and why; ``field`` is the path of the first wrong field, ``case_key`` a best guess.

    ``fact_key`` is the identity by which its event, put right and sent again, settles it; None where only a person can.
    """

    record: RawRecord
    reason: str
    field: str | None
    case_key: bytes | None
    fact_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """Something wrong with a case's record that was refused and is shown on the case."""

    case_key: bytes
    what: ProblemKind
    event_id: str
    source: str


_FACT = [
    "key",
    "case_key",
    "case_id",
    "event_id",
    "source",
    "type",
    "occurred_at",
    "known_at",
    "content",
    "payload",
    "reading",
    "position",
]
_in_columns = attrgetter(*_FACT)
_VICTIM = ["victim_key", "case_key", "victim_id"]
_NOTE = ["fact_key", "ciphertext", "victim_id"]
_DEAD = [
    "key",
    "topic",
    "partition",
    "offset",
    "timestamp_ms",
    "sealed",
    "digest",
    "size",
    "reason",
    "field",
    "case_key",
    "fact_key",
]
_PROBLEM = ["key", "case_key", "what", "event_id", "source"]
_WAKE = ["case_key", "case_id", "cause"]
_NOW = select(func.waymark_now()).scalar_subquery()

_put_facts = insert_set(facts, _FACT, {"received_at": _NOW}).on_conflict_do_nothing().returning(facts.c.key)
_kept = select(facts.c.key, facts.c.content, facts.c.case_key).where(is_among(facts.c.key, "keys"))
_put_victims = insert_set(case_victims, _VICTIM).on_conflict_do_nothing()
_put_notes = insert_set(notes, _NOTE)
_put_dead = (
    insert_set(dead_letters, _DEAD, {"received_at": _NOW}).on_conflict_do_nothing().returning(dead_letters.c.key)
)
_settle = (
    update(dead_letters)
    .where(is_among(dead_letters.c.fact_key, "keys"), NOT_SETTLED)
    .values(state=DeadLetterState.SETTLED.value, settled_at=_NOW, settled_by="event")
)
_put_problems = insert_set(record_problems, _PROBLEM, {"noticed_at": _NOW}).on_conflict_do_nothing()
_put_wakes = and_tell(insert_set(wakes, _WAKE), WAKE_CHANNEL)
_put_traced_wakes = and_tell(insert_set(wakes, [*_WAKE, "trace"]), WAKE_CHANNEL)


async def put_facts(conn: AsyncConnection, rows: Iterable[FactRow]) -> set[bytes]:
    """Store facts and return the keys of those that were new; the others are stored already, by somebody else.

    In key order: two batches with the same events in opposite order would otherwise wait for each other.
    """
    in_order = sorted(rows, key=lambda row: row.key)
    if not in_order:
        return set()
    columns = columns_of((_in_columns(row) for row in in_order), _FACT)
    return set((await conn.execute(_put_facts, columns)).scalars())


async def kept_under(conn: AsyncConnection, keys: Iterable[bytes]) -> dict[bytes, Kept]:
    """Return what is stored under these keys."""
    found = await conn.execute(_kept, {"keys": sorted(keys)})
    return {key: Kept(content, case_key) for key, content, case_key in found}


def people_named(data: Mapping[str, Any]) -> set[str]:
    """Return whom the data of an event names: its victim, and in a correction also the one its replacement names."""
    replacement = data.get("replacement")
    replaced = replacement.get("data") if isinstance(replacement, dict) else None
    named = (data.get("victim_id"), replaced.get("victim_id") if isinstance(replaced, dict) else None)
    return {each for each in named if isinstance(each, str)}


async def put_victims(conn: AsyncConnection, named: Iterable[tuple[bytes, str]]) -> None:
    """Note that these cases (by key) name these people, in key order; what is noted already stays.

    The gate for texts finds everything that is known of a person by this alone.
    """
    rows = sorted({(victim_key(victim_id), case, victim_id) for case, victim_id in named})
    if rows:
        await conn.execute(_put_victims, columns_of(rows, _VICTIM))


async def put_notes(conn: AsyncConnection, rows: Sequence[tuple[bytes, bytes, str]]) -> None:
    """Store sealed notes: the fact's key, the note encrypted, whose it is."""
    await conn.execute(_put_notes, columns_of(sorted(rows), _NOTE))


async def put_dead_letters(conn: AsyncConnection, sealer: RecordSealer, rows: Sequence[DeadLetterRow]) -> int:
    """Store refused records, sealed, and return how many were new: one read a second time is the same dead letter."""
    by_key = {sealer.digest_of(DEAD_LETTER, row.record.identity): row for row in rows}
    ready = [
        (
            key,
            row.record.topic,
            row.record.partition,
            row.record.offset,
            row.record.timestamp_ms,
            sealer.seal_record(key, packed_record(row.record.key, row.record.value, row.record.headers)),
            sealer.digest_of(DEAD_LETTER, sha256(row.record.value or b"").digest()),
            len(row.record.value or b""),
            row.reason,
            row.field,
            row.case_key,
            row.fact_key,
        )
        for key, row in sorted(by_key.items(), key=itemgetter(0))
    ]
    return len((await conn.execute(_put_dead, columns_of(ready, _DEAD))).all())


async def settle_dead_letters(conn: AsyncConnection, fact_keys: Iterable[bytes]) -> None:
    """Note of refused records that an event of their source and id is stored now: nobody has to deal with them.

    Nothing is deleted. What was refused because another content stands under its identity is not meant.
    """
    await conn.execute(_settle, {"keys": sorted(fact_keys)})


async def put_problems(conn: AsyncConnection, rows: Iterable[ProblemRow]) -> None:
    """Store problems of the record, each once however often it was noticed."""
    ready = sorted({(_problem_key(row), row.case_key, row.what, row.event_id, row.source) for row in rows})
    await conn.execute(_put_problems, columns_of(ready, _PROBLEM))


async def put_wakes(conn: AsyncConnection, rows: Iterable[tuple[bytes, str, str]]) -> None:
    """Append wakes (case key, case id, cause) and let waiting processes know at commit."""
    if traces := wake_traces.get():
        traced = ((*row, traces.get(row[0])) for row in rows)
        await conn.execute(_put_traced_wakes, columns_of(traced, [*_WAKE, "trace"]))
    else:
        await conn.execute(_put_wakes, columns_of(rows, _WAKE))


def _problem_key(row: ProblemRow) -> bytes:
    return sha256(row.case_key + f"{row.what}\0{row.source}\0{row.event_id}".encode()).digest()
