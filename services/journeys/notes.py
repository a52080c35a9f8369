"""Sentences beside an assessment: what lies before this edition, which dates are provisional."""

from __future__ import annotations

from collections.abc import Sequence

from services.journeys.assessment import Obligation
from services.journeys.journey import CaseFacts
from services.journeys.rule_set import RuleSet
from services.provisions.rules import Shape
from services.provisions.working_days import london_date


def notes_on(case: CaseFacts, obligations: Sequence[Obligation], ruleset: RuleSet) -> tuple[str, ...]:
    """The notes on a case, in a stable order."""
    found: list[str] = []
    began_on = london_date(case.happened[0].occurred_at) if case.happened else None
    for pack, starts_on in ruleset.starts_on.items():
        if began_on is None or began_on >= starts_on:
            continue
        before = sorted(
            {
                fact.id
                for rule in ruleset.rules
                if rule.pack == pack and rule.shape is not Shape.WINDOW
                for clause in rule.triggers
                for fact in case.by_type.get(clause.type, ())
                if clause.admits(fact.data) and london_date(fact.occurred_at) < starts_on
            }
        )
        found += [
            f"Event {event_id} is before this edition ({pack}, in force from {starts_on}): it raises nothing here."
            for event_id in before
        ]
    found += [
        f"The date of {each.rule} for {each.victim_id} is provisional: its year's bank holidays are not announced yet."
        for each in obligations
        if each.provisional
    ]
    return tuple(found)
