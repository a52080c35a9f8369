"""Builds what the send gate knows of a person from the facts of their cases: put right, case by case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.contacts.person import CaseRecord, ContactPoint, EarlierText, Person, corrected_of, person_at
from services.journeys.event_types import KNOWLEDGE
from services.journeys.facts import Fact
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of


def view_of(
    victim_id: str,
    facts: Mapping[str, Sequence[Fact]],
    points: Iterable[ContactPoint],
    texts: Iterable[EarlierText],
    now: datetime,
) -> Person:
    """Return a person at a moment, from the facts of every case that names them, by case."""
    return person_at(
        victim_id, [case_record(case_id, each) for case_id, each in sorted(facts.items())], points, texts, now
    )


def case_record(case_id: str, facts: Sequence[Fact]) -> CaseRecord:
    """Return one case as it is now known to have been."""
    record = put_right(facts, None, read_replacement_of)
    came = [fact for fact in facts if fact.type not in KNOWLEDGE]
    return CaseRecord(
        case_id=case_id,
        facts=tuple(record.happenings),
        links=record.links,
        corrected=corrected_of(came, record.happenings),
        # Whoever any event names counts, before and after it was put right: better one person too many is asked.
        victims=frozenset(fact.victim_id for fact in (*came, *record.happenings) if fact.victim_id is not None),
    )
