"""`waymark simulate`: a force's year of invented cases, as CloudEvents in the order in which they were recorded."""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from services.cli.progress import progress_bar
from services.cli.speaking import WRONG_USE, give_up, tell
from services.simulator.officers import officers_rows
from services.simulator.ordering import in_recorded_order, value_of
from services.simulator.simulation import LAST_DAY, Invented, Simulation
from services.simulator.victims import NUMBERS, Textable

_FIRST_YEAR = 2004
_LAST_YEAR = 2090
_SPILL = 64 * 1024 * 1024
_LONGEST_CASES = 9_999_999


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("simulate")(simulate)


class FolderShelf:
    """Lines that wait for their day: in memory up to 64 MB, then in a file a day of a folder that is removed after."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._days: dict[int, list[bytes]] = {}
        self._spilled: set[int] = set()
        self._held = 0

    def put(self, day: int, line: bytes) -> None:
        """Lay a line aside for a day."""
        self._days.setdefault(day, []).append(line)
        self._held += len(line)
        if self._held > _SPILL:
            self._spill()

    def _spill(self) -> None:
        for day, lines in self._days.items():
            with (self._folder / f"{day}.jsonl").open("ab") as file:
                file.writelines(line + b"\n" for line in lines)
            self._spilled.add(day)
        self._days.clear()
        self._held = 0

    def take(self, before: int | None) -> Iterator[list[bytes]]:
        """The lines of each day before a day, earliest day first, sorted."""
        days = sorted(self._days.keys() | self._spilled)
        for day in days:
            if before is not None and day >= before:
                return
            lines = self._days.pop(day, [])
            self._held -= sum(map(len, lines))
            if day in self._spilled:
                file = self._folder / f"{day}.jsonl"
                lines += file.read_bytes().splitlines()
                file.unlink()
                self._spilled.discard(day)
            lines.sort()
            yield lines


def simulate(
    cases: Annotated[int, typer.Option("--cases", min=1, max=_LONGEST_CASES, help="a force's year is 12000")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="the same seed gives the same bytes")],
    out: Annotated[Path, typer.Option("-o", "--output", help="file to write; - is standard output")],
    *,
    until: Annotated[
        str, typer.Option("--until", help="last day of the simulated year, YYYY-MM-DD")
    ] = LAST_DAY.isoformat(),
    officers: Annotated[
        Path | None, typer.Option("--officers", help="also write the officers file: posts, shifts, leave and cover")
    ] = None,
    people: Annotated[
        Path | None, typer.Option("--people", help="also write the people file: at most 900 invented numbers")
    ] = None,
) -> None:
    """Invent a force's year of cases; the same seed, number of cases and last day give the same bytes everywhere."""
    simulation = Simulation(cases, seed, _day(until))
    counted = _Counted()
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waymark-simulate-")))
            told = stack.enter_context(progress_bar("cases", cases))
            to = sys.stdout.buffer if str(out) == "-" else stack.enter_context(out.open("wb"))
            shelf = FolderShelf(folder)
            _write(to, in_recorded_order(((each.start, each.lines) for each in counted.of(simulation, told)), shelf))
        if officers is not None:
            _write_rows(officers, officers_rows(simulation.force, simulation.first, simulation.force.last))
        if people is not None:
            written = _write_rows(people, counted.people.rows())
            if written == NUMBERS:
                tell(f"The people file has {NUMBERS} numbers, for the newest victims who agreed to texts.")
    except BrokenPipeError:
        raise typer.Exit(0) from None
    except OSError as error:
        give_up(f"{error.filename or 'The output'} cannot be written: {error.strerror}.", WRONG_USE)
    tell(f"{counted.cases} cases, {counted.events} events, {simulation.first} to {simulation.last}.")


class _Counted:
    """Passes cases through and keeps what is said at the end: counts, and who may be texted."""

    def __init__(self) -> None:
        self.cases = self.events = 0
        self.people = Textable()

    def of(self, simulation: Simulation, told: Callable[[int], None]) -> Iterator[Invented]:
        """Every case, counted."""
        for each in simulation.run():
            self.cases += 1
            self.events += len(each.lines)
            for victim, at in each.people:
                self.people.add(victim, at)
            told(1)
            yield each


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        give_up("--until is a date such as 2026-10-31.", WRONG_USE)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        give_up(f"--until lies in the years {_FIRST_YEAR} to {_LAST_YEAR}.", WRONG_USE)
    return day


def _write(to: BinaryIO, lines: Iterable[bytes]) -> None:
    to.writelines(value_of(line) + b"\n" for line in lines)


def _write_rows(file: Path, rows: Iterable[tuple[str, ...]]) -> int:
    """Write a CSV file; returns how many lines there are under the header."""
    count = -1
    with file.open("w", encoding="utf-8", newline="") as to:
        writer = csv.writer(to, lineterminator="\n")
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
