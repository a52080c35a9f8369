"""`waymark report`: the figures a supervisor or commissioner asks for, each with what it means and what it rests on."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.cli.given import Data, settings_of
from services.cli.progress import progress_bar
from services.cli.reaching import with_store
from services.cli.rule_sets import rules_or_stop
from services.cli.speaking import WRONG_USE, give_up, print_json, tell
from services.contacts.measured import not_measured
from services.counting import count_all, counter_of
from services.figures.audit import Audit, audit_of
from services.figures.definitions import DEFINITIONS
from services.figures.suppression import HIDDEN, published
from services.journeys.rule_set import RuleSet
from services.projections.counted import read_counted
from services.provisions.working_days import london_date
from services.storage.casework import moment
from services.storage.figures import Counted as HowFar
from services.storage.figures import how_far_counted
from services.storage.rule_sets import RuleSetNotCurrentError
from services.storage.vault import Vault

PUBLISHED = "For publication: counts under 5 are hidden, and others where they would give one away."

_COLUMNS = (
    "figure", "name", "group", "label", "from", "to", "period_by", "edition", "population", "offence_group", "by",
    "value", "measure", "amount", "definition",
)  # fmt: skip


class Report(StrEnum):
    """The reports there are."""

    AUDIT = "audit"
    KCJB = "kcjb"


class Format(StrEnum):
    """The forms a report comes in."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"
    PDF = "pdf"


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    app.command("report")(make_report)


def make_report(
    report: Annotated[Report, typer.Argument(help="audit: for a supervisor; kcjb: for the criminal justice board")],
    first: Annotated[str, typer.Option("--from", help="first day, YYYY-MM-DD")],
    last: Annotated[str, typer.Option("--to", help="last day, that day included")],
    *,
    form: Annotated[Format, typer.Option("--format", help="json or csv")] = Format.JSON,
    for_publication: Annotated[
        bool, typer.Option("--published", help="hide counts under 5, and what would let them be worked back")
    ] = False,
    data: Data = None,
) -> None:
    """Print the figures of a period. The audit is internal: it shows small counts, unless --published is given.

    Cases assessed and not counted yet are counted first.
    """
    if report is Report.KCJB:
        give_up("The report for the criminal justice board is not there yet: `waymark report audit` is.", WRONG_USE)
    if form in (Format.HTML, Format.PDF):
        give_up(f"Reports do not come as {form} yet: use --format json or csv.", WRONG_USE)
    days = _day(first, "--from"), _day(last, "--to")
    if days[0] > days[1]:
        give_up("--from is later than --to: the first day comes first.", WRONG_USE)
    settings = settings_of(data)
    rules = rules_or_stop(settings)
    unseen = not_measured(rules.rules, settings.sources)

    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> tuple[Audit, HowFar, datetime]:
        with progress_bar("counting") as told:
            await count_all(engine, counter_of(rules), told)
        async with engine.connect() as conn:
            now = await moment(conn)
            far = await how_far_counted(conn)
            counted = await read_counted(conn, *days)
        return audit_of(counted, unseen, tuple(sorted(unseen)), london_date(now)), far, now

    try:
        audit, far, now = with_store(data, work)
    except RuleSetNotCurrentError as problem:
        give_up(str(problem))
    content = _content(audit, far, now, rules, for_publication=for_publication)
    if settings.announce_from is not None and london_date(settings.announce_from) > days[0]:
        content["notes"].append("Part of this period lies before go-live: it rests on what was recorded before.")
    for note in content["notes"]:
        tell(note)
    if form is Format.CSV:
        typer.echo(_as_csv(content), nl=False)
    else:
        print_json(content)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        give_up(f"{option} is no date: write it as YYYY-MM-DD.", WRONG_USE)


def _content(audit: Audit, far: HowFar, now: datetime, rules: RuleSet, *, for_publication: bool) -> dict[str, Any]:
    content = audit.as_json()
    if for_publication:
        rows: dict[str, list[dict[str, Any]]] = {}
        for cell in published(audit.figures):
            rows.setdefault(cell.figure.id, []).append(cell.as_json())
        for each in content["figures"]:
            each["rows"] = rows.get(each["id"], [])
        del content["internal"], content["cases"], content["victims"]
        content["published"] = PUBLISHED
    notes = []
    if far.not_counted:
        notes.append(
            f"{far.not_counted} cases could not be counted: `waymark rebuild` tries again, and the log says why."
        )
    if far.waiting:
        notes.append(f"{far.waiting} cases were assessed while this was made and are counted as they were before.")
    return content | {
        "made_at": now.isoformat(),
        "packs": list(rules.packs),
        "ruleset": rules.hash,
        "notes": notes,
    }


def _as_csv(content: dict[str, Any]) -> str:
    """One number a line, with everything that says what it is; tidy, so that no reader has to guess at columns."""
    told = io.StringIO()
    lines = csv.writer(told, lineterminator="\n")
    lines.writerow(_COLUMNS)
    named = {each.id: each for each in DEFINITIONS}
    for figure in content["figures"]:
        definition = named[figure["id"]]
        period = figure["period"]
        for row in figure["rows"]:
            part = [row[name] for name in ("edition", "population", "offence_group", "by", "value")]
            for measure, amount in row.items():
                if measure in ("edition", "population", "offence_group", "by", "value"):
                    continue
                lines.writerow([
                    _safe(each)
                    for each in (
                        definition.id, definition.name, definition.group, "local", period["from"], period["to"],
                        period["by"], *part, measure, "hidden" if amount == HIDDEN else amount, definition.words,
                    )
                ])  # fmt: skip
    return told.getvalue()


def _safe(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula: a team's name comes from outside."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
