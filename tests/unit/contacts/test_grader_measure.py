"""How well the grader does on labelled cases and on wording it was not built on (contact-quality.md, Measure)."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from services.contacts.contacts_file import grade_case

GRADES = ("meaningful", "tick_box", "attempt")

# Measured, less 0.03. On the 20 labelled cases not yet looked at while the reader was built, macro-F1 was 0.835 for the
# first word lists, 0.935 for the points over cues (2 of 68 real updates called empty); the last figure before their
# notes were read. What the labelled cases give now is therefore what was learned, not what to expect elsewhere.
DEV_FLOOR, DEV_ACCUSATIONS = 0.96, 0.03
OWN_FLOOR = 0.92
# Single notes without their case, written to be hard, graded once: macro-F1 0.835, 2 of 16 real updates called empty.
FRESH_FLOOR, FRESH_ACCUSATIONS = 0.80, 0.13

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


def test_the_labelled_cases_are_graded_as_people_graded_them() -> None:
    if not LABELLED.exists():
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail("shared/domain/contacts-dev.jsonl must stand beside the repository in CI")
        pytest.skip("shared/domain/contacts-dev.jsonl is not beside this repository")
    pairs: Counter[tuple[str, str]] = Counter()
    for line in LABELLED.read_text("utf-8").splitlines():
        case = json.loads(line)
        for labelled, graded in zip(case["contacts"], grade_case(case), strict=True):
            pairs[labelled["label"], graded["grade"]] += 1
    assert macro_f1(pairs) >= DEV_FLOOR
    assert false_accusations(pairs) <= DEV_ACCUSATIONS


def test_notes_the_reader_was_built_on_are_graded_as_people_would() -> None:
    assert macro_f1(graded_notes("own_notes.txt")) >= OWN_FLOOR


def test_notes_the_reader_was_not_built_on_hold_up() -> None:
    pairs = graded_notes("fresh_notes.txt")
    assert macro_f1(pairs) >= FRESH_FLOOR
    assert false_accusations(pairs) <= FRESH_ACCUSATIONS
