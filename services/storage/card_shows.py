"""Showing as rows: what is to be put in front of people, what went on to somebody else, and what waits for a card.

Whoever shows passes over rows that an assessment holds, and holds none while it waits for another: neither ever waits
for the other. Every moment is the database's (``waymark_now``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    DateTime,
    SmallInteger,
    and_,
    bindparam,
    false,
    func,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy import case as sql_case
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.card_words import OF_THE_CODE
from services.contacts.cards import CardKind
from services.storage.sets import is_among
from services.storage.tables import case_key, facts
from services.storage.tables_notify import cards

ESCALATE_AFTER: Final = timedelta(minutes=15)
"""An interruption that nobody acknowledges goes on after this, and once more after as long again."""

LAST_STEP: Final = 2
"""Where an escalation ends: with the control room."""

CONTROL_ROOM: Final = "control room"
"""On whose list an interruption is that has gone all the way, beside those of everybody it was with before."""

SETTLE: Final = timedelta(minutes=5)
"""A list is put together this long after its moment: what is warned of at 09:00 is planned some seconds later."""

_MOST_SHOWN: Final = 5000

_c = cards.c
_now = bindparam("now", type_=DateTime(timezone=True))
_open = and_(_c.closed_at.is_(None), _c.disputed_at.is_(None))
_is_first = and_(
    _c.planned_at.is_not(None),
    _c.shown_at.is_(None),
    _c.show_at <= _now,
    or_(_c.interrupts, _c.show_at <= _now - SETTLE),
)
_is_again = and_(_c.planned_at.is_not(None), _c.again_at <= _now - SETTLE)
_SHOWN = (
    _c.card_key,
    _c.case_key,
    _c.case_id,
    _c.victim_id,
    _c.to_ref,
    _c.team,
    _c.act_by,
    _c.interrupts,
    _c.escalated,
    _c.event_id,
)
_to_show = (
    select(
        *_SHOWN,
        _is_first.label("first"),
    )
    .where(_open, _c.raised_at <= _now, or_(_is_first, _is_again))
    .order_by(_c.to_ref, _c.card_key)
    .limit(_MOST_SHOWN)
    .with_for_update(skip_locked=True)
)
CANNOT_WAIT: Final = and_(_c.interrupts, _c.acknowledged_at.is_(None))
"""It could not wait for a list, and nobody has acknowledged it."""
IS_AT_ONCE: Final = and_(CANNOT_WAIT, _c.act_by.is_(None))
"""It cannot wait and names no moment to act by: now, before whatever has one."""
IS_OVERDUE: Final = and_(
    _c.kind == CardKind.OVERDUE.value,
    or_(not_(_c.never_interrupts), func.coalesce(_c.rule, "").startswith(OF_THE_CODE)),
)
"""Past its date, and owed: what ``services.contacts.card_words.is_only_a_target`` names is past its target."""
IS_WAITING_TASK: Final = and_(_c.kind == CardKind.TASK.value, _c.never_interrupts, not_(_c.urgent))
"""A task that nothing rests on; with cards of a grade it is what ``services.contacts.planning.may_wait`` names."""

_waits_for_a_card = (
    select(*_SHOWN)
    .where(
        _open,
        is_among(_c.case_key, "cases"),
        or_(IS_WAITING_TASK, _c.kind == CardKind.GRADE.value),
        _c.planned_at.is_not(None),
        _c.shown_at.is_(None),
        _c.raised_at <= _now,
    )
    .order_by(_c.to_ref, _c.card_key)
    .with_for_update(skip_locked=True)
)

_to_escalate = (
    select(*_SHOWN)
    .where(
        _open,
        _c.interrupts,
        _c.acknowledged_at.is_(None),
        _c.escalated < LAST_STEP,
        _c.goes_on_at <= _now,
    )
    .order_by(_c.card_key)
    .limit(_MOST_SHOWN)
    .with_for_update(skip_locked=True)
)
_shown = (
    update(cards)
    .where(is_among(_c.card_key, "keys"))
    .values(
        shown_at=func.coalesce(_c.shown_at, _now),
        goes_on_at=sql_case((and_(_c.interrupts, _c.shown_at.is_(None)), _now + ESCALATE_AFTER), else_=_c.goes_on_at),
        # A second look at what somebody had in hand is one more line on a list: it goes on to nobody.
        interrupts=and_(_c.interrupts, _c.acknowledged_at.is_(None)),
        again_at=sql_case((_c.again_at > _now, _c.again_at), else_=null()),
        # A second look is a new one.
        acknowledged_at=null(),
        acknowledged_by=null(),
    )
)
_escalated = (
    update(cards)
    .where(is_among(_c.card_key, "keys"))
    .values(
        escalated=bindparam("step", type_=SmallInteger),
        # A supervisor whom it went on to keeps it when it goes on to the control room.
        escalated_to=func.coalesce(bindparam("to", type_=_c.escalated_to.type), _c.escalated_to, CONTROL_ROOM),
        goes_on_at=_now + ESCALATE_AFTER,
    )
)
_go_on_now = (
    update(cards)
    .where(
        is_among(_c.card_key, "keys"),
        _open,
        _c.interrupts,
        _c.acknowledged_at.is_(None),
        _c.escalated == bindparam("step", type_=SmallInteger),
    )
    .values(goes_on_at=func.waymark_now())
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An item that is put in front of its person now; its row is locked."""

    card_key: bytes
    case_key: bytes
    case_id: str
    victim_id: str | None
    to: str
    team: str | None
    act_by: datetime | None
    interrupts: bool
    escalated: int
    event_id: str | None = None


