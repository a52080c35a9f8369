"""Writing what an assessment changed: only rows that differ, whole sets at a time, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.topics import COMPLIANCE_EVENTS
from services.journeys.arrows import ABSENT
from services.journeys.assessment import Assessment
from services.journeys.changes import Announcement, Thing
from services.journeys.facts import Fact
from services.storage.intake import people_named, put_victims
from services.storage.payloads import packed_headers, to_bytes
from services.storage.sets import and_tell, columns_of, insert_set, is_among, unnested, upsert_set
from services.storage.tables import (
    OUTBOX_CHANNEL,
    case_views,
    cases,
    flags,
    ledger,
    news,
    obligations,
    outbox,
    shard_of,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a case's ledger, and the message that goes to ``compliance.events`` of it (None: nobody hears)."""

    sequence: int
    entry: bytes
    previous: bytes
    hash: bytes
    message: bytes | None


@dataclass(frozen=True, slots=True)
class CaseHead:
    """Where a case's ledger stands: how many entries, the last one's hash (None: no entry), how many were told."""

    sequence: int
    hash: bytes | None
    told: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What one assessment of one case changed, and what it rests on; everyone who writes in that transaction gets it.

    ``cause`` is ``event``, ``correction``, ``time``, ``repair`` or ``ruleset``. ``announcements`` hold the quiet ones
    too, which concern only what lay before go-live: whoever tells people uses ``aloud``.
    """

    case_key: bytes
    case_id: str
    cause: str
    now: datetime
    ruleset: str
    assessment: Assessment
    facts: Sequence[Fact]
    announcements: Sequence[Announcement]
    entries: Sequence[Entry]
    head: CaseHead
    view: bytes | None
    """The rest of the assessment, where it differs from what is stored."""
    trace: str | None = None
    """The trace that what is announced belongs to (infra.tracing)."""

    @property
    def aloud(self) -> tuple[Announcement, ...]:
        """The announcements that anybody is to hear of."""
        return tuple(each for each in self.announcements if not each.quiet)


_NEW = "new_"
_OBLIGATION = [
    "id",
    "case_key",
    "rule",
    "owner",
    "victim_id",
    "state",
    "due_at",
    "warn_at",
    "advisory",
    "quiet",
    "body",
]
_FLAG = ["id", "case_key", "kind", "victim_id", "state", "since", "until", "quiet", "body"]
_NEWS = ["id", "case_key", "victim_id", "quiet", "body"]
_LEDGER = ["case_key", "sequence", "entry", "previous", "hash"]
_OUTBOX = ["shard", "topic", "key", "value", "headers", "trace"]
_VIEW = ["case_key", "body"]
_CASE = ["case_key", "assessed_at", "due_at", "ruleset", "sequence", "told", "ledger_head"]
_SET_ASIDE = ["case_key", "attempts", "due_at", "retry_at", "retry_cause", "problem"]

_TABLES: dict[Thing, Table] = {"obligation": obligations, "flag": flags, "news": news}
_PUTS = {
    "obligation": (upsert_set(obligations, _OBLIGATION, "id"), _OBLIGATION),
    "flag": (upsert_set(flags, _FLAG, "id"), _FLAG),
    "news": (upsert_set(news, _NEWS, "id"), _NEWS),
}
_DROPS = {thing: delete(table).where(is_among(table.c.id, "ids")) for thing, table in _TABLES.items()}
_put_view = upsert_set(case_views, _VIEW, "case_key")
_append_ledger = insert_set(ledger, _LEDGER)
_append_outbox = and_tell(insert_set(outbox, _OUTBOX), OUTBOX_CHANNEL)
_assessed = unnested(cases, _CASE, _NEW)
_put_cases = (
    update(cases)
    .where(cases.c.case_key == _assessed.c.case_key)
    .values(
        **{name: _assessed.c[name] for name in _CASE if name != "case_key"},
        attempts=0,
        retry_at=None,
        retry_cause=None,
        problem=None,
    )
)
_aside = unnested(cases, _SET_ASIDE, _NEW)
_put_aside = (
    update(cases)
    .where(cases.c.case_key == _aside.c.case_key)
    .values(**{name: _aside.c[name] for name in _SET_ASIDE if name != "case_key"})
)
_CLOUD_EVENT = packed_headers([("content-type", b"application/cloudevents+json")])


@dataclass(frozen=True, slots=True)
class SetAside:
    """A case whose assessment failed: it is left as it was, shown with its problem, and tried again later."""

    case_key: bytes
    attempts: int
    retry_at: datetime
    cause: str
    problem: str


async def write_differences(conn: AsyncConnection, differences: Sequence[Difference]) -> None:
    """Write what changed: obligations, flags, news, the view of each case, its ledger, the outbox and its own row."""
    for thing in _TABLES:
        await _write_things(conn, thing, differences)
    views = [(each.case_key, each.view) for each in differences if each.view is not None]
    if views:
        await conn.execute(_put_view, columns_of(views, _VIEW))
    # Written when the facts were accepted; a repair derives it again.
    repaired = [each for each in differences if each.cause == "repair"]
    named = ((each.case_key, name) for each in repaired for fact in each.facts for name in people_named(fact.data))
    await put_victims(conn, named)
    await _write_entries(conn, differences)
    await conn.execute(_put_cases, columns_of((_case_row(each) for each in differences), _CASE, _NEW))


async def set_aside(conn: AsyncConnection, failed: Sequence[SetAside]) -> None:
    """Mark cases as set aside; ``due_at`` becomes the moment of the next try, so that nothing wakes them before."""
    rows = [(each.case_key, each.attempts, each.retry_at, each.retry_at, each.cause, each.problem) for each in failed]
    await conn.execute(_put_aside, columns_of(rows, _SET_ASIDE, _NEW))


async def _write_things(conn: AsyncConnection, thing: Thing, differences: Iterable[Difference]) -> None:
    rows: dict[str, tuple[Any, ...] | None] = {}
    for each in differences:
        for announcement in each.announcements:
            if announcement.thing == thing:
                # Of several about one id (taken back, then made anew) the last is what stands.
                rows[announcement.id] = None if announcement.state == ABSENT else _row(each.case_key, announcement)
    gone = [id_ for id_, row in rows.items() if row is None]
    if gone:
        await conn.execute(_DROPS[thing], {"ids": gone})
    put = [row for row in rows.values() if row is not None]
    if put:
        statement, names = _PUTS[thing]
        await conn.execute(statement, columns_of(put, names))


def _row(case: bytes, announcement: Announcement) -> tuple[Any, ...]:
    body = announcement.body
    written = to_bytes(body)
    match announcement.thing:
        case "obligation":
            return (
                announcement.id,
                case,
                body["rule"],
                body["owner"],
                body["victim_id"],
                announcement.state,
                _instant(body["due_at"]),
                _instant(body["warn_at"]),
                body["advisory"],
                announcement.quiet,
                written,
            )
        case "flag":
            return (
                announcement.id,
                case,
                body["kind"],
                body["victim_id"],
                announcement.state,
                _instant(body["since"]),
                _instant(body["until"]),
                announcement.quiet,
                written,
            )
        case "news":
            return (announcement.id, case, body["victim_id"], announcement.quiet, written)


async def _write_entries(conn: AsyncConnection, differences: Sequence[Difference]) -> None:
    appended = [
        (each.case_key, entry.sequence, entry.entry, entry.previous, entry.hash)
        for each in differences
        for entry in each.entries
    ]
    if appended:
        await conn.execute(_append_ledger, columns_of(appended, _LEDGER))
    published = [
        (
            shard_of(each.case_key),
            COMPLIANCE_EVENTS.name,
            each.case_id.encode(),
            entry.message,
            _CLOUD_EVENT,
            each.trace,
        )
        for each in differences
        for entry in each.entries
        if entry.message is not None
    ]
    if published:
        await conn.execute(_append_outbox, columns_of(published, _OUTBOX))


def _case_row(each: Difference) -> tuple[Any, ...]:
    moments = (each.assessment.next_change_at, each.assessment.next_look_at)
    due_at = min((moment for moment in moments if moment is not None), default=None)
    return (each.case_key, each.now, due_at, each.ruleset, each.head.sequence, each.head.told, each.head.hash)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
