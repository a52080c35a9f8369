"""The rule set of a command that a person gave: what cannot be used ends it with a sentence."""

from __future__ import annotations

from infra.settings import Settings
from services.cli.speaking import give_up
from services.journeys.rule_set import RuleSet
from services.provisions.packs import PackError
from services.rules_in_use import rules_of


def rules_or_stop(settings: Settings) -> RuleSet:
    """Return the rule set of these settings; what cannot be used is said in a sentence, and the command ends."""
    try:
        return rules_of(settings)
    except PackError as problem:
        give_up(str(problem))
