"""Commands about the path of an event through the store: migrate, case, rebuild."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.database import database_url
from infra.migrations import migrate, newest_revision
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from services.assess_case import Rules, assess_cases
from services.cli.cases import assessment_lines
from services.cli.reaching import Data, rules_or_stop, settings_of, with_store
from services.cli.speaking import FINDINGS, give_up, instant_option, print_json, tell
from services.counting import count_all, counter_of
from services.figures.contributions import contributions
from services.journeys.assess import assess
from services.journeys.facts import Fact
from services.journeys.rule_set import RuleSet
from services.rebuild import Comparison, rebuild, verify
from services.storage.access_log import log_looks
from services.storage.casework import moment
from services.storage.figures import wake_figures
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rereading import RecordProblem, facts_of_case, record_problems_of
from services.storage.rule_sets import RuleSetNotCurrentError
from services.storage.sight import is_kept_from
from services.storage.tables import case_key
from services.storage.vault import Vault

_PROBLEMS = {
    "same_identity_other_content": "came again with other content, which was refused; the first stands",
    "same_identity_two_cases": "was sent for two cases; the one accepted first stands, the other was refused",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    app.command("migrate")(migrate_store)
    app.command("case")(show_case)
    app.command("rebuild")(rebuild_store)


@contextmanager
def progress_bar(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, and what moves it forward; silent where nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)


def migrate_store(data: Data = None) -> None:
    """Bring the database's schema to this version; doing it twice, or in several processes, is no harm."""
    try:
        reached = with_servers(settings_of(data), needs_kafka=False)
        before, after = asyncio.run(migrate(database_url(reached)))
    except (NothingRunningError, LookupError) as problem:
        give_up(str(problem))
    except OSError:
        give_up("The database cannot be reached. Start `waymark up`, or check WAYMARK_DATABASE_URL.")
    except DBAPIError as problem:
        give_up(f"The database refused the migration ({type(problem.orig).__name__}); nothing was changed.")
    typer.echo(f"schema {after}" + (" (unchanged)" if before == newest_revision() else f" (was {before or 'empty'})"))


def show_case(
    case_id: Annotated[str, typer.Argument(help="the case")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="the moment; without it, now")] = None,
    received_by: Annotated[
        str | None, typer.Option("--received-by", help="only what Waymark had been told by then")
    ] = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else there")] = False,
) -> None:
    """Say of one case in the store what is owed, now or at another moment. The look is logged."""
    at, told_by = instant_option(as_of), instant_option(received_by)

    async def look(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> tuple[Any, ...]:
        async with engine.begin() as conn:
            await log_looks(conn, f"cli:{getpass.getuser()}", "case", [case_key(case_id)])
            now = await moment(conn)
            if await is_kept_from(conn, case_key(case_id), None, now):
                return [], [], now
            facts = await facts_of_case(conn, case_id, told_by)
            return facts, await record_problems_of(conn, case_id), at or now

    facts, problems, now = with_store(data, look)
    if not facts and not problems:
        give_up("This case is not in the store" + (" as it was then." if told_by else "."))
    content = _content(rules_or_stop(settings_of(data)), case_id, facts, problems, now)
    if as_json:
        print_json(content)
        return
    for line in assessment_lines(content):
        typer.echo(line)


def _content(
    rules: RuleSet, case_id: str, facts: list[Fact], problems: list[RecordProblem], now: datetime
) -> dict[str, Any]:
    case = {**assess(facts, rules, now).as_json(), "case_id": case_id}
    if problems:
        said = [f"The event {each.event_id} from {each.source} {_PROBLEMS[each.what]}." for each in problems]
        case["notes"] = [*case.get("notes", ()), *said]
    return {"as_of": now.isoformat(), "packs": list(rules.packs), "cases": [case]}


def rebuild_store(
    only_verify: Annotated[bool, typer.Option("--verify", help="change nothing, exit 1 on any difference")] = False,
    data: Data = None,
) -> None:
    """Derive everything from the facts again; what differs is put right and announced with cause repair."""
    rules = rules_or_stop(settings_of(data))
    if only_verify:
        _verify(rules, data)
        return

    async def do(engine: AsyncEngine, _vault: Vault, settings: Settings) -> tuple[int, int]:
        announced = 0

        async def work() -> bool:
            nonlocal announced
            done = await assess_cases(
                engine,
                _rules(rules),
                writers=[
                    partial(
                        write_cards_and_requests,
                        announce_from=settings.announce_from,
                        texts_from=settings.texts_from,
                    ),
                    wake_figures,
                ],
                announce_from=settings.announce_from,
            )
            announced += done.announced
            return bool(done.assessed or done.set_aside)

        with progress_bar("rebuilding") as told:
            marked = await rebuild(engine, work, told)
        with progress_bar("counting for figures") as told:
            await count_all(engine, counter_of(rules), told)
        return marked, announced

    try:
        marked, announced = with_store(data, do)
    except RuleSetNotCurrentError as problem:
        give_up(str(problem))
    typer.echo(f"{marked} cases were assessed anew; {announced} differences were announced by this command.")


def _verify(rules: RuleSet, data: Data) -> None:
    async def compare(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> Comparison:
        with progress_bar("comparing") as told:
            count = partial(contributions, days=rules.days)
            return await verify(engine, rules.hash, _rules(rules).assess, told, count)

    found = with_store(data, compare)
    for sentence in found.first:
        tell(sentence)
    left_out = {
        "with news still waiting": found.waiting,
        "last assessed under other rules": found.other_rules,
        "set aside": found.set_aside,
    }
    aside = ", ".join(f"{count} {why}" for why, count in left_out.items() if count)
    summary = f"{found.cases} cases and {found.facts} facts were compared"
    typer.echo(f"{summary}{f' ({aside}: only their ledger)' if aside else ''}; {found.differences} differences.")
    if found.differences:
        raise typer.Exit(FINDINGS)


def _rules(rules: RuleSet) -> Rules:
    return Rules(rules.hash, lambda facts, now: assess(facts, rules, now))
