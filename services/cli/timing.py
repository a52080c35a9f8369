"""`waymark time`: the clock everything is judged by; a simulated one can be moved."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.clock import parse_duration
from infra.settings import Settings
from services.cli.given import Data
from services.cli.reaching import with_store
from services.cli.speaking import WRONG_USE, give_up
from services.storage.clock_rows import ClockError, ClockShown, advance_clock, show_clock
from services.storage.vault import Vault

time_app = typer.Typer(no_args_is_help=True, help="The clock everything is judged by; a simulated one can be moved.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    time_app.command("advance")(time_advance)
    time_app.command("show")(time_show)
    app.add_typer(time_app, name="time")


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
