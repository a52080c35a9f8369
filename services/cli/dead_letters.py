"""`waymark dead`: records that could not be read."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.cli.given import Data, who_asks
from services.cli.later import Later, group_of
from services.cli.reaching import with_store
from services.cli.speaking import AsJson, give_up, print_json
from services.storage.dead_letter_states import DeadLetterState
from services.storage.dead_letters import (
    DeadLetterShown,
    DeadLetterWhole,
    close_dead_letters,
    list_dead_letters,
    whole_dead_letters,
)
from services.storage.vault import Vault

_DeadLetters = group_of(
    Later(
        "retry",
        "retrying",
        "Publish dead letters to case.events once more, as they came: after a new version can read them.",
    )
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    dead_app = typer.Typer(
        cls=_DeadLetters, no_args_is_help=True, help="Records that could not be read, with the reason of each."
    )
    dead_app.command("list")(dead_list)
    dead_app.command("show")(dead_show)
    dead_app.command("close")(dead_close)
    app.add_typer(dead_app, name="dead")


def dead_list(
    state: Annotated[DeadLetterState | None, typer.Option(help="only those that are so")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters, oldest first: where each stood and why it was refused."""

    async def look(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> list[DeadLetterShown]:
        async with engine.connect() as conn:
            return await list_dead_letters(conn, state)

    letters = with_store(data, look)
    if as_json:
        print_json([_as_json(each) for each in letters])
        return
    if not letters:
        typer.echo("There are no dead letters.")
    for each in letters:
        typer.echo(f"{each.id:>6}  {each.state.value:<8} {each.topic}/{each.partition}/{each.offset}  {each.reason}")


def dead_show(
    number: Annotated[int, typer.Argument(help="as `waymark dead list` has it")],
    with_value: Annotated[
        bool, typer.Option("--value", help="also the record itself, which may hold somebody's words")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter whole: reason, position, headers, and with --value what it held."""

    async def look(engine: AsyncEngine, vault: Vault, _settings: Settings) -> list[DeadLetterWhole]:
        async with engine.connect() as conn:
            return await whole_dead_letters(conn, vault, [number])

    found = with_store(data, look)
    if not found:
        give_up(f"There is no dead letter {number}.")
    letter = found[0]
    content = {
        **_as_json(letter.shown),
        "headers": [
            [name, None if value is None else value.decode(errors="replace")] for name, value in letter.headers
        ],
    }
    if letter.missing is not None:
        content["record"] = letter.missing
    if with_value:
        content["value"] = None if letter.value is None else letter.value.decode(errors="backslashreplace")
    if as_json:
        print_json(content)
        return
    for name, value in content.items():
        typer.echo(f"{name:<16} {value}")


def dead_close(
    numbers: Annotated[list[int], typer.Argument(help="as `waymark dead list` has them")],
    data: Data = None,
) -> None:
    """Note that a person has dealt with dead letters that nothing more comes of; they stay, with who closed them."""

    async def close(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> set[int]:
        async with engine.begin() as conn:
            return await close_dead_letters(conn, numbers, who_asks())

    closed = with_store(data, close)
    typer.echo(f"{len(closed)} closed")
    if left := sorted(set(numbers) - closed):
        give_up(
            f"Not closed, because there is none of this number or it was dealt with before: "
            f"{', '.join(map(str, left))}. `waymark dead list` shows how each stands."
        )


def _as_json(letter: DeadLetterShown) -> dict[str, Any]:
    return {
        "id": letter.id,
        "state": letter.state.value,
        "reason": letter.reason,
        "field": letter.field,
        "case_id": letter.case_id,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "received_at": letter.received_at.isoformat(),
        "retried_at": letter.retried_at.isoformat() if letter.retried_at else None,
        "settled_at": letter.settled_at.isoformat() if letter.settled_at else None,
        "settled_by": letter.settled_by,
        "publish_problem": letter.publish_problem,
        "size": letter.size,
    }
