"""The worklist: open cards and tasks, soonest first, each with the person or unit it is for.

Beside the cards stand cases that could not be assessed and records that contradict each other: until they are put
right, nobody can rely on the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.addressee import POLICE, Addressee, addressee_of
from services.contacts.cards import CardKind
from services.storage.people import facts_of_cases
from services.storage.tables import cases, record_problems
from services.storage.tables_notify import cards

_PROBLEMS = {
    "same_identity_other_content": (
        "Two events came with the same id and source but different content; the first stays. Please find out which is "
        "right, and correct the record."
    ),
    "same_identity_two_cases": (
        "One event came for two cases under the same id and source. Please find out which case it belongs to, and "
        "correct the record."
    ),
}


@dataclass(frozen=True, slots=True)
class WorklistItem:
    """One line of the worklist; ``due_at`` and the others are UTC instants, ``to`` an officer or a worklist."""

    kind: str
    case_id: str
    victim_id: str | None
    rule: str | None
    event_id: str | None
    due_at: datetime | None
    say: str
    to: str
    raised_at: datetime
    acknowledged_at: datetime | None
    urgent: bool = False
    team: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the line as surfaces.md has it."""
        return {
            "kind": self.kind,
            "case_id": self.case_id,
            "victim_id": self.victim_id,
            "rule": self.rule,
            "event_id": self.event_id,
            "due_at": _text(self.due_at),
            "say": self.say,
            "to": self.to,
            "raised_at": self.raised_at.isoformat(),
            "acknowledged_at": _text(self.acknowledged_at),
            "urgent": self.urgent,
        }


async def worklist(conn: AsyncConnection, *, officer: str | None = None, team: str | None = None) -> list[WorklistItem]:
    """Return what is open now, what is due soonest first; of one officer or worklist, or of one team."""
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    found = [*await _cards(conn, now), *await _beside_cards(conn, now)]
    kept = [item for item in found if (officer is None or item.to == officer) and (team is None or item.team == team)]
    return sorted(kept, key=_soonest)


async def _cards(conn: AsyncConnection, now: datetime) -> Iterable[WorklistItem]:
    rows = await conn.execute(select(cards).where(cards.c.closed_at.is_(None), cards.c.raised_at <= now))
    return [
        WorklistItem(
            kind=row.kind,
            case_id=row.case_id,
            victim_id=row.victim_id,
            rule=row.rule,
            event_id=row.event_id,
            due_at=row.due_at,
            say=row.say,
            to=row.addressee,
            raised_at=row.raised_at,
            acknowledged_at=row.acknowledged_at,
            urgent=row.urgent,
            team=row.team,
        )
        for row in rows
    ]


async def _beside_cards(conn: AsyncConnection, now: datetime) -> list[WorklistItem]:
    aside = (
        await conn.execute(
            select(cases.c.case_key, cases.c.case_id, cases.c.assessed_at, cases.c.problem).where(
                cases.c.problem.is_not(None)
            )
        )
    ).all()
    wrong = (
        await conn.execute(
            select(record_problems, cases.c.case_id).join(cases, cases.c.case_key == record_problems.c.case_key)
        )
    ).all()
    to = await _addressees(conn, {bytes(row.case_key) for row in (*aside, *wrong)}, now)
    found = []
    for row in (*aside, *wrong):
        who = to.get(row.case_id) or addressee_of(POLICE, None, None, (), now)
        is_wrong = row in wrong
        found.append(
            WorklistItem(
                kind=(CardKind.RECORD if is_wrong else CardKind.SET_ASIDE).value,
                case_id=row.case_id,
                victim_id=None,
                rule=None,
                event_id=row.event_id if is_wrong else None,
                due_at=None,
                say=_PROBLEMS[row.what] if is_wrong else _SET_ASIDE,
                to=who.ref,
                raised_at=row.noticed_at if is_wrong else row.assessed_at or now,
                acknowledged_at=None,
                team=who.team,
            )
        )
    return found


_SET_ASIDE = (
    "This case could not be assessed; what is shown of it is from before, and it is tried again by itself. "
    "Please look at the case by hand meanwhile, and tell whoever runs Waymark if this stays."
)


async def _addressees(conn: AsyncConnection, case_keys: set[bytes], now: datetime) -> dict[str, Addressee]:
    if not case_keys:
        return {}
    return {
        case_id: addressee_of(POLICE, None, None, facts, now)
        for case_id, facts in (await facts_of_cases(conn, case_keys)).items()
    }


def _soonest(item: WorklistItem) -> tuple[bool, datetime, datetime, str]:
    return (item.due_at is None, item.due_at or item.raised_at, item.raised_at, item.case_id)


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None
