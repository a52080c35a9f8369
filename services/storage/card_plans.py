"""Planning as rows: which items have no plan, and what was planned for them.

Whoever plans passes over rows that an assessment holds, and holds none while it waits for another: neither ever waits
for the other. Every moment is the database's (``waymark_now``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, not_, null, or_, select, update
from sqlalchemy import case as sql_case
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.cards import CardKind
from services.contacts.planning import Item, Plan
from services.storage.sets import columns_of, is_among, unnested
from services.storage.tables import case_victims, victim_key
from services.storage.tables_notify import cards

AT_ONCE: Final = 500
"""Items in one transaction of planning."""

_NEW = "new_"
_PLAN = ["card_key", "to_ref", "act_by", "show_at", "again_at", "interrupts"]

_c = cards.c
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
        never_interrupts=row.never_interrupts,
        is_short=row.is_short,
        held_by=row.to_ref if row.acknowledged_at is not None else None,
    )