async def take_to_show(conn: AsyncConnection, now: datetime) -> list[Shown]:
    """Lock and return what is to be put in front of people by now: new items, and those due a second look.

    With what is shown of a victim comes what waits for just that (`may_wait`); an interruption brings nothing else.
    """
    rows = (await conn.execute(_to_show, {"now": now})).all()
    found = [_as_shown(row, interrupts=row.interrupts and row.first) for row in rows]
    listed = {(each.to, each.case_id, each.victim_id) for each in found if not each.interrupts}
    if not listed:
        return found
    keys = {row.card_key for row in rows}
    given = {"now": now, "cases": sorted({case_key(case_id) for _to, case_id, _victim in listed})}
    beside = [row for row in await conn.execute(_waits_for_a_card, given) if row.card_key not in keys]
    shown_too = [_as_shown(row, interrupts=False) for row in beside]
    return [*found, *(each for each in shown_too if (each.to, each.case_id, each.victim_id) in listed)]


async def take_to_escalate(conn: AsyncConnection, now: datetime) -> list[Shown]:
    """Lock and return interruptions that nobody has acknowledged in time; ``escalated`` says how often they went on."""
    return [_as_shown(row, interrupts=True) for row in await conn.execute(_to_escalate, {"now": now})]


async def about_events_of(conn: AsyncConnection, items: Iterable[Shown], types: frozenset[str]) -> set[bytes]:
    """Return the keys of those items that are about an event of one of these types."""
    asked = list(items)
    given = {"keys": sorted({each.case_key for each in asked})}
    wanted = select(facts.c.case_key, facts.c.event_id).where(
        is_among(facts.c.case_key, "keys"), facts.c.type.in_(sorted(types))
    )
    found = {(bytes(row.case_key), row.event_id) for row in await conn.execute(wanted, given)} if asked else set()
    return {each.card_key for each in asked if (each.case_key, each.event_id) in found}


async def mark_shown(conn: AsyncConnection, keys: Sequence[bytes], now: datetime) -> None:
    """Write down that these items were put in front of their people."""
    if keys:
        await conn.execute(_shown, {"keys": sorted(keys), "now": now})


async def mark_escalated(
    conn: AsyncConnection, keys: Sequence[bytes], to: str | None, step: int, now: datetime
) -> None:
    """Write down that these items went on to somebody else, and how far; None: ``LAST_STEP``, to the control room."""
    if keys:
        await conn.execute(_escalated, {"keys": sorted(keys), "to": to, "step": step, "now": now})


async def go_on_now(conn: AsyncConnection, keys: Sequence[bytes], step: int) -> None:
    """Have interruptions go on at once that are still where a notice reached nobody, and that nobody has in hand."""
    if keys:
        await conn.execute(_go_on_now, {"keys": sorted(keys), "step": step})


def is_on_list_of(ref: str) -> ColumnElement[bool]:
    """Whether an item is on somebody's list: it is planned for them, or went on to them."""
    went_all_the_way = _c.escalated >= LAST_STEP if ref == CONTROL_ROOM else false()
    return or_(_c.to_ref == ref, _c.escalated_to == ref, went_all_the_way)


def _as_shown(row: Any, *, interrupts: bool) -> Shown:
    return Shown(
        row.card_key,
        row.case_key,
        row.case_id,
        row.victim_id,
        row.to_ref,
        row.team,
        row.act_by,
        interrupts,
        row.escalated,
        row.event_id,
    )
