"""A rule of law as data: one duty, dated and cited, over one of a dozen shapes written in Python.

The numbers (who owes it, from when, within how many days) are parameters in packs; the shape says what kind of duty
it is. A shape is code because a language for rules in YAML would be a second, worse Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class Shape(StrEnum):
    """The kinds of duty there are."""

    TOLD = "told"
    """She is told of the trigger by a contact that reached her."""
    TOLD_BY_UNIT = "told_by_unit"
    """Court news: the Witness Care Unit, once notified of the court event, tells her."""
    ACTED = "acted"
    """Another event follows: a referral, a return, an answer, a letter about it."""
    ANSWERED = "answered"
    """A meaningful contact by any agency follows."""
    ROLLING = "rolling"
    """A period that a meaningful contact closes and opens again, as long as she agreed."""
    GATE = "gate"
    """What had to be done before the trigger; satisfied or breached at once and for ever."""
    BEFORE_LATER_EVENT = "before_later_event"
    """No date until a later event of the case; due before it."""
    AT_CASE_END = "at_case_end"
    """What is kept of hers when the case ends for her."""
    PHONE = "phone"
    """A phone taken from her: returned, or replaced under the same number."""
    ASSAULT_LIMIT = "assault_limit"
    """The time limit for charging common assault in a domestic setting."""
    WINDOW = "window"
    """The victim's own time to use a right; never owed, shown as awaited."""


class Unit(StrEnum):
    """How a limit is counted."""

    WORKING_DAYS = "working_days"
    DAYS = "days"
    HOURS = "hours"
    END_OF_DAY = "end_of_day"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long there is, for a victim without and with Enhanced Rights."""

    unit: Unit
    standard: int
    enhanced: int


@dataclass(frozen=True, slots=True)
class Clause:
    """Events of one type whose data holds one of the listed words in each named field."""

    type: str
    where: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    only_if: str | None = None

    def admits(self, data: Mapping[str, Any]) -> bool:
        """Whether an event with this data is meant."""
        return all(data.get(name) in allowed for name, allowed in self.where.items())


NOT_KNOWN = "not known:"
"""How a place begins that could not be read in the source; the rest says why. Nothing is made up in its stead."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a duty is written: instrument, place in it, address of the source and the day it was seen."""

    instrument: str
    place: str
    address: str
    seen: date

    @property
    def has_place(self) -> bool:
        """Whether the place in the instrument is known."""
        return not self.place.startswith(NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty of one pack; the fields are those of a pack file (docs/packs.md)."""

    id: str
    pack: str
    right: int | None
    owner: str
    duty: str
    shape: Shape
    triggers: tuple[Clause, ...]
    discharges: tuple[Clause, ...]
    limit: Limit | None
    confidence: str
    citation: Citation
    in_force_from: date
    in_force_to: date | None = None
    advisory: bool = False
    once: bool = False
    before_too: bool = False
    match: tuple[str, ...] = ()
    about: bool = False
    trigger_by: str | None = None
    ends_with_case: bool = False
    ends_with_charge: bool = False
    owner_from: str | None = None
    never_waived: bool = False
    waived_with: frozenset[str] = frozenset()
    warn_hours: int | None = None
    warn_on_day: int | None = None
    to_confirm_where: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    taken_from: str | None = None
    """The pack whose rule a draft took over unchanged, because its own text could not be read."""

    def confidence_of(self, trigger: Mapping[str, Any]) -> str:
        """How surely the rule is known of a trigger with this data: one kind of it may rest on a weaker source."""
        where = self.to_confirm_where
        doubtful = bool(where) and all(trigger.get(name) in words for name, words in where.items())
        return "M" if doubtful and self.confidence == "H" else self.confidence

    @property
    def is_told(self) -> bool:
        """Whether telling her is what discharges it."""
        return self.shape in (Shape.TOLD, Shape.TOLD_BY_UNIT)

    def is_in_force(self, day: date) -> bool:
        """Whether a trigger on this London date falls under the rule."""
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)
