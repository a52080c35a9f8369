"""What can be said of a case at a moment: the result of ``assess``, as values and as JSON.

Everything here is frozen and comparable; what a case has dozens of are msgspec structs, which are quick to make. The
JSON is a surface that must not move (surfaces.md, "The assessment"). Every instant is aware and in UTC; every ``_on``
date is a London date.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

Entitlement = Literal["standard", "enhanced"]

_encode = msgspec.json.Encoder().encode


def instant_text(instant: datetime) -> str:
    """Return what ``isoformat`` gives for an aware instant, in a quarter of its time: an assessment writes hundreds."""
    written = _encode(instant)
    return written[1:-2].decode() + "+00:00" if written.endswith(b'Z"') else instant.isoformat()


class State(StrEnum):
    """Where an obligation stands at the moment of assessment."""

    PENDING = "pending"
    """Owed, not met, and not past due (an untimed one is never past due)."""
    SATISFIED = "satisfied"
    """Met before its due moment."""
    SATISFIED_LATE = "satisfied_late"
    """Met, but not before its due moment."""
    BREACHED = "breached"
    """Past due and not met; for an advisory obligation this only means overdue."""
    WAIVED = "waived"
    """The victim chose not to have it; it is owed to nobody and counts nowhere."""


class Obligation(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One rule owed to one victim for one trigger."""

    id: str
    rule: str
    pack: str
    right: int | None
    owner: str
    victim_id: str
    suspect_ref: str | None
    trigger_event_id: str
    trigger_source: str
    triggered_at: datetime
    entitlement: Entitlement
    due_on: date | None
    due_at: datetime | None
    due_on_standard: date | None
    state: State
    satisfied_at: datetime | None
    satisfied_by: str | None
    advisory: bool
    confidence: str
    warn_at: datetime | None
    possible_discharge: tuple[str, ...] = ()
    provisional: bool = False

    def as_json(self) -> dict[str, Any]:
        """The obligation as surfaces.md has it."""
        found: dict[str, Any] = {
            "id": self.id,
            "rule": self.rule,
            "pack": self.pack,
            "right": self.right,
            "owner": self.owner,
            "victim_id": self.victim_id,
            "suspect_ref": self.suspect_ref,
            "trigger_event_id": self.trigger_event_id,
            "triggered_at": instant_text(self.triggered_at),
            "entitlement": self.entitlement,
            "due_on": _text(self.due_on),
            "due_at": _text(self.due_at),
            "due_on_standard": _text(self.due_on_standard),
            "state": self.state.value,
            "satisfied_at": _text(self.satisfied_at),
            "satisfied_by": self.satisfied_by,
            "advisory": self.advisory,
            "confidence": self.confidence,
            "warn_at": _text(self.warn_at),
            "possible_discharge": list(self.possible_discharge),
        }
        if self.provisional:
            found["provisional"] = True
        return found


class Flag(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Something about a case that a person should see, from ``since`` on; ended where ``until`` is set."""

    kind: str
    victim_id: str
    event_id: str
    since: datetime
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The flag as surfaces.md has it."""
        return {
            "kind": self.kind,
            "victim_id": self.victim_id,
            "event_id": self.event_id,
            "since": instant_text(self.since),
            "until": _text(self.until),
        }


class GradedContact(msgspec.Struct, frozen=True, gc=False):
    """How one recorded contact was graded; ``same_as`` names the record that stands for the conversation."""

    event_id: str
    victim_id: str
    grade: str
    reasons: tuple[str, ...]
    why: str = ""
    same_as: str | None = None
    thinly_evidenced: bool = False
    regraded: bool = False
    recorded_by: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The grade as surfaces.md has it, with what a person needs to dispute it."""
        found: dict[str, Any] = {
            "event_id": self.event_id,
            "victim_id": self.victim_id,
            "grade": self.grade,
            "reasons": list(self.reasons),
        }
        if self.same_as is not None:
            found["same_as"] = self.same_as
        if self.thinly_evidenced:
            found["thinly_evidenced"] = True
        return found


@dataclass(frozen=True, slots=True)
class Awaited:
    """What is being waited for, from whom, since when and expected when; ``event_id`` began the wait."""

    victim_id: str
    what: str
    from_whom: str
    since: datetime
    expected_by: date | datetime | None = None
    event_id: str = ""

    def as_json(self) -> dict[str, Any]:
        """The wait as surfaces.md has it."""
        return {
            "victim_id": self.victim_id,
            "what": self.what,
            "from": self.from_whom,
            "since": instant_text(self.since),
            "expected_by": _text(self.expected_by),
        }


class News(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A fact that this victim has not been told and could hear of, or be offered a call about, by text.

    ``purpose`` is ``offer`` (ask whether a person may ring), ``news`` (the text may state it) or ``follow_up``
    (a person has told it; a text may now confirm it). The gate decides at the moment of sending, not this.
    """

    victim_id: str
    event_id: str
    source: str
    type: str
    purpose: str
    occurred_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything Waymark says about one case at one moment.

    ``next_change_at`` is when the JSON would differ with no new fact; ``next_look_at`` when the case must be looked at
    again though it does not: a duty becomes due to be announced, a window of the victim's own closes.
    """

    case_id: str
    as_of: datetime
    obligations: tuple[Obligation, ...]
    contacts: tuple[GradedContact, ...]
    flags: tuple[Flag, ...]
    awaited: tuple[Awaited, ...]
    news: tuple[News, ...]
    notes: tuple[str, ...]
    next_change_at: datetime | None
    next_look_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """The case as surfaces.md has it; ``as_of`` stands once, beside the list of cases."""
        rest = self.unannounced_as_json()
        return {
            "case_id": rest.pop("case_id"),
            "obligations": [each.as_json() for each in self.obligations],
            "contacts": rest.pop("contacts"),
            "flags": [each.as_json() for each in self.flags],
            **rest,
        }

    def unannounced_as_json(self) -> dict[str, Any]:
        """The case as surfaces.md has it, without the obligations and flags: those are announced one by one."""
        found: dict[str, Any] = {
            "case_id": self.case_id,
            "contacts": [each.as_json() for each in self.contacts],
            "awaited": [each.as_json() for each in self.awaited],
            "next_change_at": _text(self.next_change_at),
        }
        if self.notes:
            found["notes"] = list(self.notes)
        return found

    def says_the_same_as(self, other: Assessment) -> bool:
        """Whether both print the same JSON, the moment and the next change aside."""
        return replace(self, as_of=other.as_of, next_change_at=None, next_look_at=None, news=()) == replace(
            other, next_change_at=None, next_look_at=None, news=()
        )


def _text(value: date | datetime | None) -> str | None:
    if value is None:
        return None
    return instant_text(value) if isinstance(value, datetime) else value.isoformat()
