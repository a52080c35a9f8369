"""`waymark explain`: why an obligation stands as it does, from its trigger to its verdict."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.cli.cases import AsJson
from services.cli.reaching import Data, rules_or_stop, settings_of, with_store
from services.cli.speaking import give_up, instant_option, print_json
from services.journeys.explain import explain
from services.journeys.facts import Fact
from services.storage.access_log import log_looks
from services.storage.casework import moment
from services.storage.rereading import case_of_obligation, facts_of_case
from services.storage.tables import case_key
from services.storage.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("explain")(explain_obligation)


def explain_obligation(
    obligation_id: Annotated[str, typer.Argument(help="as `waymark case` shows it")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="the moment; without it, now")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say why an obligation stands as it does, from its trigger to its verdict. The look is logged."""
    at = instant_option(as_of)

    async def look(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> tuple[list[Fact], datetime] | None:
        async with engine.begin() as conn:
            case_id = await case_of_obligation(conn, obligation_id)
            if case_id is None:
                return None
            await log_looks(conn, f"cli:{getpass.getuser()}", "explain", [case_key(case_id)])
            return await facts_of_case(conn, case_id), at or await moment(conn)

    found = with_store(data, look)
    rules = rules_or_stop(settings_of(data))
    explanation = explain(found[0], rules, found[1], obligation_id) if found is not None else None
    if explanation is None:
        give_up("No obligation of this id stands. `waymark case CASE_ID` shows those of a case.")
    if as_json:
        print_json(explanation.content)
        return
    for line in explanation.lines():
        typer.echo(line)
