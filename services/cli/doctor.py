"""`waymark doctor`: what Waymark depends on, and what to do where it is missing."""

from __future__ import annotations

import asyncio

import typer

from infra.doctor import examine
from services.cli.given import Data, settings_of
from services.cli.speaking import FINDINGS


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("doctor")(doctor)


def doctor(data: Data = None) -> None:
    """Check everything Waymark depends on and say what to do; exit 1 if something keeps it from working."""
    findings = asyncio.run(examine(settings_of(data)))
    for each in findings:
        typer.echo(f"{each.state:<8} {each.check:<12} {each.says}" + (f" {each.do}" if each.do else ""))
    if any(each.state == "problem" for each in findings):
        raise typer.Exit(FINDINGS)
