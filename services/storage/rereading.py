"""Reading every case as a whole, some at a time, for those who check or rebuild what is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime, Integer, LargeBinary, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.journeys.facts import Fact
from services.storage.casework import StoredCase, StoredFacts, load_announced, load_stored_facts
from services.storage.sets import is_among
from services.storage.tables import case_key, cases, facts, ledger, obligations, record_problems, wakes
from services.storage.tables_figures import figure_wakes, figures


@dataclass(frozen=True, slots=True)
class WholeCase:
    """Everything stored of one case. ``is_woken``: something new waits, so the assessment may lie behind the facts.

    ``is_counted``: what is stored for figures is of its last assessment, for none since waits to be counted.
    """

    key: bytes
    id: str
    assessed_at: datetime | None
    ruleset: str | None
    problem: str | None
    is_woken: bool
    facts: StoredFacts
    stored: StoredCase
    entries: Sequence[bytes]
    figures: bytes | None = None
    is_counted: bool = True


_page = (
    select(
        cases.c.case_key,
        cases.c.case_id,
        cases.c.assessed_at,
        cases.c.ruleset,
        cases.c.problem,
        exists().where(wakes.c.case_key == cases.c.case_key).label("is_woken"),
        exists().where(figure_wakes.c.case_key == cases.c.case_key).label("is_to_count"),
    )
    .where(cases.c.case_key > bindparam("after", type_=LargeBinary))
    .order_by(cases.c.case_key)
    .limit(bindparam("most", type_=Integer))
)
_entries = (
    select(
        ledger.c.case_key,
        func.array_agg(aggregate_order_by(ledger.c.entry, ledger.c.sequence), type_=ARRAY(LargeBinary)),
    )
    .where(is_among(ledger.c.case_key, "keys"))
    .group_by(ledger.c.case_key)
)
_figures = select(figures.c.case_key, figures.c.body).where(is_among(figures.c.case_key, "keys"))
_how_many_wakes = select(func.count(func.distinct(wakes.c.case_key)))


_received = select(facts.c.source, facts.c.event_id).where(
    facts.c.case_key == bindparam("key", type_=LargeBinary),
    facts.c.received_at <= bindparam("received_by", type_=DateTime(timezone=True)),
)
_problems = (
    select(record_problems)
    .where(record_problems.c.case_key == bindparam("key", type_=LargeBinary))
    .order_by(record_problems.c.noticed_at, record_problems.c.event_id)
)


async def every_case(conn: AsyncConnection, at_once: int) -> AsyncIterator[WholeCase]:
    """Return every case in key order; the caller's transaction should be one snapshot (REPEATABLE READ)."""
    after = b""
    while page := (await conn.execute(_page, {"after": after, "most": at_once})).all():
        keys = [row.case_key for row in page]
        found = await load_stored_facts(conn, {row.case_key: row.case_id for row in page})
        stored = await load_announced(conn, keys)
        entries: dict[bytes, list[bytes]] = dict((await conn.execute(_entries, {"keys": keys})).all())
        counted: dict[bytes, bytes] = dict((await conn.execute(_figures, {"keys": keys})).all())
        for row in page:
            key = row.case_key
            yield WholeCase(
                key,
                row.case_id,
                row.assessed_at,
                row.ruleset,
                row.problem,
                row.is_woken,
                found[key],
                stored[key],
                entries.get(key, ()),
                counted.get(key),
                not row.is_to_count,
            )
        after = keys[-1]


async def cases_waiting(conn: AsyncConnection) -> int:
    """Return how many cases are woken and not yet assessed."""
    return int((await conn.execute(_how_many_wakes)).scalar_one())


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """Something wrong with a case's record that was refused: ``same_identity_other_content`` or ``…_two_cases``."""

    what: str
    event_id: str
    source: str
    noticed_at: datetime


class UnreadableFactsError(LookupError):
    """Facts of a case are stored and cannot be read; the message names their events, and is fit for a person."""


async def facts_of_case(conn: AsyncConnection, case_id: str, received_by: datetime | None = None) -> list[Fact]:
    """Return the facts of one case in the order in which they happened; those received later than that are left out.

    Raises:
        UnreadableFactsError: a row is damaged, so that nothing true can be said of the case.
    """
    key = case_key(case_id)
    everything = _read((await load_stored_facts(conn, {key: case_id}))[key])
    if received_by is None:
        return everything
    known = await conn.execute(_received, {"key": key, "received_by": received_by})
    identities = set(known.all())
    return [fact for fact in everything if (fact.source, fact.id) in identities]


def _read(stored: StoredFacts) -> list[Fact]:
    try:
        return stored.read()
    except Exception as failure:
        damaged = [row for row in zip(*stored.columns, strict=True) if not _is_readable(stored.case_id, row)]
        named = ", ".join(f"{row[0]} from {row[1]}" for row in damaged)
        message = (
            f"This case cannot be judged: what is stored of it is damaged and cannot be read (events: {named}). It "
            "stands as it was last assessed, and its deadlines are not watched: look at the case by hand, and tell "
            "whoever runs Waymark to put these rows right from a backup (runbook 2, WaymarkCasesSetAside)."
        )
        raise UnreadableFactsError(message) from failure


def _is_readable(case_id: str, row: Sequence[object]) -> bool:
    try:
        StoredFacts(case_id, [[value] for value in row]).read()
    except Exception:  # noqa: BLE001 - which of the rows it is, is what is asked
        return False
    return True


async def record_problems_of(
    conn: AsyncConnection, case_id: str, received_by: datetime | None = None
) -> list[RecordProblem]:
    """Return what is wrong with a case's record, oldest first; what was noticed later than that is left out."""
    rows = await conn.execute(_problems, {"key": case_key(case_id)})
    return [
        RecordProblem(row.what, row.event_id, row.source, row.noticed_at)
        for row in rows
        if received_by is None or row.noticed_at <= received_by
    ]


async def case_of_obligation(conn: AsyncConnection, obligation_id: str) -> str | None:
    """Return the id of the case an obligation was announced in, or None where none of that id stands."""
    statement = select(cases.c.case_id).where(
        cases.c.case_key == select(obligations.c.case_key).where(obligations.c.id == obligation_id).scalar_subquery()
    )
    return (await conn.execute(statement)).scalar()
