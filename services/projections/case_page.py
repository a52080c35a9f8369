"""What the page of one case shows: everything last announced and assessed of it, and the ledger that says when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, LargeBinary, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts import TYPES
from services.projections.page import contacts_of, counted, duties, duty_of, problems_with_cases
from services.projections.shown import (
    COUNTED,
    SHOWN,
    Announcement,
    Duty,
    Listed,
    RecordProblem,
    SeenContact,
    ShownFlag,
    UnknownEvent,
    Wait,
)
from services.storage.dead_letters import count_refused
from services.storage.payloads import from_bytes
from services.storage.tables import case_views, cases, facts, flags, ledger, obligations, record_problems

_KEY: Final[BindParameter[bytes]] = bindparam("key", type_=LargeBinary)


@dataclass(frozen=True, slots=True)
class CaseShown:
    """Everything the page of a case shows, texts and cards aside."""

    case_id: str
    case_key: bytes
    assessed_at: datetime | None
    problem: str | None
    retry_at: datetime | None
    duties: Listed[Duty]
    flags: Listed[ShownFlag]
    contacts: Listed[SeenContact]
    awaited: tuple[Wait, ...]
    notes: tuple[str, ...]
    announcements: Listed[Announcement]
    problems: Listed[RecordProblem]
    unknown: Listed[UnknownEvent]
    refused: int
    """Refused records of this case that nobody has dealt with, counted up to ``COUNTED`` + 1."""


_case = select(
    cases.c.case_id, cases.c.case_key, cases.c.assessed_at, cases.c.problem, cases.c.retry_at, cases.c.sequence
).where(cases.c.case_key == _KEY)
_duties = duties.where(obligations.c.case_key == _KEY)
_flags = select(flags.c.id, flags.c.kind, flags.c.victim_id, flags.c.since, flags.c.until).where(
    flags.c.case_key == _KEY
)
_view = select(case_views.c.body).where(case_views.c.case_key == _KEY)
_ledger = select(ledger.c.sequence, ledger.c.entry).where(ledger.c.case_key == _KEY).order_by(ledger.c.sequence.desc())
_problems = problems_with_cases.where(record_problems.c.case_key == _KEY)
_unknown = select(facts.c.type, facts.c.occurred_at).where(facts.c.case_key == _KEY, facts.c.type.not_in(sorted(TYPES)))


async def read_case(conn: AsyncConnection, key: bytes) -> CaseShown | None:
    """Return what is stored of a case, each list cut at ``SHOWN``; None where no case has this key."""
    named = {"key": key}
    case = (await conn.execute(_case, named)).first()
    if case is None:
        return None
    duty_query, flag_query, problem_query = _duties.params(named), _flags.params(named), _problems.params(named)
    duty_rows = (
        await conn.execute(
            duty_query.order_by(obligations.c.due_at.nulls_last(), obligations.c.rule, obligations.c.id).limit(SHOWN)
        )
    ).all()
    flag_rows = (
        await conn.execute(
            flag_query.order_by(flags.c.until.desc().nulls_first(), flags.c.since, flags.c.id).limit(SHOWN)
        )
    ).all()
    problem_rows = (
        await conn.execute(
            problem_query.order_by(record_problems.c.noticed_at.desc(), record_problems.c.key).limit(SHOWN)
        )
    ).all()
    unknown_query = _unknown.params(named)
    unknown_rows = (
        await conn.execute(unknown_query.order_by(facts.c.occurred_at.desc(), facts.c.key).limit(SHOWN))
    ).all()
    entries = (await conn.execute(_ledger.params(named).limit(SHOWN))).all()
    body = (await conn.execute(_view, named)).scalar()
    view: Mapping[str, Any] = {} if body is None else from_bytes(body)
    contacts = await contacts_of(conn, {key: case.case_id})
    return CaseShown(
        case_id=case.case_id,
        case_key=key,
        assessed_at=case.assessed_at,
        problem=case.problem,
        retry_at=case.retry_at,
        duties=Listed(tuple(duty_of(row) for row in duty_rows), await counted(conn, duty_query, duty_rows, SHOWN)),
        flags=Listed(tuple(ShownFlag(*row) for row in flag_rows), await counted(conn, flag_query, flag_rows, SHOWN)),
        contacts=Listed(tuple(contacts[:SHOWN]), len(contacts)),
        awaited=tuple(_wait(each) for each in view.get("awaited", ())),
        notes=tuple(view.get("notes", ())),
        announcements=Listed(tuple(_announcement(row.sequence, row.entry) for row in entries), case.sequence),
        problems=Listed(
            tuple(RecordProblem(*row) for row in problem_rows),
            await counted(conn, problem_query, problem_rows, SHOWN),
        ),
        unknown=Listed(
            tuple(UnknownEvent(*row) for row in unknown_rows),
            await counted(conn, unknown_query, unknown_rows, SHOWN),
        ),
        refused=await count_refused(conn, key, COUNTED + 1),
    )


def _wait(body: Mapping[str, Any]) -> Wait:
    return Wait(
        victim_id=body["victim_id"],
        what=body["what"],
        from_whom=body["from"],
        since=datetime.fromisoformat(body["since"]),
        expected_by=_day_or_moment(body.get("expected_by")),
    )


def _day_or_moment(written: str | None) -> date | datetime | None:
    if written is None:
        return None
    return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)


def _announcement(sequence: int, entry: bytes) -> Announcement:
    held: Mapping[str, Any] = from_bytes(entry)
    body: Mapping[str, Any] = held["body"]
    about = {"obligation": "rule", "flag": "kind", "news": "type"}[held["thing"]]
    return Announcement(
        sequence=sequence,
        at=datetime.fromisoformat(held["at"]),
        what=held["what"],
        thing=held["thing"],
        about=body[about],
        victim_id=body["victim_id"],
        cause=held["cause"],
        advisory=bool(body.get("advisory")),
        since=datetime.fromisoformat(body["since"]) if held["thing"] == "flag" else None,
    )
