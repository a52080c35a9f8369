"""`waymark worklist`: open alerts and tasks, soonest first."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.cli.reaching import Data, with_store
from services.cli.speaking import print_json
from services.contacts.london import by_words
from services.projections.worklist import WorklistItem, worklist
from services.storage.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("worklist")(show_worklist)


def show_worklist(
    officer: Annotated[str | None, typer.Option(help="only of this officer, or worklist such as WCU")] = None,
    team: Annotated[str | None, typer.Option(help="only of this team")] = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else there")] = False,
) -> None:
    """Show open alerts and tasks, what is due soonest first."""

    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> list[WorklistItem]:
        async with engine.connect() as conn:
            return await worklist(conn, officer=officer, team=team)

    items = with_store(data, work)
    if as_json:
        print_json([item.as_json() for item in items])
        return
    if not items:
        typer.echo("Nothing is open.")
    for item in items:
        due = f"by {by_words(item.due_at)}" if item.due_at else "no date"
        typer.echo(f"{item.case_id}  {item.kind.replace('_', ' ')}  {due}  for {item.to}\n    {item.say}")
