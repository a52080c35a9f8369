"""`waymark officers import`: who is at work when, and where they are told; addresses go into the vault, unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.clock import parse_instant
from infra.settings import Settings
from services.cli.given import Data, settings_of
from services.cli.reaching import with_store
from services.cli.rule_sets import rules_or_stop
from services.cli.speaking import FINDINGS, WRONG_USE, give_up, tell
from services.contacts.officers_file import OfficersFile, read_officers
from services.provisions.working_days import WorkingDays
from services.storage.officers import OfficersImported, import_officers
from services.storage.vault import Vault

_HELP = "Who is at work when, who stands in for whom, and where they are told."

officers_app = typer.Typer(no_args_is_help=True, help=_HELP)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    officers_app.command("import")(import_file)
    officers_app.callback(help=_HELP)(_officers)
    app.add_typer(officers_app, name="officers")


def _officers() -> None:
    """Keep a group with one command a group."""


def import_file(
    file: Annotated[
        Path,
        typer.Argument(help="CSV, one line a shift: officer_ref,role,team,supervisor_ref,address,from,to,cover_ref"),
    ],
    data: Data = None,
) -> None:
    """Store officers and their shifts from a CSV file; from a file with a mistake nothing is stored (exit 1).

    Everything known of the officers in the file is replaced; others stay. Open cards are planned anew.
    """
    settings = settings_of(data)
    found = read_file(file, in_service=settings.service, days=rules_or_stop(settings).days)
    for refusal in found.refusals:
        tell(f"{file.name}, {refusal}")
    if found.refusals:
        give_up("Nothing was stored: correct the file and import it again.", FINDINGS)
    if not found.rows:
        give_up("Nothing was stored: the file names nobody.")

    async def work(engine: AsyncEngine, vault: Vault, _settings: Settings) -> OfficersImported:
        async with engine.begin() as conn:
            return await import_officers(conn, vault, found.rows)

    done = with_store(data, work)
    tell(f"{done.officers} officers stored with {done.shifts} shifts; {done.planned_anew} open cards are planned anew.")
    without = sum(1 for row in found.rows if row.address is None)
    if without:
        tell(f"{without} of them have no address: what is for them stands on their list and is sent nowhere.")


def read_file(file: Path, *, in_service: bool, days: WorkingDays) -> OfficersFile:
    """Return what the file holds; one that cannot be read is wrong use, said in a sentence."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return read_officers(lines, parse_instant, in_service=in_service, days=days)
    except UnicodeDecodeError:
        give_up(f"{file.name} is not UTF-8: save it as CSV in UTF-8.", WRONG_USE)
    except OSError as error:
        give_up(f"{file.name} cannot be read: {error.strerror}.", WRONG_USE)
