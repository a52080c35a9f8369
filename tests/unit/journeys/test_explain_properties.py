"""What an explanation says is what the assessment says, for every obligation of any history."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.journeys.assess import assess
from services.journeys.assessment import Obligation, State
from services.journeys.explain import Explanation, explain
from services.journeys.facts import Fact
from services.journeys.rule_set import RuleSet, load_rule_set
from services.provisions.rules import Rule, Shape, Unit
from tests.support.histories import START, histories

MOMENTS = st.integers(0, 90 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
_NOT_SAID = re.compile(r"\b(None|she|her|hers|he|him|his|True|False)\b")
_COUNTED = {Unit.WORKING_DAYS, Unit.DAYS}


@cache
def _ruleset() -> RuleSet:
    return load_rule_set()


def _explanations(facts: list[Fact], now: datetime) -> list[tuple[Obligation, Rule, Explanation]]:
    found = []
    for duty in assess(facts, _ruleset(), now).obligations:
        explanation = explain(facts, _ruleset(), now, duty.id)
        assert explanation is not None
        found.append((duty, _ruleset().by_id[duty.rule], explanation))
    return found


def _counted_days(content: dict[str, Any]) -> list[int]:
    return [each["number"] for each in content["count"] if each["number"] is not None]


def holds(duty: Obligation, rule: Rule, explanation: Explanation) -> None:
    """What must be true of any explanation."""
    content = explanation.content
    assert content["obligation"] == duty.as_json()
    assert (content["entitlement"]["since"] is not None) is (duty.entitlement == "enhanced")
    met = [each for each in content["considered"] if each["met"]]
    assert [each["event_id"] for each in met] == ([duty.satisfied_by] if duty.satisfied_by is not None else [])
    if duty.satisfied_by is None and duty.state is not State.WAIVED:
        assert not [
            each for each in content["considered"] if "met it first" in each["why"] or "already met" in each["why"]
        ]
    if rule.shape is Shape.ROLLING or (rule.limit is not None and duty.due_on is not None):
        last = content["count"][-1]["date"] if duty.due_on is not None else None
        if rule.shape is Shape.ASSAULT_LIMIT:
            last = min(each["date"] for each in content["count"])
        assert last == (duty.due_on.isoformat() if duty.due_on is not None else None)
    if rule.limit is not None and rule.limit.unit in _COUNTED and rule.shape is not Shape.ROLLING:
        limit = rule.limit.enhanced if duty.entitlement == "enhanced" else rule.limit.standard
        counted = _counted_days(content)
        assert counted == list(range(1, len(counted) + 1))
        assert len(counted) == limit or duty.due_on == duty.due_on_standard
    if duty.due_on is None and rule.shape is not Shape.ROLLING:
        assert content["count"] == []
    waivers = [each for each in content["course"] if "for good" in each["why"]]
    assert bool(waivers) is (duty.state is State.WAIVED)
    lines = list(explanation.lines())
    assert all(lines)
    assert not [each for each in lines if _NOT_SAID.search(each)]


@settings(deadline=None)  # one history has up to forty obligations, each assessed anew
@given(histories(), MOMENTS)
def test_every_obligation_is_explained_as_it_is_assessed(facts: list[Fact], now: datetime) -> None:
    for duty, rule, explanation in _explanations(facts, now):
        holds(duty, rule, explanation)


@settings(deadline=None)  # one history has up to forty obligations, each assessed anew
@given(histories(most=10), MOMENTS)
def test_a_copy_under_another_source_is_explained_too(facts: list[Fact], now: datetime) -> None:
    doubled = [*facts, *(msgspec.structs.replace(fact, source="/other") for fact in facts)]
    for duty in assess(doubled, _ruleset(), now).obligations:
        explanation = explain(doubled, _ruleset(), now, duty.id)
        assert explanation is not None
        assert list(explanation.lines())


@settings(deadline=None)  # one history has up to forty obligations, each assessed anew
@given(histories(), MOMENTS)
def test_what_was_late_before_it_could_be_known_is_late_and_was_recorded_too_late(
    facts: list[Fact], now: datetime
) -> None:
    for duty, _rule, explanation in _explanations(facts, now):
        if explanation.content["trigger"]["late_before_known"] is not None:
            assert duty.state in (State.BREACHED, State.SATISFIED_LATE)
            assert duty.due_at is not None


def test_an_obligation_that_does_not_stand_is_not_explained() -> None:
    assert explain([], _ruleset(), datetime.fromisoformat("2026-11-20T12:00:00+00:00"), "none") is None
