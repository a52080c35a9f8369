"""Cards as rows: raising, changing and closing them, and keeping them with whoever looks after the case now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.addressee import Addressee
from services.contacts.cards import Card
from services.storage.sets import is_among
from services.storage.tables_notify import cards

_c = cards.c


@dataclass(frozen=True, slots=True)
class RaisedCard:
    """A card with its case and the person or worklist it goes to."""

    case_key: bytes
    case_id: str
    card: Card
    to: Addressee


@dataclass(frozen=True, slots=True)
class OpenCard:
    """What must be known of an open card to send it to the right person."""

    card_key: bytes
    case_key: bytes
    kind: str
    about: str
    victim_id: str | None
    duty_of: str
    for_officer: str | None
    to: Addressee


async def raise_new_cards(conn: AsyncConnection, raised: Sequence[RaisedCard]) -> None:
    """Raise cards that were never raised before; one that was, open or closed, stays as it is."""
    rows = _rows(raised)
    if rows:
        await conn.execute(insert(cards).values(rows).on_conflict_do_nothing())


async def raise_cards(conn: AsyncConnection, raised: Sequence[RaisedCard], *, only_change: bool = False) -> None:
    """Raise cards, or change those that are there.

    A card that stays what it was keeps its moment and whether it was acknowledged; one that becomes overdue, or comes
    back, is new to look at. ``only_change`` raises none: what a new pack or a repair changed is no alert.
    """
    rows = _rows(raised)
    if not rows:
        return
    if only_change:
        for row in rows:
            await conn.execute(
                update(cards)
                .where(_c.card_key == row["card_key"], _c.closed_at.is_(None))
                .values({name: row[name] for name in ("kind", "due_at", "say", "urgent", "addressee", "team")})
            )
        return
    statement = insert(cards).values(rows)
    given = statement.excluded
    is_new = or_(_c.kind != given.kind, _c.closed_at.is_not(None))
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=[_c.card_key],
            set_={
                "kind": given.kind,
                "rule": given.rule,
                "event_id": given.event_id,
                "due_at": given.due_at,
                "say": given.say,
                "urgent": given.urgent,
                "duty_of": given.duty_of,
                "for_officer": given.for_officer,
                "addressee": given.addressee,
                "team": given.team,
                "raised_at": sql_case((is_new, given.raised_at), else_=func.least(_c.raised_at, given.raised_at)),
                "acknowledged_at": sql_case((is_new, null()), else_=_c.acknowledged_at),
                "closed_at": None,
                "closed_because": None,
            },
        )
    )


async def close_cards(conn: AsyncConnection, keys: Iterable[bytes], because: str) -> None:
    """Close open cards by their keys; they stay, for whoever asks later what was shown to whom."""
    if found := sorted(keys):
        await conn.execute(
            update(cards)
            .where(is_among(_c.card_key, "keys"), _c.closed_at.is_(None))
            .values(closed_at=func.waymark_now(), closed_because=because),
            {"keys": found},
        )


async def open_cards(conn: AsyncConnection, case_keys: Iterable[bytes]) -> list[OpenCard]:
    """Return the open cards of these cases, shown already or not."""
    rows = await conn.execute(
        select(
            _c.card_key, _c.case_key, _c.kind, _c.about, _c.victim_id, _c.duty_of, _c.for_officer, _c.addressee, _c.team
        ).where(is_among(_c.case_key, "keys"), _c.closed_at.is_(None)),
        {"keys": list(case_keys)},
    )
    return [OpenCard(*row[:-2], Addressee(row.addressee, row.team)) for row in rows]


async def readdress(conn: AsyncConnection, card_key: bytes, to: Addressee) -> None:
    """Give an open card to somebody else; it is new to them."""
    await conn.execute(
        update(cards).where(_c.card_key == card_key).values(addressee=to.ref, team=to.team, acknowledged_at=None)
    )


def _rows(raised: Sequence[RaisedCard]) -> list[dict[str, Any]]:
    """Return the rows in key order, each card once: the last word on it counts."""
    by_key = {bytes(row["card_key"]): row for row in map(_row, raised)}
    return [by_key[key] for key in sorted(by_key)]


def _row(raised: RaisedCard) -> dict[str, Any]:
    card = raised.card
    return {
        "card_key": card.key(raised.case_id),
        "kind": card.kind.value,
        "case_key": raised.case_key,
        "case_id": raised.case_id,
        "victim_id": card.victim_id,
        "rule": card.rule,
        "event_id": card.event_id,
        "about": card.about,
        "duty_of": card.duty_of,
        "for_officer": card.for_officer,
        "addressee": raised.to.ref,
        "team": raised.to.team,
        "due_at": card.due_at,
        "say": card.say,
        "urgent": card.urgent,
        "raised_at": card.raised_at,
    }
