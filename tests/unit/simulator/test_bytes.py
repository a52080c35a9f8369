"""The same seed gives the same bytes: here, elsewhere, spilled to a folder or held in memory."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import simulate
from services.cli.main import build_app
from services.simulator.chance import Chance
from services.simulator.ordering import MemoryShelf, in_recorded_order, value_of
from services.simulator.simulation import Simulation
from tests.unit.simulator.conftest import Year, recorded, year_of

PINNED = "af798c44e04962b38a579e67d9588b639422c78d622ffc70f694aadc98b04a4f"
"""SHA-256 of 30 cases of seed 1: it changes whenever a figure, a phrase or the way of drawing does, and then the bytes
of every seed have changed, which whoever keeps simulated files wants to know."""

_DIGEST = """
import hashlib
from services.simulator.ordering import MemoryShelf, in_recorded_order
from services.simulator.simulation import Simulation
lines = in_recorded_order(((each.start, each.lines) for each in Simulation(30, 1).run()), MemoryShelf())
print(hashlib.sha256(b"".join(lines)).hexdigest())
"""


def digest_of(cases: int, seed: int, until: date | None = None) -> str:
    simulation = Simulation(cases, seed) if until is None else Simulation(cases, seed, until)
    lines = in_recorded_order(((each.start, each.lines) for each in simulation.run()), MemoryShelf())
    return hashlib.sha256(b"".join(lines)).hexdigest()


def test_the_same_seed_gives_the_same_bytes_as_ever() -> None:
    assert digest_of(30, 1) == PINNED


@pytest.mark.parametrize("hash_seed", ["1", "424242"])
def test_the_order_of_hashes_moves_no_byte(hash_seed: str) -> None:
    done = subprocess.run(  # noqa: S603 - this Python, with words written here
        [sys.executable, "-c", _DIGEST],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == PINNED


def test_another_seed_size_or_last_day_gives_other_bytes() -> None:
    found = {digest_of(30, 1), digest_of(30, 2), digest_of(31, 1), digest_of(30, 1, date(2026, 10, 30))}
    assert len(found) == 4


def test_lines_come_in_the_order_of_recording(year: Year) -> None:
    moments = [recorded(event) for event in year.events]
    assert moments == sorted(moments)


def test_a_folder_and_the_memory_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "_SPILL", 20_000)
    shelf = simulate.FolderShelf(tmp_path)
    told = [(each.start, each.lines) for each in Simulation(40, 3).run()]
    assert list(in_recorded_order(told, shelf)) == list(in_recorded_order(told, MemoryShelf()))
    assert not list(tmp_path.iterdir())


def test_chance_is_of_the_words_it_was_named_with() -> None:
    first, again, other = Chance(1, "a"), Chance(1, "a"), Chance(1, "b")
    drawn = [first.whole(0, 10**9) for _ in range(5)]
    assert [again.whole(0, 10**9) for _ in range(5)] == drawn
    assert [other.whole(0, 10**9) for _ in range(5)] != drawn


def test_the_command_writes_what_the_simulation_tells(tmp_path: Path) -> None:
    file, officers, people = (tmp_path / name for name in ("cases.jsonl", "officers.csv", "people.csv"))
    words = ["simulate", "--cases", "25", "--seed", "9", "--officers", str(officers), "--people", str(people)]
    to_file = CliRunner().invoke(build_app(), [*words, "-o", str(file)])
    to_stdout = CliRunner().invoke(build_app(), ["simulate", "--cases", "25", "--seed", "9", "-o", "-"])
    assert to_file.exit_code == 0, to_file.output
    assert file.read_bytes() == b"".join(line + b"\n" for line in year_of(25, 9).lines) == to_stdout.stdout_bytes
    assert officers.read_text().startswith("officer_ref,role,team,supervisor_ref,address,from,to,cover_ref\n")
    assert people.read_text().startswith("victim_id,contact_point_ref,kind,value,belongs_to,confirmed_by,")


@pytest.mark.parametrize("until", ["yesterday", "1890-01-01", "2026-02-30"])
def test_a_last_day_that_is_none_is_said_in_a_sentence(until: str, tmp_path: Path) -> None:
    file = tmp_path / "never.jsonl"
    done = CliRunner().invoke(
        build_app(), ["simulate", "--cases", "1", "--seed", "1", "-o", str(file), "--until", until]
    )
    assert done.exit_code == 2
    assert "--until" in done.stderr
    assert not file.exists()


def test_no_case_of_a_run_within_its_last_day_tells_what_is_not_yet_recorded() -> None:
    moment = Simulation(200, 4).horizon - timedelta(hours=30)
    whole = {line for each in Simulation(200, 4).run() for line in each.lines}
    early = {line for each in Simulation(200, 4, known_by=moment).run() for line in each.lines}
    assert early < whole
    assert all(int(line[:10]) < moment.timestamp() for line in early)
    assert all(int(line[:10]) >= moment.timestamp() for line in whole - early)
    assert value_of(next(iter(early))).startswith(b"{")
