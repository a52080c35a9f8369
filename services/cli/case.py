"""`waymark case`: one case of the store, now or as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts import TYPES
from infra.settings import Settings
from services.cli.cases import assessment_lines
from services.cli.given import Data, settings_of, who_asks
from services.cli.reaching import with_store
from services.cli.rule_sets import rules_or_stop
from services.cli.speaking import AsJson, give_up, instant_option, print_json
from services.journeys.assess import assess
from services.journeys.facts import Fact
from services.journeys.rule_set import RuleSet
from services.storage.access_log import log_looks
from services.storage.casework import moment
from services.storage.dead_letters import count_refused
from services.storage.rereading import RecordProblem, facts_of_case, record_problems_of
from services.storage.sight import is_kept_from
from services.storage.tables import case_key
from services.storage.vault import Vault

_PROBLEMS = {
    "same_identity_other_content": "came again with other content, which was refused; the first stands",
    "same_identity_two_cases": "was sent for two cases; the one accepted first stands, the other was refused",
}


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("case")(show_case)


def show_case(
    case_id: Annotated[str, typer.Argument(help="the case")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="the moment; without it, now")] = None,
    received_by: Annotated[
        str | None, typer.Option("--received-by", help="only what Waymark had been told by then")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say of one case in the store what is owed, now or at another moment. The look is logged."""
    at, told_by = instant_option(as_of), instant_option(received_by)

    async def look(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> tuple[Any, ...]:
        async with engine.begin() as conn:
            await log_looks(conn, who_asks(), "case", [case_key(case_id)])
            now = await moment(conn)
            if await is_kept_from(conn, case_key(case_id), None, now):
                return [], [], 0, now
            facts = await facts_of_case(conn, case_id, told_by)
            refused = await count_refused(conn, case_key(case_id), received_by=told_by)
            return facts, await record_problems_of(conn, case_id, told_by), refused, at or now

    facts, problems, refused, now = with_store(data, look)
    if not facts and not problems:
        missing = "This case is not in the store" + (" as it was then." if told_by else ".")
        give_up(f"{missing} {_refused_said(refused)}" if refused else missing)
    content = _content(rules_or_stop(settings_of(data)), case_id, facts, problems, now)
    if refused:
        only = content["cases"][0]
        only["notes"] = [*only.get("notes", ()), _refused_said(refused)]
    if as_json:
        print_json(content)
        return
    for line in assessment_lines(content):
        typer.echo(line)


def _refused_said(count: int) -> str:
    records, them = ("record", "it") if count == 1 else ("records", "them")
    return (
        f"{count} {records} of this case could not be taken in, and nobody has dealt with {them}: something may look "
        "unmet that was met. `waymark dead list` says why."
    )


def _content(
    rules: RuleSet, case_id: str, facts: list[Fact], problems: list[RecordProblem], now: datetime
) -> dict[str, Any]:
    case = {**assess(facts, rules, now).as_json(), "case_id": case_id}
    said = [f"The event {each.event_id} from {each.source} {_PROBLEMS[each.what]}." for each in problems]
    said += [
        f"The event {each.id} is of a type that is not known, {each.type}: it is kept and changes nothing."
        for each in facts
        if each.type not in TYPES
    ]
    if said:
        case["notes"] = [*case.get("notes", ()), *said]
    return {"as_of": now.isoformat(), "packs": list(rules.packs), "cases": [case]}
