"""Reads what a correction puts in the place of an event, by the contract of that event's own type."""

from __future__ import annotations

from datetime import UTC

from contracts import Refused, normalised_data, read_replacement
from services.journeys.facts import Fact
from services.journeys.putting_right import replaced


def read_replacement_of(fact: Fact, correction: Fact) -> Fact | str:
    """The corrected fact, or a sentence saying why the replacement is malformed for the event's type."""
    event = read_replacement(
        fact.type,
        id=fact.id,
        source=fact.source,
        subject=fact.case_id,
        replacement=correction.data["replacement"],
    )
    if isinstance(event, Refused):
        return event.sentence
    return replaced(fact, correction, event.time.astimezone(UTC), normalised_data(event))
