"""What must hold of ``assess`` on any history."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import cache

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.journeys.assess import assess
from services.journeys.assessment import State
from services.journeys.facts import Fact
from services.journeys.rule_set import RuleSet, load_rule_set
from tests.support.histories import START, histories

MOMENTS = st.integers(0, 60 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


@cache
def _ruleset() -> RuleSet:
    return load_rule_set()


@given(histories(), MOMENTS, st.randoms())
def test_the_order_of_arrival_changes_nothing(facts: list[Fact], now: datetime, shuffle: random.Random) -> None:
    arrived = list(facts)
    shuffle.shuffle(arrived)
    assert assess(arrived, _ruleset(), now) == assess(facts, _ruleset(), now)


@given(histories(), MOMENTS)
def test_nothing_changes_before_the_next_change(facts: list[Fact], now: datetime) -> None:
    found = assess(facts, _ruleset(), now)
    if found.next_change_at is None:
        later = found.as_of + timedelta(days=80)
        windows = {"NAT-REVIEW-WINDOW", "NAT-LENIENT-SENTENCE", "NAT-COMPENSATION-CLAIM"}
        then = assess(facts, _ruleset(), later)
        assert _without(found.awaited, windows) == _without(then.awaited, windows)
        assert (found.obligations, found.flags) == (then.obligations, then.flags)
        return
    assert found.next_change_at > found.as_of
    just_before = assess(facts, _ruleset(), found.next_change_at - timedelta(microseconds=1))
    assert just_before.obligations == found.obligations
    assert just_before.flags == found.flags
    at = assess(facts, _ruleset(), found.next_change_at)
    assert not at.says_the_same_as(found)


def _without(awaited: tuple[object, ...], whats: set[str]) -> list[object]:
    return [each for each in awaited if getattr(each, "what", None) not in whats]


@given(histories(), MOMENTS)
def test_enhanced_rights_are_never_due_later(facts: list[Fact], now: datetime) -> None:
    for duty in assess(facts, _ruleset(), now).obligations:
        if duty.due_on is not None and duty.due_on_standard is not None:
            assert duty.due_on <= duty.due_on_standard


@given(histories(), MOMENTS)
def test_what_is_met_is_never_overdue_later_without_a_new_happening(facts: list[Fact], now: datetime) -> None:
    happened = [fact for fact in facts if fact.occurred_at <= now]
    found = assess(happened, _ruleset(), now)
    later = {
        each.id: each.state for each in assess(happened, _ruleset(), found.as_of + timedelta(days=400)).obligations
    }
    for duty in found.obligations:
        if duty.state in (State.SATISFIED, State.SATISFIED_LATE, State.WAIVED):
            assert later.get(duty.id) == duty.state


@given(histories(), MOMENTS)
def test_a_copy_under_another_source_is_assessed_without_raising(facts: list[Fact], now: datetime) -> None:
    assess([*facts, *(msgspec.structs.replace(fact, source="/other") for fact in facts)], _ruleset(), now)


@given(histories(), MOMENTS, MOMENTS)
def test_what_was_not_recorded_yet_is_not_known(facts: list[Fact], now: datetime, known_by: datetime) -> None:
    known = [fact for fact in facts if fact.known_at <= known_by]
    assert assess(facts, _ruleset(), now, known_by=known_by) == assess(known, _ruleset(), now)
