"""The commands on a store: contact points in, texts and worklist out, and never a number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import Invoke

pytestmark = pytest.mark.servers

HEADER = "victim_id,contact_point_ref,kind,value,belongs_to,confirmed_by,confirmed_at,cover,sender_name\n"
GOOD = "V-1,CP-1,mobile,07700 900123,self,P-1,2026-11-10T14:20:00Z,a friend,Sam\n"
KEY = "only for tests: a key of thirty-two characters or more"


def test_people_are_imported_and_never_shown(run: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(HEADER + GOOD, encoding="utf-8")
    done = run("people", "import", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "1 contact points stored: 1 new" in done.stderr
    file.write_text(HEADER + GOOD.replace("900123", "900124") + GOOD.replace("07700 900123", "+999 5550 1234"), "utf-8")
    done = run("people", "import", str(file))
    assert done.exit_code == 1
    assert "line 3, column value" in done.stderr
    assert "confirmed it in another way" in done.stderr
    assert "900124" not in done.output
    assert "123456" not in done.output


def test_a_file_without_a_usable_line_stores_nothing(run: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("number\n07700900123\n", encoding="utf-8")
    done = run("people", "import", str(file))
    assert done.exit_code == 1
    assert "Nothing was stored" in done.stderr
    assert run("people", "import", str(tmp_path / "none.csv")).exit_code == 2


def test_texts_and_worklist_are_json_and_nothing_else(run: Invoke) -> None:
    for command in (["texts", "list", "--json"], ["worklist", "--json"], ["texts", "list", "--case", "KP-1", "--json"]):
        done = run(*command)
        assert (done.exit_code, json.loads(done.stdout)) == (0, [])


def test_one_switch_pauses_and_resumes_all_texts(run: Invoke) -> None:
    assert "All texts are paused." in run("texts", "pause").stderr
    assert "were paused already" in run("texts", "pause").stderr
    assert "All texts are on." in run("texts", "resume").stderr


def test_a_store_that_cannot_be_reached_is_said_in_a_sentence(run: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYMARK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = run("worklist", "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "database" in done.stderr
