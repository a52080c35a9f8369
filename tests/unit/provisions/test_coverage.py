"""Nothing is passed over: every Right, duty, rule and event type is said to be covered, or why it is not."""

from __future__ import annotations

import pytest

from contracts.registry import TYPES
from services.provisions.coverage import Coverage, Status, load_coverage, read_coverage
from services.provisions.packs import PACKS_IN_SERVICE, PackError, pack_text, read_pack
from services.provisions.rules import Rule, Shape

COVERAGE = load_coverage()
RULES: dict[str, Rule] = {
    rule.id: rule for name in PACKS_IN_SERVICE for rule in read_pack(pack_text(name), f"{name}.yaml")
}
_DATED_WITHOUT_LIMIT = {Shape.GATE, Shape.BEFORE_LATER_EVENT}
_SMALL = """
rights:
  - {right: 1, title: To understand, duties: [
     {duty: Speak plainly, confidence: H, status: out_of_scope, why: no event}]}
packs: []
events: {contact.made: tells}
"""


def _is_dated(rule: Rule) -> bool:
    return rule.limit is not None or rule.shape in _DATED_WITHOUT_LIMIT


def test_every_right_of_the_code_has_its_lines() -> None:
    assert [part.right for part in COVERAGE.parts if part.right is not None] == list(range(1, 13))


def test_every_pack_beside_the_code_has_its_lines() -> None:
    assert {part.name for part in COVERAGE.parts if part.right is None} == set(PACKS_IN_SERVICE) - {"VC2020"}


def test_every_rule_is_named_and_only_rules_that_there_are() -> None:
    assert {rule for duty in COVERAGE.duties() for rule in duty.rules} == RULES.keys()


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.right is not None], ids=lambda rule: rule.id)
def test_a_rule_of_the_code_is_named_under_its_own_right(rule: Rule) -> None:
    (part,) = [part for part in COVERAGE.parts if part.right == rule.right]
    assert rule.id in {name for duty in part.duties for name in duty.rules}


def test_what_is_implemented_has_a_date_and_what_is_untimed_has_none() -> None:
    for duty in COVERAGE.duties():
        dated = {_is_dated(RULES[rule]) for rule in duty.rules}
        assert dated <= {duty.status is Status.IMPLEMENTED}, duty.says


def test_a_duty_is_not_known_more_surely_than_the_rule_that_stands_for_it() -> None:
    surest = {"H": 0, "M": 1, "L": 2}
    for duty in COVERAGE.duties():
        for rule in duty.rules:
            assert surest[duty.confidence] == surest[RULES[rule].confidence], duty.says


def test_every_event_type_bears_on_a_rule_or_is_said_to_bear_on_none() -> None:
    in_rules = {clause.type for rule in RULES.values() for clause in (*rule.triggers, *rule.discharges)}
    assert in_rules | COVERAGE.events.keys() == set(TYPES)
    assert not in_rules & COVERAGE.events.keys()


def test_every_line_says_something() -> None:
    for duty in COVERAGE.duties():
        assert duty.says
        assert duty.rules or duty.why
    assert all(COVERAGE.events.values())
    assert sum(COVERAGE.count(status) for status in Status) == len(list(COVERAGE.duties()))


def test_a_small_coverage_is_read() -> None:
    found: Coverage = read_coverage(_SMALL)
    assert found.parts[0].as_json()["duties"][0]["status"] == "out_of_scope"
    assert found.events == {"contact.made.v1": "tells"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("why: no event", "why: ''", "Right 1, duty 1: out of scope, and `why` does not say why"),
        ("out_of_scope", "implemented", "`rules` names the rules that do it"),
        ("status: out_of_scope", "status: later", "`status` must be one of: implemented"),
        ("confidence: H", "confidence: S", "`confidence` must be H, M or L"),
        ("duty: Speak plainly, ", "", "`duty` is what is asked for"),
        ("duties: [", "duty: [", "it says right, title and at least one of duties"),
        ("contact.made: tells", "contact.made: ''", "the event contact.made has no word"),
        ("packs: []", "", "it has three parts"),
    ],
)
def test_a_line_that_is_left_blank_is_refused(old: str, new: str, sentence: str) -> None:
    with pytest.raises(PackError, match=sentence):
        read_coverage(_SMALL.replace(old, new))
