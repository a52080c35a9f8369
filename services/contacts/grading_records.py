"""What the grader is given and what it returns: plain frozen records, all instants aware.

Those made anew for every contact at every assessment are msgspec structs: a frozen dataclass costs five times as much
to make. They are part of no cycle, so the collector need not know them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

import msgspec

from services.contacts.reading import Reading

MEANINGFUL = "meaningful"
TICK_BOX = "tick_box"
ATTEMPT = "attempt"


class ContactRecord(msgspec.Struct, frozen=True, gc=False):
    """One ``contact.made`` of one victim of one case, with the events that later links added to ``informed_of``.

    ``informed_of`` holds event ids or full types. ``passed_on_at`` later than the moment of assessment is left out by
    the caller: it has not happened yet. ``reading`` is None where there was no note.
    """

    event_id: str
    source: str
    occurred_at: datetime
    victim_id: str
    channel: str
    direction: str
    outcome: str
    officer_ref: str | None = None
    role: str | None = None
    agency: str | None = None
    informed_of: tuple[str, ...] = ()
    promised_by: date | None = None
    passed_on_at: datetime | None = None
    duration_seconds: int | None = None
    reading: Reading | None = None


BY_ORDER = attrgetter("occurred_at", "event_id", "source")
"""Contacts are ordered by time, then id, then source (contact-quality.md, two records of one conversation)."""


class CaseHappening(msgspec.Struct, frozen=True, gc=False):
    """An event of the case that concerns this victim; ``she_took_part`` where she knows of it without being told."""

    event_id: str
    type: str
    occurred_at: datetime
    she_took_part: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from its start up to but not including its end; no end is until further notice."""

    start: datetime
    end: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        """Say whether the moment lies in the span."""
        return self.start <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What was agreed with the victim about being reached, and when that held.

    ``voicemail_agreed`` from the safe-contact records that say so; ``adviser_agreed`` from the agreements to go
    through an adviser. Where nothing is given, nothing was agreed.
    """

    voicemail_agreed: tuple[Span, ...] = ()
    adviser_agreed: tuple[Span, ...] = ()


class Grade(msgspec.Struct, frozen=True, gc=False):
    """The grade of one contact, with reasons a person can read and dispute.

    ``why`` is one kind sentence that quotes nothing of the note. ``same_as`` is the id of the record that counts,
    where this one is another record of the same conversation. ``thinly_evidenced`` where the grade rests on
    ``informed_of`` alone, with no words.
    """

    event_id: str
    source: str
    grade: str
    reasons: tuple[str, ...]
    why: str
    same_as: str | None = None
    thinly_evidenced: bool = False
