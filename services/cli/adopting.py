"""Commands that put a rule set in force, and say which were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.adopt import ASK_ABOVE_SHARE, Foreseen, about, foresee, summary_lines
from services.cli.given import Data, settings_of, who_asks
from services.cli.progress import progress_bar
from services.cli.reaching import with_store
from services.cli.rule_sets import rules_or_stop
from services.cli.speaking import AsJson, give_up, print_json, tell
from services.journeys.assess import assess
from services.journeys.changes import Announcement
from services.journeys.rule_set import RuleSet
from services.storage.rule_sets import Adoption, adopt_rule_set, adoptions, current_rule_set
from services.storage.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `waymark rules`."""
    app.command("adopt")(adopt)
    app.command("history")(show_history)


def adopt(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would change, and change nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="adopt also where many cases change, without asking")] = False,
    cases: Annotated[bool, typer.Option("--cases", help="name each case that would change, too")] = False,
    data: Data = None,
) -> None:
    """Put the rule set of this version in force, after saying what that changes; nobody is alerted or texted by it."""
    rules = rules_or_stop(settings_of(data))
    lines: list[str] = []

    def name_case(case_id: str, found: Sequence[Announcement]) -> None:
        said = ", ".join(f"{about(each)} {each.what}" for each in found)
        lines.append(f"{case_id}: {said}")

    async def look(
        engine: AsyncEngine, _vault: Vault, settings: Settings
    ) -> tuple[str | None, list[Adoption], Foreseen]:
        async with engine.connect() as conn:
            current, earlier = await current_rule_set(conn), await adoptions(conn)
        with progress_bar("looking ahead") as told:
            foreseen = await foresee(
                engine,
                lambda facts, now: assess(facts, rules, now),
                settings.announce_from,
                told,
                name_case if cases else lambda _case, _found: None,
            )
        return current, earlier, foreseen

    current, earlier, foreseen = with_store(data, look)
    if current == rules.hash:
        typer.echo(f"rule set {rules.hash[:12]} is in force already")
        return
    _refuse_changed_content(rules, earlier)
    for line in (*lines, *foreseen.lines()):
        typer.echo(line)
    for case_id in foreseen.failed:
        tell(f"{case_id} cannot be assessed under these rules and would be set aside.")
    if dry_run:
        return
    if foreseen.share > ASK_ABOVE_SHARE and not yes and not typer.confirm("Adopt these rules?", err=True):
        give_up("Nothing was adopted.")

    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> None:
        async with engine.begin() as conn:
            who = who_asks()
            await adopt_rule_set(conn, rules.hash, by=who, parts=rules.parts, summary=foreseen.content())

    with_store(data, work)
    typer.echo(f"rule set {rules.hash[:12]} is in force from now on; `waymark rules history` keeps this summary")


def _refuse_changed_content(rules: RuleSet, earlier: Sequence[Adoption]) -> None:
    """Refuse a pack that was adopted before under the same version with other content: a version names one content."""
    for name, digest in rules.parts.items():
        if name.startswith("pack ") and any(each.parts.get(name, digest) != digest for each in earlier):
            _, pack, version = name.split(" ")
            give_up(
                f"{pack}.yaml differs from the one adopted before under the same version, {version}. Raise `version` "
                "in it, so that everybody can tell which of the two a verdict rests on. Nothing was adopted."
            )


def show_history(data: Data = None, as_json: AsJson = False) -> None:
    """List every rule set that came into force: when, by whom, and what it was foreseen to change."""

    async def look(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> list[Adoption]:
        async with engine.connect() as conn:
            return await adoptions(conn)

    found = with_store(data, look)
    if as_json:
        print_json([{**asdict(each), "adopted_at": each.adopted_at.isoformat()} for each in found])
        return
    before: Mapping[str, Any] = {}
    for each in found:
        after = f" after {each.previous[:12]}" if each.previous else ""
        typer.echo(f"{each.adopted_at.isoformat()}  {each.hash[:12]}{after}, by {each.adopted_by}")
        changed = sorted(name for name, part in each.parts.items() if before and before.get(name) != part)
        for line in ([f"changed: {', '.join(changed)}"] if changed else []) + (
            summary_lines(each.summary) if each.summary is not None else ["nobody looked before what it would change"]
        ):
            typer.echo(f"  {line}")
        before = each.parts
