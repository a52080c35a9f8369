"""The audit: every figure of a period with its definition, from what the cases contribute."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.contacts.reading import EDITION
from services.figures.definitions import DEFINITIONS, GRADER_MEASURED, NOT_MEASURABLE
from services.figures.of_experience import experience_figures
from services.figures.of_investigations import investigation_figures
from services.figures.of_updates import update_figures
from services.figures.on_time import on_time_figures
from services.figures.rows import Person
from services.figures.totals import MEN_AND_BOYS, Counted, Figure, victims

LABEL: Final = (
    "Local figures. No measure is prescribed by law yet (the compliance framework of the Victims and Prisoners Act "
    "2024, sections 6 to 12, was not in force on 1 June 2026)."
)
INTERNAL: Final = "Internal: small counts are shown. Do not publish it; a published table hides counts under 5."

_MALE: Final = "male"


@dataclass(frozen=True, slots=True)
class Audit:
    """Every figure of a period, and what they were made of."""

    first: date
    last: date
    cases: int
    victims: int
    figures: tuple[Figure, ...]
    not_measured: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The audit as its JSON: each figure with its definition, and a row for each part of it."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for figure in self.figures:
            rows.setdefault(figure.id, []).append(figure.as_json())
        return {
            "report": "audit",
            "label": LABEL,
            "internal": INTERNAL,
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "cases": self.cases,
            "victims": self.victims,
            "counting_victims": "The same victim in two cases is counted once.",
            "figures": [
                {
                    "id": each.id,
                    "group": each.group,
                    "name": each.name,
                    "definition": each.words,
                    "label": "local",
                    "period": {"from": self.first.isoformat(), "to": self.last.isoformat(), "by": each.period},
                    "rows": rows.get(each.id, []),
                }
                for each in DEFINITIONS
            ],
            "not_measured_rules": list(self.not_measured),
            "not_measurable": [{"what": what, "why": why} for what, why in NOT_MEASURABLE],
        }


def audit_of(counted: Counted, not_measured: Container[str], names: tuple[str, ...], today: date) -> Audit:
    """Return the audit of what was counted; ``today`` is the London date on which promises are past or not.

    ``not_measured`` holds the rules that no connected source could show to be met, ``names`` lists them.
    """
    figures = [
        *on_time_figures(counted, not_measured),
        *update_figures(counted, today),
        *investigation_figures(counted),
        *experience_figures(counted, not_measured),
        _grader_error(),
        *_of_men_and_boys(counted, not_measured, today),
    ]
    seen = victims(each.person for rows in (counted.duties, counted.untimed) for each in rows)
    return Audit(counted.first, counted.last, counted.cases, seen, tuple(figures), names)


def _of_men_and_boys(counted: Counted, not_measured: Container[str], today: date) -> Iterator[Figure]:
    """The first figures again for victims recorded as male: a table of their own."""
    men = counted.of(_is_male)
    for figure in (
        *on_time_figures(men, not_measured, few=True),
        *update_figures(men, today, few=True),
        *investigation_figures(men, few=True),
    ):
        yield figure.for_population(MEN_AND_BOYS)


def _is_male(person: Person) -> bool:
    return person.sex == _MALE


def _grader_error() -> Figure:
    """The grader's error as measured for this edition; of an edition not measured it says nothing."""
    edition, shown, wrong = GRADER_MEASURED
    if edition != EDITION:
        return Figure("grader_error", 0, edition=EDITION)
    return Figure("grader_error", shown, edition=EDITION, numerator=wrong, denominator=shown)
