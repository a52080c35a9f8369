"""Every figure is defined, every definition has its figure, and the page of figures says the same."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from contracts.policing_report import CrimeReportedData
from services.contacts.reading import EDITION
from services.figures import audit
from services.figures.audit import audit_of
from services.figures.definitions import DEFINITIONS, GRADER_MEASURED, NOT_MEASURABLE
from services.figures.people import GROUPS
from tests.unit.figures.cases import NOW, counted, report

_PAGE = Path(__file__).resolve().parents[3] / "docs" / "figures.md"


def test_every_figure_has_one_definition() -> None:
    names = [each.id for each in DEFINITIONS]
    assert len(names) == len(set(names))
    found = audit_of(counted([report()]), (), (), NOW.date())
    assert {each.id for each in found.figures} <= set(names)
    assert {each["id"] for each in found.as_json()["figures"]} == set(names)


def test_every_offence_is_in_one_group_and_automatic_ones_are_named_there_too() -> None:
    offences = get_args(CrimeReportedData.model_fields["offence"].annotation)
    grouped = [offence for _, group in GROUPS for offence in group]
    assert sorted(grouped) == sorted(offences)


def test_the_page_of_figures_says_what_the_definitions_say() -> None:
    page = _PAGE.read_text("utf-8")
    for each in DEFINITIONS:
        assert f"| `{each.id}` | {each.name} | {each.words} | {each.period} |" in page
    for what, why in NOT_MEASURABLE:
        assert f"- **{what}**: {why}" in page


def test_the_graders_error_is_that_of_the_edition_in_force_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, shown, wrong = GRADER_MEASURED
    said = audit_of(counted([report()]), (), (), NOW.date())
    (found,) = [each for each in said.figures if each.id == "grader_error"]
    assert (found.edition, found.n) == (EDITION, shown if edition == EDITION else 0)
    assert found.share in (None, round(wrong / shown, 4))
    monkeypatch.setattr(audit, "EDITION", "grader-99")
    (none,) = [each for each in audit_of(counted([report()]), (), (), NOW.date()).figures if each.id == "grader_error"]
    assert (none.edition, none.share) == ("grader-99", None)
