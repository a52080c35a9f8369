"""The commands of alerts: officers in, cards taken in hand and disputed, in sentences."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli import worklist
from services.contacts.officers_file import COLUMNS
from services.projections.worklist import WorklistItem
from tests.support.commands import Invoke

pytestmark = pytest.mark.servers

GOOD = "P-1,SOLO,east,S-1,p1@force.example,2026-11-16T08:00:00Z,2026-11-16T16:00:00Z,P-2\n"


def written(folder: Path, *lines: str) -> str:
    file = folder / "officers.csv"
    file.write_text(",".join(COLUMNS) + "\n" + "".join(lines), encoding="utf-8")
    return str(file)


def test_officers_are_imported_and_their_addresses_never_shown(run: Invoke, tmp_path: Path) -> None:
    done = run(
        "officers", "import", written(tmp_path, GOOD, GOOD.replace("P-1", "P-3").replace("p1@force.example", ""))
    )
    assert (done.exit_code, done.stdout) == (0, "")
    assert "2 officers stored with 2 shifts" in done.stderr
    assert "1 of them have no address" in done.stderr
    assert "force.example" not in done.output


def test_from_a_file_with_a_mistake_nothing_is_stored(run: Invoke, tmp_path: Path) -> None:
    done = run("officers", "import", written(tmp_path, GOOD, GOOD.replace("p1@force.example", "p1 at force")))
    assert done.exit_code == 1
    assert "line 3, column address" in done.stderr
    assert "Nothing was stored" in done.stderr
    assert "p1 at force" not in done.output
    assert run("officers", "import", written(tmp_path)).exit_code == 1
    assert run("officers", "import", str(tmp_path / "none.csv")).exit_code == 2
    (tmp_path / "odd.csv").write_bytes(b"\xff\xfe")
    assert run("officers", "import", str(tmp_path / "odd.csv")).exit_code == 2


def test_the_worklist_is_shown_without_a_word_after_it(run: Invoke) -> None:
    done = run("worklist", "--json", "--officer", "P-1", "--team", "east")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])
    assert "Nothing is open." in run("worklist").stdout


def test_what_nobody_was_shown_can_be_neither_acknowledged_nor_disputed(run: Invoke) -> None:
    done = run("worklist", "acknowledge", "KP-1", "--by", "P-1")
    assert done.exit_code == 1
    assert "Nothing was acknowledged" in done.stderr
    done = run("worklist", "dispute", "KP-1", "c", "--by", "P-1")
    assert done.exit_code == 1
    assert "Nothing was disputed" in done.stderr
    assert run("worklist", "acknowledge", "KP-1").exit_code == 2


def test_a_long_worklist_is_shown_in_part_and_says_how_much_more_there_is(
    run: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sixty(*_: object, **__: object) -> list[WorklistItem]:
        at = datetime(2026, 11, 20, 12, tzinfo=UTC)
        return [
            WorklistItem("task", f"KP-{number}", "V-1", None, None, at, "Ring.", "P-1", at, None)
            for number in range(60)
        ]

    monkeypatch.setattr(worklist, "worklist", sixty)
    done = run("worklist")
    assert done.stdout.count("Ring.") == worklist.LINES
    assert f"{60 - worklist.LINES} more lines are open, 60 in all" in done.stderr
    assert run("worklist", "--limit", "60").stdout.count("Ring.") == 60
    assert len(json.loads(run("worklist", "--json").stdout)) == 60
