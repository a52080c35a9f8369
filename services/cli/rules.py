"""Commands about the law: the packs, the rule set in force, and why an obligation stands as it does."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.adopt import ASK_ABOVE_SHARE, Foreseen, foresee
from services.cli.cases import AsJson, chosen_rule_set
from services.cli.reaching import Data, with_store
from services.cli.speaking import WRONG_USE, give_up, instant_option, print_json, tell
from services.journeys.assess import assess
from services.journeys.explain import explain
from services.journeys.facts import Fact
from services.journeys.rule_set import load_rule_set
from services.provisions.packs import PACKS_IN_SERVICE
from services.provisions.rules import Rule
from services.storage.access_log import log_looks
from services.storage.casework import moment
from services.storage.rereading import case_of_obligation, facts_of_case
from services.storage.rule_sets import adopt_rule_set, current_rule_set
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
    data: Data = None,
) -> None:
    """Put the rule set of this version in force, after saying what that changes; nobody is alerted or texted by it."""
    rules = load_rule_set()

    async def look(engine: AsyncEngine, _vault: Vault, settings: Settings) -> tuple[str | None, Foreseen]:
        async with engine.connect() as conn:
            current = await current_rule_set(conn)
        return current, await foresee(engine, lambda facts, now: assess(facts, rules, now), settings.announce_from)

    current, foreseen = with_store(data, look)
    if current == rules.hash:
        typer.echo(f"rule set {rules.hash[:12]} is in force already")
        return
    for line in foreseen.lines():
        typer.echo(line)
    for case_id in foreseen.failed:
        tell(f"{case_id} cannot be assessed under these rules and would be set aside.")
    typer.echo(f"{foreseen.changed} of {foreseen.cases} cases change ({foreseen.share:.0%})")
    if dry_run:
        return
    if foreseen.share > ASK_ABOVE_SHARE and not yes and not typer.confirm("Adopt these rules?", err=True):
        give_up("Nothing was adopted.")

    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> None:
        async with engine.begin() as conn:
            await adopt_rule_set(conn, rules.hash)

    with_store(data, work)
    typer.echo(f"rule set {rules.hash[:12]} is in force from now on")


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
    explanation = explain(found[0], load_rule_set(), found[1], obligation_id) if found is not None else None
    if explanation is None:
        give_up("No obligation of this id stands. `waymark case CASE_ID` shows those of a case.")
    if as_json:
        print_json(explanation.content)
        return
    for line in explanation.lines():
        typer.echo(line)
