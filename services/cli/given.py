"""What every command may be given: the folder of a running `waymark up`, and the settings."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from infra.settings import Settings, SettingsError, load_settings
from services.cli.speaking import give_up

Data = Annotated[Path | None, typer.Option("--data", help="folder of the running `waymark up`")]


def settings_of(data: Path | None) -> Settings:
    """Return the settings of this command; what cannot be used is said in sentences."""
    try:
        return load_settings() if data is None else load_settings(data=data)
    except SettingsError as problem:
        give_up(str(problem))


def who_asks() -> str:
    """Return who runs the command, for the record: by number where the system knows no name, as in some containers."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"
