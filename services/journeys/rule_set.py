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
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any

from services.contacts.grading import EDITION as GRADER_EDITION
from services.provisions.packs import PACKS_IN_SERVICE, Pack, PackError, pack_text, read_whole_pack
from services.provisions.rules import Rule, Shape
from services.provisions.working_days import WorkingDays

CORE_VERSION = 3
"""Raised whenever the same facts, packs and moment would be assessed differently by a change of code."""

_FLAGS_REST_ON = "KENT"


@dataclass(frozen=True)
class RuleSet:
    """The rules in force, the calendar they count in, and the hash of everything."""

    packs: tuple[str, ...]
    rules: tuple[Rule, ...]
    days: WorkingDays
    hash: str
    parts: Mapping[str, str | int]
    """What the hash is made of, each part under its name: that a person sees which part another rule set changed."""

    @cached_property
    def with_triggers(self) -> Sequence[tuple[Rule, frozenset[str]]]:
        """The rules that events raise duties under, each with the types of those events (none: the case's end)."""
        return [
            (rule, frozenset(clause.type for clause in rule.triggers))
            for rule in self.rules
            if rule.shape not in (Shape.ROLLING, Shape.WINDOW)
        ]

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
    def chosen(self) -> tuple[Rule, ...]:
        """The rules of the chosen packs; the others are only behind flags."""
        return tuple(rule for rule in self.rules if rule.pack in self.selected)

    @cached_property
    def ids_of_shape(self) -> Mapping[Shape, frozenset[str]]:
        """The ids of the rules of each shape."""
        return {shape: frozenset(rule.id for rule in self.rules if rule.shape is shape) for shape in Shape}

    @cached_property
    def selected(self) -> frozenset[str]:
        """The names of the packs, for a quick look."""
        return frozenset(self.packs)


def load_rule_set(packs: Iterable[str] = PACKS_IN_SERVICE, extra_holidays: Iterable[date] = ()) -> RuleSet:
    """The rule set of the named packs that ship with Waymark; raises PackError where one cannot be used.

    ``extra_holidays``: bank holidays proclaimed since the bundled list was made; they count in the hash.
    """
    return _shipped(tuple(dict.fromkeys(packs)), tuple(extra_holidays))


@cache
def _shipped(names: tuple[str, ...], extra_holidays: tuple[date, ...]) -> RuleSet:
    # What ships does not change while a process runs, and reading it takes a sixth of a second.
    return rule_set_of({name: pack_text(name) for name in (*names, _FLAGS_REST_ON)}, names, extra_holidays)


def rule_set_of(
    texts: Mapping[str, str], packs: Iterable[str], extra_holidays: Iterable[date] = (), *, also_drafts: bool = False
) -> RuleSet:
    """The rule set of these packs, given as text by name; raises PackError in a sentence where one cannot be used.

    Flags do not depend on the packs chosen (surfaces.md), so the rules behind flags are always known to the core:
    ``texts`` holds KENT also where it is not among ``packs``. A pack that is not enabled raises no obligations, except
    where it is set beside another (``also_drafts``).
    """
    names = tuple(dict.fromkeys(packs))
    read = {name: read_whole_pack(text, f"{name}.yaml") for name, text in texts.items()}
    chosen = [read[name] for name in names]
    if not also_drafts and (drafts := [each.name for each in chosen if not each.is_enabled]):
        raise PackError(f"{drafts[0]} is not in force: it is there for `waymark rules compare`. Choose other packs.")
    days = WorkingDays(extra_holidays)
    packs_read = {name: pack.content for name, pack in read.items()}
    bases = {each.based_on for each in read.values() if each.based_on is not None}
    packs_read |= {f"{base} as it ships": read_whole_pack(pack_text(base), f"{base}.yaml").content for base in bases}
    versions = {name: content["version"] for name, content in packs_read.items()}
    others = {"holidays": days.content, "zone": version("tzdata"), "grader": GRADER_EDITION, "core": CORE_VERSION}
    parts = {
        **{f"pack {name} {versions[name]}": _digest(content) for name, content in packs_read.items()},
        **{name: content if isinstance(content, str | int) else _digest(content) for name, content in others.items()},
    }
    rules = _rules(chosen, [pack for name, pack in read.items() if name not in names])
    return RuleSet(names, rules, days, _digest({"chosen": names, "packs": packs_read, **others}), parts)


def _rules(chosen: Sequence[Pack], others: Sequence[Pack]) -> tuple[Rule, ...]:
    """The rules of the chosen packs, and of the others those behind flags; raises PackError where an id is there twice.

    A chosen pack that states the shape itself (a force's own copy of KENT) is what the flag rests on.
    """
    rules: list[Rule] = []
    stated: dict[str, str] = {}
    for pack in chosen:
        for rule in pack.rules:
            if rule.id in stated:
                raise PackError(f"{pack.name} and {stated[rule.id]} both state {rule.id}. Choose one of the two packs.")
            stated[rule.id] = pack.name
            rules.append(rule)
    shapes = {rule.shape for rule in rules}
    behind_flags = {Shape.ROLLING, Shape.PHONE} - shapes
    rules += (rule for pack in others for rule in pack.rules if rule.shape in behind_flags)
    return tuple(rules)


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
