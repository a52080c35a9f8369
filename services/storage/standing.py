"""What stands in the store at this moment, for whoever watches it: what waits, for how long, and what was set aside.

Every count reads an index of what is unsettled, and stops at ``MOST``: a scrape must stay cheap on the day on which
everything has piled up. Ages of work are by the database's own clock; what is due, and when it was received, raised or
anchored, is by the product's, which may be simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Select, cast, exists, extract, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.card_shows import LAST_STEP
from services.storage.dead_letter_states import DeadLetterState
from services.storage.dead_letters import NOT_SETTLED
from services.storage.notices import NoticeKind, NoticeState
from services.storage.tables import cases, clock, dead_letters, outbox, wakes
from services.storage.tables_alerts import notices
from services.storage.tables_anchor import anchors
from services.storage.tables_feeds import feeds
from services.storage.tables_notify import cards, text_requests, text_switch

MOST: Final = 100_000
"""Where counting stops: a number as large as this means that many or more."""

UNSETTLED: Final = ("requested", "held", "sending", "sent", "unknown")
"""States of a text in which something is still to come; the index of that name holds these and no others."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the store; ages in seconds, None where there is nothing to be old.

    ``database_clock`` is the database's own moment (UTC), to be compared with this machine's.
    """

    wakes: int
    oldest_wake_s: float | None
    due: int
    longest_due_s: float | None
    set_aside: int
    dead_letters: int
    oldest_dead_letter_s: float | None
    dead_letters_unpublished: int
    dead_letters_parked: int
    outbox: int
    oldest_message_s: float | None
    messages_parked: int
    text_overdue_s: float | None
    texts_paused: bool
    urgent_cards: int
    oldest_urgent_card_s: float | None
    unreached: int
    """Interruptions that nobody has in hand and that no address could be told of, up to the control room's."""
    anchor_s: float | None
    clock_ahead_s: float
    database_clock: datetime
    texts: Mapping[str, int]
    cards: Mapping[str, int]
    feeds: Mapping[str, float]
    """Seconds since each feed was last heard."""


# Sub-selects, so that the moment is read once for each and indexes are used.
_NOW = select(func.waymark_now()).scalar_subquery()


def _count(found: Select[Any]) -> ColumnElement[int]:
    return select(func.count()).select_from(found.limit(MOST).subquery()).scalar_subquery()


def _seconds_since(moment: Select[Any], now: ColumnElement[Any] = _NOW) -> ColumnElement[float]:
    return cast(extract("epoch", now - moment.limit(1).scalar_subquery()), Float)


_one = literal(1)
_DATABASE_NOW = func.clock_timestamp()
_due = cases.c.due_at <= _NOW
_open_dead = dead_letters.c.state == DeadLetterState.OPEN.value
"""Those whose record is still there."""
_waits_in_line = outbox.c.problem.is_(None)
_overdue_text = text_requests.c.state.in_(("requested", "held")) & (text_requests.c.wake_at <= _NOW)
_open_card = cards.c.closed_at.is_(None)
_urgent_card = cards.c.urgent & cards.c.acknowledged_at.is_(None) & _open_card & (cards.c.raised_at <= _NOW)
_last_word = exists().where(
    notices.c.kind == NoticeKind.LAST_RESORT.value,
    notices.c.state.in_((NoticeState.FAILED.value, NoticeState.NO_ADDRESS.value)),
    notices.c.made_at >= cards.c.shown_at,
    notices.c.cards.has_key(func.encode(cards.c.card_key, "hex")),
)
unreached: Final = select(_one).where(
    _open_card, cards.c.interrupts, cards.c.acknowledged_at.is_(None), cards.c.escalated >= LAST_STEP, _last_word
)
"""Interruptions that went all the way and reached nobody, while nobody has them in hand."""

_standing = select(
    _count(select(_one).select_from(wakes)).label("wakes"),
    _seconds_since(select(wakes.c.woken_at).order_by(wakes.c.id), _DATABASE_NOW).label("oldest_wake_s"),
    _count(select(_one).select_from(cases).where(_due)).label("due"),
    _seconds_since(select(cases.c.due_at).where(_due).order_by(cases.c.due_at)).label("longest_due_s"),
    _count(select(_one).select_from(cases).where(cases.c.retry_at.is_not(None))).label("set_aside"),
    _count(select(_one).select_from(dead_letters).where(NOT_SETTLED)).label("dead_letters"),
    _seconds_since(select(dead_letters.c.received_at).where(NOT_SETTLED).order_by(dead_letters.c.id)).label(
        "oldest_dead_letter_s"
    ),
    _count(
        select(_one)
        .select_from(dead_letters)
        .where(dead_letters.c.published_at.is_(None), dead_letters.c.publish_problem.is_(None))
    ).label("dead_letters_unpublished"),
    _count(
        select(_one)
        .select_from(dead_letters)
        .where(NOT_SETTLED, _open_dead, dead_letters.c.publish_problem.is_not(None))
    ).label("dead_letters_parked"),
    _count(select(_one).select_from(outbox).where(_waits_in_line)).label("outbox"),
    _seconds_since(select(outbox.c.put_at).where(_waits_in_line).order_by(outbox.c.id), _DATABASE_NOW).label(
        "oldest_message_s"
    ),
    _count(select(_one).select_from(outbox).where(outbox.c.problem.is_not(None))).label("messages_parked"),
    _seconds_since(select(text_requests.c.wake_at).where(_overdue_text).order_by(text_requests.c.wake_at)).label(
        "text_overdue_s"
    ),
    func.coalesce(select(text_switch.c.paused).scalar_subquery(), literal(value=False)).label("texts_paused"),
    _count(select(_one).select_from(cards).where(_urgent_card)).label("urgent_cards"),
    _seconds_since(select(cards.c.raised_at).where(_urgent_card).order_by(cards.c.raised_at)).label(
        "oldest_urgent_card_s"
    ),
    _count(unreached).label("unreached"),
    _seconds_since(select(anchors.c.made_at).order_by(anchors.c.number.desc())).label("anchor_s"),
    cast(extract("epoch", select(clock.c.ahead).scalar_subquery()), Float).label("clock_ahead_s"),
    _DATABASE_NOW.label("database_clock"),
)
_some_texts = select(text_requests.c.state).where(text_requests.c.state.in_(UNSETTLED)).limit(MOST).subquery()
_texts = select(_some_texts.c.state, func.count()).group_by(_some_texts.c.state)
_some_cards = select(cards.c.kind).where(_open_card, cards.c.raised_at <= _NOW).limit(MOST).subquery()
_cards = select(_some_cards.c.kind, func.count()).group_by(_some_cards.c.kind)
_feeds = select(feeds.c.name, cast(extract("epoch", _NOW - feeds.c.last_received_at), Float))

STATEMENTS: Final = (_standing, _texts, _cards, _feeds)
"""What a scrape asks of the database."""


async def what_stands(conn: AsyncConnection) -> Standing:
    """Return what stands in the store; four statements, none of which waits for a lock."""
    row = (await conn.execute(_standing)).mappings().one()
    texts = {state: int(number) for state, number in await conn.execute(_texts)}
    kinds = {kind: int(number) for kind, number in await conn.execute(_cards)}
    heard = {name: max(since, 0.0) for name, since in await conn.execute(_feeds)}
    return Standing(**row, texts=texts, cards=kinds, feeds=heard)
