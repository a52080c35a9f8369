"""`waymark rules adopt` and `rules history`, with a list of holidays that changed."""

from __future__ import annotations

import getpass
import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.assess_case import Rules
from services.journeys.assess import assess
from services.journeys.rule_set import load_rule_set
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import RuleSetNotCurrentError, adopt_rule_set
from services.storage.tables import ledger
from services.storage.tables_notify import cards
from tests.support.app import NOW, assess_all, counts, event, take_in
from tests.support.commands import Invoke, OnStore

RULES = load_rule_set()
CARRIED = Rules(RULES.hash, lambda facts, now: assess(facts, RULES, now))
HOLIDAY = "- {date: 2026-11-18, name: A day of rest, source: a proclamation, seen: 2026-11-01}\n"
"""The Wednesday before NOW: what was due on the Thursday is now due on the Friday."""


@pytest.fixture
def run(run: Invoke) -> Invoke:
    return partial(run, "rules")


@pytest.fixture
def holidays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A list of one holiday, which the settings name."""
    file = tmp_path / "holidays.yaml"
    file.write_text(HOLIDAY, "utf-8")
    monkeypatch.setenv("WAYMARK_HOLIDAYS", str(file))
    return file


async def _two_cases(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE clock SET simulated = true, ahead = :now - clock_timestamp()"), {"now": NOW})
    for number in range(2):  # of a Thursday: five Working Days are over at the end of the next one, 19 November
        report = event(f"r{number}", "policing.crime.reported.v1", case=f"KP-{number}", offence="other",
                       time=NOW - timedelta(days=60))  # fmt: skip
        await take_in(engine, report)
    await take_in(engine, event("arrest", case="KP-1", time=NOW - timedelta(days=8)))
    await assess_all(engine, CARRIED, writers=[write_cards_and_requests])


@pytest.mark.usefixtures("holidays")
def test_a_changed_holiday_list_says_beforehand_what_moves_and_is_kept_with_who_adopted_it(
    on_store: OnStore, run: Invoke
) -> None:
    on_store(_two_cases)
    before = on_store(lambda engine: counts(engine, cards, ledger))

    foreseen = run("adopt", "--dry-run", "--cases")
    assert foreseen.exit_code == 0, foreseen.output
    # The arrest was overdue this morning; with the holiday its last day is today.
    assert "KP-1: VC-R6-ARREST obligation.breach_withdrawn" in foreseen.output
    assert "1 of 2 cases change (50%)" in foreseen.output
    assert "KP-0" not in foreseen.output
    assert on_store(lambda engine: counts(engine, cards, ledger)) == before

    asked = run("adopt", given="n\n")
    assert asked.exit_code == 1  # more than the share that is adopted without asking
    assert "Nothing was adopted." in asked.output
    adopted = run("adopt", "--yes")
    assert adopted.exit_code == 0, adopted.output

    with pytest.raises(RuleSetNotCurrentError, match="rules adopt"):
        on_store(lambda engine: assess_all(engine, CARRIED))
    last = json.loads(run("history", "--json").output)[-1]
    assert last["adopted_by"] == f"cli:{getpass.getuser()}"
    assert last["previous"] == RULES.hash
    assert last["adopted_at"].startswith("2026-11-20T12:0")
    assert (last["summary"]["cases"], last["summary"]["changed"], last["summary"]["share"]) == (2, 1, 0.5)
    assert {"rule": "VC-R6-ARREST", "what": "obligation.breach_withdrawn", "count": 1} in last["summary"][
        "announcements"
    ]
    shown = run("history").output
    assert f"{last['hash'][:12]} after {RULES.hash[:12]}, by cli:{getpass.getuser()}" in shown
    assert "1 of 2 cases change (50%)" in shown
    assert "is in force already" in run("adopt").output


@pytest.mark.usefixtures("holidays")
def test_a_pack_that_changed_under_the_same_version_is_refused(on_store: OnStore, run: Invoke) -> None:
    on_store(_two_cases)
    kent = next(name for name in RULES.parts if name.startswith("pack KENT "))

    async def adopted_before(engine: AsyncEngine) -> None:
        async with engine.begin() as conn:
            await adopt_rule_set(conn, "earlier", by="test", parts={**RULES.parts, kent: "other content"})

    on_store(adopted_before)
    refused = run("adopt", "--yes")
    assert refused.exit_code == 1
    assert "KENT.yaml differs from the one adopted before under the same version, 2. Raise `version`" in refused.output
    assert json.loads(run("history", "--json").output)[-1]["hash"] == "earlier"


@pytest.mark.usefixtures("holidays")
def test_a_pack_changed_under_the_version_of_the_first_process_is_refused(on_store: OnStore, run: Invoke) -> None:
    kent = next(name for name in RULES.parts if name.startswith("pack KENT "))
    first = replace(CARRIED, parts={**RULES.parts, kent: "other content"})

    async def assess_first(engine: AsyncEngine) -> None:
        await take_in(engine, event("arrest"))
        await assess_all(engine, first)

    on_store(assess_first)
    refused = run("adopt", "--yes")
    assert refused.exit_code == 1
    assert "KENT.yaml differs from the one adopted before under the same version, 2. Raise `version`" in refused.output


def test_a_list_of_holidays_that_cannot_be_read_stops_the_command(run: Invoke, holidays: Path) -> None:
    holidays.write_text(HOLIDAY.replace("source: a proclamation, ", ""), "utf-8")
    refused = run("adopt", "--dry-run")
    assert refused.exit_code == 1
    assert "holidays.yaml, holiday 1: the field `source` is missing" in refused.output
