"""Taking the text that is to be decided about next, and looking once more at one that is about to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.decision import TextRequest
from services.contacts.news import Purpose
from services.contacts.text_states import TextState
from services.storage.tables import facts, victim_key
from services.storage.tables_notify import text_requests
from services.storage.texts import is_waiting, request_of

_t = text_requests.c
_due: Final[Select[tuple[object, ...]]] = (
    select(text_requests, facts.c.received_at)
    .outerjoin(facts, facts.c.key == _t.fact_key)
    .where(is_waiting(), _t.wake_at <= select(func.waymark_now()).scalar_subquery())
    .order_by(_t.wake_at, _t.text_id)
    .limit(1)
    .with_for_update(of=text_requests, skip_locked=True)
)
_offers = _due.where(_t.purpose == Purpose.OFFER.value)


@dataclass(frozen=True, slots=True)
class DueText:
    """A text to decide about now; its row is locked."""

    text_id: UUID
    state: TextState
    case_key: bytes
    request: TextRequest
    template: str | None


@dataclass(frozen=True, slots=True)
class InHand:
    """A text about to be sent, as its row stands now; instants are the store's, ``left`` is real time."""

    state: TextState
    attempt_id: UUID | None
    left: timedelta
    """How long until its lease ends; negative once it has."""
    now: datetime


async def take_due(conn: AsyncConnection) -> DueText | None:
    """Lock and return the text that has been due longest, passing over those that others hold; None: nothing is due."""
    row = (await conn.execute(_due)).first()
    return None if row is None else _due_text(row)


async def more_pressing(conn: AsyncConnection, due: DueText) -> DueText | None:
    """Lock and return a text to the same person that is due as well and offers a call about what a person tells first.

    One text a day goes to a person: it must not be the loan phone where the case was dropped.
    """
    if due.request.purpose is Purpose.OFFER:
        return None
    row = (await conn.execute(_offers.where(_t.victim_key == victim_key(due.request.victim_id)))).first()
    return None if row is None else _due_text(row)


async def hold_person(conn: AsyncConnection, victim_id: str) -> bool:
    """Take the person until the transaction ends, so that two texts cannot both be the day's only one."""
    number = int.from_bytes(victim_key(victim_id)[:8], "big", signed=True)
    held = await conn.execute(select(func.pg_try_advisory_xact_lock(number)))
    return bool(held.scalar_one())


async def put_off(conn: AsyncConnection, text_id: UUID, by: timedelta) -> None:
    """Look at a text again a little later, without a word in its history."""
    await conn.execute(
        update(text_requests).where(_t.text_id == text_id, is_waiting()).values(wake_at=func.waymark_now() + by)
    )


async def in_hand(conn: AsyncConnection, text_id: UUID) -> InHand:
    """Return where a text stands that is about to be sent."""
    left = (_t.lease_until - func.clock_timestamp()).label("left")
    row = (
        await conn.execute(
            select(_t.state, _t.attempt_id, left, func.waymark_now().label("now")).where(_t.text_id == text_id)
        )
    ).one()
    return InHand(TextState(row.state), row.attempt_id, row.left, row.now)


def _due_text(row: Row[tuple[object, ...]]) -> DueText:
    return DueText(row.text_id, TextState(row.state), row.case_key, request_of(row, row.received_at), row.template)
