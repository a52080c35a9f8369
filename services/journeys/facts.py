"""One frozen form for everything that happened, whatever agency said so.

A case is a set of facts. Facts are what the pure packages think with: no pydantic, no I/O, and never a word of
what was said to a victim (a contact's note is read once, when it is accepted, and only its reading is kept here).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Any

import msgspec

from services.contacts.reading import Reading


class Fact(msgspec.Struct, frozen=True):
    """One event of a case, as the source told it.

    ``occurred_at`` is when it happened and ``known_at`` when the source first wrote it down (``recorded_at``, else
    ``occurred_at``); both are aware and in UTC. ``data`` is the normalised data of the event: null and empty optional
    fields are gone, instants are UTC ISO strings, dates ISO strings, both saturated (before 1900, after 2199), and
    the note of a contact is not in it. ``type`` is the full type, such as ``policing.suspect.arrested.v1``.
    """

    id: str
    source: str
    type: str
    case_id: str
    occurred_at: datetime
    known_at: datetime
    victim_id: str | None = None
    suspect_ref: str | None = None
    agency: str | None = None
    data: Mapping[str, Any] = msgspec.field(default_factory=dict)
    reading: Reading | None = None

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Events are ordered by time, then id, then source (victims-code.md section 4.8)."""
        return (self.occurred_at, self.id, self.source)

    def on(self, name: str) -> date | None:
        """The date in the named field, or None where the source gave none."""
        value = self.data.get(name)
        return date.fromisoformat(value) if value is not None else None

    def at(self, name: str) -> datetime | None:
        """The instant (UTC) in the named field, or None where the source gave none."""
        value = self.data.get(name)
        return datetime.fromisoformat(value) if value is not None else None


BY_ORDER = attrgetter("occurred_at", "id", "source")
"""Gives the order of a fact, as ``Fact.order`` does, to whoever sorts many."""
