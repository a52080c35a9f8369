"""`waymark settings`: every setting, and whether it is set."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.settings_listing import describe
from services.cli.given import Data, settings_of
from services.cli.speaking import print_json


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("settings")(show_settings)


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
