"""The worklist: open cards and tasks, what is to be done soonest first, each with the person or unit it is for.

Beside the cards stand cases that could not be assessed and records that contradict each other: until they are put
right, nobody can rely on the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.addressee import POLICE, Addressee, addressee_of
from services.contacts.card_words import is_only_a_target
from services.contacts.cards import CardKind
from services.storage.card_shows import IS_AT_ONCE, is_on_list_of
from services.storage.people import readable_facts_of_cases
from services.storage.tables import case_key, cases, record_problems
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
    """One line of the worklist; ``due_at`` and the others are UTC instants, ``to`` an officer or a worklist.

    ``act_by`` is by when it has to be done within safe hours and at work, known once the line is planned.
    ``is_at_once``: it cannot wait and names no moment, so that it is to be done now. ``is_target``: nothing is owed of
    right, and past its date it is not overdue.
    """

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
    act_by: datetime | None = None
    acknowledged_by: str | None = None
    is_at_once: bool = False
    is_target: bool = False

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
            "acknowledged_by": self.acknowledged_by,
            "act_by": _text(self.act_by),
            "urgent": self.urgent,
        }


async def worklist(
    conn: AsyncConnection,
    *,
    officer: str | None = None,
    team: str | None = None,
    case_id: str | None = None,
    limit: int | None = None,
) -> list[WorklistItem]:
    """Return what is open now, what is to be done soonest first: of one officer or worklist, one team, or one case.

    What nobody took in hand in time is also on the list of whoever it went on to. With a ``limit`` only the first so
    many; the store is then asked for no more cards than that.
    """
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    wanted = _cards_now(now, case_id).order_by(*_CARDS_SOONEST).limit(limit)
    if officer is not None:
        wanted = wanted.where(or_(_for_whom == officer, is_on_list_of(officer)))
    if team is not None:
        wanted = wanted.where(cards.c.team == team)
    # Whom a case beside the cards is for stands in its facts: it is known only once they are read.
    most = limit if officer is None and team is None else None
    beside = [
        item
        for item in await _beside_cards(conn, now, case_id, most)
        if (officer is None or item.to == officer) and (team is None or item.team == team)
    ]
    return sorted([*map(_of_card, await conn.execute(wanted)), *beside], key=_soonest)[:limit]


async def count_worklist(conn: AsyncConnection, most: int, case_id: str | None = None) -> int:
    """Return how many lines the worklist has, of all or of one case; each kind is counted up to ``most`` + 1."""
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    total = 0
    for lines in (_cards_now(now, case_id), _aside(case_id), _wrong(case_id)):
        few = lines.with_only_columns(literal(1), maintain_column_froms=True).limit(most + 1)
        total += (await conn.execute(select(func.count()).select_from(few.subquery()))).scalar_one()
    return total


_soonest_of = func.coalesce(cards.c.act_by, cards.c.due_at)
_for_whom = func.coalesce(cards.c.to_ref, cards.c.addressee, type_=cards.c.addressee.type)
_CARDS_SOONEST = (
    IS_AT_ONCE.desc(),
    _soonest_of.nulls_last(),
    cards.c.raised_at,
    cards.c.case_id.collate("C"),
    cards.c.card_key,
)


def _cards_now(now: datetime, case_id: str | None) -> Select[Any]:
    # A disputed card is suspended; its review stands on the supervisor's list.
    wanted = select(cards, IS_AT_ONCE.label("is_at_once"))
    wanted = wanted.where(cards.c.closed_at.is_(None), cards.c.disputed_at.is_(None), cards.c.raised_at <= now)
    return wanted if case_id is None else wanted.where(cards.c.case_key == case_key(case_id))


def _aside(case_id: str | None) -> Select[Any]:
    wanted = select(cases.c.case_key, cases.c.case_id, cases.c.assessed_at).where(cases.c.retry_at.is_not(None))
    return wanted if case_id is None else wanted.where(cases.c.case_key == case_key(case_id))


def _wrong(case_id: str | None) -> Select[Any]:
    wanted = select(record_problems, cases.c.case_id).join(cases, cases.c.case_key == record_problems.c.case_key)
    return wanted if case_id is None else wanted.where(record_problems.c.case_key == case_key(case_id))


def _of_card(row: Any) -> WorklistItem:
    return WorklistItem(
        kind=row.kind,
        case_id=row.case_id,
        victim_id=row.victim_id,
        rule=row.rule,
        event_id=row.event_id,
        due_at=row.due_at,
        say=row.say,
        to=row.to_ref or row.addressee,
        raised_at=row.raised_at,
        acknowledged_at=row.acknowledged_at,
        urgent=row.urgent,
        team=row.team,
        act_by=row.act_by,
        acknowledged_by=row.acknowledged_by,
        is_at_once=row.is_at_once,
        is_target=is_only_a_target(row.rule, advisory=row.never_interrupts),
    )


async def _beside_cards(
    conn: AsyncConnection, now: datetime, case_id: str | None, most: int | None
) -> list[WorklistItem]:
    oldest = func.coalesce(cases.c.assessed_at, now)
    aside = (await conn.execute(_aside(case_id).order_by(oldest, cases.c.case_key).limit(most))).all()
    oldest_problem = (record_problems.c.noticed_at, record_problems.c.key)
    wrong = (await conn.execute(_wrong(case_id).order_by(*oldest_problem).limit(most))).all()
    to = await _addressees(conn, {bytes(row.case_key) for row in (*aside, *wrong)}, now)
    nobody = addressee_of(POLICE, None, None, (), now)
    return [
        *(_of_aside(row, to.get(row.case_id) or nobody, now) for row in aside),
        *(_of_problem(row, to.get(row.case_id) or nobody) for row in wrong),
    ]


def _of_aside(row: Any, who: Addressee, now: datetime) -> WorklistItem:
    return WorklistItem(
        kind=CardKind.SET_ASIDE.value,
        case_id=row.case_id,
        victim_id=None,
        rule=None,
        event_id=None,
        due_at=None,
        say=_SET_ASIDE,
        to=who.ref,
        raised_at=row.assessed_at or now,
        acknowledged_at=None,
        team=who.team,
    )


def _of_problem(row: Any, who: Addressee) -> WorklistItem:
    return WorklistItem(
        kind=CardKind.RECORD.value,
        case_id=row.case_id,
        victim_id=None,
        rule=None,
        event_id=row.event_id,
        due_at=None,
        say=_PROBLEMS[row.what],
        to=who.ref,
        raised_at=row.noticed_at,
        acknowledged_at=None,
        team=who.team,
    )


_SET_ASIDE = (
    "This case could not be assessed; what is shown of it is from before, and it is tried again by itself. "
    "Please look at the case by hand meanwhile, and tell whoever runs Waymark if this stays."
)


async def _addressees(conn: AsyncConnection, case_keys: set[bytes], now: datetime) -> dict[str, Addressee]:
    if not case_keys:
        return {}
    # A case whose facts cannot be read is the very one that stands here: it is for the cover, and stops no other.
    readable, _ = await readable_facts_of_cases(conn, case_keys)
    return {case_id: addressee_of(POLICE, None, None, facts, now) for case_id, facts in readable.items()}


def _soonest(item: WorklistItem) -> tuple[bool, bool, datetime, datetime, str]:
    by = item.act_by or item.due_at
    return (not item.is_at_once, by is None, by or item.raised_at, item.raised_at, item.case_id)


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None
