"""Who looks at a page, and what a page is made of before it is rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.settings import Settings
from services.contacts.measured import not_measured
from services.journeys.rule_set import RuleSet
from services.projections.people_list import UNITS
from services.provisions.rules import Rule, Shape, Unit
from services.rules_in_use import rules_of

_LOCAL: Final = "KENT"
_UNITS: Final = {
    Unit.WORKING_DAYS: "Working Day",
    Unit.DAYS: "day",
    Unit.HOURS: "hour",
    Unit.MONTHS: "month",
}

LOCAL: Final = "local"
"""Who looks where nobody says who it is: whoever sits at this machine."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and the tag of what they hold already (None: they open the page). ``is_local``: nobody signs in."""

    name: str
    holds: str | None = None
    is_local: bool = True

    @property
    def ref(self) -> str | None:
        """The officer's reference by which what may be seen is decided; None where everything may."""
        return None if self.is_local else self.name

    def answers_for(self, ref: str, units: frozenset[str]) -> bool:
        """Whether the cards on this list may be answered by the viewer: their own, and those of a unit."""
        return self.is_local or ref == self.name or ref in units


@dataclass(frozen=True, slots=True)
class Content:
    """A page before it is rendered; ``what`` and ``shown`` are what is written down of the look."""

    template: str
    heading: str
    page_url: str
    live_url: str
    what: str
    shown: Sequence[bytes]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What pages know besides the store: the rules, those not measured, what each says, which lists are units'."""

    not_measured: frozenset[str]
    law: Mapping[str, str]
    units: frozenset[str]
    rules: RuleSet


def known_of(settings: Settings) -> Known:
    """Return what pages know, by the settings.

    Raises:
        PackError: where the list of holidays cannot be used: the reasons that pages suggest rest on counted days.
    """
    rules = rules_of(settings)
    law = {each.id: law_words(each) for each in rules.rules}
    return Known(not_measured(rules.rules, settings.sources), law, UNITS | {settings.cover}, rules)


def law_words(rule: Rule) -> str:
    """Return what a rule says and where it is written, in one sentence for a card."""
    if rule.right is not None:
        where = f"Victims' Code, Right {rule.right}"
    else:
        where = "Local commitment" if rule.pack == _LOCAL else rule.citation.instrument
    return f"{where}: {rule.duty[:1].lower()}{rule.duty[1:]}{_limit_words(rule)}."


def _limit_words(rule: Rule) -> str:
    limit = rule.limit
    if limit is None:
        return ""
    if limit.unit is Unit.END_OF_DAY:
        return ", by the end of that day"
    if rule.shape is Shape.ROLLING:
        return f", as often as was agreed, else within {_count(limit.standard, limit.unit)}"
    if limit.standard == limit.enhanced:
        return f", within {_count(limit.standard, limit.unit)}"
    return f", within {_count(limit.standard, limit.unit)}, with Enhanced Rights {limit.enhanced}"


def _count(number: int, unit: Unit) -> str:
    name = _UNITS[unit]
    return f"{number} {name if number == 1 else name + 's'}"
