"""What the send gate takes and gives: a text that could be sent, reasons against, a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.contacts.news import Purpose

SWITCH: Final = "switch"
"""The rule named where all texts are paused."""

TAKEN_BACK: Final = "the event was taken back"
"""Said of a text about an event that does not stand any more."""


class Verdict(StrEnum):
    """What happens to a text."""

    SEND = "send"
    """It may go now."""
    HOLD = "hold"
    """It may go later; it is looked at again then."""
    SUPPRESS = "suppress"
    """It never goes; a person does what it would have done."""


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A text that could be sent: which fact, for whom, what for. Instants are UTC."""

    case_id: str
    victim_id: str
    event_id: str
    source: str
    type: str
    purpose: Purpose
    known_at: datetime
    received_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TemplateTerms:
    """What the gate must know of a template: its name, for how long its news is news, and what it states."""

    name: str
    max_age: timedelta
    states_the_event: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands against a text; ``until`` is when it passes, where that is known (UTC)."""

    rule: str
    verdict: Verdict
    why: str
    until: datetime | None = None
    is_withholding: bool = False
    """Nobody may tell this news now, by text or otherwise."""


@dataclass(frozen=True, slots=True)
class Since:
    """Before which moments nothing is news for a text (UTC); None: no such moment.

    What was recorded or received before ``texts_from``, when sending was switched on, is shown as history and is no
    task. Before ``restored_at``, the end of the last restore, a text may have gone that nobody knows of: a person asks.
    """

    texts_from: datetime | None = None
    restored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says, with every reason against.

    ``discreet`` tells which wording; ``to_ref`` which contact point; ``valid_until`` is the end of the safe window
    (UTC), after which the text must not arrive. ``task`` is for staff. ``is_history`` marks what was recorded before
    texts were switched on: it makes no task. ``is_withheld``: nobody may tell the news now. ``is_waived``: they chose
    not to hear it, and nobody need ring. ``states_the_event`` is of the words; ``informs`` says that the report of the
    text may carry `informed_of`, which it may not where two events of the case share the id.
    """

    verdict: Verdict
    rule: str | None
    until: datetime | None
    task: str | None
    reasons: tuple[Reason, ...]
    template: str | None
    discreet: bool
    to_ref: str | None
    valid_until: datetime | None
    states_the_event: bool
    is_history: bool = False
    is_withheld: bool = False
    is_waived: bool = False
    informs: bool = False


Templates = Mapping[tuple[str, Purpose], TemplateTerms]
"""Which template serves news of a type for a purpose."""
