"""Commands that show the law: every rule of the packs, one rule whole."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.later import Later, group_of
from services.cli.packs_read import pack_of
from services.cli.rule_words import limit_words, rule_content
from services.cli.speaking import WRONG_USE, AsJson, give_up, print_json
from services.provisions.packs import PACKS_IN_SERVICE, Pack, PackError

_Rules = group_of(
    Later(
        "check",
        "checking",
        "Say whether each pack says all it must: source, place, confidence, dates, events that exist; exit 1 if not.",
    ),
    Later(
        "coverage",
        "checking",
        "Say of each Right of the Code, and of the clocks beside it, what is implemented, untimed or out of scope.",
    ),
    Later(
        "compare",
        "comparing",
        "Run the same events under two sets of packs: which obligations differ, by rule, and what becomes of each "
        "rate.",
    ),
    Later(
        "adopt",
        "adopting",
        "Put the rule set of this version in force, after saying what that changes; nobody is alerted or texted by it.",
    ),
    Later(
        "history",
        "adopting",
        "List every rule set that came into force: when, by whom, and what it was foreseen to change.",
    ),
)

rules_app = typer.Typer(
    cls=_Rules, no_args_is_help=True, help="The packs: what is owed, by whom, within what time, and its source."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    rules_app.command("list")(list_rules)
    rules_app.command("show")(show_rule)
    app.add_typer(rules_app, name="rules")


_IN_SERVICE = ",".join(PACKS_IN_SERVICE)
Packs = Annotated[str, typer.Option(help="names of packs or paths of pack files, with commas")]


def list_rules(packs: Packs = _IN_SERVICE, as_json: AsJson = False) -> None:
    """List every rule: what is owed, by whom, within what time."""
    rules = [rule for pack in _packs(packs) for rule in pack.rules]
    if as_json:
        print_json([rule_content(rule) for rule in rules])
        return
    for rule in rules:
        advisory = ", advisory" if rule.advisory else ""
        typer.echo(f"{rule.id:<26} {rule.owner:<10} {limit_words(rule):<42} {rule.duty} ({rule.confidence}{advisory})")


def show_rule(
    rule_id: Annotated[str, typer.Argument(help="such as VC-R6-ARREST")],
    packs: Packs = _IN_SERVICE,
    as_json: AsJson = False,
) -> None:
    """Show one rule whole, with its citation."""
    rule = next((rule for pack in _packs(packs) for rule in pack.rules if rule.id == rule_id), None)
    if rule is None:
        give_up(f"There is no rule {rule_id}. `waymark rules list` shows all.", WRONG_USE)
    content = rule_content(rule)
    if as_json:
        print_json(content)
        return
    for name, value in content.items():
        for part, said in value.items() if isinstance(value, dict) else [(name, value)]:
            typer.echo(f"{part:<16} {_shown(said)}")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "none" if value is None else str(value)


def _packs(named: str) -> list[Pack]:
    """The packs of these names or paths; one that cannot be used is wrong use, said in a sentence."""
    try:
        return [pack_of(each.strip()) for each in named.split(",") if each.strip()]
    except PackError as problem:
        give_up(str(problem), WRONG_USE)
