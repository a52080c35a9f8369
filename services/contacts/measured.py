"""Which rules are measured: those that some connected source could show to be met (alerts.md).

Where nothing that would meet a duty ever reaches Waymark, its silence says nothing: such a rule is shown as not
measured, alerts nobody and stands outside every rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from services.provisions.rules import Rule, Shape

CONTACT: Final = "contact.made.v1"

_MET_BY_TELLING: Final = frozenset({Shape.TOLD, Shape.TOLD_BY_UNIT, Shape.ANSWERED, Shape.ROLLING})

_FLAG_ENDED_BY: Final = {
    "no_safe_contact": ("policing.safe_contact.recorded.v1",),
    "no_solo": ("policing.officer.assigned.v1",),
}
"""Flags that say something is missing: where its record never reaches Waymark, they would say it of every case."""


def is_measured(rule: Rule, sources: Sequence[str]) -> bool:
    """Return whether one of the types that meet the rule is connected; without ``sources`` everything is.

    A duty to tell is met by a contact. ``sources`` are event types, with or without version, or prefixes.

    >>> is_connected("contact.made.v1", ["contact"]), is_connected("contact.made.v1", ["policing.", "court"])
    (True, False)
    """
    return any(is_connected(each, sources) for each in met_by(rule))


def met_by(rule: Rule) -> frozenset[str]:
    """Return the event types that can meet a rule."""
    types = {clause.type for clause in rule.discharges}
    if rule.shape in _MET_BY_TELLING or not types:
        types.add(CONTACT)
    return frozenset(types)


def not_measured(rules: Iterable[Rule], sources: Sequence[str]) -> frozenset[str]:
    """Return the ids of the rules, and the kinds of the flags, that these sources cannot show to be met or over."""
    of_rules = {rule.id for rule in rules if not is_measured(rule, sources)}
    of_flags = {
        kind for kind, types in _FLAG_ENDED_BY.items() if not any(is_connected(each, sources) for each in types)
    }
    return frozenset(of_rules | of_flags)


def is_connected(type_: str, sources: Sequence[str]) -> bool:
    """Return whether events of this type (with version) come from a connected source."""
    return not sources or any(_names(source, type_) for source in sources)


def _names(source: str, type_: str) -> bool:
    name = source.strip().removesuffix("*").rstrip(".")
    return bool(name) and (type_ == name or type_.startswith(f"{name}."))
