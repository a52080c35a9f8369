"""The budget of alerts.md on a simulated year; `python -m benchmarks.alert_year --cases 12000` runs a force's whole."""

from __future__ import annotations

from benchmarks.alert_year import BUDGET_CARDS, BUDGET_INTERRUPTIONS, BUDGET_LIVE, ROLES, Budget, budget


def test_nobody_drowns_and_nothing_is_overdue_without_a_card_before_it() -> None:
    found = budget(cases=240, seed=3)
    assert found.overdue > 300
    assert found.texts["send"] > 20
    for role in ROLES:
        assert len(found.shifts[role]) > 100
        assert list(found.rows(role))
    assert found.broken() == []


def test_more_cards_than_the_budget_are_said_to_break_it() -> None:
    shifts = [(BUDGET_LIVE, BUDGET_CARDS + 1, 0)] * 100
    assert Budget(shifts={"SOLO": shifts}).broken() == ["SOLO with 16 to 20 live cases: 7 cards, 0 at once"]
    assert Budget(shifts={"OIC": [(3, 0, BUDGET_INTERRUPTIONS + 1)] * 100}).broken()
    assert Budget(shifts={"SOLO": [(40, 9, 0)] * 100}).broken() == []
    assert Budget(unseen=["VC-R6-ARREST"]).broken() == ["VC-R6-ARREST was overdue without a card before"]
