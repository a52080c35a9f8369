"""How well the grader does on labelled cases and on wording it was not built on (contact-quality.md, Measure)."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from services.contacts.contacts_file import grade_case

GRADES = ("meaningful", "tick_box", "attempt")

# Measured, less 0.03; ADR 0008 says which writers the words and points were fitted on, and what the grader did on a
# writer left out. What is fitted on is no measure: these floors only hold what was gained.
DEV_FLOOR, DEV_ACCUSATIONS = 0.96, 0.03
OWN_FLOOR = 0.94
# Single notes without their case, written to be hard: in the fit of this edition too.
FRESH_FLOOR, FRESH_ACCUSATIONS = 0.90, 0.07
# Twelve cases by four people who had not seen the reader, three of each.
OTHERS_FLOOR, OTHERS_ACCUSATIONS = 0.92, 0.03

# Forty cases by two of them that stayed sealed until the edition was made: 0.849, and 7 of 186 real updates called
# empty. This is the measure; whoever reads its notes to change the reader needs another.
UNSEEN_FLOOR, UNSEEN_ACCUSATIONS = 0.82, 0.05

INVENTED_FLOOR = 0.86
UNSEEN = Path(__file__).parent / "unseen_writers.jsonl"
OTHERS = Path(__file__).parent / "other_writers.jsonl"
LABELLED = Path(__file__).resolve().parents[4] / "shared" / "domain" / "contacts-dev.jsonl"


def macro_f1(pairs: Counter[tuple[str, str]]) -> float:
    scores = []
    for grade in GRADES:
        right = pairs[grade, grade]
        labelled = sum(pairs[grade, other] for other in GRADES)
        given = sum(pairs[other, grade] for other in GRADES)
        scores.append(2 * right / (labelled + given))
    return sum(scores) / len(scores)


def false_accusations(pairs: Counter[tuple[str, str]]) -> float:
    return pairs["meaningful", "tick_box"] / sum(pairs["meaningful", other] for other in GRADES)


def graded_notes(file: str) -> Counter[tuple[str, str]]:
    pairs: Counter[tuple[str, str]] = Counter()
    for line in (Path(__file__).parent / file).read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        label, channel, outcome, note = line.split(" | ")
        (graded,) = grade_case(
            {
                "events": [],
                "contacts": [
                    {
                        "contact_id": "c",
                        "occurred_at": "2026-05-01T10:00:00+01:00",
                        "channel": channel.removeprefix("<"),
                        "direction": "inbound" if channel.startswith("<") else "outbound",
                        "outcome": outcome,
                        "note": note,
                    }
                ],
            }
        )
        pairs[label, graded["grade"]] += 1
    return pairs


def graded_cases(file: Path) -> Counter[tuple[str, str]]:
    pairs: Counter[tuple[str, str]] = Counter()
    for line in file.read_text("utf-8").splitlines():
        case = json.loads(line)
        for labelled, graded in zip(case["contacts"], grade_case(case), strict=True):
            pairs[labelled["label"], graded["grade"]] += 1
    return pairs


def test_the_labelled_cases_are_graded_as_people_graded_them() -> None:
    if not LABELLED.exists():
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail("shared/domain/contacts-dev.jsonl must stand beside the repository in CI")
        pytest.skip("shared/domain/contacts-dev.jsonl is not beside this repository")
    pairs = graded_cases(LABELLED)
    assert macro_f1(pairs) >= DEV_FLOOR
    assert false_accusations(pairs) <= DEV_ACCUSATIONS


def test_cases_by_other_writers_are_graded_as_they_labelled_them() -> None:
    pairs = graded_cases(OTHERS)
    assert macro_f1(pairs) >= OTHERS_FLOOR
    assert false_accusations(pairs) <= OTHERS_ACCUSATIONS


def test_cases_nobody_looked_at_while_the_reader_was_built_hold_up() -> None:
    pairs = graded_cases(UNSEEN)
    assert macro_f1(pairs) >= UNSEEN_FLOOR
    assert false_accusations(pairs) <= UNSEEN_ACCUSATIONS


def test_notes_the_reader_was_built_on_are_graded_as_people_would() -> None:
    assert macro_f1(graded_notes("own_notes.txt")) >= OWN_FLOOR


def test_notes_invented_for_the_fit_are_graded_as_meant() -> None:
    files = sorted((Path(__file__).parent / "invented").glob("notes_*.txt"))
    pairs = sum((graded_notes(f"invented/{each.name}") for each in files), Counter())
    assert pairs.total() > 900
    assert macro_f1(pairs) >= INVENTED_FLOOR


def test_hard_notes_without_their_case_hold_up() -> None:
    pairs = graded_notes("fresh_notes.txt")
    assert macro_f1(pairs) >= FRESH_FLOOR
    assert false_accusations(pairs) <= FRESH_ACCUSATIONS
