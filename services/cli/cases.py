"""Commands that think and keep nothing: assess and grade; no server is needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.given import settings_of
from services.cli.speaking import FINDINGS, WRONG_USE, AsJson, give_up, instant_option, print_json, tell
from services.contacts.contacts_file import grade_case
from services.journeys.assess import assess
from services.journeys.histories import read_histories
from services.journeys.rule_set import RuleSet
from services.provisions.packs import PACKS_IN_SERVICE, PackError
from services.rules_in_use import rules_of

Files = Annotated[list[Path], typer.Argument(help="CloudEvents, one a line; - is standard input")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    app.command("assess")(assess_files)
    app.command("grade")(grade_file)


def assess_files(
    files: Files,
    as_of: Annotated[str, typer.Option("--as-of", help="the moment, such as 2026-11-20T12:00:00+00:00")],
    packs: Annotated[str, typer.Option(help="names of packs, with commas")] = ",".join(PACKS_IN_SERVICE),
    now_known: Annotated[str | None, typer.Option("--now-known", help="only facts recorded by then")] = None,
    as_json: AsJson = False,
) -> None:
    """Say of each case in the files what is owed at a moment; exit 1 if a line was refused (the rest is printed)."""
    now = instant_option(as_of)
    known_by = instant_option(now_known)
    ruleset = chosen_rule_set(packs)
    histories = read_histories(lines_of(files))
    for refusal in histories.refusals:
        tell(refusal)
    if now is None:
        give_up("Say the moment with --as-of.", WRONG_USE)
    found = [assess(facts, ruleset, now, known_by=known_by) for _case, facts in sorted(histories.cases.items())]
    content: dict[str, Any] = {
        "as_of": now.isoformat(),
        "packs": list(ruleset.packs),
        "cases": [
            {**each.as_json(), "case_id": case_id} for case_id, each in zip(sorted(histories.cases), found, strict=True)
        ],
    }
    if as_json:
        print_json(content)
    else:
        for line in assessment_lines(content):
            typer.echo(line)
    if histories.refusals:
        raise typer.Exit(FINDINGS)


def assessment_lines(content: dict[str, Any]) -> Iterator[str]:
    """An assessment as a person reads it: the case, what is owed, what is flagged, what is awaited."""
    for case in content["cases"]:
        yield f"{case['case_id']} at {content['as_of']}"
        for duty in case["obligations"]:
            word = "overdue" if duty["state"] == "breached" else duty["state"].replace("_", " ")
            due = f", due {duty['due_on']}" if duty["due_on"] else ""
            advisory = " (advisory)" if duty["advisory"] else ""
            unsure = " (to be confirmed)" if duty["confidence"] != "H" else ""
            who = f"{duty['rule']} for {duty['victim_id']}, {duty['owner']}"
            yield f"  {word:<14} {who}{due}{advisory}{unsure}  [{duty['id']}]"
        for contact in case["contacts"]:
            grade = contact["grade"].replace("_", " ")
            yield f"  contact        {contact['event_id']} for {contact['victim_id']}: {grade}"
        for flag in case["flags"]:
            until = f" until {flag['until']}" if flag["until"] else ""
            yield f"  flag           {flag['kind']} for {flag['victim_id']} since {flag['since']}{until}"
        for wait in case["awaited"]:
            expected = f", expected by {wait['expected_by']}" if wait["expected_by"] else ""
            yield f"  awaited        {wait['what']} from {wait['from']} since {wait['since']}{expected}"
        yield from (f"  note           {note}" for note in case.get("notes", ()))
        yield f"  next change    {case['next_change_at'] or 'none'}"


def grade_file(
    file: Annotated[Path, typer.Argument(help="a contacts file: one case a line; - is standard input")],
    as_json: AsJson = False,
) -> None:
    """Grade every contact of a contacts file; exit 1 if a line was refused (the rest is printed)."""
    refused = False
    for place, line in lines_of([file]):
        if not line.strip():
            continue
        try:
            grades = grade_case(json.loads(line))
        except (ValueError, RecursionError) as error:
            tell(f"{place}: {'not JSON.' if isinstance(error, json.JSONDecodeError | RecursionError) else error}")
            refused = True
            continue
        for each in grades:
            if as_json:
                print_json(each)
            else:
                typer.echo(f"{each['contact_id']}: {each['grade'].replace('_', ' ')}. {each['why']}")
    if refused:
        raise typer.Exit(FINDINGS)


def chosen_rule_set(packs: str) -> RuleSet:
    """The rule set of the named packs; an unknown one is wrong use, said in a sentence."""
    try:
        return rules_of(settings_of(None), (name.strip() for name in packs.split(",") if name.strip()))
    except PackError as error:
        give_up(str(error), WRONG_USE)


def lines_of(files: list[Path]) -> Iterator[tuple[str, bytes]]:
    """The lines of files with the name of their place; a file that cannot be read is wrong use."""
    for file in files:
        name = "standard input" if str(file) == "-" else str(file)
        try:
            content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        except OSError as error:
            give_up(f"{name} cannot be read: {error.strerror}.", WRONG_USE)
        for number, line in enumerate(content.split(b"\n"), 1):
            yield f"{name}, line {number}", line
