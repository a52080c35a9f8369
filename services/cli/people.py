"""`waymark people import`: contact points into the vault, never onto the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.clock import parse_start
from infra.settings import Settings
from services.cli.given import Data, settings_of
from services.cli.reaching import with_store
from services.cli.speaking import FINDINGS, WRONG_USE, give_up, tell
from services.contacts.people_file import PeopleFile, read_people
from services.storage.people import Imported, import_points
from services.storage.vault import Vault

people_app = typer.Typer(no_args_is_help=True, help="Contact points of victims: kept encrypted, never shown.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    people_app.command("import")(import_people)
    people_app.callback()(_people)
    app.add_typer(people_app, name="people")


def _people() -> None:
    """Contact points of victims: kept encrypted, never shown."""


def import_people(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: victim_id,contact_point_ref,kind,value,belongs_to,confirmed_by,confirmed_at,cover,sender_name"
        ),
    ],
    data: Data = None,
) -> None:
    """Store contact points from a CSV file; exit 1 if a line was refused (the rest is stored)."""
    settings = settings_of(data)
    found = read_file(file, in_service=settings.service)
    for refusal in found.refusals:
        tell(f"{file.name}, {refusal}")
    if not found.rows:
        give_up("Nothing was stored: the file holds no line that can be used.")

    async def work(engine: AsyncEngine, vault: Vault, _settings: Settings) -> Imported:
        async with engine.begin() as conn:
            return await import_points(conn, vault, found.rows)

    done = with_store(data, work)
    tell(
        f"{len(found.rows)} contact points stored: {done.new} new, {done.confirmed} newly confirmed, "
        f"{done.unchanged} as they were, {done.changed} changed."
    )
    if done.changed:
        tell(
            "Nothing is sent to a changed number until a person has confirmed it in another way: "
            "import it again with a later confirmed_at."
        )
    if done.shared:
        tell(f"{done.shared} contact points hold a number stored for two people: nothing is sent there.")
    if found.refusals:
        raise typer.Exit(FINDINGS)


def read_file(file: Path, *, in_service: bool) -> PeopleFile:
    """Return what the file holds; one that cannot be read is wrong use, said in a sentence."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return read_people(lines, parse_start, in_service=in_service)
    except UnicodeDecodeError:
        give_up(f"{file.name} is not UTF-8: save it as CSV in UTF-8.", WRONG_USE)
    except OSError as error:
        give_up(f"{file.name} cannot be read: {error.strerror}.", WRONG_USE)
