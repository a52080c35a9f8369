"""What an assessment means for people, written in its own transaction: cards, and texts that could be sent.

The last step before the commit that announces: a card or a text request exists exactly when what it is about was
announced. Only rows are written here; nobody is told anything before the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Any
from uuid import uuid4

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.topics import NOTIFICATION_REQUESTS
from services.contacts.addressee import addressee_of
from services.contacts.cards import Card, CardKind, cards_of, grade_cards, text_task
from services.contacts.decision import TextRequest
from services.contacts.news import URGENT, Purpose, topic_of
from services.contacts.person import corrected_of
from services.contacts.text_states import WAITING, TextState
from services.journeys.arrows import ABSENT
from services.journeys.changes import Announcement
from services.journeys.event_types import KNOWLEDGE
from services.journeys.facts import Fact
from services.journeys.putting_right import PutRight, put_right
from services.journeys.replacements import read_replacement_of
from services.provisions.working_days import WorkingDays
from services.storage.cards import (
    OpenCard,
    RaisedCard,
    close_cards,
    open_cards,
    raise_cards,
    raise_new_cards,
    readdress,
)
from services.storage.differences import Difference
from services.storage.payloads import packed_headers, to_bytes
from services.storage.sets import columns_of, insert_set, is_among, unnested
from services.storage.tables import OUTBOX_CHANNEL, fact_key, outbox, shard_of, victim_key
from services.storage.tables_notify import ONE_TEXT_PER_FACT_VICTIM_PURPOSE, TEXTS_CHANNEL, text_requests
from services.storage.texts import move, wake_texts

_NO_ALERT = frozenset({"ruleset", "repair"})
"""Causes whose differences are one summary for the administrator: they raise no card and no text."""

_NO_TEXT = _NO_ALERT | {"correction"}
"""Causes that never make a text: a record put right, a link mended, a rebuild, a new pack or grader."""

_NOT_FROM_A_CORRECTION = "a record put right, a rebuild or a new pack never makes a text"

_LONG_AGO = timedelta(days=10)
"""Older than any template's limit: a history that is loaded does not keep whoever sends busy."""

_days = WorkingDays()
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
_append_outbox = insert_set(outbox, _OUTBOX)
_named = unnested(text_requests, _IDENTITY)
_waiting = (
    select(_t.text_id)
    .join(_named, and_(*(_t[name] == _named.c[name] for name in _IDENTITY)))
    .where(_t.state.in_(sorted(WAITING)))
    .order_by(_t.text_id)
)
_told_by_text = select(_t.case_key, _t.event_source, _t.event_id, _t.victim_id, _t.event_type, _t.purpose).where(
    is_among(_t.case_key, "keys"),
    _t.states_the_event,
    _t.state.in_([TextState.SENDING, TextState.SENT, TextState.DELIVERED, TextState.UNKNOWN]),
)
_wake = select(
    func.pg_notify(bindparam("outbox", OUTBOX_CHANNEL), ""), func.pg_notify(bindparam("texts", TEXTS_CHANNEL), "")
)


@dataclass(frozen=True)
class _Work:
    """One case's difference and what is derived of it when it is needed."""

    difference: Difference

    @cached_property
    def record(self) -> PutRight:
        return put_right(self.difference.facts, None, read_replacement_of)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        return {fact.id: fact for fact in self.record.happenings}

    @property
    def now(self) -> datetime:
        return self.difference.now

    def raised(self, card: Card) -> RaisedCard:
        to = addressee_of(card.duty_of, card.for_officer, card.victim_id, self.record.happenings, self.now)
        return RaisedCard(self.difference.case_key, self.difference.case_id, card, to)


async def write_cards_and_requests(
    conn: AsyncConnection, batch: Sequence[Difference], *, announce_from: datetime | None = None
) -> None:
    """Write the cards and text requests that these assessments call for; a ``Writer`` of ``services.assess_case``.

    ``announce_from`` is go-live: contacts before it are not asked about.
    """
    works = {each.case_key: _Work(each) for each in batch}
    # Texts before cards: whoever sends holds a text and then writes its card, and each would wait for the other.
    withdrawn = await _write_requests(conn, list(works.values()))
    opened = await open_cards(conn, works)
    await close_cards(conn, withdrawn, "it was told, or taken back")
    await raise_new_cards(conn, [work.raised(card) for work in works.values() for card in _tasks_at_once(work)])
    await raise_new_cards(conn, await _to_put_right(conn, list(works.values())))
    await _write_announced_cards(conn, works.values(), opened)
    await _write_grade_cards(conn, works.values(), opened, announce_from)
    await _readdress(conn, works, opened)


async def _readdress(conn: AsyncConnection, works: Mapping[bytes, _Work], opened: Sequence[OpenCard]) -> None:
    """Give every open card of these cases to whoever looks after the victim now."""
    elsewhere = []
    for card in opened:
        work = works[card.case_key]
        to = addressee_of(card.duty_of, card.for_officer, card.victim_id, work.record.happenings, work.now)
        if to != card.to:
            elsewhere.append((card.card_key, to))
    await readdress(conn, elsewhere)


