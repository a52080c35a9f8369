"""Accept a batch of records: what happened becomes facts, what cannot be read becomes dead letters, all or nothing.

One transaction a batch; only after its commit may the batch's offset be. Accepting knows nothing of any case, so that
nothing in a case can stop it: a wake is left for every case touched, and assessing is somebody else's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import CaseEventBase
from contracts.normalised import content_hash, take_note
from contracts.refusal import Refused
from services.contacts.reading import Reading
from services.steps import At, carry_on
from services.storage.failures import is_of_the_store, is_passing
from services.storage.intake import (
    EVENT_CONTENT,
    DeadLetterRow,
    FactRow,
    Kept,
    ProblemKind,
    ProblemRow,
    RawRecord,
    RecordSealer,
    kept_under,
    people_named,
    put_dead_letters,
    put_facts,
    put_notes,
    put_problems,
    put_victims,
    put_wakes,
    settle_dead_letters,
)
from services.storage.payloads import to_bytes
from services.storage.tables import case_key, fact_key

OTHER_CONTENT: Final = (
    "An event with this id and source was accepted before with other content. The first stands: send a correction "
    "(record.corrected) under an id of its own."
)
OTHER_CASE: Final = (
    "An event with this id and source was accepted before for another case. The first stands: send this one under an "
    "id of its own, or retract the first."
)

NOT_KEPT: Final = (
    "This event was read and could not be kept: a fault of Waymark, not of the source. Keep it, tell the "
    "administrator, and retry it with the next version."
)

_CORRECTING: Final = ("record.", "contact.linked.")
_log = structlog.get_logger(__name__)
_write_reading = msgspec.json.Encoder().encode


class Sealer(RecordSealer, Protocol):
    """Encrypts what is personal in what was accepted or refused (services.storage.vault.Vault)."""

    async def seal_many(self, conn: AsyncConnection, rows: Sequence[tuple[str, bytes, bytes]]) -> list[bytes]:
        """Return each ``(victim id, identity of the row, what to seal)`` encrypted, in the given order."""


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """One record of a batch as it came, and what it was read as."""

    record: RawRecord
    read_as: CaseEventBase | Refused


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a batch: every record is counted once, under one of the three."""

    stored: int = 0
    duplicates: int = 0
    refused: int = 0


async def accept(
    engine: AsyncEngine,
    batch: Sequence[Incoming],
    *,
    vault: Sealer,
    read_note: Callable[[str], Reading],
    at: At = carry_on,
) -> Accepted:
    """Store a batch in one transaction and return what became of it; committed when this returns.

    The first content of an identity stands, within the batch as in the store; the same again is dropped, another is
    refused and shown on the case (on both, where the cases differ). Nothing in a record can make this raise: should
    the database refuse one for what it holds, the batch is stored record by record and that one becomes a dead letter.

    Raises:
        DBAPIError, OSError: the database cannot be worked with just now, or is not migrated to what this version
            needs: no record's fault, so none becomes a dead letter. Try the same batch again.
    """
    sorted_out = _Sorted(vault, read_note)
    for incoming in batch:
        sorted_out.take(incoming)
    try:
        return await _store(engine, sorted_out, vault, at)
    except DBAPIError as failure:
        if is_passing(failure) or is_of_the_store(failure):
            raise
        _log.error("batch_refused_by_the_database", records=len(batch), error=type(failure.orig).__name__)
    if len(batch) == 1:
        unstorable = _Sorted(vault, read_note, refused=[_unstorable(batch[0])])
        return await _store(engine, unstorable, vault, at)
    alone = [await accept(engine, [each], vault=vault, read_note=read_note, at=at) for each in batch]
    return Accepted(
        sum(each.stored for each in alone),
        sum(each.duplicates for each in alone),
        sum(each.refused for each in alone),
    )


async def _store(engine: AsyncEngine, sorted_out: _Sorted, vault: Sealer, at: At) -> Accepted:
    async with engine.begin() as conn:
        new = await put_facts(conn, (each.row for each in sorted_out.first.values()))
        await at("facts")
        stored = [each for key, each in sorted_out.first.items() if key in new]
        # With the facts, and not when they are assessed: a case that fails must still hold back a person's texts.
        await put_victims(conn, {(each.row.case_key, name) for each in stored for name in each.names})
        await at("victims")
        standing = {key: Kept(each.row.content, each.row.case_key) for key, each in sorted_out.first.items()}
        if known := sorted_out.first.keys() - new:
            standing |= await kept_under(conn, known)
        conflicts, duplicates = sorted_out.judge(standing, new)
        await _put_notes(conn, vault, stored)
        await at("notes")
        if refused := [*sorted_out.refused, *(each.dead_letter for each in conflicts)]:
            await put_dead_letters(conn, vault, refused)
        await at("dead_letters")
        if conflicts:
            await put_problems(conn, (problem for each in conflicts for problem in each.problems))
        if stored:
            await settle_dead_letters(conn, new)
            await put_wakes(conn, _wakes(each.row for each in stored))
        await at("before_commit")
    await at("committed")
    return Accepted(len(new), duplicates, len(refused))


