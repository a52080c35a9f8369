"""Commands that hold the law to what it must say: every pack read, every duty of the Code accounted for."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.packs_read import pack_of
from services.cli.speaking import FINDINGS, AsJson, give_up, print_json, tell
from services.provisions.coverage import Coverage, Duty, Status, load_coverage
from services.provisions.packs import PackError, names_of_packs

_WORDS = {Status.IMPLEMENTED: "implemented", Status.UNTIMED: "untimed", Status.OUT_OF_SCOPE: "out of scope"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `waymark rules`."""
    app.command("check")(check)
    app.command("coverage")(show_coverage)


def check(
    files: Annotated[list[str] | None, typer.Argument(help="pack files; without any, the packs that ship")] = None,
) -> None:
    """Say whether each pack says all it must: source, place, confidence, dates, events that exist; exit 1 if not."""
    refused = False
    for named in files or sorted(names_of_packs()):
        try:
            pack = pack_of(named)
        except PackError as problem:
            tell(str(problem))
            refused = True
            continue
        taken = f", {len(pack.taken_over)} of them taken over from {pack.based_on}" if pack.based_on else ""
        disabled = "" if pack.is_enabled else "; not in force, only to be compared"
        unplaced = sum(not rule.citation.has_place for rule in pack.rules)
        places = f"; {unplaced} without a known place in their instrument" if unplaced else ""
        typer.echo(f"{pack.name} version {pack.version}: {len(pack.rules)} rules{taken}{places}{disabled}")
    if not files:
        _coverage_or_stop()
    if refused:
        raise typer.Exit(FINDINGS)


def show_coverage(as_json: AsJson = False) -> None:
    """Say of each Right of the Code, and of the clocks beside it, what is implemented, untimed or out of scope."""
    coverage = _coverage_or_stop()
    counts = {status.value: coverage.count(status) for status in Status}
    if as_json:
        parts = [part.as_json() for part in coverage.parts]
        print_json({"parts": parts, "events_without_rule": dict(coverage.events), "counts": counts})
        return
    for part in coverage.parts:
        typer.echo(f"{part.name}: {part.title}")
        for duty in part.duties:
            typer.echo(f"  {_line(duty)}")
    typer.echo("Events that raise and meet nothing by themselves")
    for type_, fate in coverage.events.items():
        typer.echo(f"  {type_.removesuffix('.v1'):<34} {fate}")
    said = ", ".join(f"{coverage.count(status)} {_WORDS[status]}" for status in Status)
    typer.echo(f"{sum(counts.values())} duties: {said}.")


def _line(duty: Duty) -> str:
    by = f" [{', '.join(duty.rules)}]" if duty.rules else ""
    why = f": {duty.why}" if duty.why else ""
    unsure = "" if duty.confidence == "H" else f" (confidence {duty.confidence}: to be confirmed)"
    return f"{_WORDS[duty.status]:<13}{duty.says}{by}{why}{unsure}"


def _coverage_or_stop() -> Coverage:
    try:
        return load_coverage()
    except PackError as problem:
        give_up(str(problem))
