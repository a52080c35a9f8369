"""How commands speak: JSON on stdout and nothing else there, sentences and progress on stderr, exit codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import typer

from contracts.fields import read_instant

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else there")]

DONE = 0
FINDINGS = 1
WRONG_USE = 2


def print_json(content: Any) -> None:
    """Print one JSON value, with half surrogates escaped so that any reader can take it."""
    typer.echo(json.dumps(content, ensure_ascii=True))


def tell(sentence: str) -> None:
    """Say a sentence to the person, on stderr."""
    typer.echo(sentence, err=True)


def give_up(sentence: str, code: int = FINDINGS) -> NoReturn:
    """Say what is wrong and what to do, and leave with an exit code (1 findings or refused input, 2 wrong use)."""
    tell(sentence)
    raise typer.Exit(code)


def instant_option(text: str | None) -> datetime | None:
    """An instant of any year given on the command line, as UTC; wrong use is said in a sentence."""
    if text is None:
        return None
    try:
        return read_instant(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        give_up(f"The instant {error}.", WRONG_USE)
