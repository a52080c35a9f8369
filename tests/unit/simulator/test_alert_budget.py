"""The budget of alerts.md on a simulated year; `python -m benchmarks.alert_year --cases 12000` runs a force's whole."""

from __future__ import annotations

from benchmarks.alert_year import BUDGET_CARDS, BUDGET_INTERRUPTIONS, budget


def test_nobody_drowns_and_nothing_is_overdue_without_a_card_before_it() -> None:
    found = budget(cases=240, seed=3)
    assert found.overdue > 300
    assert found.unseen == []
    assert len(found.shifts) > 100
    for _live, _shifts, cards, interruptions in found.rows():
        assert cards[1] <= BUDGET_CARDS
        assert interruptions[1] <= BUDGET_INTERRUPTIONS
