"""A rule that no connected source could show to be met is not measured."""

from __future__ import annotations

import pytest

from services.contacts.measured import is_connected, is_measured, met_by, not_measured
from services.journeys.rule_set import load_rule_set
from services.provisions.rules import Shape

RULES = load_rule_set()
OWED = [rule for rule in RULES.rules if rule.shape is not Shape.WINDOW]


def test_without_a_list_everything_is_connected() -> None:
    assert not_measured(RULES.rules, ()) == frozenset()


@pytest.mark.parametrize(
    ("sources", "rule", "measured"),
    [
        (("contact.made.v1",), "VC-R6-ARREST", True),
        (("contact",), "VC-R6-ARREST", True),
        (("contact.*",), "KENT-UPDATE", True),
        (("policing.", "court."), "VC-R6-ARREST", False),
        (("policing.phone",), "KENT-PHONE-24H", True),
        (("policing.phone.seized.v1",), "KENT-PHONE-24H", False),
        (("policing.phones",), "KENT-PHONE-24H", False),
        (("support",), "VC-R4-REFERRAL", True),
        (("policing", "contact"), "VC-R6-CPS-NO-CHARGE", False),
        (("",), "VC-R6-ARREST", False),
    ],
)
def test_a_rule_is_measured_where_what_meets_it_is_connected(
    sources: tuple[str, ...], rule: str, measured: bool
) -> None:
    assert is_measured(RULES.by_id[rule], sources) is measured


def test_what_says_that_something_is_missing_is_not_measured_either() -> None:
    unseen = not_measured(RULES.rules, ("contact",))
    assert {"no_solo", "no_safe_contact", "KENT-PHONE-24H"} <= unseen
    assert "VC-R6-ARREST" not in unseen
    assert "no_solo" not in not_measured(RULES.rules, ("policing.officer.assigned",))


@pytest.mark.parametrize("rule", OWED, ids=lambda rule: rule.id)
def test_every_duty_can_be_met_by_something(rule: object) -> None:
    assert met_by(rule)  # type: ignore[arg-type]  # pytest passes objects


def test_a_prefix_ends_at_a_dot() -> None:
    assert not is_connected("policing.phone.seized.v1", ["policing.pho"])
