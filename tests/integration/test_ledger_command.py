"""The commands on the ledger: what they say, the codes they leave with, and the file they write."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.storage.tables_anchor import anchor_leaves, anchors
from tests.support.anchored import pass_time, published_lines, three_anchors
from tests.support.commands import Invoke


@pytest.fixture
def run(run: Invoke) -> Invoke:
    return partial(run, "ledger")


async def _simulated(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.exec_driver_sql(
            "UPDATE clock SET simulated = true, ahead = timestamptz '2026-11-20 12:00Z' - clock_timestamp()"
        )


async def _without_its_last_anchor(engine: AsyncEngine) -> None:
    await pass_time(engine)
    async with engine.begin() as conn:
        await conn.execute(anchors.delete().where(anchors.c.number == 3))
        await conn.execute(anchor_leaves.delete().where(anchor_leaves.c.anchor == 3))


def test_a_ledger_without_anchors_verifies_and_says_that_there_are_none(run: Invoke) -> None:
    done = run("verify")
    assert done.exit_code == 0
    assert "The ledger holds: 0 entries of 0 cases." in done.stdout
    assert "There is no anchor yet" in done.stderr


def test_anchors_are_verified_also_against_those_published(run: Invoke, on_store: Any, tmp_path: Path) -> None:
    on_store(_simulated)
    on_store(three_anchors)
    events = tmp_path / "events.jsonl"
    events.write_text("\n".join(on_store(published_lines)), encoding="utf-8")
    done = run("verify", "--anchors", str(events))
    assert done.exit_code == 0
    assert "The ledger holds: 10 entries of 3 cases." in done.stdout
    assert "3 anchors hold, the last of 2026-11-20T12:0" in done.stdout
    assert "over 9 entries; 3 were compared with those published." in done.stdout
    on_store(_without_its_last_anchor)
    assert run("verify").exit_code == 0
    done = run("verify", "--anchors", str(events))
    assert done.exit_code == 1
    assert "Anchor 3 was published and is not in the store: it was removed." in done.stderr


def test_a_file_of_anchors_that_cannot_be_read_is_wrong_use(run: Invoke, tmp_path: Path) -> None:
    assert run("verify", "--anchors", str(tmp_path / "none")).exit_code == 2
    (tmp_path / "other").write_text('{"type": "waymark.ledger.anchor.v1", "data": {"hash": "07700 900123"}}\n', "utf-8")
    done = run("verify", "--anchors", str(tmp_path / "other"))
    assert done.exit_code == 2
    assert "Line 1 of the anchors" in done.stderr
    assert "900123" not in done.output


def test_an_export_is_its_owners_alone_and_never_written_over(run: Invoke, on_store: Any, tmp_path: Path) -> None:
    on_store(_simulated)
    on_store(three_anchors)
    file = tmp_path / "ledger.jsonl"
    done = run("export", str(file))
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert lines[0]["format"] == "waymark-ledger/1"
    assert [line["kind"] for line in lines[1:]] == [
        *(["entry"] * 10),
        *("anchor", "leaf", "leaf"),
        *("anchor", "leaf"),
        *("anchor", "leaf", "leaf"),
    ]
    assert file.stat().st_mode & 0o077 == 0
    before = file.read_bytes()
    done = run("export", str(file))
    assert done.exit_code == 2
    assert "is not written over" in done.stderr
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.jsonl"]


def test_an_export_that_cannot_be_written_is_said_in_a_sentence(run: Invoke, tmp_path: Path) -> None:
    done = run("export", str(tmp_path / "no-such-folder" / "ledger.jsonl"))
    assert done.exit_code == 2
    assert "cannot be written here" in done.stderr
