"""`waymark text preview`: what would be sent and every decision, from a file, with no server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.cli import people, texts, worklist

NEWS = "2026-11-17T09:30:00+00:00"


def line(id_: str, type_: str, time: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": id_, "source": "/kent/rms", "type": type_, "subject": "KP-1", "time": time,
        "data": {"victim_id": "V-1", **data},
    }  # fmt: skip


REPORT = line("r", "policing.crime.reported.v1", "2026-11-10T09:00:00+00:00", offence="stalking")
SAFE = line("s", "policing.safe_contact.recorded.v1", "2026-11-10T10:00:00+00:00", sms="allowed")
HEARING = line("h", "court.hearing.listed.v1", NEWS, hearing_ref="H", kind="trial",
               starts_at="2026-12-08T10:00:00+00:00")  # fmt: skip

SEIZED = line("p", "policing.phone.seized.v1", NEWS, device_ref="D", contact_point_ref="X")


def app() -> typer.Typer:
    made = typer.Typer()
    for module in (people, texts, worklist):
        module.register(made)
    return made


def preview(
    folder: Path, *events: dict[str, Any] | str, as_of: str = "2026-11-17T10:30:00+00:00", code: int = 0, **options: str
) -> dict[str, Any]:
    file = folder / "events.jsonl"
    file.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in events), encoding="utf-8")
    more = [part for name, value in options.items() for part in (f"--{name}", value)]
    done = CliRunner().invoke(
        app(), ["text", "preview", str(file), "--victim", "V-1", "--as-of", as_of, "--json", *more]
    )
    assert done.exit_code == code, done.output
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_what_would_be_sent_is_shown_with_its_size(tmp_path: Path) -> None:
    shown = preview(tmp_path, REPORT, SAFE, HEARING)
    assert (shown["decision"], shown["rule"], shown["until"], shown["task"]) == ("send", None, None, None)
    assert (shown["segments"], shown["encoding"], shown["template"]) == (2, "GSM-7", "hearing_listed.v1")
    assert "Tuesday 8 December 2026 at 10am" in shown["body"]
    assert shown["assumed"]


def test_discreet_wording_says_nothing_of_it(tmp_path: Path) -> None:
    discreet = line("s", "policing.safe_contact.recorded.v1", "2026-11-10T10:00:00+00:00", sms="discreet")
    shown = preview(tmp_path, REPORT, discreet, HEARING)
    assert (shown["decision"], shown["wording"]) == ("send", "discreet")
    assert shown["body"] == "Hi, it's Sam. Are you about for a chat? Text me when I can ring you."


def test_what_is_held_says_until_when(tmp_path: Path) -> None:
    shown = preview(tmp_path, REPORT, SAFE, HEARING, as_of="2026-11-17T21:00:00+00:00")
    assert (shown["decision"], shown["rule"], shown["until"]) == ("hold", "4", "2026-11-18T08:00:00+00:00")


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ([REPORT, HEARING], "2"),
        ([REPORT, SAFE, line("d", "safeguarding.disclosure.made.v1", NEWS, route="right_to_know")], "5"),
        ([REPORT, SAFE, line("c", "policing.suspect.charged.v1", NEWS, suspect_ref="S-1")], "5"),
        ([REPORT, SAFE, SEIZED, HEARING], "3"),
        ([{**REPORT, "data": {**REPORT["data"], "victim_age_band": "under_18"}}, SAFE, HEARING], "1"),
        ([REPORT, SAFE], "7"),
    ],
)  # fmt: skip
def test_what_is_not_sent_names_its_rule_and_a_task(tmp_path: Path, events: list[dict[str, Any]], rule: str) -> None:
    shown = preview(tmp_path, *events)
    assert (shown["decision"], shown["rule"], shown["body"]) == ("suppress", rule, None)
    assert "V-1" in shown["task"]


def test_contact_points_of_a_file_are_used_where_they_are_given(tmp_path: Path) -> None:
    header = "victim_id,contact_point_ref,kind,value,belongs_to,confirmed_by,confirmed_at,cover,sender_name\n"
    file = tmp_path / "people.csv"
    good = "V-1,CP-1,mobile,07700 900123,self,P-1,2026-11-10T14:20:00Z,a friend,Alex\n"
    file.write_text(header + good, encoding="utf-8")
    discreet = line("s", "policing.safe_contact.recorded.v1", "2026-11-10T10:00:00+00:00", sms="discreet")
    shown = preview(tmp_path, REPORT, discreet, HEARING, people=str(file))
    assert shown["body"].startswith("Hi, it's Alex.")
    assert shown["assumed"] == []
    file.write_text(header + good + good.replace("V-1", "V-2"), encoding="utf-8")
    assert preview(tmp_path, REPORT, discreet, HEARING, people=str(file))["rule"] == "1"
    file.write_text(header, encoding="utf-8")
    assert preview(tmp_path, REPORT, discreet, HEARING, people=str(file))["rule"] == "1"


def test_a_refused_line_is_said_and_the_rest_is_shown(tmp_path: Path) -> None:
    assert preview(tmp_path, REPORT, "not json", SAFE, HEARING, code=1)["decision"] == "send"


def test_an_instant_without_an_offset_is_wrong_use(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("", encoding="utf-8")
    done = CliRunner().invoke(app(), ["text", "preview", str(file), "--victim", "V-1", "--as-of", "2026-11-17"])
    assert done.exit_code == 2
