"""Contact points in the vault: stored encrypted, compared without being read, quarantined when in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.people_file import NUMBERS, PointRow
from services.contacts.person import ContactPoint
from services.journeys.fact_of import fact_from
from services.journeys.facts import Fact
from services.storage.payloads import from_bytes, to_bytes
from services.storage.sets import is_among
from services.storage.tables import case_key, case_victims, facts, victim_key
from services.storage.tables_notify import contact_points
from services.storage.vault import Vault

CHANGED = "changed"
SHARED = "shared"

_IMPORT_LOCK = 0x7765_6F70_6C65
"""One import at a time: two at once could each store the same number for another person and see nothing."""

_log = structlog.get_logger(__name__)
_p = contact_points.c
_facts = select(facts.c.case_id, facts.c.event_id, facts.c.source, facts.c.type, facts.c.occurred_at, facts.c.payload)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: contact points stored, by what became of them."""

    new: int = 0
    confirmed: int = 0
    unchanged: int = 0
    changed: int = 0
    shared: int = 0


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """A contact point as it is sent to; its repr holds no value."""

    point: ContactPoint
    value: str
    sender_name: str | None

    def __repr__(self) -> str:
        """Show the reference alone."""
        return f"StoredPoint({self.point.ref!r})"


class _Sealed(msgspec.Struct, frozen=True):
    """What is encrypted of a contact point."""

    ref: str
    kind: str
    value: str
    belongs_to: str
    confirmed_by: str | None
    cover: str | None
    sender_name: str | None
    adult_confirmed_by: str | None


async def import_points(conn: AsyncConnection, vault: Vault, rows: Sequence[PointRow]) -> Imported:
    """Store contact points, one transaction for all.

    A number that changed is in quarantine until a person confirms it, which a later line with a later
    ``confirmed_at`` says; so is one stored for two people, for both, as long as both have it.
    """
    await conn.execute(select(func.pg_advisory_xact_lock(_IMPORT_LOCK)))
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    before = await _rows_of(conn, {row.victim_id for row in rows})
    counts = dict.fromkeys(("new", "confirmed", "unchanged", "changed"), 0)
    values: list[dict[str, Any]] = []
    for row in rows:
        key = (victim_key(row.victim_id), victim_key(row.ref))
        became, state = _next(before.get(key), row, vault.index_of(_family(row.kind), row.value), now)
        counts[became] += 1
        values.append({"victim_key": key[0], "ref_key": key[1], **state})
    sealed = await vault.seal_many(
        conn,
        [(row.victim_id, _identity(row.victim_id, row.ref), to_bytes(_sealed_part(row))) for row in rows],
    )
    for state, secret in zip(values, sealed, strict=True):
        state["sealed"] = secret
    if values:
        statement = insert(contact_points).values(
            sorted(values, key=lambda each: (each["victim_key"], each["ref_key"]))
        )
        await conn.execute(
            statement.on_conflict_do_update(
                index_elements=[_p.victim_key, _p.ref_key],
                set_={name: statement.excluded[name] for name in values[0] if name not in {"victim_key", "ref_key"}},
            )
        )
    shared = await _quarantine_shared(conn, {bytes(state["value_index"]) for state in values}, now)
    return Imported(**counts, shared=shared)


async def points_of(conn: AsyncConnection, vault: Vault, victim_id: str) -> list[StoredPoint]:
    """Return a person's contact points, decrypted; those of an erased victim are gone."""
    rows = [row for row in (await _rows_of(conn, {victim_id})).values() if row.sealed]
    # The reference is inside what is sealed, so the row's identity is its two keys.
    opened = await vault.open_many(conn, [(victim_id, row.victim_key + row.ref_key, row.sealed) for row in rows])
    return [
        _stored_point(row, msgspec.convert(from_bytes(plain), _Sealed))
        for row, plain in zip(rows, opened, strict=True)
        if plain is not None
    ]


async def facts_of_person(conn: AsyncConnection, victim_id: str) -> dict[str, list[Fact]]:
    """Return the facts of every case that names a person, other people's in those cases too, by case."""
    named = select(case_victims.c.case_key).where(case_victims.c.victim_key == victim_key(victim_id))
    return _by_case(await conn.execute(_facts.where(facts.c.case_key.in_(named))))


async def facts_of_cases(
    conn: AsyncConnection, case_keys: Iterable[bytes], types: frozenset[str] | None = None
) -> dict[str, list[Fact]]:
    """Return the facts of these cases, by case; with ``types`` only those of these types."""
    return _by_case(await _rows_of_cases(conn, case_keys, types))


