"""Makes the fact that the core thinks with from the event that crossed the boundary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from contracts import CaseEventBase, take_note
from services.contacts.reading import Reading, read_note
from services.journeys.facts import Fact


def fact_of(event: CaseEventBase) -> Fact:
    """The fact of an event; the note of a contact is read here and left behind."""
    data, note = take_note(event)
    return fact_from(
        event_id=event.id,
        source=event.source,
        type_=event.type,
        case_id=event.subject,
        occurred_at=event.time,
        data=data,
        reading=read_note(note) if note is not None else None,
    )


def fact_from(
    *,
    event_id: str,
    source: str,
    type_: str,
    case_id: str,
    occurred_at: datetime,
    data: dict[str, Any],
    reading: Reading | None,
) -> Fact:
    """The fact of normalised data, as it was stored or has just been read."""
    occurred_at = occurred_at.astimezone(UTC)
    recorded_at = data.get("recorded_at")
    return Fact(
        id=event_id,
        source=source,
        type=type_,
        case_id=case_id,
        occurred_at=occurred_at,
        known_at=datetime.fromisoformat(recorded_at) if recorded_at is not None else occurred_at,
        victim_id=data.get("victim_id"),
        suspect_ref=data.get("suspect_ref"),
        agency=data.get("agency"),
        data=data,
        reading=reading,
    )
