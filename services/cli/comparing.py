"""`waymark rules compare`: the same events under two sets of packs, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.cases import lines_of
from services.cli.given import settings_of
from services.cli.packs_read import text_of_pack
from services.cli.progress import progress_bar
from services.cli.rule_words import limit_words
from services.cli.speaking import FINDINGS, WRONG_USE, AsJson, give_up, instant_option, print_json, tell
from services.compare import Compared, Difference, Example, RuleCompared, Standing, compare
from services.figures.rates import Rate
from services.journeys.explain import moment_words
from services.journeys.histories import read_histories
from services.journeys.rule_set import RuleSet, rule_set_of
from services.provisions.packs import Pack, PackError, pack_text, read_whole_pack
from services.provisions.rules import Rule
from services.provisions.working_days import end_of_day
from services.rules_in_use import holidays_of

_FLAGS_REST_ON = "KENT"
_WORDS = {
    Difference.ONLY_IN_A: "owed under A alone",
    Difference.ONLY_IN_B: "owed under B alone",
    Difference.DUE_EARLIER: "due earlier under B",
    Difference.DUE_LATER: "due later under B, or without a date there",
    Difference.STATE: "in another state under B",
    Difference.OTHER: "with another owner, warning or advisory under B",
}
_STATES = {"satisfied": "met in time", "satisfied_late": "met late", "breached": "overdue"}
_SIDE = "names of packs or paths of pack files, with commas"


def register(app: typer.Typer) -> None:
    """Add the command of this module to `waymark rules`."""
    app.command("compare")(compare_packs)


def compare_packs(
    a: Annotated[str, typer.Argument(help=f"side A: {_SIDE}")],
    b: Annotated[str, typer.Argument(help=f"side B: {_SIDE}")],
    files: Annotated[list[Path], typer.Argument(help="CloudEvents, one a line; - is standard input")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="the moment; without it, that of the latest event")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the same events under two sets of packs: which obligations differ, by rule, and what becomes of each rate."""
    at = instant_option(as_of)
    packs_a, rules_a = _side(a)
    packs_b, rules_b = _side(b)
    histories = read_histories(lines_of(files))
    for refusal in histories.refusals:
        tell(refusal)
    latest = max((fact.occurred_at for facts in histories.cases.values() for fact in facts), default=None)
    now = at or latest
    if now is None:
        give_up("There is no event in these files to compare the packs over.")
    with progress_bar("comparing", len(histories.cases)) as told:
        found = compare(histories.cases, rules_a, rules_b, now, told)
    if as_json:
        print_json(_content(found, (packs_a, rules_a), (packs_b, rules_b)))
    else:
        for line in _lines(found, (packs_a, rules_a), (packs_b, rules_b)):
            typer.echo(line)
    if histories.refusals or found.failed:
        raise typer.Exit(FINDINGS)


def _side(named: str) -> tuple[list[Pack], RuleSet]:
    """The packs of one side and the rule set they make; what cannot be used is wrong use, said in a sentence."""
    try:
        packs: list[Pack] = []
        texts: dict[str, str] = {}
        for each in (each.strip() for each in named.split(",") if each.strip()):
            file, text = text_of_pack(each)
            pack = read_whole_pack(text, file)
            if pack.name in texts:
                give_up(
                    f"{named}: the pack {pack.name} is there twice. A copy of a pack stands for it; leave one.",
                    WRONG_USE,
                )
            packs.append(pack)
            texts[pack.name] = text
        texts.setdefault(_FLAGS_REST_ON, pack_text(_FLAGS_REST_ON))
        chosen = [pack.name for pack in packs]
        return packs, rule_set_of(texts, chosen, holidays_of(settings_of(None)), also_drafts=True)
    except PackError as problem:
        give_up(str(problem), WRONG_USE)


_Side = tuple[Sequence[Pack], RuleSet]


