"""Applies what puts the record right: corrections, retractions and links, before anything else is thought.

They are knowledge, not happenings: they apply whatever their own time, also before the event they concern has
arrived (events.md, "Putting the record right"). What is left is the set of facts as they are now known to have been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from services.journeys import event_types as t
from services.journeys.facts import BY_ORDER, Fact

ReadReplacement = Callable[[Fact, Fact], "Fact | str"]
"""Gives the fact that a correction makes of a fact, or a sentence saying why its replacement is malformed."""


@dataclass(frozen=True, slots=True)
class PutRight:
    """The happenings of a case in order, and what a person must look at."""

    happenings: list[Fact]
    links: dict[str, list[str]]
    problems: tuple[str, ...]


def put_right(facts: Iterable[Fact], known_by: datetime | None, read_replacement: ReadReplacement) -> PutRight:
    """What happened, as known by a moment (``None``: all that is in the set)."""
    happenings: list[Fact] = []
    knowledge: list[Fact] = []
    for fact in facts:
        if known_by is None or fact.known_at <= known_by:
            (knowledge if fact.type in t.KNOWLEDGE else happenings).append(fact)
    if not knowledge:
        happenings.sort(key=BY_ORDER)
        return PutRight(happenings, {}, ())
    return _apply(happenings, knowledge, read_replacement)


def _apply(happenings: list[Fact], knowledge: list[Fact], read_replacement: ReadReplacement) -> PutRight:
    knowledge.sort(key=_made)
    standing = _standing(knowledge)
    retracted = {fact.data["event_id"] for fact in standing if fact.type == t.RETRACTED}
    corrections: dict[str, list[Fact]] = {}
    links: dict[str, list[str]] = {}
    for fact in standing:
        if fact.type == t.CORRECTED:
            corrections.setdefault(fact.data["event_id"], []).append(fact)
        elif fact.type == t.CONTACT_LINKED:
            links.setdefault(fact.data["event_id"], []).extend(fact.data["informed_of"])
    problems: list[str] = []
    kept: list[Fact] = []
    for fact in happenings:
        if fact.id in retracted:
            continue
        for correction in reversed(corrections.get(fact.id, ())):
            found = read_replacement(fact, correction)
            if isinstance(found, Fact):
                kept.append(found)
                break
            problems.append(f"Correction {correction.id} of {fact.id} cannot be applied: {found}. What stood stays.")
        else:
            kept.append(fact)
    kept.sort(key=BY_ORDER)
    return PutRight(kept, links, tuple(sorted(problems)))


def _standing(knowledge: list[Fact]) -> list[Fact]:
    """What was never taken back by a retraction made later (and itself standing)."""
    standing: list[Fact] = []
    taken_back: set[str] = set()
    for fact in reversed(knowledge):
        if fact.id in taken_back:
            continue
        standing.append(fact)
        if fact.type == t.RETRACTED:
            taken_back.add(fact.data["event_id"])
    standing.reverse()
    return standing


def replaced(fact: Fact, correction: Fact, occurred_at: datetime, data: dict[str, Any]) -> Fact:
    """The fact with the time and data of a correction's replacement; what it was known from stays."""
    return msgspec.structs.replace(
        fact,
        occurred_at=occurred_at,
        victim_id=data.get("victim_id"),
        suspect_ref=data.get("suspect_ref"),
        agency=data.get("agency"),
        data=data,
        reading=correction.reading,
    )


def _made(fact: Fact) -> tuple[datetime, datetime, str, str]:
    """The order in which knowledge was made: time, then recorded_at, then id (events.md)."""
    return (fact.occurred_at, fact.known_at, fact.id, fact.source)