async def readable_facts_of_cases(
    conn: AsyncConnection, case_keys: Iterable[bytes], types: frozenset[str] | None = None
) -> tuple[dict[str, list[Fact]], frozenset[str]]:
    """Return what ``facts_of_cases`` does, and apart from it the ids of cases of which a row cannot be read.

    For whoever looks at many cases at once: one damaged row must not take the others down.
    """
    rows: dict[str, list[Any]] = {}
    for row in await _rows_of_cases(conn, case_keys, types):
        rows.setdefault(row.case_id, []).append(row)
    found: dict[str, list[Fact]] = {}
    unreadable = set()
    for case_id, each in rows.items():
        try:
            found |= _by_case(each)
        except Exception as failure:  # noqa: BLE001 - whatever one row raises, the other cases are read
            _log.error("facts_not_read", case_key=case_key(case_id).hex(), error=type(failure).__name__)
            unreadable.add(case_id)
    return found, frozenset(unreadable)


async def _rows_of_cases(
    conn: AsyncConnection, case_keys: Iterable[bytes], types: frozenset[str] | None
) -> Iterable[Any]:
    wanted = _facts.where(is_among(facts.c.case_key, "keys"))
    if types is not None:
        wanted = wanted.where(facts.c.type.in_(sorted(types)))
    return await conn.execute(wanted, {"keys": list(case_keys)})


def _by_case(rows: Iterable[Any]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for row in rows:
        fact = fact_from(
            event_id=row.event_id,
            source=row.source,
            type_=row.type,
            case_id=row.case_id,
            occurred_at=row.occurred_at,
            data=from_bytes(row.payload),
            reading=None,
        )
        found.setdefault(row.case_id, []).append(fact)
    return found


async def _rows_of(conn: AsyncConnection, victim_ids: Iterable[str]) -> Mapping[tuple[bytes, bytes], Any]:
    rows = await conn.execute(
        select(contact_points).where(is_among(_p.victim_key, "keys")),
        {"keys": sorted(victim_key(each) for each in victim_ids)},
    )
    return {(bytes(row.victim_key), bytes(row.ref_key)): row for row in rows}


def _next(before: Any, row: PointRow, index: bytes, now: datetime) -> tuple[str, dict[str, Any]]:
    state: dict[str, Any] = {
        "value_index": index,
        "can_text": row.can_text,
        "confirmed_at": row.confirmed_at,
        "changed_at": now,
        "quarantine": None,
        "quarantined_at": None,
        "stopped_at": None,
    }
    if before is None:
        return "new", state
    state |= {"changed_at": before.changed_at, "stopped_at": before.stopped_at}
    if bytes(before.value_index) != index:
        return "changed", state | {
            "changed_at": now,
            "quarantine": CHANGED,
            "quarantined_at": now,
        }
    if before.quarantine is None:
        return "unchanged", state
    if row.confirmed_at is not None and before.quarantined_at < row.confirmed_at <= now:
        return "confirmed", state
    return "unchanged", state | {"quarantine": before.quarantine, "quarantined_at": before.quarantined_at}


async def _quarantine_shared(conn: AsyncConnection, indexes: Iterable[bytes], now: datetime) -> int:
    """Put every number that two people have into quarantine, for both; return how many newly are."""
    shared = (
        select(_p.value_index)
        .where(is_among(_p.value_index, "indexes"))
        .group_by(_p.value_index)
        .having(func.count(_p.victim_key.distinct()) > 1)
    )
    done = await conn.execute(
        update(contact_points)
        .where(_p.value_index.in_(shared), _p.quarantine.is_distinct_from(SHARED))
        .values(quarantine=SHARED, quarantined_at=now),
        {"indexes": sorted(indexes)},
    )
    return done.rowcount


def _family(kind: str) -> str:
    return "number" if kind in NUMBERS else kind


def _identity(victim_id: str, ref: str) -> bytes:
    return victim_key(victim_id) + victim_key(ref)


def _sealed_part(row: PointRow) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "kind": row.kind,
        "value": row.value,
        "belongs_to": row.belongs_to,
        "confirmed_by": row.confirmed_by,
        "cover": row.cover,
        "sender_name": row.sender_name,
        "adult_confirmed_by": row.adult_confirmed_by,
    }


def _stored_point(row: Any, held: _Sealed) -> StoredPoint:
    return StoredPoint(
        ContactPoint(
            ref=held.ref,
            can_text=row.can_text,
            belongs_to=held.belongs_to,
            confirmed_at=row.confirmed_at,
            quarantine=row.quarantine,
            stopped=row.stopped_at is not None,
            adult_confirmed=held.belongs_to != "self" and held.adult_confirmed_by is not None,
            has_cover=held.cover is not None,
            has_sender_name=held.sender_name is not None,
            same_as=bytes(row.value_index),
        ),
        held.value,
        held.sender_name,
    )
