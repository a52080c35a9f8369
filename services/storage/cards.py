"""Cards as rows: raising, changing and closing them, and keeping them with whoever looks after the case now.

Who gets one, by when they must act and when they see it is planned afterwards (``services.storage.card_plans``): what
is new here, or changed in what the plan rests on, has no ``planned_at``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, bindparam, func, not_, null, or_, select, type_coerce, update
from sqlalchemy import case as sql_case
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.addressee import Addressee
from services.contacts.cards import Card, CardKind
from services.storage.escaped import unescape
from services.storage.sets import columns_of, gathered, insert_set, is_among, unnested
from services.storage.tables_notify import cards

_c = cards.c
_NEW = "new_"
_CARD = [
    "card_key",
    "kind",
    "case_key",
    "case_id",
    "victim_id",
    "rule",
    "event_id",
    "about",
    "duty_of",
    "for_officer",
    "addressee",
    "team",
    "due_at",
    "say",
    "urgent",
    "never_interrupts",
    "is_short",
    "plan_basis",
    "raised_at",
]
_CHANGED = ["card_key", "kind", "due_at", "say", "urgent", "addressee", "team"]
_PLANNED_BY = ["kind", "due_at", "urgent", "addressee", "plan_basis"]
_SEEN = ("show_at", "again_at", "shown_at", "escalated_to", "goes_on_at", "acknowledged_at", "acknowledged_by")
_in_change = itemgetter(*(_CARD.index(name) for name in _CHANGED))
_ADDRESS = ["card_key", "addressee", "team", "plan_basis"]
_BASIS = ["card_key", "team", "plan_basis"]

_put = insert_set(cards, _CARD)
_is_back = _c.closed_at.is_not(None)
_is_new = or_(_c.kind != _put.excluded.kind, _is_back)
_goes_elsewhere = _c.addressee != _put.excluded.addressee
_is_to_be_seen = or_(_is_back, _goes_elsewhere, and_(_put.excluded.urgent, not_(_c.urgent)))
"""Back, somebody else's, or urgent now: whoever saw it before has not seen this. Overdue alone is no new showing."""
_is_breach = _put.excluded.kind.in_([CardKind.OVERDUE.value, CardKind.REVIEW.value])
_comes_otherwise = and_(_is_breach, _c.shown_at.is_(None), _c.raised_at != _put.excluded.raised_at)
"""A breach that nobody has seen yet, and of which it is known since that it may be heard of later, or sooner."""
_is_to_be_planned = or_(
    _is_back, _comes_otherwise, *(_c[name].is_distinct_from(_put.excluded[name]) for name in _PLANNED_BY)
)


def _unless(begins_again: ColumnElement[bool], column: ColumnElement[Any]) -> ColumnElement[Any]:
    return sql_case((begins_again, null()), else_=column)


_raise_new = _put.on_conflict_do_nothing()
_raise = _put.on_conflict_do_update(
    index_elements=[_c.card_key],
    set_={
        "kind": _put.excluded.kind,
        "rule": _put.excluded.rule,
        "event_id": _put.excluded.event_id,
        "due_at": _put.excluded.due_at,
        "say": _put.excluded.say,
        "urgent": _put.excluded.urgent,
        "duty_of": _put.excluded.duty_of,
        "for_officer": _put.excluded.for_officer,
        "addressee": _put.excluded.addressee,
        "team": _put.excluded.team,
        "raised_at": sql_case(
            (or_(_is_new, _comes_otherwise), _put.excluded.raised_at),
            else_=func.least(_c.raised_at, _put.excluded.raised_at),
        ),
        "never_interrupts": _put.excluded.never_interrupts,
        "is_short": _put.excluded.is_short,
        "plan_basis": _put.excluded.plan_basis,
        "planned_at": _unless(_is_to_be_planned, _c.planned_at),
        "to_ref": _unless(or_(_is_back, _goes_elsewhere), _c.to_ref),
        **{name: _unless(or_(_is_to_be_seen, _comes_otherwise), _c[name]) for name in _SEEN},
        "escalated": sql_case((_is_to_be_seen, 0), else_=_c.escalated),
        **{name: _unless(_is_back, _c[name]) for name in ("disputed_at", "disputed_by")},
        "closed_at": None,
        "closed_because": None,
    },
)
_given_change = unnested(cards, _CHANGED, _NEW)
_change = (
    update(cards)
    .where(_c.card_key == _given_change.c.card_key, _c.closed_at.is_(None))
    .values(
        {name: _given_change.c[name] for name in _CHANGED if name != "card_key"}
        | {
            "planned_at": _unless(
                or_(*(_c[name].is_distinct_from(_given_change.c[name]) for name in _CHANGED if name in _PLANNED_BY)),
                _c.planned_at,
            )
        }
    )
)
_given_address = unnested(cards, _ADDRESS, _NEW)
_readdress = (
    update(cards)
    .where(_c.card_key == _given_address.c.card_key)
    .values(
        addressee=_given_address.c.addressee,
        team=_given_address.c.team,
        plan_basis=_given_address.c.plan_basis,
        **dict.fromkeys((*_SEEN, "planned_at", "to_ref")),
        escalated=0,
    )
)
_given_basis = unnested(cards, _BASIS, _NEW)
_rest_on = (
    update(cards)
    .where(_c.card_key == _given_basis.c.card_key)
    .values(team=_given_basis.c.team, plan_basis=_given_basis.c.plan_basis, planned_at=None)
)
_close = (
    update(cards)
    .where(is_among(_c.card_key, "keys"), _c.closed_at.is_(None))
    .values(closed_at=func.waymark_now(), closed_because=bindparam("because"))
)
_ALIKE = (_c.case_key, _c.victim_id, _c.duty_of, _c.for_officer, _c.plan_basis, _c.addressee, _c.team)
_open = (
    select(
        *_ALIKE,
        gathered(_c.card_key).label("keys_"),
        gathered(_c.kind).label("kinds"),
        gathered(type_coerce(_c.about, Text)).label("abouts"),
    )
    .where(is_among(_c.case_key, "keys"), _c.closed_at.is_(None))
    .group_by(*_ALIKE)
)


