"""`waymark worklist`: open alerts and tasks, soonest first; taking one in hand, and disputing a grade."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infra.settings import Settings
from services.cli.given import Data
from services.cli.reaching import with_store
from services.cli.speaking import FINDINGS, give_up, print_json, tell
from services.contacts.london import by_words
from services.projections.worklist import WorklistItem, worklist
from services.storage.card_answers import acknowledge, dispute, uphold
from services.storage.casework import moment
from services.storage.sight import is_kept_from, kept_of
from services.storage.tables import case_key
from services.storage.vault import Vault

LINES: Final = 50
"""How many lines people are shown where they do not say."""

By = Annotated[str, typer.Option("--by", help="reference of the officer who says so")]
_NOT_THEIRS = (
    "Nothing was changed: this case is restricted, and this officer is not named as one who may see it. Tell the "
    "officer in charge, or the duty supervisor, that the card waits."
)
CaseId = Annotated[str, typer.Argument(help="the case")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    worklist_app = typer.Typer(help="Show open alerts and tasks, what is to be done soonest first.")
    worklist_app.callback(invoke_without_command=True)(show_worklist)
    worklist_app.command("acknowledge")(acknowledge_card)
    worklist_app.command("dispute")(dispute_grade)
    worklist_app.command("uphold")(uphold_grade)
    app.add_typer(worklist_app, name="worklist")


def show_worklist(
    context: typer.Context,
    officer: Annotated[str | None, typer.Option(help="only of this officer, or worklist such as WCU")] = None,
    team: Annotated[str | None, typer.Option(help="only of this team")] = None,
    data: Data = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else there")] = False,
    limit: Annotated[int, typer.Option(min=1, help="how many lines people are shown; JSON is always whole")] = LINES,
) -> None:
    """Show open alerts and tasks, what is to be done soonest first."""
    if context.invoked_subcommand is not None:
        context.obj = data
        return

    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> list[WorklistItem]:
        async with engine.connect() as conn:
            listed = await worklist(conn, officer=officer, team=team)
            kept = await kept_of(conn, {case_key(each.case_id) for each in listed}, await moment(conn))
            return [each for each in listed if case_key(each.case_id) not in kept.sealed]

    items = with_store(data, work)
    if as_json:
        print_json([item.as_json() for item in items])
        return
    if not items:
        typer.echo("Nothing is open.")
    for item in items[:limit]:
        at = item.act_by or item.due_at
        due = "now" if item.is_at_once else f"by {by_words(at)}" if at else "no date"
        taken = f" (acknowledged by {item.acknowledged_by})" if item.acknowledged_by else ""
        typer.echo(f"{item.case_id}  {item.kind.replace('_', ' ')}  {due}  for {item.to}{taken}\n    {item.say}")
    if len(items) > limit:
        tell(
            f"{len(items) - limit:,} more lines are open, {len(items):,} in all: choose with --officer or --team, or "
            "show more with --limit. --json shows all."
        )


def acknowledge_card(
    context: typer.Context,
    case_id: CaseId,
    by: By,
    victim: Annotated[str | None, typer.Option(help="only the card of this victim")] = None,
    data: Data = None,
) -> None:
    """Say that a card is in hand: what was shown to this officer of the case, and every interruption of it."""
    done = _answered(data or context.obj, case_id, by, lambda conn: acknowledge(conn, case_id, by, victim))
    if not done:
        give_up(
            "Nothing was acknowledged: no card of this case that waits for an answer has been put in front of this "
            "officer. `waymark worklist --officer` shows what is open.",
            FINDINGS,
        )
    tell(f"Acknowledged: {done} {'line' if done == 1 else 'lines'} of the card.")


def dispute_grade(
    context: typer.Context,
    case_id: CaseId,
    event: Annotated[str, typer.Argument(help="the event of the contact, as the worklist shows it")],
    by: By,
    data: Data = None,
) -> None:
    """Say that the grade of a contact is wrong: the card is suspended, and the supervisor looks at the record."""
    done = _answered(data or context.obj, case_id, by, lambda conn: dispute(conn, case_id, event, by))
    if not done:
        give_up("Nothing was disputed: this officer has no open card about the grade of this contact.", FINDINGS)
    tell("The card is suspended. A review stands on the supervisor's list of the next morning.")


def uphold_grade(
    context: typer.Context,
    case_id: CaseId,
    event: Annotated[str, typer.Argument(help="the event of the contact, as the worklist shows it")],
    by: By,
    data: Data = None,
) -> None:
    """Say that a supervisor has read the record of a disputed contact, and that its grade stands."""
    done = _answered(data or context.obj, case_id, by, lambda conn: uphold(conn, case_id, event, by))
    if not done:
        give_up("Nothing was changed: no review of this contact's grade is on this officer's list.", FINDINGS)
    tell("The grade stands: the review is closed, and the card of whoever disputed it too.")


def _answered(data: Path | None, case_id: str, by: str, answer: Callable[[AsyncConnection], Awaitable[int]]) -> int:
    """Write down an officer's answer and return how much it changed; stop if the case is not theirs to see."""

    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> int | None:
        async with engine.begin() as conn:
            if await is_kept_from(conn, case_key(case_id), by, await moment(conn)):
                return None
            return await answer(conn)

    done = with_store(data, work)
    if done is None:
        give_up(_NOT_THEIRS, FINDINGS)
    return done
