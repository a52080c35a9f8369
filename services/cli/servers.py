"""Commands about the ground Waymark stands on: settings, doctor, topics, time."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.clock import parse_duration
from infra.doctor import examine
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from infra.settings_listing import describe
from infra.topics import TopicsError, apply_topics
from services.cli.reaching import Data, settings_of, with_store
from services.cli.restored import rewind_topic
from services.cli.speaking import FINDINGS, WRONG_USE, give_up, print_json
from services.storage.clock_rows import ClockError, ClockShown, advance_clock, show_clock
from services.storage.vault import Vault

time_app = typer.Typer(no_args_is_help=True, help="The clock everything is judged by; a simulated one can be moved.")
topics_app = typer.Typer(no_args_is_help=True, help="The Kafka topics.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    app.command("settings")(show_settings)
    app.command("doctor")(doctor)
    topics_app.command("apply")(topics_apply)
    topics_app.command("rewind")(rewind_topic)
    app.add_typer(topics_app, name="topics")
    time_app.command("advance")(time_advance)
    time_app.command("show")(time_show)
    app.add_typer(time_app, name="time")


def show_settings(
    data: Data = None, as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False
) -> None:
    """List every setting: its name, what it means, its default and whether it is set; secrets are never shown."""
    lines = describe(settings_of(data))
    if as_json:
        print_json([
            {"name": each.name, "meaning": each.meaning, "default": each.default, "set": each.is_set, "now": each.now}
            for each in lines
        ])  # fmt: skip
        return
    for each in lines:
        typer.echo(f"{each.name:<42} {each.now:<28} {each.meaning}")


def doctor(data: Data = None) -> None:
    """Check everything Waymark depends on and say what to do; exit 1 if something keeps it from working."""
    findings = asyncio.run(examine(settings_of(data)))
    for each in findings:
        typer.echo(f"{each.state:<8} {each.check:<12} {each.says}" + (f" {each.do}" if each.do else ""))
    if any(each.state == "problem" for each in findings):
        raise typer.Exit(FINDINGS)


def topics_apply(data: Data = None) -> None:
    """Create the topics or bring their settings into line, and say what was done."""
    try:
        reached = with_servers(settings_of(data))
        for each in apply_topics(reached):
            typer.echo(f"{each.outcome:<10} {each.name} {each.says}".rstrip())
    except (NothingRunningError, TopicsError) as problem:
        give_up(str(problem))


def time_advance(duration: Annotated[str, typer.Argument(help="such as 6h or 3d")], data: Data = None) -> None:
    """Move a simulated clock forward; refused where the clock is the real one."""
    try:
        by = parse_duration(duration)
    except ValueError as problem:
        give_up(str(problem), WRONG_USE)

    async def advance(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> ClockShown:
        async with engine.begin() as conn:
            return await advance_clock(conn, by)

    try:
        typer.echo(with_store(data, advance).now.isoformat())
    except ClockError as problem:
        give_up(str(problem))


def time_show(data: Data = None) -> None:
    """Show what the clock says, and whether it is simulated."""

    async def show(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> ClockShown:
        async with engine.connect() as conn:
            return await show_clock(conn)

    shown = with_store(data, show)
    typer.echo(f"{shown.now.isoformat()} ({'simulated' if shown.simulated else 'real'})")
