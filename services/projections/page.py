"""What the first page shows: everything that is owed, was said, went wrong or waits, as it stands in the store.

Read only, and every list is cut at a limit and says how many more there are: a page that grows with the store would
one day not come up when it is needed most. Nothing is judged here; what is shown is what was last assessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.projections.shown import (
    COUNTED,
    SHOWN,
    CaseSetAside,
    DeadLetter,
    Duty,
    Listed,
    RecordProblem,
    SeenContact,
    UndatedDuties,
)
from services.storage.payloads import from_bytes
from services.storage.sets import is_among
from services.storage.tables import case_views, cases, dead_letters, facts, obligations, record_problems

CASES_LOOKED_INTO: Final = 100
"""Of how many of the cases on the page the recent contacts are shown."""

RECENT: Final = timedelta(days=14)
"""Contacts longer ago than this are on the case's own page alone."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store holds that the first page shows, cards and texts aside."""

    overdue: Listed[Duty]
    """Past due and not met; advisories and what fell due before go-live aside."""
    before_go_live: int
    """How many fell due before go-live and are not met (counted up to ``COUNTED`` + 1)."""
    advisories: Listed[Duty]
    coming: Listed[Duty]
    dead: Listed[DeadLetter]
    set_aside: Listed[CaseSetAside]
    problems: Listed[RecordProblem]


_o = obligations.c
_PAST_DUE = "obligations.state = 'breached' AND obligations.due_at IS NOT NULL"
_OVERDUE = text(f"{_PAST_DUE} AND NOT obligations.advisory AND NOT obligations.quiet")
_BEFORE_GO_LIVE = text(f"{_PAST_DUE} AND obligations.quiet")
_ADVISORIES = text(f"{_PAST_DUE} AND obligations.advisory AND NOT obligations.quiet")
_COMING = text("obligations.state IN ('pending', 'warned') AND obligations.due_at IS NOT NULL")
# These conditions are written out, not bound: only then does the planner see that a partial index holds the rows.
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
    .where(text("dead_letters.state <> 'retried'"))
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

_undated = (
    select(cases.c.case_id, _o.case_key, func.count().label("open"))
    .join(cases, cases.c.case_key == _o.case_key)
    .where(
        is_among(_o.case_key, "keys"),
        _o.due_at.is_(None),
        text("obligations.state IN ('pending', 'warned', 'breached')"),
    )
    .group_by(_o.case_key, cases.c.case_id)
)
_names = select(cases.c.case_key, cases.c.case_id).where(is_among(cases.c.case_key, "keys"))
_views = select(case_views.c.case_key, case_views.c.body).where(is_among(case_views.c.case_key, "keys"))
_made_at = (
    select(facts.c.case_key, facts.c.event_id, func.max(facts.c.occurred_at).label("at"))
    .where(is_among(facts.c.case_key, "keys"), facts.c.type == bindparam("type", "contact.made.v1", type_=String))
    .group_by(facts.c.case_key, facts.c.event_id)
)


async def read_standing(conn: AsyncConnection) -> Standing:
    """Return what is owed, refused, set aside and wrong, each list cut at ``SHOWN``."""
    return Standing(
        overdue=await _read_duties(conn, _OVERDUE),
        before_go_live=await _count(conn, duties.where(_BEFORE_GO_LIVE)),
        advisories=await _read_duties(conn, _ADVISORIES),
        coming=await _read_duties(conn, _COMING),
        dead=await _read_dead(conn),
        set_aside=await _read_aside(conn),
        problems=await _read_problems(conn),
    )


async def undated_duties(conn: AsyncConnection, keys: Sequence[bytes]) -> list[UndatedDuties]:
    """Return how many duties without a date are open in each of these cases, in their order."""
    found = {row.case_key: UndatedDuties(*row) for row in await conn.execute(_undated, {"keys": list(keys)})}
    return [found[key] for key in keys if key in found]


async def recent_contacts(conn: AsyncConnection, keys: Sequence[bytes], now: datetime) -> Listed[SeenContact]:
    """Return the contacts of the last days in the first of these cases, the latest first."""
    looked_into = list(dict.fromkeys(keys))[:CASES_LOOKED_INTO]
    names = {row.case_key: row.case_id for row in await conn.execute(_names, {"keys": looked_into})}
    found = await contacts_of(conn, names)
    recent = [each for each in found if each.at is not None and now - RECENT <= each.at <= now]
    return Listed(tuple(recent[:SHOWN]), len(recent))


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
        may_be_linked=bool(body.get("possible_discharge")),
        provisional=bool(body.get("provisional")),
    )


async def counted(conn: AsyncConnection, query: Select[Any], rows: Sequence[Any]) -> int:
    """Return how many rows a query has, up to ``COUNTED`` + 1; where fewer than ``SHOWN`` came they are all."""
    if len(rows) < SHOWN:
        return len(rows)
    return await _count(conn, query)


async def _count(conn: AsyncConnection, query: Select[Any]) -> int:
    few = query.with_only_columns(text("1 AS one"), maintain_column_froms=True).order_by(None).limit(COUNTED + 1)
    total: int = (await conn.execute(select(func.count()).select_from(few.subquery()))).scalar_one()
    return total


async def _read_duties(conn: AsyncConnection, condition: ColumnElement[bool] | Any) -> Listed[Duty]:
    query = duties.where(condition)
    rows = (await conn.execute(query.order_by(_o.due_at, _o.id).limit(SHOWN))).all()
    return Listed(tuple(duty_of(row) for row in rows), await counted(conn, query, rows))


async def _read_dead(conn: AsyncConnection) -> Listed[DeadLetter]:
    rows = (await conn.execute(_dead.limit(SHOWN))).all()
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
    return Listed(tuple(found), await counted(conn, _dead, rows))


async def _read_aside(conn: AsyncConnection) -> Listed[CaseSetAside]:
    rows = (await conn.execute(_aside.limit(SHOWN))).all()
    return Listed(tuple(CaseSetAside(*row) for row in rows), await counted(conn, _aside, rows))


async def _read_problems(conn: AsyncConnection) -> Listed[RecordProblem]:
    query = problems_with_cases.order_by(record_problems.c.noticed_at.desc(), record_problems.c.key)
    rows = (await conn.execute(query.limit(SHOWN))).all()
    return Listed(tuple(RecordProblem(*row) for row in rows), await counted(conn, query, rows))


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
