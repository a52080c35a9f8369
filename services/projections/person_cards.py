"""One card a victim: the open items of a person, grouped by case and victim, as they are shown.

An item is one thing to do (a row of ``cards``). What a person sees is a card: everything that is due for one victim of
one case, merged until it is acknowledged, with the earliest moment to act by (alerts.md, "When").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.card_words import is_only_a_target, say_links
from services.contacts.cards import CardKind
from services.contacts.grade_cards import OF_A_CONTACT
from services.contacts.safe_hours import LONDON
from services.contacts.safe_words import NOT_UNDERSTOOD, not_now_words, safe_hours_words
from services.storage.card_shows import is_on_list_of
from services.storage.safe_terms import SafeTerms, safe_terms_of
from services.storage.tables_notify import cards

_c = cards.c


@dataclass(frozen=True, slots=True)
class CardLine:
    """One item on a card; instants are UTC.

    ``act_by`` is None where nothing has to be done by a moment. ``shown_at`` is None where the item waits for the list
    of a later shift (only listed with ``also_coming``). ``may_be_disputed``: the person it is for may say that the
    grade is wrong (``services.storage.card_answers.dispute``, by case and ``event_id``). ``may_be_upheld``: it is the
    review of such a dispute (``uphold``, likewise). ``is_target``: nothing is owed of right, and past its date it is
    not overdue.
    """

    kind: str
    rule: str | None
    event_id: str | None
    due_at: datetime | None
    act_by: datetime | None
    say: str
    raised_at: datetime
    shown_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    interrupts: bool
    may_be_disputed: bool
    may_be_upheld: bool = False
    is_target: bool = False

    @property
    def cannot_wait(self) -> bool:
        """It could not wait for a list, and nobody has acknowledged it."""
        return self.interrupts and self.acknowledged_at is None

    @property
    def is_at_once(self) -> bool:
        """It cannot wait and names no moment to act by: now, before whatever has one."""
        return self.cannot_wait and self.act_by is None


@dataclass(frozen=True, slots=True)
class PersonCard:
    """What one person sees of one victim of one case; ``lines`` are sorted, what is to be done soonest first.

    ``safe_hours`` are words for staff in London time, ``not_now`` that this is none of them, ``voicemail`` whether a
    message may be left (None: nobody has said); over all cases of the victim, and None on a card that names no victim.
    ``escalated``: it came here because nobody acknowledged it in time. ``to`` is for whom it was planned.
    """

    to: str
    case_id: str
    victim_id: str | None
    lines: tuple[CardLine, ...]
    safe_hours: str | None
    not_now: str | None
    voicemail: bool | None
    escalated: bool

    @property
    def act_by(self) -> datetime | None:
        """The earliest of the lines, None where none has one."""
        return min((each.act_by for each in self.lines if each.act_by is not None), default=None)

    @property
    def interrupts(self) -> bool:
        """A line of it that nobody has acknowledged could not wait."""
        return any(each.cannot_wait for each in self.lines)

    @property
    def is_at_once(self) -> bool:
        """A line of it is to be acted on now."""
        return any(each.is_at_once for each in self.lines)

    @property
    def acknowledged(self) -> bool:
        """Every line was; a later line makes the card new again."""
        return all(each.acknowledged_at is not None for each in self.lines)

    def order(self) -> tuple[bool, bool, bool, datetime, str, str]:
        """Return what sorts cards: what is to be done now, what cannot wait, then the soonest."""
        first = self.lines[0]
        at = self.act_by or first.due_at
        moment = (at is None, at or first.raised_at)
        return (not self.is_at_once, not self.interrupts, *moment, self.case_id, self.victim_id or "")


async def cards_of_person(conn: AsyncConnection, ref: str, *, also_coming: bool = False) -> list[PersonCard]:
    """Return the cards of an officer or worklist, what is to be done soonest first.

    Only what has been put in front of them; with ``also_coming`` also what waits for the list of a later shift.
    Disputed items are suspended and stand on no card.
    """
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    shown = or_(_c.shown_at.is_not(None), and_(_c.planned_at.is_not(None), _c.show_at <= now))
    wanted = (
        select(cards)
        .where(
            is_on_list_of(ref),
            _c.closed_at.is_(None),
            _c.disputed_at.is_(None),
            _c.raised_at <= now,
        )
        .order_by(_c.card_key)
    )
    rows = (await conn.execute(wanted if also_coming else wanted.where(shown))).all()
    terms = await safe_terms_of(conn, {row.victim_id for row in rows if row.victim_id is not None}, now)
    grouped: dict[tuple[str, str, str | None], list[Any]] = {}
    for row in rows:
        grouped.setdefault((row.to_ref, row.case_id, row.victim_id), []).append(row)
    found = [_card(ref, group, terms, now) for group in grouped.values()]
    return sorted(found, key=PersonCard.order)


def _card(ref: str, rows: Iterable[Any], terms: dict[str, SafeTerms | None], now: datetime) -> PersonCard:
    lines = sorted(_asked_once([_line(row) for row in rows]), key=_line_order)
    first = next(iter(rows))
    known = terms.get(first.victim_id) if first.victim_id is not None else None
    hours, not_now = None, None
    if first.victim_id is not None:
        hours = NOT_UNDERSTOOD if known is None else safe_hours_words(known.safe, now.astimezone(LONDON).date())
        not_now = None if known is None else not_now_words(known.safe, now)
    return PersonCard(
        to=first.to_ref,
        case_id=first.case_id,
        victim_id=first.victim_id,
        lines=tuple(lines),
        safe_hours=hours,
        not_now=not_now,
        voicemail=known.voicemail if known is not None else None,
        escalated=first.to_ref != ref,
    )


def _asked_once(lines: Sequence[CardLine]) -> Iterator[CardLine]:
    """Yield the lines, and all questions about what one contact covered as one (alerts.md: asked once)."""
    asked: dict[tuple[str | None, bool, bool], list[CardLine]] = {}
    for each in lines:
        if each.kind == CardKind.LINK:
            about = (each.event_id, each.shown_at is not None, each.acknowledged_at is not None)
            asked.setdefault(about, []).append(each)
        else:
            yield each
    for group in asked.values():
        first, *others = sorted(group, key=_line_order)
        say = say_links(first.say, (each.rule for each in others if each.rule is not None))
        yield replace(first, say=say, rule=None) if others else first


def _line(row: Any) -> CardLine:
    return CardLine(
        kind=row.kind,
        rule=row.rule,
        event_id=row.event_id,
        due_at=row.due_at,
        act_by=row.act_by,
        say=row.say,
        raised_at=row.raised_at,
        shown_at=row.shown_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        interrupts=row.interrupts,
        may_be_disputed=row.kind == CardKind.GRADE,
        is_target=is_only_a_target(row.rule, advisory=row.never_interrupts),
        may_be_upheld=row.kind == CardKind.REVIEW and row.about.startswith(OF_A_CONTACT),
    )


def _line_order(line: CardLine) -> tuple[bool, bool, datetime, datetime]:
    at = line.act_by or line.due_at
    return (not line.is_at_once, at is None, at or line.raised_at, line.raised_at)
