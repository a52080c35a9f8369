"""`waymark rebuild`: everything derived from the facts again, or compared with what is stored."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.assess_case import Rules, assess_cases
from services.cli.given import Data, settings_of
from services.cli.progress import progress_bar
from services.cli.reaching import with_store
from services.cli.rule_sets import rules_or_stop
from services.cli.speaking import FINDINGS, give_up, tell
from services.contacts.measured import not_measured
from services.counting import count_all, counter_of
from services.figures.contributions import contributions
from services.journeys.assess import assess
from services.journeys.rule_set import RuleSet
from services.rebuild import Comparison, rebuild, verify
from services.storage.figures import wake_figures
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import RuleSetNotCurrentError
from services.storage.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("rebuild")(rebuild_store)


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
                        # It takes what events and dates have woken too, as `waymark clock` does.
                        not_measured=not_measured(rules.rules, settings.sources),
                        days=rules.days,
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
    return Rules(rules.hash, lambda facts, now: assess(facts, rules, now), rules.parts)
