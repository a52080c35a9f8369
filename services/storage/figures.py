"""Figures as rows: which cases are to be counted, what they are counted from, and what each contributes.

Assessing only notes which cases it touched (one statement a batch); counting follows when nothing waits to be assessed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import (
    Date,
    Integer,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.casework import StoredFacts, load_stored_facts
from services.storage.differences import Difference
from services.storage.sets import columns_of, insert_set, is_among, unnested, upsert_set
from services.storage.tables import cases, wakes
from services.storage.tables_figures import figure_wakes, figures

NOT_COUNTED: Final = 0
"""The version of a row that stands for a case which could not be counted."""

_LOCK: Final = int.from_bytes(b"figures", "big")
_NEW: Final = "new_"
_FIGURES: Final = ["case_key", "version", "as_of", "first_on", "last_on", "body"]
_TOUCHED: Final = ["case_key", "as_of"]
_ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class CountedCase:
    """A case to be counted: its facts, unread, the moment it was last assessed at, and what is stored of it."""

    key: bytes
    as_of: datetime
    facts: StoredFacts
    stored: bytes | None


@dataclass(frozen=True, slots=True)
class FiguresRow:
    """What one case contributes, as it is stored; the days are the first and last it has anything to say of."""

    case_key: bytes
    version: int
    as_of: datetime
    first_on: date | None
    last_on: date | None
    body: bytes


_wake = insert_set(figure_wakes, ["case_key"])
_first_wakes = (
    select(figure_wakes.c.case_key).order_by(figure_wakes.c.id).limit(bindparam("most", type_=Integer)).subquery()
)
_take = (
    delete(figure_wakes)
    .where(figure_wakes.c.case_key.in_(select(_first_wakes.c.case_key)))
    .returning(figure_wakes.c.case_key)
)
_cases = (
    select(cases.c.case_key, cases.c.case_id, cases.c.assessed_at, figures.c.body, figures.c.version)
    .select_from(cases.outerjoin(figures, figures.c.case_key == cases.c.case_key))
    .where(is_among(cases.c.case_key, "keys"), cases.c.assessed_at.is_not(None))
)
_put = upsert_set(figures, _FIGURES, "case_key")
_touched = unnested(figures, _TOUCHED, _NEW)
_touch = update(figures).where(figures.c.case_key == _touched.c.case_key).values(as_of=_touched.c.as_of)
_stale = (
    select(cases.c.case_key)
    .select_from(cases.outerjoin(figures, figures.c.case_key == cases.c.case_key))
    .where(
        cases.c.assessed_at.is_not(None),
        or_(
            figures.c.as_of.is_distinct_from(cases.c.assessed_at),
            figures.c.version != bindparam("version", type_=Integer),
        ),
        ~exists().where(figure_wakes.c.case_key == cases.c.case_key),
    )
    .order_by(cases.c.case_key)
)
_waiting = select(func.count(func.distinct(figure_wakes.c.case_key)))
_is_busy = select(exists(select(wakes.c.id)))
_is_lined_up = select(exists(select(figure_wakes.c.id)))
_counted = select(
    func.count(),
    func.count().filter(figures.c.version == NOT_COUNTED),
    func.min(figures.c.as_of),
    func.max(figures.c.as_of),
)
_in_period = (
    select(figures.c.body)
    .where(
        figures.c.version == bindparam("version", type_=Integer),
        or_(figures.c.first_on.is_(None), figures.c.first_on <= bindparam("last", type_=Date)),
        or_(figures.c.last_on.is_(None), figures.c.last_on >= bindparam("first", type_=Date)),
    )
    .order_by(figures.c.case_key)
)


async def wake_figures(conn: AsyncConnection, batch: Sequence[Difference]) -> None:
    """Note that these cases are to be counted anew; a ``Writer`` of ``services.assess_case``."""
    await conn.execute(_wake, {"case_key": [each.case_key for each in batch]})


async def wake_stale_figures(conn: AsyncConnection, version: int) -> int:
    """Note the cases that were assessed and not counted since, or in another form of rows; return how many."""
    woken = await conn.execute(figure_wakes.insert().from_select(["case_key"], _stale), {"version": version})
    return woken.rowcount


async def is_anything_waiting(conn: AsyncConnection) -> tuple[bool, bool]:
    """Return whether cases wait to be assessed, and whether cases wait to be counted."""
    return (
        bool((await conn.execute(_is_busy)).scalar_one()),
        bool((await conn.execute(_is_lined_up)).scalar_one()),
    )


async def take_to_count(conn: AsyncConnection, most: int) -> list[CountedCase]:
    """Take some cases to count, the longest waiting first; one process at a time, or an older state could win.

    The facts are read in statements later than the one that took the wakes, so that what is committed meanwhile is
    either read now or wakes the case again.
    """
    await conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    keys = sorted(set((await conn.execute(_take, {"most": most})).scalars()))
    if not keys:
        return []
    rows = (await conn.execute(_cases, {"keys": keys})).all()
    facts = await load_stored_facts(conn, {row.case_key: row.case_id for row in rows})
    return [CountedCase(row.case_key, row.assessed_at, facts[row.case_key], row.body) for row in rows]


async def write_figures(conn: AsyncConnection, changed: Iterable[FiguresRow], same: Iterable[CountedCase]) -> None:
    """Write the rows that differ; of the others only the moment they hold for."""
    rows = [
        (each.case_key, each.version, each.as_of, each.first_on, each.last_on, each.body)
        for each in sorted(changed, key=lambda row: row.case_key)
    ]
    if rows:
        await conn.execute(_put, columns_of(rows, _FIGURES))
    touched = [(each.key, each.as_of) for each in same]
    if touched:
        await conn.execute(_touch, columns_of(touched, _TOUCHED, _NEW))


@dataclass(frozen=True, slots=True)
class Counted:
    """How far the figures have come; the moments are those of the oldest and newest assessment counted."""

    cases: int
    not_counted: int
    waiting: int
    oldest: datetime | None
    newest: datetime | None


async def how_far_counted(conn: AsyncConnection) -> Counted:
    """Return how many cases are counted, how many could not be, and how many wait."""
    all_, failed, oldest, newest = (await conn.execute(_counted)).one()
    waiting = (await conn.execute(_waiting)).scalar_one()
    return Counted(all_ - failed, failed, waiting, oldest, newest)


async def bodies_in_period(conn: AsyncConnection, first: date, last: date, version: int) -> AsyncIterator[bytes]:
    """Yield what each case contributes that has anything to say of these days, some at a time."""
    found = await conn.stream(_in_period, {"first": first, "last": last, "version": version})
    async for rows in found.scalars().partitions(_ROWS_AT_ONCE):
        for body in rows:
            yield body
