"""Planning and showing as rows: which items have no plan, which are to be put in front of their person, and which wait.

Whoever plans or shows passes over rows that an assessment holds, and holds none while it waits for another: neither
ever waits for the other. Every moment is the database's (``waymark_now``).
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

from services.contacts.cards import CardKind
from services.contacts.planning import Item, Plan
from services.storage.sets import columns_of, is_among, unnested
from services.storage.tables import case_key, case_victims, facts, victim_key
from services.storage.tables_notify import cards

ESCALATE_AFTER: Final = timedelta(minutes=15)
"""An interruption that nobody acknowledges goes on after this, and once more after as long again."""

LAST_STEP: Final = 2
"""Where an escalation ends: with the control room."""

CONTROL_ROOM: Final = "control room"
"""On whose list an interruption is that has gone all the way, beside those of everybody it was with before."""

SETTLE: Final = timedelta(minutes=5)
"""A list is put together this long after its moment: what is warned of at 09:00 is planned some seconds later."""

AT_ONCE: Final = 500
"""Items in one transaction of planning."""

_MOST_SHOWN: Final = 5000
_NEW = "new_"
_PLAN = ["card_key", "to_ref", "act_by", "show_at", "again_at", "interrupts"]

_c = cards.c
_now = bindparam("now", type_=DateTime(timezone=True))
_given = unnested(cards, _PLAN, _NEW)
_is_others_now = and_(_c.to_ref.is_not(None), _c.to_ref != _given.c.to_ref)
_was_seen = and_(_c.shown_at.is_not(None), or_(_c.to_ref.is_(None), _c.to_ref == _given.c.to_ref))
_plan = (
    update(cards)
    .where(_c.card_key == _given.c.card_key)
    .values(
        to_ref=_given.c.to_ref,
        act_by=_given.c.act_by,
        # What was to be shown by now and was not is shown now, however its plan has changed since.
        show_at=sql_case(
            (and_(not_(_is_others_now), _c.show_at <= func.waymark_now()), func.least(_c.show_at, _given.c.show_at)),
            else_=_given.c.show_at,
        ),
        again_at=sql_case((_given.c.again_at > func.waymark_now(), _given.c.again_at), else_=null()),
        # Whoever has seen it is not interrupted about it: only what it is to do by then has moved.
        interrupts=sql_case((_was_seen, _c.interrupts), else_=_given.c.interrupts),
        planned_at=func.waymark_now(),
        **{
            name: sql_case((_is_others_now, null()), else_=_c[name])
            for name in ("shown_at", "acknowledged_at", "acknowledged_by", "escalated_to", "goes_on_at")
        },
        escalated=sql_case((_is_others_now, 0), else_=_c.escalated),
    )
)
_open = and_(_c.closed_at.is_(None), _c.disputed_at.is_(None))
_unplanned = (
    select(cards)
    .where(_c.closed_at.is_(None), _c.planned_at.is_(None))
    .order_by(_c.raised_at, _c.card_key)
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True)
)
_elsewhere = (
    select(cards)
    .join(case_victims, and_(case_victims.c.case_key == _c.case_key, case_victims.c.victim_id == _c.victim_id))
    .where(
        is_among(case_victims.c.victim_key, "people"),
        not_(is_among(_c.case_key, "cases")),
        _c.closed_at.is_(None),
        _c.planned_at.is_not(None),
        _c.due_at > func.waymark_now(),
    )
    .order_by(_c.card_key)
    .with_for_update(of=cards, skip_locked=True)
)
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
WAITS: Final = (_c.kind == CardKind.TASK.value, _c.advisory, _c.due_at.is_(None), not_(_c.urgent))
"""What ``services.contacts.planning.may_wait`` says of items, as conditions on rows."""

_waits_for_a_card = (
    select(*_SHOWN)
    .where(
        _open,
        is_among(_c.case_key, "cases"),
        *WAITS,
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
        escalated_to=func.coalesce(bindparam("to", type_=_c.escalated_to.type), _c.escalated_to),
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
class Unplanned:
    """An item to plan; its row is locked. ``to`` and ``act_by`` are those of the plan it had.

    ``item`` does not say yet who may see the case.
    """

    card_key: bytes
    case_key: bytes
    victim_id: str | None
    item: Item
    to: str | None = None
    act_by: datetime | None = None


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


async def take_unplanned(conn: AsyncConnection) -> list[Unplanned]:
    """Lock and return items without a plan, raised longest ago first."""
    rows = (await conn.execute(_unplanned)).all()
    return [_as_unplanned(row) for row in rows]


async def take_elsewhere(conn: AsyncConnection, planned: Sequence[Unplanned]) -> list[Unplanned]:
    """Lock and return what is ahead for the same people in their other cases: safe contact holds in all of them."""
    people = {each.victim_id for each in planned if each.victim_id is not None}
    if not people:
        return []
    given = {
        "people": sorted(victim_key(each) for each in people),
        "cases": sorted({each.case_key for each in planned}),
    }
    return [_as_unplanned(row) for row in await conn.execute(_elsewhere, given)]


async def write_plans(conn: AsyncConnection, plans: Iterable[tuple[bytes, Plan]]) -> None:
    """Write the plans of items, by key; who gets an item from somebody else has not seen it yet."""
    rows = sorted(
        ((key, each.to, each.act_by, each.show_at, each.again_at, each.interrupts) for key, each in plans),
        key=lambda row: row[0],
    )
    if rows:
        await conn.execute(_plan, columns_of(rows, _PLAN, _NEW))


async def take_to_show(conn: AsyncConnection, now: datetime) -> list[Shown]:
    """Lock and return what is to be put in front of people by now: new items, and those due a second look.

    With what is shown of a victim come the tasks that wait for just that; an interruption brings nothing else.
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


async def plan_everything_anew(conn: AsyncConnection) -> int:
    """Have every open item planned anew: the roster has changed. Return how many there are."""
    locked = select(_c.card_key).where(_c.closed_at.is_(None)).order_by(_c.card_key).with_for_update().subquery()
    done = await conn.execute(update(cards).where(_c.card_key == locked.c.card_key).values(planned_at=None))
    return done.rowcount


def _as_unplanned(row: Any) -> Unplanned:
    return Unplanned(row.card_key, row.case_key, row.victim_id, _item(row), row.to_ref, row.act_by)


def _item(row: Any) -> Item:
    return Item(
        kind=row.kind,
        rule=row.rule,
        due_at=row.due_at,
        raised_at=row.raised_at,
        addressee=row.addressee,
        team=row.team,
        for_officer=row.for_officer,
        # What is overdue waits for a list: breaches go to nobody's telephone at midnight.
        urgent=row.urgent and row.kind != CardKind.OVERDUE,
        advisory=row.advisory,
        is_short=row.is_short,
        held_by=row.to_ref if row.acknowledged_at is not None else None,
    )


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