class _Candidate(msgspec.Struct, frozen=True, gc=False):
    record: RawRecord
    row: FactRow
    note: str | None
    victim_id: str | None
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Conflict:
    dead_letter: DeadLetterRow
    problems: tuple[ProblemRow, ...]


@dataclass(slots=True)
class _Sorted:
    """A batch by identity: the first of each, those that came after it, and what was not read as an event."""

    vault: Sealer
    read_note: Callable[[str], Reading]
    first: dict[bytes, _Candidate] = field(default_factory=dict)
    later: list[_Candidate] = field(default_factory=list)
    refused: list[DeadLetterRow] = field(default_factory=list)

    def take(self, incoming: Incoming) -> None:
        """Put one record where it belongs."""
        match incoming.read_as:
            case Refused() as refusal:
                self.refused.append(self._unread(incoming.record, refusal))
            case event:
                try:
                    candidate = _candidate(incoming.record, event, self.vault, self.read_note)
                except Exception as failure:  # noqa: BLE001 - whatever one record does, the others are accepted
                    _log.error("event_not_kept", error=type(failure).__name__, position=incoming.record.position)
                    self.refused.append(_unstorable(incoming))
                    return
                if self.first.setdefault(candidate.row.key, candidate) is not candidate:
                    self.later.append(candidate)

    def _unread(self, record: RawRecord, refusal: Refused) -> DeadLetterRow:
        case = None if refusal.subject is None else case_key(refusal.subject)
        key = None if refusal.source is None or refusal.id is None else fact_key(refusal.source, refusal.id)
        # What came before it, and is stored with it, does not put it right.
        later = None if key is None or key in self.first else key
        return DeadLetterRow(record, refusal.sentence, refusal.field, case, later)

    def judge(self, standing: dict[bytes, Kept], new: set[bytes]) -> tuple[list[_Conflict], int]:
        """Compare all that was not stored just now with what stands under its identity."""
        conflicts = []
        duplicates = 0
        for each in (*(each for key, each in self.first.items() if key not in new), *self.later):
            kept = standing[each.row.key]
            if kept.content == each.row.content:
                duplicates += 1
            else:
                conflicts.append(_conflict(each, kept))
        return conflicts, duplicates


def _candidate(
    record: RawRecord, event: CaseEventBase, vault: Sealer, read_note: Callable[[str], Reading]
) -> _Candidate:
    data, note = take_note(event)
    recorded_at = data.get("recorded_at")
    row = FactRow(
        key=fact_key(event.source, event.id),
        case_key=case_key(event.subject),
        case_id=event.subject,
        event_id=event.id,
        source=event.source,
        type=event.type,
        occurred_at=event.time,
        known_at=event.time if recorded_at is None else datetime.fromisoformat(recorded_at),
        content=vault.digest_of(EVENT_CONTENT, content_hash(event)),
        payload=to_bytes(data),
        reading=None if note is None else _write_reading(read_note(note)),
        position=record.position,
    )
    return _Candidate(record, row, note, _whose(data), frozenset(people_named(data)))


def _whose(data: Mapping[str, Any]) -> str | None:
    """Return whose note it is: the victim named, in a correction the one its replacement names."""
    named: str | None = data.get("victim_id")
    if named is None and "replacement" in data:
        named = data["replacement"]["data"].get("victim_id")
    return named


def _unstorable(incoming: Incoming) -> DeadLetterRow:
    """Return the dead letter of a record that is no fault of its source: it was read and could not be kept."""
    subject = incoming.read_as.subject
    return DeadLetterRow(incoming.record, NOT_KEPT, None, None if subject is None else case_key(subject))


def _conflict(refused: _Candidate, kept: Kept) -> _Conflict:
    row = refused.row
    is_same_case = kept.case_key == row.case_key
    sentence = OTHER_CONTENT if is_same_case else OTHER_CASE
    cases = (row.case_key,) if is_same_case else (row.case_key, kept.case_key)
    what: ProblemKind = "same_identity_other_content" if is_same_case else "same_identity_two_cases"
    return _Conflict(
        DeadLetterRow(refused.record, sentence, "id", row.case_key),
        tuple(ProblemRow(case, what, row.event_id, row.source) for case in cases),
    )


async def _put_notes(conn: AsyncConnection, vault: Sealer, stored: Iterable[_Candidate]) -> None:
    noted = [(each.row.key, each.note.encode(), each.victim_id or "") for each in stored if each.note is not None]
    if not noted:
        return
    sealed = await vault.seal_many(conn, [(victim_id, key, words) for key, words, victim_id in noted])
    rows = [(key, words, victim_id) for (key, _, victim_id), words in zip(noted, sealed, strict=True)]
    await put_notes(conn, rows)


def _wakes(rows: Iterable[FactRow]) -> list[tuple[bytes, str, str]]:
    """Return one wake a case, in key order; a case whose record was put right says so, whatever came with it."""
    causes: dict[tuple[bytes, str], str] = {}
    for row in rows:
        cause = "correction" if row.type.startswith(_CORRECTING) else "event"
        if causes.get((row.case_key, row.case_id)) != "correction":
            causes[row.case_key, row.case_id] = cause
    return [(case, case_id, cause) for (case, case_id), cause in sorted(causes.items())]
