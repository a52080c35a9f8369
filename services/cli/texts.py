"""`waymark texts` and `waymark text preview`: every text and its fate, the one switch, and what would be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from notifications.preview import preview
from services.cli.cases import lines_of
from services.cli.given import Data, settings_of
from services.cli.people import read_file
from services.cli.reaching import with_store
from services.cli.rule_sets import rules_or_stop
from services.cli.speaking import FINDINGS, WRONG_USE, give_up, instant_option, print_json, tell
from services.journeys.assess import assess
from services.journeys.assessment import State
from services.journeys.histories import read_histories
from services.projections.texts_shown import count_texts
from services.storage.casework import moment
from services.storage.sight import kept_of
from services.storage.tables import case_key
from services.storage.texts import StoreMovedError, list_texts, set_paused
from services.storage.vault import Vault

LINES: Final = 50
"""How many texts people are shown where they do not say."""

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else there")]

texts_app = typer.Typer(no_args_is_help=True, help="Texts to victims: what became of each, and the one switch.")
text_app = typer.Typer(no_args_is_help=True, help="What would be sent, and why not.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    texts_app.command("list")(show_texts)
    texts_app.command("pause")(pause_texts)
    texts_app.command("resume")(resume_texts)
    text_app.command("preview")(preview_text)
    text_app.callback()(_text)
    app.add_typer(texts_app, name="texts")
    app.add_typer(text_app, name="text")


def _text() -> None:
    """What would be sent, and why not."""


def show_texts(
    case: Annotated[str | None, typer.Option(help="only of this case")] = None,
    data: Data = None,
    as_json: AsJson = False,
    limit: Annotated[
        int, typer.Option(min=1, help="how many people are shown, the latest ones; JSON is always whole")
    ] = LINES,
) -> None:
    """Show every text and its fate, the latest last; never a number."""

    async def work(engine: AsyncEngine, vault: Vault, _settings: Settings) -> tuple[list[dict[str, Any]], int]:
        async with engine.connect() as conn:
            texts = await list_texts(conn, vault, case, None if as_json else limit)
            older = 0 if len(texts) < limit else await count_texts(conn, case) - len(texts)
            kept = await kept_of(conn, {case_key(each["case_id"]) for each in texts}, await moment(conn))
            return [each for each in texts if case_key(each["case_id"]) not in kept.sealed], older

    found, older = with_store(data, work)
    if as_json:
        print_json(found)
        return
    if not found:
        typer.echo("There are no texts.")
    for each in found:
        why = each["history"][-1].get("why") if each["history"] else None
        typer.echo(f"{each['case_id']}  {each['victim_id']}  {each['state'].replace('_', ' ')}  {each['purpose']}")
        for line in filter(None, (each["body"], why)):
            typer.echo(f"    {line}")
    if older:
        tell(f"{older:,} older texts are not shown: choose with --case, or show more with --limit. --json shows all.")


def pause_texts(data: Data = None) -> None:
    """Stop all texts at once: what is held stays held, and tasks are made for people."""
    _switch(data, paused=True)


def resume_texts(data: Data = None) -> None:
    """Let texts go again; each is decided anew."""
    _switch(data, paused=False)


def preview_text(
    event_file: Annotated[Path, typer.Argument(help="CloudEvents, one a line; - is standard input")],
    victim: Annotated[str, typer.Option(help="for whom")],
    as_of: Annotated[str, typer.Option("--as-of", help="the moment, such as 2026-11-20T12:00:00+00:00")],
    people: Annotated[Path | None, typer.Option(help="contact points, as for `people import`")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what would be sent to a victim at a moment, and every gate decision; exit 1 if a line was refused."""
    now = instant_option(as_of)
    if now is None:
        give_up("Say the moment with --as-of.", WRONG_USE)
    histories = read_histories(lines_of([event_file]))
    refusals = list(histories.refusals)
    settings = settings_of(None)
    points = None
    if people is not None:
        read = read_file(people, in_service=settings.service)
        refusals += [f"{people.name}, {each}" for each in read.refusals]
        points = read.rows
    ruleset = rules_or_stop(settings)
    duties = {
        case_id: [
            each.as_json()
            for each in assess(facts, ruleset, now).obligations
            if each.state in {State.PENDING, State.BREACHED}
        ]
        for case_id, facts in histories.cases.items()
    }
    shown = preview(histories.cases, victim, now, points=points, duties=duties, texts_from=settings.texts_from)
    for refusal in refusals:
        tell(refusal)
    if as_json:
        print_json(shown)
    else:
        typer.echo(f"{shown['decision']}" + (f", until {shown['until']}" if shown["until"] else ""))
        for line in filter(None, (shown["body"], shown["task"])):
            typer.echo(line)
        for reason in shown["reasons"]:
            typer.echo(f"  rule {reason['rule']}: {reason['why']}")
    if refusals:
        raise typer.Exit(FINDINGS)


def _switch(data: Path | None, *, paused: bool) -> None:
    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> bool:
        async with engine.begin() as conn:
            return await set_paused(conn, paused=paused)

    try:
        changed = with_store(data, work)
    except StoreMovedError as problem:
        give_up(str(problem))
    state = "paused" if paused else "on"
    tell(f"All texts are {state}." if changed else f"All texts were {state} already.")