async def _write_announced_cards(conn: AsyncConnection, works: Iterable[_Work], opened: Sequence[OpenCard]) -> None:
    raised: list[RaisedCard] = []
    changed: list[RaisedCard] = []
    done: set[bytes] = set()
    kept: set[bytes] = set()
    for work in works:
        owed = frozenset((each.rule, each.victim_id) for each in work.difference.assessment.obligations)
        mine = [card for card in opened if card.case_key == work.difference.case_key]
        for announcement in work.difference.aloud:
            if announcement.thing == "news":
                continue
            called_for = [work.raised(card) for card in cards_of(announcement, owed, work.facts, _days, work.now)]
            (changed if work.difference.cause in _NO_ALERT else raised).extend(called_for)
            kept.update(each.card.key(each.case_id) for each in called_for)
            done.update(card.card_key for card in mine if card.about == announcement.id)
    await close_cards(conn, done - kept, "what it was about is done, or was taken back")
    await raise_cards(conn, raised)
    await raise_cards(conn, changed, only_change=True)


async def _write_grade_cards(
    conn: AsyncConnection, works: Iterable[_Work], opened: Sequence[OpenCard], announce_from: datetime | None
) -> None:
    stand: set[bytes] = set()
    new: list[RaisedCard] = []
    for work in works:
        contacts = work.difference.assessment.contacts
        if not any(each.grade == "tick_box" for each in contacts):
            continue
        for card in grade_cards(contacts, work.facts, announce_from, work.now):
            stand.add(card.key(work.difference.case_id))
            if work.difference.cause not in _NO_ALERT:
                new.append(work.raised(card))
    shown = {card.card_key for card in opened if card.kind == CardKind.GRADE}
    await close_cards(conn, shown - stand, "a later contact told something, or the grade was changed")
    await raise_new_cards(conn, new)


async def _write_requests(conn: AsyncConnection, works: Sequence[_Work]) -> list[bytes]:
    """Write down which texts could be sent, and return the keys of the tasks that nobody has any more."""
    news = [(work, each) for work in works for each in work.difference.announcements if each.thing == "news"]
    withdrawn = await _withdraw(conn, [(work, each) for work, each in news if each.state == ABSENT])
    rows = [_request_row(work, each) for work, each in news if each.state != ABSENT]
    if rows:
        rows.sort(key=_in_order)
        added = await conn.execute(_request, columns_of(rows, _REQUEST))
        await _wake_senders(conn, [row for row in added if row.state == TextState.REQUESTED])
    await wake_texts(conn, [work.difference.case_key for work in works])
    return withdrawn


def _request_row(work: _Work, announcement: Announcement) -> tuple[Any, ...]:
    """Return the columns of ``_REQUEST``."""
    body = announcement.body
    occurred_at, known_at = datetime.fromisoformat(body["occurred_at"]), datetime.fromisoformat(body["known_at"])
    against = _NOT_FROM_A_CORRECTION if work.difference.cause in _NO_TEXT else None
    if max(occurred_at, known_at) < work.now - _LONG_AGO:
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


def _tasks_at_once(work: _Work) -> Iterator[Card]:
    """What no text waits for: news of an escape or a release, and what a record put right has made news of."""
    if work.difference.cause in _NO_ALERT:
        return
    for each in work.difference.announcements:
        body = each.body
        if each.thing != "news" or each.what != "news.to_tell" or body["purpose"] == Purpose.FOLLOW_UP:
            continue
        if body["type"] in URGENT:
            say = f"Please ring {body['victim_id']} now about {topic_of(body['type'])}, whatever the hour."
            yield text_task(_asked(work, body), say, None, work.now, urgent=True)
        elif work.difference.cause == "correction":
            say = f"Please tell {body['victim_id']} about {topic_of(body['type'])}. No text: {_NOT_FROM_A_CORRECTION}."
            yield text_task(_asked(work, body), say, "7", work.now)


async def _withdraw(conn: AsyncConnection, gone: Sequence[tuple[_Work, Announcement]]) -> list[bytes]:
    """End texts about what was told meanwhile, or taken back, and return the keys of their tasks."""
    if gone:
        named = [
            (fact_key(body["source"], body["event_id"]), victim_key(body["victim_id"]), body["purpose"])
            for body in (each.body for _, each in gone)
        ]
        found = await conn.execute(_waiting, columns_of(named, _IDENTITY))
        for text_id in found.scalars().all():
            await move(conn, text_id, TextState.SUPPRESSED, rule="7", why="it was told meanwhile, or taken back")
    return [text_task(_asked(work, each.body), "", None, work.now).key(work.difference.case_id) for work, each in gone]


async def _to_put_right(conn: AsyncConnection, works: Sequence[_Work]) -> list[RaisedCard]:
    """Return an urgent task for each text that told of an event which was corrected or taken back since."""
    touched = {
        work.difference.case_key: (work, corrected_of(_happenings(work.difference.facts), work.record.happenings))
        for work in works
        if any(fact.type in KNOWLEDGE for fact in work.difference.facts)
    }
    if not touched:
        return []
    found = await conn.execute(_told_by_text, {"keys": list(touched)})
    cards = []
    for row in found:
        work, corrected = touched[row.case_key]
        if (row.event_source, row.event_id) in corrected:
            say = (
                f"Please ring {row.victim_id} and put it right: a text told of {topic_of(row.event_type)}, "
                "and that was corrected or taken back since."
            )
            about = f"put_right:{row.event_source}:{row.event_id}"
            card = Card(CardKind.TASK, about, row.victim_id, None, row.event_id, None, say, work.now, urgent=True)
            cards.append(work.raised(card))
    return cards


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
    await conn.execute(_wake)


def _asked(work: _Work, body: Mapping[str, Any]) -> TextRequest:
    return TextRequest(
        case_id=work.difference.case_id,
        victim_id=body["victim_id"],
        event_id=body["event_id"],
        source=body["source"],
        type=body["type"],
        purpose=Purpose(body["purpose"]),
        known_at=datetime.fromisoformat(body["known_at"]),
    )


def _happenings(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.type not in KNOWLEDGE]
