"""A store with one reported crime, real assessments and real cards, and a notifier on it, for the tests of texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infra.clock import parse_start
from notifications.channels.channel import Accepted, Channel, Outgoing, Refused
from notifications.channels.recorded import RecordedOutbox
from notifications.notify import Notifier
from services.assess_case import Round, Rules
from services.contacts.people_file import COLUMNS, read_people
from services.journeys.assess import assess
from services.journeys.rule_set import load_rule_set
from services.projections.worklist import WorklistItem, worklist
from services.storage.notify_rows import write_cards_and_requests
from services.storage.people import Imported, import_points
from services.storage.rule_sets import adopt_rule_set
from services.storage.tables import outbox
from services.storage.texts import list_texts
from tests.support.app import NOW, assess_all, event, take_in, vault

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@cache
def real_rules() -> Rules:
    """The rules of the packs, as a process carries them."""
    ruleset = load_rule_set()
    return Rules(ruleset.hash, lambda facts, now: assess(facts, ruleset, now))


async def judge_all(
    engine: AsyncEngine, announce_from: datetime | None = None, texts_from: datetime | None = None
) -> Round:
    """Put the real rules in force and assess until nothing is woken or due, with cards and texts written."""
    rules = real_rules()
    async with engine.begin() as conn:
        await adopt_rule_set(conn, rules.hash)
    writer = partial(write_cards_and_requests, announce_from=announce_from, texts_from=texts_from)
    return await assess_all(engine, rules, writers=[writer], announce_from=announce_from)


async def store_people(engine: AsyncEngine, *changes: dict[str, str]) -> Imported:
    """Import contact points, V-1's own confirmed mobile unless changed."""
    good = {
        "victim_id": "V-1",
        "contact_point_ref": "CP-1",
        "kind": "mobile",
        "value": "07700 900123",
        "belongs_to": "self",
        "confirmed_by": "P-1",
        "confirmed_at": "2026-11-10T14:20:00+00:00",
        "cover": "a friend from college",
        "sender_name": "Sam",
    }
    lines = [",".join(COLUMNS), *(",".join({**good, **each}[name] for name in COLUMNS) for each in changes or ({},))]
    read = read_people(lines, parse_start, in_service=False)
    assert not read.refusals
    async with engine.begin() as conn:
        return await import_points(conn, vault, read.rows)


def report(victim: str = "V-1", **others: Any) -> dict[str, Any]:
    """A crime reported a week ago."""
    given = {"time": NOW - timedelta(days=7), "case": "KP-1", "offence": "stalking", **others}
    return event(f"report-{victim}-{given['case']}", "policing.crime.reported.v1", victim_id=victim, **given)


def safe_contact(id_: str = "safe", **data: Any) -> dict[str, Any]:
    """Safe contact recorded six days ago: texts are allowed, unless changed."""
    return event(
        id_, "policing.safe_contact.recorded.v1", **{"time": NOW - timedelta(days=6), "sms": "allowed", **data}
    )


def by_text() -> dict[str, Any]:
    """They asked to hear by text, five days ago."""
    return event("agreed", "policing.contact.agreed.v1", time=NOW - timedelta(days=5), channel="sms", frequency_days=28)


def hearing(id_: str = "news", **others: Any) -> dict[str, Any]:
    """A hearing listed an hour ago."""
    given = {"time": NOW - HOUR, "hearing_ref": "H-1", "starts_at": "2026-12-08T10:00:00+00:00", "kind": "trial"}
    return event(id_, "court.hearing.listed.v1", **{**given, **others})


def notifier(engine: AsyncEngine, channel: Channel | None = None, **options: Any) -> Notifier:
    """A notifier that takes everything since long ago for news, on the local outbox unless another is given."""
    return Notifier(engine, vault, channel or RecordedOutbox(engine), **{"texts_from": LONG_AGO, **options})


class Scripted:
    """A channel that answers as it is told, and remembers what it was asked to send."""

    is_live = False

    def __init__(self, *answers: Accepted | Refused | BaseException) -> None:
        self.asked: list[Outgoing] = []
        self._answers = list(answers)

    async def send(self, message: Outgoing) -> Accepted | Refused:
        self.asked.append(message)
        answer = self._answers.pop(0) if self._answers else Accepted("provider-1")
        if isinstance(answer, BaseException):
            raise answer
        return answer


async def all_texts(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Every text and its fate."""
    async with engine.connect() as conn:
        return await list_texts(conn, vault)


async def the_worklist(engine: AsyncEngine, **options: Any) -> list[WorklistItem]:
    """What is open now."""
    async with engine.connect() as conn:
        return await worklist(conn, **options)


async def outbox_of(engine: AsyncEngine, topic: str) -> Sequence[bytes]:
    """The values waiting for a topic."""
    async with engine.connect() as conn:
        rows = await conn.execute(select(outbox.c.value).where(outbox.c.topic == topic).order_by(outbox.c.id))
        return [row.value for row in rows]


async def bring_in(
    engine: AsyncEngine,
    *events: dict[str, Any],
    announce_from: datetime | None = None,
    texts_from: datetime | None = None,
) -> None:
    """Accept these events and assess what they wake."""
    await take_in(engine, *events)
    await judge_all(engine, announce_from, texts_from)


async def in_store(conn: AsyncConnection, table: Any) -> Sequence[Any]:
    """Every row of a table."""
    return (await conn.execute(select(table))).all()
