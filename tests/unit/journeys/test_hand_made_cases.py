"""The hand-made cases of the shared folder: what must be seen, worked out on paper."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.contacts.grading import grade_contacts
from services.journeys.assess import assess
from services.journeys.assessment import Assessment
from services.journeys.histories import Histories, read_histories
from services.journeys.rule_set import RuleSet, load_rule_set
from tests.support.grades import stated_grades
from tests.support.shared import shared

_FOLDER = Path(__file__).resolve().parents[4] / "shared" / "domain" / "cases"
_EXPECTED: dict[str, Any] = (
    json.loads((_FOLDER / "expected.json").read_text()) if _FOLDER.exists() else {"(no shared folder)": None}
)
_INSTANTS = {"due_at", "satisfied_at", "warn_at", "since", "until", "next_change_at"}


@cache
def _ruleset() -> RuleSet:
    return load_rule_set()


@cache
def _histories(name: str) -> Histories:
    lines = shared("domain", "cases", name).read_bytes().splitlines()
    return read_histories((f"{name}, line {number}", line) for number, line in enumerate(lines, 1))


def _assessed(name: str, as_of: str, now_known: str | None, *, stated: bool = True) -> list[Assessment]:
    return [
        assess(
            facts,
            _ruleset(),
            datetime.fromisoformat(as_of),
            known_by=datetime.fromisoformat(now_known) if now_known else None,
            grader=stated_grades(facts) if stated else grade_contacts,
        )
        for _case_id, facts in sorted(_histories(name).cases.items())
    ]


def _comparable(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in _INSTANTS and value is not None else value


@pytest.mark.parametrize("name", sorted(_EXPECTED))
@pytest.mark.parametrize("stated", [True, False], ids=["grades as stated", "grades of the grader"])
def test_hand_made_case_is_seen_as_worked_out_on_paper(name: str, stated: bool) -> None:
    shared("domain", "cases", "expected.json")
    faults = []
    for wanted in _EXPECTED[name]["expect"]:
        found = _assessed(name, wanted["as_of"], wanted.get("now_known"), stated=stated)
        if problem := _difference(wanted, found):
            faults.append(f"{json.dumps(wanted)}\n    {problem}")
    assert not faults, "\n".join(faults)


def _difference(wanted: dict[str, Any], found: list[Assessment]) -> str | None:
    if "rule" in wanted:
        rows = [
            each
            for case in found
            for each in (duty.as_json() for duty in case.obligations)
            if (each["rule"], each["trigger_event_id"], each["victim_id"])
            == (wanted["rule"], wanted["trigger"], wanted["victim"])
        ]
        ignored = {"as_of", "now_known", "rule", "trigger", "victim", "absent"}
        names = {"suspect": "suspect_ref"}
        if wanted["rule"] == "VC-R6-ARREST" and len(rows) > 1 and "suspect" in wanted:
            rows = [row for row in rows if row["suspect_ref"] == wanted["suspect"]]
    elif "flag" in wanted:
        rows = [
            each
            for case in found
            for each in (flag.as_json() for flag in case.flags)
            if each["kind"] == wanted["flag"]
            and each["victim_id"] == wanted["victim"]
            and wanted.get("event") in (None, each["event_id"])
            and ("since" not in wanted or _comparable("since", each["since"]) == _comparable("since", wanted["since"]))
        ]
        ignored, names = {"as_of", "now_known", "flag", "event", "victim", "absent"}, {}
    else:
        (case,) = found
        wants = _comparable("next_change_at", wanted["next_change_at"])
        return None if case.next_change_at == wants else f"next_change_at is {case.next_change_at}"
    if wanted.get("absent"):
        return f"is there: {rows}" if rows else None
    if len(rows) != 1:
        return f"{len(rows)} rows: {rows}"
    wrong = {
        names.get(name, name): rows[0][names.get(name, name)]
        for name, value in wanted.items()
        if name not in ignored and _comparable(name, rows[0][names.get(name, name)]) != _comparable(name, value)
    }
    return f"has {wrong}" if wrong else None
