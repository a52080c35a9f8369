"""Restores from a backup as rows: one is begun, everything is read again, and then it is finished by a person.

A store that was restored does not know what was sent after its backup was taken. That it was restored shows by itself
where PostgreSQL tells it: another cluster, another timeline (a restore to a point in time, a standby that took over) or
another database than the one it was last known in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Executable, String, cast, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.announcements import SOURCE
from contracts.restored import STORE_RESTORED
from contracts.topics import COMPLIANCE_EVENTS
from services.storage.anchors import LEDGER_KEY
from services.storage.payloads import packed_headers, to_bytes
from services.storage.tables import OUTBOX_CHANNEL, case_key, outbox, shard_of, wakes
from services.storage.tables_notify import text_switch
from services.storage.tables_restores import restores, store_home
from services.storage.told_from import SEQUENCE_STEP

_CLOUD_EVENT: Final = packed_headers([("content-type", b"application/cloudevents+json; charset=UTF-8")])
_HOME: Final = text(
    "(SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
    " || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name LIKE 'waymark%' AND application_name <> 'waymark-cli'"
)
_r = restores.c


class RestoreError(Exception):
    """A restore cannot be begun or finished now; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Restore:
    """One restore; instants are the store's time. ``number`` counts from 1."""

    number: int
    backup_taken_at: datetime
    begun_at: datetime
    begun_by: str
    finished_at: datetime | None
    texts_given_up: int | None


@dataclass(frozen=True, slots=True)
class AfterRestore:
    """What a restore means for texts: whether they must wait, and before which moment nothing is news any more."""

    must_wait: bool
    """A restore is open, or the store is not where it was and nobody has said so yet."""
    is_moved: bool
    not_before: datetime | None


async def after_restore(conn: AsyncConnection) -> AfterRestore:
    """Return what texts have to heed; at the first look the store takes note of where it lives."""
    asked = select(
        select(store_home.c.home).scalar_subquery().label("known"),
        select(func.count()).where(_r.finished_at.is_(None)).scalar_subquery().label("open"),
        select(func.max(_r.finished_at)).scalar_subquery().label("not_before"),
        cast(_HOME, String).label("home"),
    )
    row = (await conn.execute(asked)).one()
    if row.known is None:
        await conn.execute(insert(store_home).values(home=row.home).on_conflict_do_nothing())
    is_moved = row.known not in {None, row.home}
    return AfterRestore(bool(row.open) or is_moved, is_moved, row.not_before)


async def begin_restore(conn: AsyncConnection, backup_taken_at: datetime, by: str) -> Restore:
    """Write down that this store was restored, pause all texts, and tell the consumers of ``compliance.events``.

    Raises:
        RestoreError: if one is open already, the backup lies ahead, or processes of Waymark are at work on the store.
    """
    if (await conn.execute(select(_r.number).where(_r.finished_at.is_(None)))).first() is not None:
        raise RestoreError("A restore is open already: `waymark restored finish` ends it once all is read again.")
    if (at_work := (await conn.execute(_OTHERS)).scalar_one()) > 0:
        raise RestoreError(
            f"Processes of Waymark are at work on this store ({at_work} connections): stop ingest, clock, relay, "
            "notify and web first. What they announce before this is written down would bear numbers used before."
        )
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    if backup_taken_at > now:
        raise RestoreError("The backup cannot have been taken later than now: check the instant and its offset.")
    number = 1 + (await conn.execute(select(func.coalesce(func.max(_r.number), 0)))).scalar_one()
    paused = (await conn.execute(select(text_switch.c.paused))).scalar_one_or_none()
    await conn.execute(
        insert(restores).values(
            number=number, backup_taken_at=backup_taken_at, begun_at=now, begun_by=by, texts_were_paused=bool(paused)
        )
    )
    home = insert(store_home).values(home=cast(_HOME, String))
    await conn.execute(home.on_conflict_do_update(index_elements=["only"], set_={"home": home.excluded.home}))
    await conn.execute(_announced(number, backup_taken_at, now))
    await conn.execute(select(func.pg_notify(OUTBOX_CHANNEL, "")))
    return Restore(number, backup_taken_at, now, by, None, None)


async def open_restore(conn: AsyncConnection) -> Restore:
    """Lock and return the restore that is open.

    Raises:
        RestoreError: if none is, or cases still wait to be assessed.
    """
    row = (await conn.execute(select(restores).where(_r.finished_at.is_(None)).with_for_update())).first()
    if row is None:
        raise RestoreError("No restore is open. `waymark restored begin` opens one after a backup was restored.")
    if waiting := (await conn.execute(select(func.count()).select_from(wakes))).scalar_one():
        raise RestoreError(
            f"{waiting} wakes still wait to be assessed: start `waymark clock`, wait, and finish then. A text asked "
            "for later on would count as new."
        )
    return Restore(row.number, row.backup_taken_at, row.begun_at, row.begun_by, None, None)


async def close_restore(conn: AsyncConnection, number: int, texts_given_up: int) -> None:
    """Write down that everything was read again; from this moment on texts go, about what comes from now on."""
    await conn.execute(
        update(restores)
        .where(_r.number == number)
        .values(finished_at=func.waymark_now(), texts_given_up=texts_given_up)
    )


def _announced(number: int, backup_taken_at: datetime, now: datetime) -> Executable:
    value = {
        "specversion": "1.0",
        "id": f"restore-{number}",
        "source": SOURCE,
        "type": STORE_RESTORED,
        "subject": LEDGER_KEY,
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "restore": number,
            "backup_taken_at": backup_taken_at.isoformat(),
            "sequences_above": number * SEQUENCE_STEP,
        },
    }
    return insert(outbox).values(
        shard=literal(shard_of(case_key(LEDGER_KEY)), BigInteger),
        topic=COMPLIANCE_EVENTS.name,
        key=LEDGER_KEY.encode(),
        value=to_bytes(value),
        headers=_CLOUD_EVENT,
    )
