"""Commands about the law: the packs, the rule set in force, and why an obligation stands as it does."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.adopt import ASK_ABOVE_SHARE, Foreseen, about, foresee, summary_lines
from services.cli.cases import AsJson, chosen_rule_set
from services.cli.path import progress_bar
from services.cli.reaching import Data, rules_or_stop, settings_of, with_store
from services.cli.speaking import WRONG_USE, give_up, instant_option, print_json, tell
from services.journeys.assess import assess
from services.journeys.changes import Announcement
from services.journeys.explain import explain
from services.journeys.facts import Fact
from services.journeys.rule_set import RuleSet
from services.provisions.packs import PACKS_IN_SERVICE
from services.provisions.rules import Rule
from services.storage.access_log import log_looks
from services.storage.casework import moment
from services.storage.rereading import case_of_obligation, facts_of_case
from services.storage.rule_sets import Adoption, adopt_rule_set, adoptions, current_rule_set
from services.storage.tables import case_key
from services.storage.vault import Vault

rules_app = typer.Typer(
    no_args_is_help=True, help="The packs: what is owed, by whom, within what time, and its source."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    rules_app.command("list")(list_rules)
    rules_app.command("show")(show_rule)
    rules_app.command("adopt")(adopt)
    rules_app.command("history")(show_history)
    app.add_typer(rules_app, name="rules")
    app.command("explain")(explain_obligation)


def list_rules(
    packs: Annotated[str, typer.Option(help="names of packs, with commas")] = ",".join(PACKS_IN_SERVICE),
    as_json: AsJson = False,
) -> None:
    """List every rule: what is owed, by whom, within what time."""
    ruleset = chosen_rule_set(packs)
    rules = [rule for rule in ruleset.rules if rule.pack in ruleset.selected]
    if as_json:
        print_json([rule_content(rule) for rule in rules])
        return
    for rule in rules:
        advisory = ", advisory" if rule.advisory else ""
        typer.echo(f"{rule.id:<26} {rule.owner:<10} {limit_words(rule):<42} {rule.duty} ({rule.confidence}{advisory})")


def show_rule(rule_id: Annotated[str, typer.Argument(help="such as VC-R6-ARREST")], as_json: AsJson = False) -> None:
    """Show one rule whole, with its citation."""
    rule = chosen_rule_set(",".join(PACKS_IN_SERVICE)).by_id.get(rule_id)
    if rule is None:
        give_up(f"There is no rule {rule_id}. `waymark rules list` shows all.", WRONG_USE)
    content = rule_content(rule)
    if as_json:
        print_json(content)
        return
    for name, value in content.items():
        typer.echo(f"{name:<16} {', '.join(value) if isinstance(value, list) else value}")


def rule_content(rule: Rule) -> dict[str, Any]:
    """A rule as data: its duty, limits, triggers, what discharges it, and where it is written."""
    return {
        "id": rule.id,
        "pack": rule.pack,
        "right": rule.right,
        "owner": rule.owner,
        "duty": rule.duty,
        "shape": rule.shape.value,
        "limit": limit_words(rule),
        "triggers": [clause.type for clause in rule.triggers],
        "discharged_by": [clause.type for clause in rule.discharges] or ["telling the victim"],
        "advisory": rule.advisory,
        "confidence": rule.confidence,
        "in_force_from": rule.in_force_from.isoformat(),
        "in_force_to": rule.in_force_to.isoformat() if rule.in_force_to else None,
        "citation": {
            "instrument": rule.citation.instrument,
            "place": rule.citation.place,
            "address": rule.citation.address,
            "seen": rule.citation.seen.isoformat(),
        },
    }


def limit_words(rule: Rule) -> str:
    """The time there is, in words."""
    if rule.limit is None:
        return "untimed"
    unit = rule.limit.unit.value.replace("_", " ")
    if rule.limit.standard == rule.limit.enhanced:
        return f"{rule.limit.standard} {unit}" if rule.limit.standard else unit
    return f"{rule.limit.standard} {unit}, {rule.limit.enhanced} with Enhanced Rights"


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
            who = f"cli:{getpass.getuser()}"
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
