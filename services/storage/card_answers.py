"""What people answer to a card: that they have it in hand, that a grade is wrong, or that it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy import case as sql_case
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.addressee import Addressee
from services.contacts.cards import CardKind
from services.contacts.grade_cards import OF_A_CONTACT, dispute_review
from services.storage.card_shows import is_on_list_of
from services.storage.cards import RaisedCard, close_cards, raise_cards
from services.storage.tables import case_key
from services.storage.tables_notify import cards

TEST_CASE = "WAYMARK-TEST"
"""The invented case of the weekly test; acknowledging it ends it."""

_c = cards.c


async def acknowledge(
    conn: AsyncConnection,
    case_id: str,
    by: str,
    victim_id: str | None = None,
    *,
    on_list_of: str | None = None,
    is_one_card: bool = False,
    shown_until: datetime | None = None,
) -> int:
    """Write down that somebody has a card in hand: all its items that were shown; return how many they were.

    Those are the items of ``by``, those that went on to them, and every interruption: whoever takes the call may not be
    the one it was meant for. With ``victim_id`` only that victim's card. What comes later makes the card new again.

    A page says more: ``on_list_of`` is whose list it shows, where that is not ``by``; ``is_one_card`` means the card
    that names nobody, where there is no ``victim_id``; ``shown_until`` leaves out what was not on the page yet.
    """
    mine = or_(is_on_list_of(on_list_of or by), _c.interrupts)
    conditions: list[ColumnElement[bool]] = [
        _c.case_key == case_key(case_id),
        _c.closed_at.is_(None),
        _c.shown_at.is_not(None),
        _c.acknowledged_at.is_(None),
        mine,
    ]
    if victim_id is not None:
        conditions.append(_c.victim_id == victim_id)
    elif is_one_card:
        conditions.append(_c.victim_id.is_(None))
    if shown_until is not None:
        conditions.append(_c.shown_at <= shown_until)
    locked = select(_c.card_key).where(*conditions).order_by(_c.card_key).with_for_update().subquery()
    is_test = _c.case_id == TEST_CASE
    done = await conn.execute(
        update(cards)
        .where(_c.card_key == locked.c.card_key)
        .values(
            acknowledged_at=func.waymark_now(),
            acknowledged_by=by,
            closed_at=sql_case((is_test, func.waymark_now()), else_=_c.closed_at),
            closed_because=sql_case((is_test, "the weekly test was acknowledged"), else_=_c.closed_because),
        )
    )
    return done.rowcount


async def dispute(
    conn: AsyncConnection, case_id: str, event_id: str, by: str, *, on_list_of: str | None = None
) -> bool:
    """Suspend the card about the grade of a contact (by its event) and put a review on the supervisor's list.

    Only the person whose card it is may do so; return whether there was such a card that stood. ``on_list_of`` is that
    person, where ``by`` is only whoever sits at the machine.
    """
    whose = on_list_of or by
    row: Any = (
        await conn.execute(
            select(_c.card_key, _c.victim_id, _c.team, func.waymark_now().label("now"))
            .where(
                _c.case_key == case_key(case_id),
                _c.kind == CardKind.GRADE.value,
                _c.about == f"{OF_A_CONTACT}{event_id}",
                _c.closed_at.is_(None),
                _c.disputed_at.is_(None),
                or_(_c.for_officer == whose, _c.to_ref == whose),
            )
            .with_for_update()
        )
    ).first()
    if row is None:
        return False
    await conn.execute(
        update(cards).where(_c.card_key == row.card_key).values(disputed_at=func.waymark_now(), disputed_by=by)
    )
    review = dispute_review(event_id, row.victim_id, whose, row.now)
    await raise_cards(conn, [RaisedCard(case_key(case_id), case_id, review, Addressee(whose, row.team))])
    return True


async def uphold(conn: AsyncConnection, case_id: str, event_id: str, by: str, *, on_list_of: str | None = None) -> bool:
    """Write down that a supervisor has read the record of a disputed contact, and that its grade stands.

    The review ends, and the card of whoever disputed it with it: they have been heard. Only the person whose review it
    is may say so, and never the one who recorded the contact; return whether there was such a review.
    """
    whose = on_list_of or by
    found: Any = (
        await conn.execute(
            select(_c.card_key, _c.kind, _c.to_ref, _c.for_officer)
            .where(
                _c.case_key == case_key(case_id),
                _c.about == f"{OF_A_CONTACT}{event_id}",
                _c.kind.in_([CardKind.GRADE.value, CardKind.REVIEW.value]),
                _c.closed_at.is_(None),
            )
            .order_by(_c.card_key)
            .with_for_update()
        )
    ).all()
    if not any(row.kind == CardKind.REVIEW and row.to_ref == whose and row.for_officer != by for row in found):
        return False
    await close_cards(conn, (row.card_key for row in found), "a supervisor read the record: the grade stands")
    return True
