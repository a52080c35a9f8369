"""The case tables of tests/cases: what every rule owes, worked out on paper from the documents (its README)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from services.journeys.assess import assess
from services.journeys.assessment import Assessment
from services.journeys.facts import Fact
from services.journeys.histories import read_histories
from services.journeys.rule_set import RuleSet, load_rule_set
from services.provisions.rules import Rule, Shape
from tests.support.grades import stated_grades

_FOLDER = Path(__file__).resolve().parents[2] / "cases"
_LONDON = ZoneInfo("Europe/London")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?")
_REPORT = {"id": "report", "at": "2026-11-02 09:00"}
_NOBODYS = ("record.", "contact.linked", "contact.regraded")
"""Events that speak of another event, not of a victim."""
_WHERE = {"at", "known", "rule", "trigger", "victim", "absent", "flag", "event", "awaited", "grade_of"}
"""What says which row is meant, not what stands in it."""
_INSTANTS = {"triggered_at", "due_at", "satisfied_at", "warn_at", "since", "until", "next_change_at"}
_PAIRS = "pairs/"
_LEAST, _LEAST_UNTIMED, _LEAST_PAIRS = 6, 4, 40
_WITHOUT_LIMIT_BUT_TIMED = {Shape.GATE, Shape.BEFORE_LATER_EVENT, Shape.ASSAULT_LIMIT, Shape.ROLLING}


@cache
def _ruleset() -> RuleSet:
    return load_rule_set()


@cache
def _defaults() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load((_FOLDER / "defaults.yaml").read_text(encoding="utf-8"))
    return found


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    files = [path for path in sorted(_FOLDER.rglob("*.yaml")) if path.name != "defaults.yaml"]
    found = ((str(path.relative_to(_FOLDER)), yaml.safe_load(path.read_text(encoding="utf-8"))) for path in files)
    return {name: table for name, table in found if table is not None}


def _cases() -> Iterator[Any]:
    for name, table in _tables().items():
        for case in table["cases"]:
            yield pytest.param(table, case, id=f"{name.removesuffix('.yaml')}: {case['name']}")


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=_LONDON) if found.tzinfo is None else found


def _plain(value: Any) -> Any:
    """A value as an event has it: London times with their offset, dates as text."""
    if isinstance(value, str) and _LOCAL.fullmatch(value):
        return _instant(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


def _named(names: list[str]) -> list[str]:
    """Events by id, or by type, which is written without its version."""
    return [f"{name}.v1" if "." in name else name for name in names]


def _data(type_: str, given: Mapping[str, Any]) -> dict[str, Any]:
    data = {**_defaults().get(type_, {}), **given}
    victim = data.pop("victim", "V-1")
    if victim != "all" and not type_.startswith(_NOBODYS):
        data["victim_id"] = victim
    if "told" in data:
        data["informed_of"] = data.pop("told")
    if "informed_of" in data:
        data["informed_of"] = _named(data["informed_of"])
    if "grade" in data and type_ == "contact.made":
        data["x_grade"] = data.pop("grade")
    return {name: _plain(value) for name, value in data.items() if value is not None}


def _line(type_: str, given: list[Any]) -> bytes:
    id_, at, _type, *rest = given
    stated = dict(rest[0]) if rest else {}
    source = stated.pop("source", "/kent/rms")
    data = _data(type_, stated)
    if type_ == "record.corrected":
        put = stated["replacement"]
        data["replacement"] = {
            "time": _instant(put["time"]).isoformat(),
            "data": _data(put["type"], put.get("data", {})),
        }
    event = {"specversion": "1.0", "id": id_, "source": source, "type": f"{type_}.v1", "subject": "KP-1"}
    return json.dumps({**event, "time": _instant(at).isoformat(), "data": data}).encode()


def _lines(table: Mapping[str, Any], case: Mapping[str, Any]) -> list[list[Any]]:
    """The lines given, and the usual report where none of the victim V-1's own is among them."""
    given: list[list[Any]] = list(case["given"])
    usual = case.get("report", table.get("report", {}))
    own = any(
        line[2] == "policing.crime.reported" and "victim" not in (line[3] if len(line) > 3 else {}) for line in given
    )
    if own or usual == "none":
        return given
    report = {**_REPORT, **usual}
    return [*given, [report.pop("id"), report.pop("at"), "policing.crime.reported", report]]


def _facts(table: Mapping[str, Any], case: Mapping[str, Any]) -> list[Fact]:
    lines = [(str(line[0]), _line(line[2], line)) for line in _lines(table, case)]
    histories = read_histories(lines)
    assert not histories.refusals, histories.refusals
    return histories.cases["KP-1"]


