"""`waymark explain`: why an obligation stands as it does, from its trigger to its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.cli.cases import lines_of
from services.cli.given import Data, settings_of, who_asks
from services.cli.reaching import with_store
from services.cli.rule_sets import rules_or_stop
from services.cli.speaking import WRONG_USE, AsJson, give_up, instant_option, print_json, tell
from services.journeys.explain import explain
from services.journeys.explain_view import Received
from services.journeys.facts import Fact
from services.journeys.histories import read_histories
from services.storage.access_log import log_looks
from services.storage.casework import moment
from services.storage.received import received_of_case
from services.storage.rereading import case_of_obligation, facts_of_case
from services.storage.sight import is_kept_from
from services.storage.tables import case_key
from services.storage.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("explain")(explain_obligation)


@dataclass(frozen=True, slots=True)
class _Case:
    """What an explanation needs of a case: its facts, when each was received, and the moment."""

    facts: list[Fact]
    received: Received
    now: datetime


def explain_obligation(
    obligation_id: Annotated[str, typer.Argument(help="as `waymark case` and `waymark assess` show it")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="the moment; without it, now")] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="CloudEvents, one a line, instead of the store; needs --as-of")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say why an obligation stands as it does, from its trigger to its verdict. The look is logged."""
    at = instant_option(as_of)
    rules = rules_or_stop(settings_of(data))
    cases = _from_files(file, at) if file else _from_store(obligation_id, at, data)
    found = (
        explanation
        for case in cases
        if (explanation := explain(case.facts, rules, case.now, obligation_id, received=case.received)) is not None
    )
    explanation = next(found, None)
    if explanation is None:
        give_up("No obligation of this id stands. `waymark case CASE_ID` shows those of a case.")
    if as_json:
        print_json(explanation.content)
        return
    for line in explanation.lines():
        typer.echo(line)


def _from_store(obligation_id: str, at: datetime | None, data: Path | None) -> list[_Case]:
    """The case of the obligation, as the store has it; none where nothing ever had this id."""

    async def look(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> list[_Case]:
        async with engine.begin() as conn:
            case_id = await case_of_obligation(conn, obligation_id)
            if case_id is None or await is_kept_from(conn, case_key(case_id), None, await moment(conn)):
                return []
            await log_looks(conn, who_asks(), "explain", [case_key(case_id)])
            facts, received = await facts_of_case(conn, case_id), await received_of_case(conn, case_id)
            return [_Case(facts, received, at or await moment(conn))]

    return with_store(data, look)


def _from_files(files: list[Path], at: datetime | None) -> list[_Case]:
    """Every case of the files; what was refused in them is said, and the rest explained."""
    if at is None:
        give_up("Say the moment with --as-of.", WRONG_USE)
    histories = read_histories(lines_of(files))
    for refusal in histories.refusals:
        tell(refusal)
    return [_Case(facts, {}, at) for _case_id, facts in sorted(histories.cases.items())]
