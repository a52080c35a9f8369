"""What comparing two sets of packs says: which obligations differ and how, and what becomes of each rate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from typer.testing import CliRunner, Result

from services.cli.main import build_app
from services.compare import Compared, Difference, compare
from services.journeys.assess import assess
from services.journeys.facts import Fact
from services.journeys.histories import read_histories
from services.journeys.rule_set import RuleSet, load_rule_set, rule_set_of
from services.provisions.packs import PACKS_IN_SERVICE, pack_text
from tests.support.events import line
from tests.support.histories import histories

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
IN_FORCE = load_rule_set()
LINES = [
    line("r", "policing.crime.reported", "2026-11-02T09:00:00Z", offence="stalking"),
    line("a", "policing.suspect.arrested", "2026-11-03T10:00:00Z", suspect_ref="S-1"),
    line("i", "policing.suspect.interviewed", "2026-11-17T10:00:00Z", suspect_ref="S-1"),
    line("told", "contact.made", "2026-11-06T09:00:00Z", channel="phone", direction="outbound", outcome="reached",
         informed_of=["a"], note="Rang and told of the arrest; interview next week, will ring again on Friday."),
    line("n", "policing.decision.no_further_action", "2026-11-10T10:00:00Z", suspect_ref="S-1", reason="evidential"),
    line("tell", "contact.made", "2026-11-10T12:00:00Z", channel="phone", direction="outbound", outcome="reached",
         informed_of=["n"], note="Told of the decision, why, and how to ask for a review; will ring on Monday."),
]  # fmt: skip
_ARREST = "limit: {unit: working_days, standard: 5, enhanced: 1}, triggers: [{type: policing.suspect.arrested}]"


def _changed(*changes: tuple[str, str, str]) -> RuleSet:
    """The packs in force with some words of their texts replaced: pack, old, new."""
    texts = {name: pack_text(name) for name in PACKS_IN_SERVICE}
    for pack, old, new in changes:
        assert texts[pack].count(old) == 1
        texts[pack] = texts[pack].replace(old, new)
    return rule_set_of(texts, PACKS_IN_SERVICE)


def _compared(b: RuleSet, lines: Sequence[bytes] = LINES) -> Compared:
    return compare(read_histories((str(n), each) for n, each in enumerate(lines)).cases, IN_FORCE, b, NOW)


def _differing(found: Compared) -> dict[str, dict[str, int]]:
    return {
        each.rule: {name.value: count for name, count in sorted(each.differences.items())}
        for each in found.rules()
        if each.differ
    }


def test_nothing_differs_under_the_same_packs() -> None:
    found = _compared(load_rule_set())
    assert (found.cases, found.cases_that_differ, _differing(found)) == (1, 0, {})
    assert found.rate_a() == found.rate_b()


def test_a_shorter_limit_is_due_earlier_and_may_be_met_late() -> None:
    found = _compared(_changed(("VC2020", _ARREST, _ARREST.replace("standard: 5", "standard: 2"))))
    assert _differing(found) == {"VC-R6-ARREST": {"due_earlier": 1, "state": 1}}
    (arrest,) = [each for each in found.rules() if each.differ]
    assert (arrest.rate_a.on_time, arrest.rate_a.due) == (1, 1)
    assert (arrest.rate_b.on_time, arrest.rate_b.due, arrest.rate_b.late) == (0, 1, 1)
    example = arrest.examples[Difference.STATE][0].as_json()
    assert (example["case_id"], example["event_id"]) == ("KP-1", "a")
    assert (example["a"]["due_on"], example["b"]["due_on"]) == ("2026-11-10", "2026-11-05")
    assert (example["a"]["state"], example["b"]["state"]) == ("satisfied", "satisfied_late")


def test_a_limit_taken_away_is_due_later() -> None:
    untimed = _ARREST.removeprefix("limit: {unit: working_days, standard: 5, enhanced: 1}, ")
    assert _differing(_compared(_changed(("VC2020", _ARREST, untimed)))) == {"VC-R6-ARREST": {"due_later": 1}}


def test_a_rule_that_one_side_does_not_state_is_owed_on_the_other_alone() -> None:
    found = _compared(load_rule_set(["VC2020", "NATIONAL"]))
    assert all(set(differences) == {"only_in_a"} for rule, differences in _differing(found).items())
    assert {rule.partition("-")[0] for rule in _differing(found)} == {"KENT"}


def test_a_window_of_the_victims_own_is_compared_too() -> None:
    found = _compared(_changed(("NATIONAL", "limit: {unit: months, standard: 3, enhanced: 3}",
                                "limit: {unit: months, standard: 1, enhanced: 1}")))  # fmt: skip
    assert _differing(found) == {"NAT-REVIEW-WINDOW": {"due_earlier": 1}}
    (example,) = found.by_rule["NAT-REVIEW-WINDOW"].examples[Difference.DUE_EARLIER]
    assert example.as_json()["a"] == {"state": "open", "due_on": "2027-02-10", "due_at": None, "advisory": False}


def test_what_becomes_advisory_leaves_the_rate() -> None:
    duty = 'duty: "Tell the victim that a suspect has been arrested",'
    found = _compared(_changed(("VC2020", duty, f"advisory: true, {duty}")))
    assert _differing(found) == {"VC-R6-ARREST": {"other": 1}}
    assert found.by_rule["VC-R6-ARREST"].rate_b.due == 0


@given(histories())
def test_every_obligation_of_both_sides_is_counted_once(facts: list[Fact]) -> None:
    b = load_rule_set(["VC2020"])
    found = compare({"KP-1": facts}, IN_FORCE, b, NOW)
    under_a, under_b = (assess(facts, rules, NOW) for rules in (IN_FORCE, b))
    ids = {each.id for side in (under_a, under_b) for each in side.obligations}
    windows = {each for side in (under_a, under_b) for each in side.awaited if each.what in IN_FORCE.by_id}
    assert len(ids) <= sum(each.same + each.differ for each in found.rules()) <= len(ids) + len(windows)
    assert sum(sum(each.verdicts_a.values()) for each in found.rules()) == len(under_a.obligations)
    assert sum(sum(each.verdicts_b.values()) for each in found.rules()) == len(under_b.obligations)


def _run(*words: str) -> Result:
    return CliRunner().invoke(build_app(), ["rules", *words])


@pytest.fixture
def events(tmp_path: Path) -> str:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(LINES))
    return str(file)


def _copied(folder: Path, name: str, *changes: tuple[str, str]) -> str:
    text = pack_text(name)
    for old, new in changes:
        text = text.replace(old, new)
    (folder / "copy.yaml").write_text(text, "utf-8")
    return str(folder / "copy.yaml")


def test_the_command_takes_a_pack_by_its_path(tmp_path: Path, events: str) -> None:
    copied = _copied(tmp_path, "VC2020", (_ARREST, _ARREST.replace("standard: 5", "standard: 2")))
    done = _run("compare", "VC2020", copied, events, "--as-of", NOW.isoformat())
    assert done.exit_code == 0, done.output
    assert "VC-R6-ARREST: 5 working days, 1 with Enhanced Rights under A, 2 working days" in done.output
    assert "KP-1 V-1, event a: met in time, due 2026-11-10 → met late, due 2026-11-05" in done.output
    assert "on time: A 1 of 1 (100.0%); B 0 of 1 (0.0%)" in done.output


def test_the_command_says_that_the_draft_takes_its_rules_over(events: str) -> None:
    done = _run("compare", "VC2020", "VC2026-DRAFT", events)
    assert done.exit_code == 0, done.output
    assert "VC2026-DRAFT takes 36 of its 36 rules over from VC2020 unchanged" in done.output
    assert "No obligation differs." in done.output


def test_the_command_prints_json_and_nothing_else(events: str) -> None:
    done = _run("compare", "VC2020,NATIONAL,KENT", "VC2026-DRAFT,NATIONAL", events, "--json")
    content: dict[str, Any] = json.loads(done.stdout)
    assert content["as_of"] == "2026-11-17T10:00:00+00:00"
    assert content["b"]["taken_over"][0]["rules"] == 36
    update = next(each for each in content["rules"] if each["rule"] == "KENT-UPDATE")
    assert update["stated_b"] is None
    assert update["differences"]["only_in_a"] == update["differ"] > 0
    assert len(update["examples"]["only_in_a"]) <= 3


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        ("VC2020", "VC2031", "There is no pack called 'VC2031'"),
        ("VC2020", "nowhere/copy.yaml", "nowhere/copy.yaml cannot be read"),
        ("VC2020", "VC2020,VC2026-DRAFT", "VC2026-DRAFT and VC2020 both state VC-R3-CONFIRM"),
        ("VC2020,VC2020", "KENT", "the pack VC2020 is there twice"),
    ],
)
def test_a_side_that_cannot_be_used_is_wrong_use(events: str, a: str, b: str, sentence: str) -> None:
    done = _run("compare", a, b, events)
    assert done.exit_code == 2
    assert sentence in done.output


def test_a_refused_line_is_said_and_the_rest_is_compared(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join([*LINES, b"{"]))
    done = _run("compare", "VC2020", "VC2026-DRAFT", str(file))
    assert done.exit_code == 1
    assert "line 7" in done.output
    assert "1 cases at" in done.output


def test_no_event_at_all_is_said(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"")
    assert "There is no event" in _run("compare", "VC2020", "KENT", str(file)).output


def test_check_reads_the_packs_that_ship() -> None:
    done = _run("check")
    assert done.exit_code == 0, done.output
    assert "VC2020 version" in done.output


def test_check_names_file_rule_and_field(tmp_path: Path) -> None:
    copied = _copied(tmp_path, "KENT", ("confidence: H, shape: phone", "shape: phone"))
    done = _run("check", copied)
    assert done.exit_code == 1
    assert "copy.yaml, rule KENT-PHONE-24H: the field `confidence` is missing" in done.output


def test_coverage_says_of_every_right_what_becomes_of_it() -> None:
    done = _run("coverage")
    assert done.exit_code == 0
    assert all(f"Right {number}: " in done.output for number in range(1, 13))
    assert "" not in done.output.removesuffix("\n").split("\n")
    content = json.loads(_run("coverage", "--json").stdout)
    assert len(content["parts"]) == 14
    assert content["counts"]["implemented"] == sum(
        duty["status"] == "implemented" for part in content["parts"] for duty in part["duties"]
    )


def test_a_rule_is_shown_with_its_source_also_of_a_draft() -> None:
    shown = _run("show", "VC-R6-ARREST", "--packs", "VC2026-DRAFT").output
    assert "taken over from VC2020, Right 6" in shown
    assert json.loads(_run("show", "VC-R6-ARREST", "--json").stdout)["citation"]["place"] == "Right 6"
    assert _run("show", "VC-R6-ARRESTS").exit_code == 2
