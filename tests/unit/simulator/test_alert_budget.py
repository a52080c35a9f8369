"""The budget of alerts.md on a simulated year; `python -m benchmarks.alert_year --cases 12000` runs a force's whole."""

from __future__ import annotations

from benchmarks.alert_year import BUDGET_CARDS, BUDGET_INTERRUPTIONS, ROLES, budget


def test_nobody_drowns_and_nothing_is_overdue_without_a_card_before_it() -> None:
    found = budget(cases=240, seed=3)
    assert found.overdue > 300
    assert found.unseen == []
    assert found.texts["send"] > 20
    for role in ROLES:
        assert len(found.shifts[role]) > 100
        for _live, _shifts, cards, interruptions in found.rows(role):
            assert cards[1] <= BUDGET_CARDS
            assert interruptions[1] <= BUDGET_INTERRUPTIONS
