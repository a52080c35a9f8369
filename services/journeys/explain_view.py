"""What an explanation looks at: one obligation with everything it came about from, as it stands at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.journeys import event_types as t
from services.journeys.assessment import GradedContact, Obligation
from services.journeys.case_end import CaseSpans
from services.journeys.court_news import CourtNews
from services.journeys.duties import Duties
from services.journeys.facts import Fact
from services.journeys.journey import Journey
from services.journeys.replacements import read_replacement_of
from services.journeys.shapes import CONDITIONS
from services.journeys.telling import Heard
from services.provisions.rules import Clause, Rule, Shape
from services.provisions.working_days import LONDON, NEVER, NEVER_ON

Received = Mapping[tuple[str, str], datetime]
"""When Waymark read an event, by its source and id."""

DATED_BY_SHAPE: Final = frozenset({Shape.GATE, Shape.BEFORE_LATER_EVENT, Shape.ASSAULT_LIMIT, Shape.ROLLING})
"""Shapes that know their date themselves: Enhanced Rights do not move it."""


@dataclass(frozen=True, slots=True)
class View:
    """One obligation, its rule and trigger, and the victim's journey at the moment of the explanation."""

    duty: Obligation
    rule: Rule
    trigger: Fact
    journey: Journey
    duties: Duties
    graded: Sequence[GradedContact]
    heard: Sequence[Heard]
    news: CourtNews
    spans: CaseSpans
    first_recorded: Mapping[tuple[str, str], Fact]
    """Every event of the case as its source first told it, by source and id."""
    knowledge: Sequence[Fact]
    """Corrections, retractions and links, in the order in which they were made."""
    received: Received
    taken_back: Sequence[tuple[Fact, str]]
    """Events that no longer count, each with the id of the retraction that took it back."""

    def received_at(self, fact: Fact) -> datetime | None:
        """When Waymark read an event; None where nobody asked the store."""
        return self.received.get((fact.source, fact.id))

    def meets(self, clause: Clause, fact: Fact) -> bool:
        """Whether an event meets the condition that a clause names."""
        return clause.only_if is None or CONDITIONS[clause.only_if](self.journey, fact)

    def put_right_by(self, fact: Fact) -> Fact | None:
        """The correction that an event stands by; None where it stands as first recorded."""
        first = self.first_recorded.get((fact.source, fact.id))
        if first is None or (first.occurred_at, first.data) == (fact.occurred_at, fact.data):
            return None
        for each in reversed(self.knowledge):
            is_of_it = each.type == t.CORRECTED and each.data["event_id"] == fact.id
            if is_of_it and read_replacement_of(first, each) == fact:
                return each
        return None

    def row(self, fact: Fact, why: str, *, met: bool = False) -> dict[str, Any]:
        """One event that was considered, and why it counted or did not."""
        received_at = self.received_at(fact)
        correction = self.put_right_by(fact)
        if correction is not None:
            why += f" Its record was put right by {correction.id}."
        if met and self.duty.due_at is not None and fact.occurred_at < self.duty.due_at <= fact.known_at:
            why += f" It was written down only {moment_words(fact.known_at)}, after the due moment."
        return {
            "event_id": fact.id,
            "source": fact.source,
            "type": fact.type,
            "at": fact.occurred_at.isoformat(),
            "happened": moment_words(fact.occurred_at),
            "recorded_at": fact.known_at.isoformat(),
            "received_at": received_at.isoformat() if received_at is not None else None,
            "met": met,
            "why": why,
        }


def moment_words(at: datetime) -> str:
    """An instant as people in London write it: ``Tue 10 Nov 2026 14:20``."""
    if at >= NEVER:
        return "never"
    local = at.astimezone(LONDON)
    return f"{day_words(local.date())} {local:%H:%M}"


def day_words(day: date) -> str:
    """A day as people write it: ``Tue 10 Nov 2026``."""
    return "never" if day >= NEVER_ON else f"{day:%a} {day.day} {day:%b %Y}"


def event_words(fact: Fact) -> str:
    """An event by type, id and time: ``policing.suspect.arrested a, Tue 10 Nov 2026 14:20``."""
    return f"{fact.type.removesuffix('.v1')} {fact.id}, {moment_words(fact.occurred_at)}"


def taken_back_words(retraction: str) -> str:
    """What is said of an event that a retraction took back."""
    return f"taken back by {retraction}: it is as if it had never been recorded."