def _content(found: Compared, a: _Side, b: _Side) -> dict[str, Any]:
    content = found.as_json()
    stated = [{rule.id: rule for pack in packs for rule in pack.rules} for packs, _rules in (a, b)]
    for each in content["rules"]:
        for side, rules in zip("ab", stated, strict=True):
            rule = rules.get(each["rule"])
            each[f"stated_{side}"] = _stated(rule) if rule is not None else None
    return {**_side_content("a", a), **_side_content("b", b), **content}


def _side_content(side: str, packs: _Side) -> dict[str, Any]:
    drafts = [
        {"pack": pack.name, "from": pack.based_on, "rules": len(pack.taken_over), "why": pack.why_based}
        for pack in packs[0]
        if pack.taken_over
    ]
    return {side: {"packs": [pack.name for pack in packs[0]], "ruleset": packs[1].hash, "taken_over": drafts}}


def _stated(rule: Rule) -> dict[str, Any]:
    return {
        "pack": rule.pack,
        "limit": limit_words(rule),
        "owner": rule.owner,
        "advisory": rule.advisory,
        "confidence": rule.confidence,
        "taken_from": rule.taken_from,
    }


def _lines(found: Compared, a: _Side, b: _Side) -> Iterator[str]:
    for side, packs in (("A", a[0]), ("B", b[0])):
        yield f"{side}: {', '.join(f'{pack.name} version {pack.version}' for pack in packs)}"
    for pack in (*a[0], *b[0]):
        if pack.taken_over:
            yield (
                f"{pack.name} takes {len(pack.taken_over)} of its {len(pack.rules)} rules over from {pack.based_on} "
                f"unchanged ({pack.why_based}): for those no difference can show. To try one, copy the file, write the "
                "rules that differ, and give its path."
            )
    yield f"{found.cases} cases at {found.as_of.isoformat()}; {found.cases_that_differ} differ."
    for case_id in found.failed:
        yield f"{case_id} cannot be assessed under one of the two, and is in no count."
    differing = [each for each in found.rules() if each.differ]
    if not differing:
        yield "No obligation differs."
    for each in differing:
        yield from _rule_lines(each, a[1].by_id.get(each.rule), b[1].by_id.get(each.rule))
    yield f"On time over all rules: A {_rate_words(found.rate_a())}; B {_rate_words(found.rate_b())}."


def _rule_lines(each: RuleCompared, a: Rule | None, b: Rule | None) -> Iterator[str]:
    limits = [limit_words(rule) if rule is not None else "not stated" for rule in (a, b)]
    yield f"{each.rule}: {limits[0]} under A, {limits[1]} under B; {each.differ} differ, {each.same} are the same"
    for difference in Difference:
        if each.differences[difference]:
            yield f"  {each.differences[difference]:>6} {_WORDS[difference]}"
            yield from (f"         {_example_words(one)}" for one in each.examples[difference])
    yield f"  on time: A {_rate_words(each.rate_a)}; B {_rate_words(each.rate_b)}"


def _example_words(one: Example) -> str:
    owed = f" [{one.obligation_id}]" if one.obligation_id else ""
    return f"{one.case_id} {one.victim_id}, event {one.event_id}: {_stands(one.a)} → {_stands(one.b)}{owed}"


def _stands(side: Standing | None) -> str:
    if side is None:
        return "not owed"
    words = _STATES.get(side.state, side.state)
    if side.due_on is None:
        return words
    is_to_the_minute = side.due_at is not None and end_of_day(side.due_on) != side.due_at
    due = moment_words(side.due_at) if is_to_the_minute and side.due_at is not None else side.due_on
    return f"{words}, {'until' if side.state == 'open' else 'due'} {due}"


def _rate_words(rate: Rate) -> str:
    if rate.share is None:
        return "in no rate, being advisory" if rate.advisory else "none due"
    return f"{rate.on_time} of {rate.due} ({rate.share:.1%})"
