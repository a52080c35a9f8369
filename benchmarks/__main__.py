"""`make bench`: measure, print a table, and write benchmarks/results.json (`--quick` for a small run)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.core import assess_ms, rebuild_facts_per_s
from benchmarks.due import due_announced_s
from benchmarks.ground import Ground, ground, look_at
from benchmarks.memory import memory_mb
from benchmarks.streams import arrests, bare_and_accepted, spread, told_after, whole_journeys
from infra import clock
from infra.embedded.process import ServerStartError

RESULTS = Path(__file__).with_name("results.json")
FLOOR = "bare_batch_events_per_s"
_PER_S, _MS = "events/s", "ms"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Cases of 40 facts each, repetitions, seconds at 200 events a second, and how many cases fall due among how many.
    """

    cases: int
    rounds: int
    seconds: int
    due: int
    open: int


FULL = Size(cases=1000, rounds=3, seconds=20, due=10_000, open=200_000)
QUICK = Size(cases=150, rounds=1, seconds=5, due=1_000, open=5_000)


@dataclass(slots=True)
class Results:
    """The figures so far, in the form others read."""

    figures: dict[str, dict[str, float | str | None]] = field(default_factory=dict)

    def add(self, name: str, value: float, unit: str, floor: str | None = None) -> None:
        """Take note of a figure, and of its share of the floor where it has one."""
        below = self.figures[floor]["value"] if floor else None
        ratio = round(value / float(below), 5) if below else None
        self.figures[name] = {"value": round(value, 3), "unit": unit, "floor": floor, "ratio": ratio}
        print(f"{name}: {value:,.2f} {unit}", file=sys.stderr)

    def show(self) -> None:
        """Print the table."""
        table = Table("figure", "value", "unit", "share of the floor")
        for name, each in self.figures.items():
            ratio = "" if each["ratio"] is None else f"{each['ratio']:.4f}"
            table.add_row(name, f"{each['value']:,.2f}", str(each["unit"]), ratio)
        Console().print(table)


async def measure(on: Ground, size: Size, results: Results) -> None:
    """Measure everything that needs servers, the floor first."""
    now = clock.wall_now().replace(microsecond=0)
    pairs = [await bare_and_accepted(on, size.cases, now) for _ in range(size.rounds)]
    results.add(FLOOR, median(bare for bare, _ in pairs), _PER_S)
    accepted = [each for _, each in pairs]
    results.add("accepted_events_per_s", median(each.per_s for each in accepted), _PER_S, FLOOR)
    results.add("accepted_cpu_ms_per_event", median(each.cpu_ms for each in accepted), _MS)
    place = on.place()
    look = await look_at(place)
    try:
        rate = await whole_journeys(place, look, size.cases, now)
        results.add("ingest_journeys_events_per_s", rate.per_s, _PER_S, FLOOR)
        rates = [await spread(place, look, size.cases, now, number) for number in range(size.rounds)]
        results.add("ingest_spread_events_per_s", median(each.per_s for each in rates), _PER_S, FLOOR)
        results.add("assess_cpu_ms_per_spread_event", median(each.cpu_ms for each in rates), _MS)
        results.add("rebuild_facts_per_s", await rebuild_facts_per_s(place, look, size.rounds), "facts/s")
        p50, p99 = await told_after(place, look, size.cases, now, seconds=size.seconds)
        results.add("event_to_announcement_ms_p50", p50, _MS)
        results.add("event_to_announcement_ms_p99", p99, _MS)
        held = await memory_mb(place, look, arrests(size.cases, now, size.cases, "remembered"))
        for process, megabytes in held.items():
            results.add(f"memory_{process}_mb", megabytes, "MiB")
    finally:
        await look.connection.close()
    results.add("due_10k_announced_s", await due_announced_s(on, size.due, size.open), "s")


def main() -> int:
    """Run the benchmark."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument(
        "--quick", action="store_true", help="small sizes, once each: under two minutes, rough figures"
    )
    size = QUICK if arguments.parse_args().quick else FULL
    results = Results()
    now = clock.wall_now().replace(microsecond=0)
    for facts in (60, 300):
        results.add(f"assess_ms_{facts}_events", assess_ms(facts, now), _MS)
    try:
        with ground() as on:
            asyncio.run(measure(on, size, results))
    except ServerStartError as problem:
        print(problem, file=sys.stderr)
        return 1
    results.show()
    RESULTS.write_text(json.dumps(results.figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
