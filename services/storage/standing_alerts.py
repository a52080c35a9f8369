"""How alerts and texts stand, for whoever watches: what waits to be planned or shown, goes on, or was not delivered.

Like ``services.storage.standing``: every count reads an index of what is unsettled, or of the last day, and stops at
``MOST``. Moments are the product's (``waymark_now``), which may be simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, DateTime, Float, Select, bindparam, cast, extract, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.standing import MOST
from services.storage.tables_alerts import notices
from services.storage.tables_notify import cards, text_requests

STEPS: Final = ("officer", "supervisor", "control_room")
"""With whom an interruption stands that nobody has acknowledged."""

FATES: Final = (
    "sent", "delivered", "suppressed", "expired", "permanent_failure", "temporary_failure", "technical_failure",
    "unknown",
)  # fmt: skip
"""States in which a text is decided about."""

NOTICE_STATES: Final = ("stored", "delivering", "delivered", "failed", "no_address")

_DAY: Final = timedelta(days=1)
_NOW = select(func.waymark_now()).scalar_subquery()
_one = literal(1)
_c = cards.c


@dataclass(frozen=True, slots=True)
class AlertsStanding:
    """Counts, and ages in seconds (None where there is nothing to be old); texts and notices are those of a day."""

    unplanned: int
    oldest_unplanned_s: float | None
    unshown: int
    longest_unshown_s: float | None
    oldest_notice_s: float | None
    interruptions: Mapping[str, int]
    notices: Mapping[str, int]
    texts: Mapping[str, int]


def _count(found: Select[Any]) -> ColumnElement[int]:
    return select(func.count()).select_from(found.limit(MOST).subquery()).scalar_subquery()


def _seconds_since(moment: Select[Any]) -> ColumnElement[float]:
    return cast(extract("epoch", _NOW - moment.limit(1).scalar_subquery()), Float)


_open = _c.closed_at.is_(None)
_unplanned = _open & _c.planned_at.is_(None) & (_c.raised_at <= _NOW)
_unshown = _open & _c.planned_at.is_not(None) & _c.shown_at.is_(None) & (_c.show_at <= _NOW) & _c.disputed_at.is_(None)
_to_deliver = notices.c.state.in_(("stored", "delivering"))
_unanswered = _open & _c.interrupts & _c.acknowledged_at.is_(None)
_alerts = select(
    _NOW.label("now"),
    _count(select(_one).select_from(cards).where(_unplanned)).label("unplanned"),
    _seconds_since(select(_c.raised_at).where(_unplanned).order_by(_c.raised_at)).label("oldest_unplanned_s"),
    _count(select(_one).select_from(cards).where(_unshown)).label("unshown"),
    _seconds_since(select(_c.show_at).where(_unshown).order_by(_c.show_at)).label("longest_unshown_s"),
    _seconds_since(select(func.min(notices.c.made_at)).where(_to_deliver)).label("oldest_notice_s"),
)
_with_officer = _count(
    select(_one).select_from(cards).where(_unanswered, _c.escalated < 1, _c.escalated < 2, _c.shown_at.is_not(None))  # noqa: PLR2004 - the index's own words
)
_with_others = _unanswered & _c.escalated_to.is_not(None)
_interruptions = select(
    _with_officer.label("officer"),
    _count(select(_one).select_from(cards).where(_with_others, _c.escalated == 1)).label("supervisor"),
    _count(select(_one).select_from(cards).where(_with_others, _c.escalated > 1)).label("control_room"),
)
# Given as a value, so that the planner knows how little a day is; without one nothing is counted.
_since = bindparam("since", datetime(9999, 12, 31, tzinfo=UTC), type_=DateTime(timezone=True))
_some_notices = select(notices.c.state).where(notices.c.made_at > _since).limit(MOST).subquery()
_notices = select(_some_notices.c.state, func.count()).group_by(_some_notices.c.state)
_some_texts = select(text_requests.c.state).where(text_requests.c.requested_at > _since).limit(MOST).subquery()
_texts = select(_some_texts.c.state, func.count()).group_by(_some_texts.c.state)

STATEMENTS: Final = (_alerts, _interruptions, _notices, _texts)
"""What a scrape asks of the database."""


async def how_alerts_stand(conn: AsyncConnection) -> AlertsStanding:
    """Return how alerts and texts stand; four statements, none of which waits for a lock."""
    row = dict((await conn.execute(_alerts)).mappings().one())
    steps = (await conn.execute(_interruptions)).mappings().one()
    day = {"since": row.pop("now") - _DAY}
    told = {state: int(number) for state, number in await conn.execute(_notices, day)}
    texts = {state: int(number) for state, number in await conn.execute(_texts, day)}
    return AlertsStanding(**row, interruptions=dict(steps), notices=told, texts=texts)
