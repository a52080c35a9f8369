"""The people and worklists that have cards: how many each, how urgent, and who may look at whose list.

Counts are of cards, one a victim; of what was told and how it was graded there is nothing here about anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, literal, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.addressee import COVER, WORKLISTS
from services.projections.shown import COUNTED, Listed
from services.storage.card_shows import CONTROL_ROOM, IS_OVERDUE, LAST_STEP
from services.storage.officers import officer_key
from services.storage.sets import is_among
from services.storage.tables_alerts import officers
from services.storage.tables_notify import cards

UNITS: Final = WORKLISTS | {CONTROL_ROOM, COVER}
"""Worklists of units, not of a person: whoever is signed in may look at them."""

_c, _o = cards.c, officers.c


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Who has cards: ``open`` cards, of which nobody has acknowledged ``interrupting``, and ``overdue`` ones.

    ``next_at`` is the next moment to act by, None where none lies ahead; ``coming`` wait for the list of a later shift.
    """

    ref: str
    open: int
    interrupting: int
    overdue: int
    next_at: datetime | None
    coming: int


def _lines(now: datetime) -> Select[Any]:
    open_now = and_(_c.closed_at.is_(None), _c.disputed_at.is_(None), _c.raised_at <= now)
    ref = func.coalesce(_c.to_ref, _c.addressee, type_=_c.addressee.type).label("ref")
    columns = (
        _c.case_key,
        _c.victim_id,
        _c.interrupts,
        _c.acknowledged_at,
        IS_OVERDUE.label("is_overdue"),
        _c.act_by,
        _c.shown_at,
    )
    own = select(ref, *columns).where(open_now)
    escalated = select(_c.escalated_to, *columns).where(open_now, _c.escalated_to.is_not(None))
    everywhere = select(literal(CONTROL_ROOM, _c.escalated_to.type), *columns).where(
        open_now, _c.escalated >= LAST_STEP
    )
    items = union_all(own, escalated, everywhere).subquery("items")
    i = items.c
    is_shown = i.shown_at.is_not(None)
    a_card = (
        select(
            i.ref,
            func.bool_or(is_shown).label("shown"),
            func.bool_or(and_(is_shown, i.interrupts, i.acknowledged_at.is_(None))).label("interrupting"),
            func.bool_or(and_(is_shown, i.is_overdue)).label("overdue"),
            func.min(i.act_by).filter(is_shown, i.act_by > now).label("next_at"),
        )
        .group_by(i.ref, i.case_key, i.victim_id)
        .subquery("a_card")
    )
    a = a_card.c
    open_, next_at = func.count().filter(a.shown), func.min(a.next_at)
    interrupting = func.count().filter(a.interrupting)
    return (
        select(
            a.ref,
            open_.label("open"),
            interrupting.label("interrupting"),
            func.count().filter(a.overdue).label("overdue"),
            next_at.label("next_at"),
            func.count().filter(~a.shown).label("coming"),
        )
        .group_by(a.ref)
        .order_by(interrupting.desc(), next_at.nulls_last(), open_.desc(), a.ref)
    )


async def read_people(
    conn: AsyncConnection, most: int, now: datetime, viewer: str | None = None, units: frozenset[str] = UNITS
) -> Listed[PersonLine]:
    """Return who has cards, what cannot wait first; of people that a viewer has no business with only the number.

    ``viewer`` None is whoever sits at this machine. ``withheld`` counts the lists of other people.
    """
    rows = [PersonLine(*row) for row in await conn.execute(_lines(now))]
    seen = await lists_of(conn, viewer, {row.ref for row in rows}, units) if viewer is not None else None
    mine = [row for row in rows if seen is None or row.ref in seen]
    return Listed(tuple(mine[:most]), min(len(rows), COUNTED + 1), withheld=len(rows) - len(mine))


async def ref_of(conn: AsyncConnection, key: bytes, units: frozenset[str] = UNITS) -> str | None:
    """Return the reference of the officer or worklist with this key, if a card or the roster names it, or it is a unit.

    A unit's list is there also when nothing is on it: a link in an alert leads to it after the last card is done.
    """
    known = (await conn.execute(select(_o.officer_ref).where(_o.officer_key == key))).scalar()
    if known is not None:
        return str(known)
    unit = next((each for each in units if officer_key(each) == key), None)
    if unit is not None:
        return unit
    named = select(_c.to_ref, _c.addressee, _c.escalated_to).where(_c.closed_at.is_(None)).distinct()
    refs = (ref for row in await conn.execute(named) for ref in row if ref is not None)
    return next((ref for ref in refs if officer_key(ref) == key), None)


async def lists_of(conn: AsyncConnection, viewer: str, refs: set[str], units: frozenset[str] = UNITS) -> set[str]:
    """Return whose lists, of these, a viewer may look at: their own, those of their officers, and those of units.

    A view of one officer is for that officer and the line supervisor (alerts.md).
    """
    line = select(_o.officer_ref).where(is_among(_o.officer_key, "keys"), _o.supervisor_ref == viewer)
    supervised = {row.officer_ref for row in await conn.execute(line, {"keys": sorted(map(officer_key, refs))})}
    return refs & (supervised | units | {viewer})


_waiting = select(func.count().filter(_c.planned_at.is_(None)), func.count().filter(_c.planned_at.is_not(None))).where(
    text("cards.closed_at IS NULL AND cards.disputed_at IS NULL AND cards.shown_at IS NULL")
)


async def count_waiting(conn: AsyncConnection, now: datetime) -> tuple[int, int]:
    """Return how many items nobody has planned yet, and how many wait for the list of a shift."""
    unplanned, planned = (await conn.execute(_waiting.where(_c.raised_at <= now))).one()
    return int(unplanned), int(planned)