@dataclass(frozen=True, slots=True)
class RaisedCard:
    """A card with its case and the person or worklist it goes to."""

    case_key: bytes
    case_id: str
    card: Card
    to: Addressee
    plan_basis: bytes | None = None


class OpenCard(NamedTuple):
    """An open card: what it is about, and of which kind."""

    key: bytes
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class OpenCards:
    """Open cards of one case that go to the same person on the same grounds: where one goes, all of them go."""

    case_key: bytes
    victim_id: str | None
    duty_of: str
    for_officer: str | None
    plan_basis: bytes | None
    to: Addressee
    cards: Sequence[OpenCard]


async def raise_new_cards(conn: AsyncConnection, raised: Sequence[RaisedCard]) -> None:
    """Raise cards that were never raised before; one that was, open or closed, stays as it is."""
    if rows := _rows(raised):
        await conn.execute(_raise_new, columns_of(rows, _CARD))


async def raise_cards(conn: AsyncConnection, raised: Sequence[RaisedCard], *, only_change: bool = False) -> None:
    """Raise cards, or change those that are there.

    A card that stays what it was keeps its moment; one that is overdue, too, stays with the person as they saw it. One
    that comes back is new to look at. ``only_change`` raises none: what a new pack or a repair changed is no alert.
    """
    if not (rows := _rows(raised)):
        return
    if only_change:
        await conn.execute(_change, columns_of(map(_in_change, rows), _CHANGED, _NEW))
    else:
        await conn.execute(_raise, columns_of(rows, _CARD))


async def close_cards(conn: AsyncConnection, keys: Iterable[bytes], because: str) -> None:
    """Close open cards by their keys; they stay, for whoever asks later what was shown to whom."""
    if found := sorted(keys):
        await conn.execute(_close, {"keys": found, "because": because})


async def open_cards(conn: AsyncConnection, case_keys: Iterable[bytes]) -> list[OpenCards]:
    """Return the open cards of these cases, shown already or not, those that go together in one."""
    return [
        OpenCards(
            case_key=row.case_key,
            victim_id=row.victim_id,
            duty_of=row.duty_of,
            for_officer=row.for_officer,
            plan_basis=row.plan_basis,
            to=Addressee(row.addressee, row.team),
            cards=[OpenCard(*each) for each in zip(row.keys_, row.kinds, map(unescape, row.abouts), strict=True)],
        )
        for row in await conn.execute(_open, {"keys": list(case_keys)})
    ]


async def readdress(conn: AsyncConnection, given: Iterable[tuple[bytes, Addressee, bytes]]) -> None:
    """Give open cards (by key, with what their plan rests on) to somebody else; they are new to them."""
    rows = sorted(((key, to.ref, to.team, basis) for key, to, basis in given), key=itemgetter(0))
    if rows:
        await conn.execute(_readdress, columns_of(rows, _ADDRESS, _NEW))


async def plan_anew(conn: AsyncConnection, given: Iterable[tuple[bytes, str | None, bytes]]) -> None:
    """Have open cards planned anew, by key, each with its team and what its plan now rests on.

    What was seen stays seen: they are the same person's.
    """
    rows = sorted(given, key=itemgetter(0))
    if rows:
        await conn.execute(_rest_on, columns_of(rows, _BASIS, _NEW))


def _rows(raised: Sequence[RaisedCard]) -> list[tuple[Any, ...]]:
    """Return the rows in key order, each card once: the last word on it counts."""
    by_key = {row[0]: row for row in map(_row, raised)}
    return [by_key[key] for key in sorted(by_key)]


def _row(raised: RaisedCard) -> tuple[Any, ...]:
    """Return the columns of ``_CARD``."""
    card = raised.card
    return (
        card.key(raised.case_id),
        card.kind.value,
        raised.case_key,
        raised.case_id,
        card.victim_id,
        card.rule,
        card.event_id,
        card.about,
        card.duty_of,
        card.for_officer,
        raised.to.ref,
        raised.to.team,
        card.due_at,
        card.say,
        card.urgent,
        card.never_interrupts,
        card.is_short,
        raised.plan_basis,
        card.raised_at,
    )
