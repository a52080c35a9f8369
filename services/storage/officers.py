"""Officers as rows: who is at work when, and the sealed address at which somebody can be told.

An import replaces everything about the officers it names and touches nobody else; every open item is then planned
anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Select, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.officers_file import OfficerRow
from services.contacts.roster import Officer, Roster, Shift
from services.storage.card_plans import plan_everything_anew
from services.storage.sets import columns_of, insert_set, is_among
from services.storage.tables_alerts import officer_shifts, officers
from services.storage.vault import Vault

_IMPORT_LOCK: Final = 0x6F66_6669_6365
"""One import at a time: two that name the same officers would each delete what the other put."""

_BACK: Final = timedelta(days=1)
"""Shifts that ended longer ago than this are not looked at; a night's shift is still whole."""

_o, _s = officers.c, officer_shifts.c
_OFFICER = [
    "officer_key",
    "officer_ref",
    "role",
    "team",
    "supervisor_ref",
    "cover_ref",
    "sealed_address",
    "imported_at",
]
_SHIFT = ["officer_key", "starts_at", "ends_at"]


@dataclass(frozen=True, slots=True)
class OfficersImported:
    """What an import did: officers and shifts stored, and open items that are planned anew."""

    officers: int
    shifts: int
    planned_anew: int


async def import_officers(conn: AsyncConnection, vault: Vault, rows: Sequence[OfficerRow]) -> OfficersImported:
    """Store officers and their shifts in place of all that was known of them, one transaction for all."""
    await conn.execute(select(func.pg_advisory_xact_lock(_IMPORT_LOCK)))
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    keys = {row.ref: officer_key(row.ref) for row in rows}
    with_address = [row for row in rows if row.address is not None]
    sealed = dict(
        zip(
            (row.ref for row in with_address),
            await vault.seal_many(
                conn, [(_owner(row.ref), keys[row.ref], (row.address or "").encode()) for row in with_address]
            ),
            strict=True,
        )
    )
    for table in (officer_shifts, officers):
        await conn.execute(delete(table).where(is_among(table.c.officer_key, "keys")), {"keys": sorted(keys.values())})
    people = sorted(
        (keys[row.ref], row.ref, row.role, row.team, row.supervisor_ref, row.cover_ref, sealed.get(row.ref), now)
        for row in rows
    )
    shifts = sorted((keys[row.ref], shift.starts_at, shift.ends_at) for row in rows for shift in row.shifts)
    if people:
        await conn.execute(insert_set(officers, _OFFICER), columns_of(people, _OFFICER))
        await conn.execute(insert_set(officer_shifts, _SHIFT), columns_of(shifts, _SHIFT))
    return OfficersImported(len(people), len(shifts), await plan_everything_anew(conn))


async def load_roster(conn: AsyncConnection, cover: str, now: datetime) -> Roster:
    """Return everybody's shifts from the day before on, and of each officer the last one, however long ago."""
    last = select(_s.officer_key, func.max(_s.starts_at).label("starts_at")).group_by(_s.officer_key).subquery()
    wanted: Select[Any] = (
        select(_s.officer_key, _s.starts_at, _s.ends_at)
        .outerjoin(last, and_(last.c.officer_key == _s.officer_key, last.c.starts_at == _s.starts_at))
        .where(or_(_s.ends_at > now - _BACK, last.c.officer_key.is_not(None)))
        .order_by(_s.officer_key, _s.starts_at)
    )
    shifts: dict[bytes, list[Shift]] = {}
    for row in await conn.execute(wanted):
        shifts.setdefault(bytes(row.officer_key), []).append(Shift(row.starts_at, row.ends_at))
    people = await conn.execute(
        select(_o.officer_key, _o.officer_ref, _o.role, _o.team, _o.supervisor_ref, _o.cover_ref)
    )
    found = {
        row.officer_ref: Officer(
            row.officer_ref,
            row.role,
            row.team,
            row.supervisor_ref,
            row.cover_ref,
            tuple(shifts.get(bytes(row.officer_key), ())),
        )
        for row in people
    }
    return Roster(found, cover)


async def address_of(conn: AsyncConnection, vault: Vault, ref: str) -> str | None:
    """Return where somebody can be told, or None where no address is known or its key was erased."""
    key = officer_key(ref)
    sealed = (await conn.execute(select(_o.sealed_address).where(_o.officer_key == key))).scalar_one_or_none()
    if sealed is None:
        return None
    (plain,) = await vault.open_many(conn, [(_owner(ref), key, bytes(sealed))])
    return None if plain is None else plain.decode()


def officer_key(ref: str) -> bytes:
    """Return the key (32 bytes) that stands for an officer's reference."""
    return sha256(ref.encode(errors="surrogatepass")).digest()


def _owner(ref: str) -> str:
    """Return the name under which the vault keeps an officer's key: never that of a victim with the same reference."""
    return f"officer\0{ref}"
