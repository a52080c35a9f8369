"""Notices as rows: what was put in front of whom at which moment, and what became of delivering it.

A notice always stands, also where it is delivered nowhere: it is the record of who was told. Delivery is at least
once, since an alert that comes twice hurts nobody and one that is lost does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, String, func, literal, or_, select, update
from sqlalchemy import case as sql_case
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.card_shows import Shown, go_on_now
from services.storage.sets import columns_of, insert_set
from services.storage.tables_alerts import notices

LEASE: Final = timedelta(minutes=2)
"""After this without an answer a delivery is tried again: whoever tried it has died."""

TRIES_AFTER: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long after each attempt that failed the next is made; after the last of them it has failed."""

_n = notices.c
_NOTICE = ["notice_id", "kind", "to_ref", "made_at", "cards", "about", "state", "retry_at"]


class NoticeKind(StrEnum):
    """What a notice is."""

    LIST = "list"
    """What is new at the start of a shift."""
    INTERRUPTION = "interruption"
    """What cannot wait, for one victim of one case."""
    ESCALATION = "escalation"
    """An interruption that nobody acknowledged, for a supervisor."""
    LAST_RESORT = "last_resort"
    """The same once more, for the control room."""


_STEPS: Final = {NoticeKind.INTERRUPTION: 0, NoticeKind.ESCALATION: 1}
"""How far an item had gone on when a notice of this kind was made; after the last resort there is nobody."""


class NoticeState(StrEnum):
    """Where the delivery of a notice stands."""

    STORED = "stored"
    """It is to be delivered."""
    DELIVERING = "delivering"
    """It is being delivered."""
    DELIVERED = "delivered"
    """The mail server or webhook took it."""
    FAILED = "failed"
    """Nobody took it, as often as it was tried; the list stands all the same."""
    NO_ADDRESS = "no_address"
    """There is nowhere to deliver it: no address is known, or no way to it is set."""


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice to deliver now; ``about`` holds for each case the moment to act by."""

    notice_id: UUID
    kind: NoticeKind
    to: str
    about: tuple[tuple[str, datetime | None], ...]
    attempts: int
    cards: tuple[bytes, ...] = ()


async def put_notices(
    conn: AsyncConnection, made: Iterable[tuple[NoticeKind, str, Sequence[Shown]]], now: datetime
) -> int:
    """Store a notice for each kind, person and set of items; return how many."""
    rows = [
        (uuid4(), kind.value, to, now, [each.card_key.hex() for each in items], _about(items), "stored", now)
        for kind, to, items in made
    ]
    if rows:
        await conn.execute(insert_set(notices, _NOTICE), columns_of(rows, _NOTICE))
    return len(rows)


async def take_notice(conn: AsyncConnection) -> DueNotice | None:
    """Lock the notice to deliver next (what interrupts first) and mark it as being delivered; None: nothing is due."""
    row = (
        await conn.execute(
            select(notices)
            .where(
                or_(_n.state == NoticeState.STORED.value, _n.state == NoticeState.DELIVERING.value),
                _n.retry_at <= select(func.waymark_now()).scalar_subquery(),
            )
            .order_by(sql_case((_n.kind == NoticeKind.LIST.value, 1), else_=0), _n.retry_at, _n.notice_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    if row is None:
        return None
    await conn.execute(
        update(notices)
        .where(_n.notice_id == row.notice_id)
        .values(state=NoticeState.DELIVERING.value, attempts=_n.attempts + 1, retry_at=func.waymark_now() + LEASE)
    )
    about = tuple((each["case_id"], _instant(each["act_by"])) for each in row.about)
    keys = tuple(bytes.fromhex(each) for each in row.cards)
    return DueNotice(row.notice_id, NoticeKind(row.kind), row.to_ref, about, row.attempts + 1, keys)


async def settle(conn: AsyncConnection, notice: DueNotice, state: NoticeState, why: str | None = None) -> NoticeState:
    """Write down what became of an attempt, and return where the notice stands now.

    One that failed is tried again later, ``TRIES_AFTER``, and then no more; meanwhile an interruption goes on at once
    to whoever is next. ``why`` is a sentence for staff and holds neither an address nor a secret. A late answer to an
    earlier attempt changes nothing.
    """
    retry_at = None
    if state is NoticeState.FAILED and notice.attempts <= len(TRIES_AFTER):
        state, retry_at = NoticeState.STORED, func.waymark_now() + TRIES_AFTER[notice.attempts - 1]
    step = {"state": NoticeState.FAILED.value if retry_at is not None else state.value, "why": why}
    done = await conn.execute(
        update(notices)
        .where(
            _n.notice_id == notice.notice_id,
            _n.state == NoticeState.DELIVERING.value,
            _n.attempts == notice.attempts,
        )
        .values(state=state.value, retry_at=retry_at, history=_n.history + _step(step))
    )
    if done.rowcount and state is not NoticeState.DELIVERED and notice.kind in _STEPS:
        await go_on_now(conn, notice.cards, _STEPS[notice.kind])
    return state


def _about(items: Iterable[Shown]) -> list[dict[str, str | None]]:
    """Return each case once, with the earliest moment to act by, soonest first."""
    soonest: dict[str, datetime | None] = {}
    for each in items:
        known = soonest.get(each.case_id)
        soonest[each.case_id] = min((at for at in (known, each.act_by) if at is not None), default=None)
    listed = [(at.isoformat() if at is not None else None, case_id) for case_id, at in soonest.items()]
    listed.sort(key=lambda each: (each[0] is None, each[0] or "", each[1]))
    return [{"case_id": case_id, "act_by": at} for at, case_id in listed]


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _step(step: dict[str, str | None]) -> ColumnElement[Any]:
    pairs: list[Any] = [literal("at"), func.waymark_now()]
    for name, value in step.items():
        pairs += [literal(name), literal(value, String)]
    return func.jsonb_build_array(func.jsonb_build_object(*pairs), type_=JSONB)
