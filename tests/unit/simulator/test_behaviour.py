"""Officers mostly follow their list: late duties are some, not most, and calls are of every grade."""

from __future__ import annotations

from collections import Counter

import pytest

from services.journeys.assess import assess
from services.journeys.histories import read_histories
from services.journeys.rule_set import load_rule_set
from services.provisions.working_days import end_of_day
from tests.unit.simulator.conftest import Year, year_of


@pytest.fixture(scope="module")
def assessed() -> tuple[Counter[str], Counter[str]]:
    """The states of obligations and the grades of contacts at the end of a small year."""
    year = year_of(300, 11)
    histories = read_histories((f"line {number}", line) for number, line in enumerate(year.lines, 1))
    assert not histories.refusals
    states: Counter[str] = Counter()
    grades: Counter[str] = Counter()
    ruleset, now = load_rule_set(), end_of_day(year.simulation.last)
    for facts in histories.cases.values():
        found = assess(facts, ruleset, now).as_json()
        states.update(each["state"] for each in found["obligations"] if not each["advisory"])
        grades.update(each["grade"] for each in found["contacts"])
    return states, grades


def test_a_believable_share_of_duties_is_late(assessed: tuple[Counter[str], Counter[str]]) -> None:
    states, _ = assessed
    late = states["satisfied_late"] + states["breached"]
    assert 0.08 < late / (late + states["satisfied"]) < 0.3
    assert states["breached"] < states["satisfied_late"]
    assert states["waived"]
    assert states["pending"]


def test_contacts_are_of_every_grade(assessed: tuple[Counter[str], Counter[str]]) -> None:
    _, grades = assessed
    shares = {name: count / grades.total() for name, count in grades.items()}
    assert 0.55 < shares["meaningful"] < 0.85
    assert 0.05 < shares["tick_box"] < 0.3
    assert 0.1 < shares["attempt"] < 0.3


def test_words_of_notes_differ(year: Year) -> None:
    notes = [each["data"]["note"] for each in year.events if "note" in each["data"]]
    assert len(notes) > 5_000
    assert len(set(notes)) > 0.6 * len(notes)


def test_notes_say_nothing_gendered_and_leave_no_field_unfilled(year: Year) -> None:
    words = {word.strip(".,:;!?'\"").lower() for each in year.events for word in each["data"].get("note", "").split()}
    assert not words & {"she", "he", "her", "his", "him", "hers", "herself", "himself", "male", "female"}
    assert not any("{" in word for word in words)
