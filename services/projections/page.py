"""What stands in the store for a whole force: what is owed, what went wrong, what waits; list by list.

Read only, and every list is cut where its page says and tells how many more there are: a page that grows with the
store would one day not come up when it is needed most. Nothing is judged here; what is shown was last assessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ARRAY, Select, String, Text, all_, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.projections.shown import (
    COUNTED,
    CaseSetAside,
    DeadLetter,
    Duty,
    Listed,
    NotMeasured,
    RecordProblem,
    SeenContact,
)
from services.storage.dead_letters import NOT_SETTLED
from services.storage.payloads import from_bytes
from services.storage.sets import is_among
from services.storage.tables import case_views, cases, dead_letters, facts, obligations, record_problems


class Standing(StrEnum):
    """How a duty stands for those who look at many: each duty that is open and has a date is in one list at most."""

    OVERDUE = "overdue"
    """Past due and not met."""
    NOT_LINKED = "not-linked"
    """Past due, and a later contact may have met it: nobody has said what was told there."""
    BEFORE_GO_LIVE = "before-go-live"
    """Fell due before go-live and is not met; nobody was alerted."""
    ADVISORIES = "advisories"
    """Targets past their date; they are not rights."""
    COMING = "coming"
    """Owed, and not yet due."""


_o = obligations.c
_PAST_DUE = "obligations.state = 'breached' AND obligations.due_at IS NOT NULL"
# Stored JSON is compact and a quote within a text is escaped, so these bytes stand in a body as its own field alone.
_IS_LINKABLE = 'position(\'"possible_discharge":["\'::bytea in obligations.body) > 0'
_STANDING: Final = {
    Standing.OVERDUE: f"{_PAST_DUE} AND NOT obligations.advisory AND NOT obligations.quiet AND NOT {_IS_LINKABLE}",
    Standing.NOT_LINKED: f"{_PAST_DUE} AND NOT obligations.advisory AND NOT obligations.quiet AND {_IS_LINKABLE}",
    Standing.BEFORE_GO_LIVE: f"{_PAST_DUE} AND obligations.quiet",
    Standing.ADVISORIES: f"{_PAST_DUE} AND obligations.advisory AND NOT obligations.quiet",
    Standing.COMING: "obligations.state IN ('pending', 'warned') AND obligations.due_at IS NOT NULL",
}
# These conditions are written out, not bound: only then does the planner see that a partial index holds the rows.
_OPEN = text("obligations.state IN ('pending', 'warned', 'breached')")
duties = select(
    _o.id,
    _o.case_key,
    cases.c.case_id,
    _o.rule,
    _o.owner,
    _o.victim_id,
    _o.state,
    _o.due_at,
    _o.advisory,
    _o.quiet,
    _o.body,
).join(cases, cases.c.case_key == _o.case_key)
"""Obligations with the id of their case; ``duty_of`` reads a row of it."""

_dead = (
    select(
        dead_letters.c.id,
        dead_letters.c.topic,
        dead_letters.c.partition,
        dead_letters.c.offset,
        dead_letters.c.reason,
        dead_letters.c.field,
        dead_letters.c.received_at,
        cases.c.case_id,
        cases.c.case_key,
    )
    .outerjoin(cases, cases.c.case_key == dead_letters.c.case_key)
    .where(NOT_SETTLED)
    .order_by(dead_letters.c.id.desc())
)
_aside = (
    select(
        cases.c.case_id,
        cases.c.case_key,
        cases.c.problem,
        cases.c.attempts,
        cases.c.retry_at,
        cases.c.assessed_at,
    )
    .where(cases.c.retry_at.is_not(None))
    .order_by(cases.c.retry_at)
)
problems_with_cases = select(
    cases.c.case_id,
    record_problems.c.case_key,
    record_problems.c.what,
    record_problems.c.event_id,
    record_problems.c.source,
    record_problems.c.noticed_at,
).outerjoin(cases, cases.c.case_key == record_problems.c.case_key)
"""Problems of the record with the id of their case, None where it was never assessed."""

_unmeasured = (
    select(_o.rule, func.count().label("open"))
    .where(_OPEN, is_among(_o.rule, "rules"))
    .group_by(_o.rule)
    .order_by(func.count().desc(), _o.rule)
)
_views = select(case_views.c.case_key, case_views.c.body).where(is_among(case_views.c.case_key, "keys"))
_made_at = (
    select(facts.c.case_key, facts.c.event_id, func.max(facts.c.occurred_at).label("at"))
    .where(is_among(facts.c.case_key, "keys"), facts.c.type == bindparam("type", "contact.made.v1", type_=String))
    .group_by(facts.c.case_key, facts.c.event_id)
)


async def read_duties(
    conn: AsyncConnection, standing: Standing, most: int, not_measured: frozenset[str] = frozenset()
) -> Listed[Duty]:
    """Return the duties that stand so, soonest or longest ago first; those under rules not measured are in no list."""
    query = duties.where(text(_STANDING[standing]))
    if not_measured:
        unmeasured = bindparam("unmeasured", sorted(not_measured), type_=ARRAY(Text))
        query = query.where(_o.rule != all_(unmeasured))
    rows = (await conn.execute(query.order_by(_o.due_at, _o.id).limit(most))).all()
    return Listed(tuple(duty_of(row) for row in rows), await counted(conn, query, rows, most))


async def read_not_measured(conn: AsyncConnection, rules: frozenset[str], most: int) -> Listed[NotMeasured]:
    """Return each of these rules under which anything is open, with how much that is."""
    if not rules:
        return Listed((), 0)
    rows = (await conn.execute(_unmeasured, {"rules": sorted(rules)})).all()
    return Listed(tuple(NotMeasured(*row) for row in rows[:most]), len(rows))


async def contacts_of(conn: AsyncConnection, names: Mapping[bytes, str]) -> list[SeenContact]:
    """Return the graded contacts of these cases (ids by key), the latest first.

    The grade is what was last assessed; when the contact was made stands with the fact, of which nothing else is read.
    """
    keys = list(names)
    made = {(row.case_key, row.event_id): row.at for row in await conn.execute(_made_at, {"keys": keys})}
    found = [
        _contact(row.case_key, names[row.case_key], contact, made)
        for row in await conn.execute(_views, {"keys": keys})
        for contact in from_bytes(row.body).get("contacts", ())
    ]
    found.sort(key=lambda each: (each.at is not None, each.at, each.event_id), reverse=True)
    return found


def duty_of(row: Any) -> Duty:
    """Return a row of ``duties`` as a duty."""
    body: Mapping[str, Any] = from_bytes(row.body)
    met = body.get("satisfied_at")
    return Duty(
        id=row.id,
        case_id=row.case_id,
        case_key=row.case_key,
        rule=row.rule,
        owner=row.owner,
        victim_id=row.victim_id,
        state=row.state,
        due_at=row.due_at,
        advisory=row.advisory,
        quiet=row.quiet,
        triggered_at=datetime.fromisoformat(body["triggered_at"]),
        trigger_event_id=body["trigger_event_id"],
        suspect_ref=body.get("suspect_ref"),
        entitlement=body["entitlement"],
        confidence=body["confidence"],
        satisfied_at=None if met is None else datetime.fromisoformat(met),
        satisfied_by=body.get("satisfied_by"),
        linkable=tuple(body.get("possible_discharge") or ()),
        provisional=bool(body.get("provisional")),
    )


async def counted(conn: AsyncConnection, query: Select[Any], rows: Sequence[Any], most: int) -> int:
    """Return how many rows a query has, up to ``COUNTED`` + 1; where fewer than ``most`` came they are all."""
    if len(rows) < most:
        return len(rows)
    few = query.with_only_columns(text("1 AS one"), maintain_column_froms=True).order_by(None).limit(COUNTED + 1)
    total: int = (await conn.execute(select(func.count()).select_from(few.subquery()))).scalar_one()
    return total


async def read_dead(conn: AsyncConnection, most: int) -> Listed[DeadLetter]:
    """Return the refused records that nobody has dealt with, the latest first."""
    rows = (await conn.execute(_dead.limit(most))).all()
    found = (
        DeadLetter(
            row.id,
            f"{row.topic}/{row.partition}/{row.offset}",
            row.reason,
            row.field,
            row.received_at,
            row.case_id,
            row.case_key,
        )
        for row in rows
    )
    return Listed(tuple(found), await counted(conn, _dead, rows, most))


async def read_aside(conn: AsyncConnection, most: int) -> Listed[CaseSetAside]:
    """Return the cases that could not be assessed, the one tried next first."""
    rows = (await conn.execute(_aside.limit(most))).all()
    return Listed(tuple(CaseSetAside(*row) for row in rows), await counted(conn, _aside, rows, most))


async def read_problems(conn: AsyncConnection, most: int) -> Listed[RecordProblem]:
    """Return what was refused because it contradicts the record, the latest first."""
    query = problems_with_cases.order_by(record_problems.c.noticed_at.desc(), record_problems.c.key)
    rows = (await conn.execute(query.limit(most))).all()
    return Listed(tuple(RecordProblem(*row) for row in rows), await counted(conn, query, rows, most))


def _contact(
    key: bytes, case_id: str, contact: Mapping[str, Any], made: Mapping[tuple[bytes, str], datetime]
) -> SeenContact:
    return SeenContact(
        case_id=case_id,
        case_key=key,
        event_id=contact["event_id"],
        victim_id=contact["victim_id"],
        at=made.get((key, contact["event_id"])),
        grade=contact["grade"],
        reasons=tuple(contact["reasons"]),
        same_as=contact.get("same_as"),
        thinly_evidenced=bool(contact.get("thinly_evidenced")),
    )


def cases_on(*lists: Iterable[Any]) -> list[bytes]:
    """Return the keys of the cases that stand in these lists, each once, in their order."""
    found = (each.case_key for rows in lists for each in rows if each.case_key is not None)
    return list(dict.fromkeys(found))