def _rows(found: Assessment, wanted: Mapping[str, Any], table: Mapping[str, Any], first: str) -> list[dict[str, Any]]:
    victim = wanted.get("victim", "V-1")
    json_ = found.as_json()
    if "flag" in wanted:
        rows = [row for row in json_["flags"] if row["kind"] == wanted["flag"]]
        rows = [row for row in rows if wanted.get("event", row["event_id"]) == row["event_id"]]
    elif "awaited" in wanted:
        rows = [row for row in json_["awaited"] if row["what"] == wanted["awaited"]]
        if "since" in wanted:
            rows = [row for row in rows if _comparable("since", row["since"]) == _comparable("since", wanted["since"])]
    elif "grade_of" in wanted:
        rows = [row for row in json_["contacts"] if row["event_id"] == wanted["grade_of"]]
    elif "next_change_at" in wanted:
        return [{"next_change_at": json_["next_change_at"]}]
    else:
        rule, trigger = wanted.get("rule", table.get("rule")), wanted.get("trigger", table.get("trigger", first))
        rows = [row for row in json_["obligations"] if (row["rule"], row["trigger_event_id"]) == (rule, trigger)]
    return [row for row in rows if row["victim_id"] == victim]


def _comparable(name: str, value: Any) -> Any:
    if name in _INSTANTS and isinstance(value, str):
        return _instant(value)
    return value.isoformat() if isinstance(value, date) else value


def _problem(wanted: Mapping[str, Any], rows: list[dict[str, Any]]) -> str | None:
    if wanted.get("absent"):
        return f"is there: {rows}" if rows else None
    if len(rows) != 1:
        return f"{len(rows)} of it: {rows}"
    differing = {
        name: rows[0][name]
        for name, value in wanted.items()
        if name not in _WHERE and _comparable(name, rows[0][name]) != _comparable(name, value)
    }
    return f"has {differing}" if differing else None


@pytest.mark.parametrize(("table", "case"), list(_cases()))
def test_case_is_seen_as_worked_out_on_paper(table: Mapping[str, Any], case: Mapping[str, Any]) -> None:
    facts = _facts(table, case)
    problems = []
    for wanted in case["then"]:
        known = wanted.get("known")
        found = assess(
            facts,
            _ruleset(),
            _instant(wanted["at"]),
            known_by=_instant(known) if known else None,
            grader=stated_grades(facts),
        )
        if problem := _problem(wanted, _rows(found, wanted, table, case["given"][0][0] if case["given"] else "report")):
            problems.append(f"{wanted}\n    {problem}")
    assert not problems, "\n".join(problems)


def _rules() -> list[Rule]:
    return [rule for rule in _ruleset().rules if rule.pack in _ruleset().selected]


def _least(rule: Rule) -> int:
    is_timed = rule.limit is not None or rule.shape in _WITHOUT_LIMIT_BUT_TIMED
    return _LEAST if is_timed else _LEAST_UNTIMED


def test_every_rule_has_a_table_with_enough_cases() -> None:
    counted = {name: len(table["cases"]) for name, table in _tables().items()}
    missing = [
        f"{rule.id} has {counted.get(f'{rule.pack}/{rule.id}.yaml', 0)} cases of at least {_least(rule)}"
        for rule in _rules()
        if counted.get(f"{rule.pack}/{rule.id}.yaml", 0) < _least(rule)
    ]
    assert not missing, "\n".join(missing)


def test_every_table_stands_under_the_name_of_its_rule() -> None:
    known = {f"{rule.pack}/{rule.id}.yaml": rule.id for rule in _rules()}
    tables = {name: table.get("rule") for name, table in _tables().items() if not name.startswith(_PAIRS)}
    assert tables.items() <= known.items()


def test_there_are_forty_pairs_of_features() -> None:
    assert sum(len(table["cases"]) for name, table in _tables().items() if name.startswith(_PAIRS)) >= _LEAST_PAIRS


def test_every_case_says_something_that_could_be_otherwise() -> None:
    empty = [
        f"{name}: {case['name']}: {wanted}"
        for name, table in _tables().items()
        for case in table["cases"]
        for wanted in case["then"] or [{}]
        if not wanted.get("absent") and not wanted.keys() - _WHERE
    ]
    # A flag or a wait says by standing there that it stands there.
    assert not [line for line in empty if "'flag'" not in line and "'awaited'" not in line]


def test_no_two_cases_of_a_table_have_one_name() -> None:
    names = [(name, case["name"]) for name, table in _tables().items() for case in table["cases"]]
    assert len(names) == len(set(names))
