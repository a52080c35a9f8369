"""A rule in words and as data, for every command that shows one."""

from __future__ import annotations

from typing import Any

from services.provisions.rules import Rule


def rule_content(rule: Rule) -> dict[str, Any]:
    """A rule as data: its duty, limits, triggers, what discharges it, and where it is written."""
    return {
        "id": rule.id,
        "pack": rule.pack,
        "right": rule.right,
        "owner": rule.owner,
        "duty": rule.duty,
        "shape": rule.shape.value,
        "limit": limit_words(rule),
        "triggers": [clause.type for clause in rule.triggers],
        "discharged_by": [clause.type for clause in rule.discharges] or ["telling the victim"],
        "advisory": rule.advisory,
        "confidence": rule.confidence,
        "to_confirm": rule.confidence != "H",
        "taken_from": rule.taken_from,
        "in_force_from": rule.in_force_from.isoformat(),
        "in_force_to": rule.in_force_to.isoformat() if rule.in_force_to else None,
        "citation": {
            "instrument": rule.citation.instrument,
            "place": rule.citation.place,
            "address": rule.citation.address,
            "seen": rule.citation.seen.isoformat(),
            "place_known": rule.citation.has_place,
        },
    }


def limit_words(rule: Rule) -> str:
    """The time there is, in words."""
    if rule.limit is None:
        return "untimed"
    unit = rule.limit.unit.value.replace("_", " ")
    if rule.limit.standard == rule.limit.enhanced:
        return f"{rule.limit.standard} {unit}" if rule.limit.standard else unit
    return f"{rule.limit.standard} {unit}, {rule.limit.enhanced} with Enhanced Rights"
