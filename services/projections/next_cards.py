"""The cards of a whole force, one a victim, in the order in which somebody has to act.

What a contact's grade says, and what is asked about a contact, is for whoever made it (alerts.md): such cards stand on
that person's list alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.cards import CardKind
from services.contacts.grade_cards import GRADED_FLAGS, OF_A_CONTACT
from services.projections.shown import COUNTED, Listed
from services.storage.card_shows import CANNOT_WAIT, IS_AT_ONCE, IS_OVERDUE
from services.storage.sets import is_among
from services.storage.tables_notify import cards

_c = cards.c
_TO: Final = func.coalesce(_c.to_ref, _c.addressee, type_=_c.addressee.type)
_AT: Final = func.coalesce(_c.act_by, _c.due_at)
_IS_FOR_ONE_PERSON: Final = or_(
    _c.kind.in_([CardKind.GRADE.value, CardKind.LINK.value]),
    func.coalesce(_c.rule, "").in_(sorted(GRADED_FLAGS)),
    and_(_c.kind == CardKind.REVIEW.value, func.left(_c.about, len(OF_A_CONTACT)) == OF_A_CONTACT),
)


@dataclass(frozen=True, slots=True)
class NextCard:
    """A card as the force sees it: what is said first on it, how many more things are, and how many are overdue.

    ``at`` is the next moment to act by, else the latest that has passed, None where there is none. ``is_at_once``: a
    thing on it cannot wait and names no moment to act by: now.
    """

    to: str
    case_id: str
    case_key: bytes
    victim_id: str | None
    at: datetime | None
    interrupts: bool
    is_at_once: bool
    acknowledged: bool
    is_shown: bool
    items: int
    overdue: int
    say: str


async def read_next_cards(conn: AsyncConnection, most: int, now: datetime) -> Listed[NextCard]:
    """Return the first cards, and how many there are."""
    groups = (await conn.execute(_groups(now).limit(most))).all()
    total = len(groups)
    if total == most:
        few = _groups(now).order_by(None).with_only_columns(literal(1), maintain_column_froms=True).limit(COUNTED + 1)
        total = (await conn.execute(select(func.count()).select_from(few.subquery()))).scalar_one()
    keys = sorted({bytes(row.case_key) for row in groups})
    items: dict[tuple[str, bytes, str | None], list[Any]] = {}
    for row in await conn.execute(
        select(_TO.label("to"), _c.case_key, _c.victim_id, _c.say, IS_OVERDUE.label("is_overdue"))
        .where(_open(now), is_among(_c.case_key, "keys"))
        .order_by(IS_AT_ONCE.desc(), _c.interrupts.desc(), _AT.is_(None), now >= _AT, _AT, _c.raised_at, _c.card_key),
        {"keys": keys},
    ):
        items.setdefault((row.to, bytes(row.case_key), row.victim_id), []).append(row)
    return Listed(tuple(_card(row, items[row.to, bytes(row.case_key), row.victim_id]) for row in groups), total)


def _open(now: datetime) -> ColumnElement[bool]:
    return and_(_c.closed_at.is_(None), _c.disputed_at.is_(None), _c.raised_at <= now, not_(_IS_FOR_ONE_PERSON))


def _groups(now: datetime) -> Select[Any]:
    at_once, waits = func.bool_or(IS_AT_ONCE), func.bool_or(CANNOT_WAIT)
    ahead = func.min(_AT).filter(now < _AT)
    passed = func.max(_AT).filter(now >= _AT)
    return (
        select(
            _TO.label("to"),
            _c.case_key,
            _c.case_id,
            _c.victim_id,
            waits.label("interrupts"),
            at_once.label("is_at_once"),
            func.coalesce(ahead, passed).label("at"),
            func.bool_and(_c.acknowledged_at.is_not(None)).label("acknowledged"),
            func.bool_or(_c.shown_at.is_not(None)).label("is_shown"),
        )
        .where(_open(now))
        .group_by(_TO, _c.case_key, _c.case_id, _c.victim_id)
        # What can still be done in time stands before what cannot: that has a list of its own.
        .order_by(
            at_once.desc(),
            waits.desc(),
            ahead.nulls_last(),
            passed.desc().nulls_last(),
            _c.case_id.collate("C"),
            _c.victim_id,
        )
    )


def _card(row: Any, items: Sequence[Any]) -> NextCard:
    return NextCard(
        to=row.to,
        case_id=row.case_id,
        case_key=bytes(row.case_key),
        victim_id=row.victim_id,
        at=row.at,
        interrupts=row.interrupts,
        is_at_once=row.is_at_once,
        acknowledged=row.acknowledged,
        is_shown=row.is_shown,
        items=len(items),
        overdue=sum(each.is_overdue for each in items),
        say=items[0].say,
    )
