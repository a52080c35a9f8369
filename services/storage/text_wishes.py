"""Which texts could be sent, written down when an assessment finds news: one row for each fact, victim and purpose.

Only rows are written here; whether one is sent is decided at the moment of sending (ADR 0011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import uuid4

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.topics import NOTIFICATION_REQUESTS
from services.contacts.cards import text_task
from services.contacts.decision import TextRequest
from services.contacts.news import NOT_FROM_A_CORRECTION, Purpose
from services.contacts.text_states import WAITING, TextState
from services.journeys.arrows import ABSENT
from services.journeys.changes import Announcement
from services.storage.case_work import Work
from services.storage.payloads import packed_headers, to_bytes
from services.storage.sets import and_tell, columns_of, insert_set, unnested
from services.storage.tables import OUTBOX_CHANNEL, fact_key, outbox, shard_of, victim_key
from services.storage.tables_notify import ONE_TEXT_PER_FACT_VICTIM_PURPOSE, TEXTS_CHANNEL, text_requests
from services.storage.texts import move, read_switch, wake_texts

NO_ALERT = frozenset({"ruleset", "repair"})
"""Causes whose differences are one summary for the administrator: they raise no card and no text."""

_NO_TEXT = NO_ALERT | {"correction"}
"""Causes that never make a text: a record put right, a link mended, a rebuild, a new pack or grader."""

_LONG_AGO = timedelta(days=10)
"""Older than any template's limit: a history that is loaded does not keep whoever sends busy.

What was recorded since texts were switched on is decided about all the same, however late its feed: that no text goes
is a person's task then.
"""

_t = text_requests.c
_REQUEST = [
    "text_id",
    "case_key",
    "case_id",
    "victim_key",
    "victim_id",
    "fact_key",
    "event_id",
    "event_source",
    "event_type",
    "purpose",
    "occurred_at",
    "known_at",
    "state",
    "rule",
    "requested_at",
    "wake_at",
    "history",
]
_IDENTITY = ["fact_key", "victim_key", "purpose"]
_in_order = itemgetter(*(_REQUEST.index(name) for name in _IDENTITY))
_OUTBOX = ["shard", "topic", "key", "value", "headers"]
_JSON = packed_headers([("content-type", b"application/json")])

_request = (
    insert_set(text_requests, _REQUEST)
    .on_conflict_do_nothing(constraint=ONE_TEXT_PER_FACT_VICTIM_PURPOSE)
    .returning(_t.text_id, _t.case_id, _t.case_key, _t.state)
)
_append_outbox = and_tell(insert_set(outbox, _OUTBOX), OUTBOX_CHANNEL, TEXTS_CHANNEL)
_named = unnested(text_requests, _IDENTITY)
_waiting = (
    select(_t.text_id)
    .join(_named, and_(*(_t[name] == _named.c[name] for name in _IDENTITY)))
    .where(_t.state.in_(sorted(WAITING)))
    .order_by(_t.text_id)
)


async def write_requests(
    conn: AsyncConnection, works: Sequence[Work], texts_from: datetime | None = None
) -> list[bytes]:
    """Write down which texts could be sent, and return the keys of the tasks that nobody has any more.

    ``texts_from`` is when sending was switched on; None: since this store knows of texts.
    """
    news = [(work, each) for work in works for each in work.difference.announcements if each.thing == "news"]
    withdrawn = await _withdraw(conn, [(work, each) for work, each in news if each.state == ABSENT])
    wanted = [(work, each) for work, each in news if each.state != ABSENT]
    if any(_is_long_ago(work, each) for work, each in wanted) and texts_from is None:
        texts_from = (await read_switch(conn)).first_seen_at
    rows = [_request_row(work, each, texts_from) for work, each in wanted]
    if rows:
        rows.sort(key=_in_order)
        added = await conn.execute(_request, columns_of(rows, _REQUEST))
        await _wake_senders(conn, [row for row in added if row.state == TextState.REQUESTED])
    await wake_texts(conn, [work.difference.case_key for work in works])
    return withdrawn


def _is_long_ago(work: Work, announcement: Announcement) -> bool:
    body = announcement.body
    moments = (datetime.fromisoformat(body[name]) for name in ("occurred_at", "known_at"))
    return max(moments) < work.now - _LONG_AGO


def _request_row(work: Work, announcement: Announcement, texts_from: datetime | None) -> tuple[Any, ...]:
    """Return the columns of ``_REQUEST``."""
    body = announcement.body
    occurred_at, known_at = datetime.fromisoformat(body["occurred_at"]), datetime.fromisoformat(body["known_at"])
    against = NOT_FROM_A_CORRECTION if work.difference.cause in _NO_TEXT else None
    if _is_long_ago(work, announcement) and (texts_from is None or known_at < texts_from):
        against = "it happened, and was recorded, long ago"
    may_be_sent = against is None
    state = TextState.REQUESTED if may_be_sent else TextState.SUPPRESSED
    step = {
        "state": state.value,
        "at": work.now.isoformat(),
        "rule": None if may_be_sent else "7",
        "why": against,
    }
    return (
        uuid4(),
        work.difference.case_key,
        work.difference.case_id,
        victim_key(body["victim_id"]),
        body["victim_id"],
        fact_key(body["source"], body["event_id"]),
        body["event_id"],
        body["source"],
        body["type"],
        body["purpose"],
        occurred_at,
        known_at,
        state.value,
        step["rule"],
        work.now,
        work.now if may_be_sent else None,
        [step],
    )


async def _withdraw(conn: AsyncConnection, gone: Sequence[tuple[Work, Announcement]]) -> list[bytes]:
    """End texts about what was told meanwhile, or taken back, and return the keys of their tasks."""
    if gone:
        named = [
            (fact_key(body["source"], body["event_id"]), victim_key(body["victim_id"]), body["purpose"])
            for body in (each.body for _, each in gone)
        ]
        found = await conn.execute(_waiting, columns_of(named, _IDENTITY))
        for text_id in found.scalars().all():
            await move(conn, text_id, TextState.SUPPRESSED, rule="7", why="it was told meanwhile, or taken back")
    return [text_task(asked(work, each.body), "", None, work.now).key(work.difference.case_id) for work, each in gone]


async def _wake_senders(conn: AsyncConnection, added: Sequence[Any]) -> None:
    """Tell whoever sends, over Kafka and on this database, that there is something to decide about."""
    by_case: dict[bytes, list[Any]] = {}
    for row in added:
        by_case.setdefault(bytes(row.case_key), []).append(row)
    if not by_case:
        return
    messages = [
        (
            shard_of(key),
            NOTIFICATION_REQUESTS.name,
            rows[0].case_id.encode(),
            to_bytes({"texts": [str(row.text_id) for row in rows]}),
            _JSON,
        )
        for key, rows in by_case.items()
    ]
    await conn.execute(_append_outbox, columns_of(messages, _OUTBOX))


def asked(work: Work, body: Mapping[str, Any]) -> TextRequest:
    """Return what names the text that this news asks for."""
    return TextRequest(
        case_id=work.difference.case_id,
        victim_id=body["victim_id"],
        event_id=body["event_id"],
        source=body["source"],
        type=body["type"],
        purpose=Purpose(body["purpose"]),
        known_at=datetime.fromisoformat(body["known_at"]),
    )
