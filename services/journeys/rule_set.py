"""All that an assessment rests on besides facts and the moment, under one hash: packs, holidays, time zone, core.

Two processes that carry different rule sets would announce and withdraw each other's breaches; the hash is how they
are told apart (design.md, "The rule set").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version

import yaml

from services.contacts.grading import EDITION as GRADER_EDITION
from services.provisions.packs import PACKS_IN_SERVICE, pack_text, read_pack
from services.provisions.rules import Rule, Shape
from services.provisions.working_days import WorkingDays

CORE_VERSION = 1
"""Raised whenever the same facts, packs and moment would be assessed differently by a change of code."""

_FLAGS_REST_ON = "KENT"


@dataclass(frozen=True)
class RuleSet:
    """The rules in force, the calendar they count in, and the hash of everything."""

    packs: tuple[str, ...]
    rules: tuple[Rule, ...]
    days: WorkingDays
    hash: str

    @cached_property
    def by_trigger(self) -> Mapping[str, Sequence[Rule]]:
        """The rules that an event of a type can trigger."""
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            if rule.shape is not Shape.ROLLING:
                for clause in rule.triggers:
                    waiting = found.setdefault(clause.type, [])
                    if rule not in waiting:
                        waiting.append(rule)
        return found

    @cached_property
    def starts_on(self) -> Mapping[str, date]:
        """For each chosen pack that is an edition of the Code, the day from which it is in force."""
        found: dict[str, date] = {}
        for rule in self.rules:
            if rule.pack in self.selected and rule.right is not None:
                found[rule.pack] = min(rule.in_force_from, found.get(rule.pack, rule.in_force_from))
        return found

    @cached_property
    def rolling(self) -> Rule:
        """The one rule whose periods roll: KENT-UPDATE."""
        return next(rule for rule in self.rules if rule.shape is Shape.ROLLING)

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """Rules by id, such as ``VC-R6-ARREST``."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def selected(self) -> frozenset[str]:
        """The names of the packs, for a quick look."""
        return frozenset(self.packs)


def load_rule_set(packs: Iterable[str] = PACKS_IN_SERVICE, extra_holidays: Iterable[date] = ()) -> RuleSet:
    """The rule set of the named packs; raises PackError in a sentence where one cannot be used.

    Flags do not depend on the packs chosen (surfaces.md), so the rules behind flags are always known to the core.
    """
    names = tuple(dict.fromkeys(packs))
    texts = {name: pack_text(name) for name in dict.fromkeys((*names, _FLAGS_REST_ON))}
    rules = tuple(
        rule
        for name, text in texts.items()
        for rule in read_pack(text, f"{name}.yaml")
        if name in names or rule.shape in (Shape.ROLLING, Shape.PHONE)
    )
    days = WorkingDays(extra_holidays)
    content = {
        "packs": {name: yaml.safe_load(text) for name, text in texts.items()},
        "holidays": days.content,
        "zone": version("tzdata"),
        "grader": GRADER_EDITION,
        "core": CORE_VERSION,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    return RuleSet(names, rules, days, digest)
