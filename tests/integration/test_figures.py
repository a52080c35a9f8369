"""Figures: what is stored of each case is what its facts contribute, whatever came in which order; and the report."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner, Result

from infra.database import create_engine
from infra.settings import Settings
from services import counting
from services.assess_case import Rules
from services.cli import report
from services.counting import Counter, count_all, count_cases, counter_of, keep_counting
from services.figures.contributions import contributions
from services.figures.rows import VERSION, CaseFigures, from_stored
from services.journeys.assess import assess
from services.journeys.histories import read_histories
from services.journeys.rule_set import load_rule_set
from services.rebuild import verify
from services.storage.clock_rows import advance_clock
from services.storage.figures import NOT_COUNTED, how_far_counted, wake_figures
from services.storage.rule_sets import RuleSetNotCurrentError
from services.storage.tables import cases
from services.storage.tables_figures import figure_wakes, figures
from tests.support.app import MASTER_SECRET, NOW, StoppedHere, assess_all, counts, event, lines, take_in
from tests.support.servers import run_apart

RULES = load_rule_set()
CARRIED = Rules(RULES.hash, lambda facts, now: assess(facts, RULES, now))
COUNTER = counter_of(RULES)
CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
AGO = timedelta(days=1)


def _events() -> list[dict[str, Any]]:
    """Four cases: told in time, told late, never told with a good reason, one taken back; with much put right."""
    found: list[dict[str, Any]] = []
    for number in range(4):
        case = f"KP-{number}"
        who: dict[str, Any] = {"case": case, "victim_id": f"V-{number % 3}"}
        found += [
            event(f"r{number}", "policing.crime.reported.v1", time=NOW - 60 * AGO, offence="stalking", **who),
            event(f"a{number}", time=NOW - 20 * AGO, **who),
            event(f"i{number}", "policing.suspect.interviewed.v1", time=NOW - 2 * AGO, **who),
            event(f"g{number}", "policing.contact.agreed.v1", time=NOW - 59 * AGO, channel="phone",
                  frequency_days=14, **who),
            event(f"s{number}", "victim.survey.answered.v1", time=NOW - 1 * AGO, kept_informed=number % 2 == 0, **who),
        ]  # fmt: skip
    told = CALL | {"informed_of": ["a0"], "victim_id": "V-0"}
    found += [
        event("t0", "contact.made.v1", case="KP-0", time=NOW - 19 * AGO, **told),
        event("t1", "contact.made.v1", case="KP-1", time=NOW - 5 * AGO, victim_id="V-1", **CALL),
        event("l1", "contact.linked.v1", case="KP-1", time=NOW - 4 * AGO, event_id="t1", informed_of=["a1"]),
        event("q2", "record.good_reason.v1", case="KP-2", time=NOW - 3 * AGO, victim_id="V-2", event_id="a2",
              rule="VC-R6-ARREST", category="unreachable", words="Six calls.",
              decided_at=(NOW - 3 * AGO).isoformat(), recorded_by={"role": "OIC", "officer_ref": "P-1"},
              reviewed_by="P-9"),
        event("x3", "record.retracted.v1", case="KP-3", time=NOW - 1 * AGO, event_id="a3", reason="another case"),
        event("c0", "record.corrected.v1", case="KP-0", time=NOW - 1 * AGO, event_id="a0", reason="an hour out",
              replacement={"time": (NOW - 20 * AGO - timedelta(hours=1)).isoformat(),
                           "data": {"victim_id": "V-0", "suspect_ref": "S-1"}}),
        event("y0", "contact.regraded.v1", case="KP-0", time=NOW - 1 * AGO, event_id="t0", grade="tick_box",
              reason="nothing was told"),
    ]  # fmt: skip
    return found


async def stored(engine: AsyncEngine) -> dict[str, CaseFigures]:
    """What is stored for figures, by case."""
    async with engine.connect() as conn:
        rows = await conn.execute(
            select(cases.c.case_id, figures.c.body).join(figures, figures.c.case_key == cases.c.case_key)
        )
        return {row.case_id: from_stored(row.body) for row in rows}


async def assessed_at(engine: AsyncEngine) -> dict[str, datetime]:
    async with engine.connect() as conn:
        rows = await conn.execute(select(cases.c.case_id, cases.c.assessed_at))
        return {row.case_id: row.assessed_at for row in rows}


def straight(events: list[dict[str, Any]], moments: Mapping[str, datetime]) -> dict[str, CaseFigures]:
    """What the same events contribute without any store, each case as of a moment."""
    read = read_histories((str(number), lines([each])) for number, each in enumerate(events))
    assert read.refusals == []
    return {
        case: contributions(facts, assess(facts, RULES, moments[case]), RULES.days)
        for case, facts in read.cases.items()
    }


async def _assess(engine: AsyncEngine) -> None:
    await assess_all(engine, CARRIED, writers=[wake_figures])


@pytest.mark.usefixtures("at_noon")
@pytest.mark.parametrize("seed", range(4))
async def test_whatever_came_in_which_order_the_figures_are_those_of_the_facts(engine: AsyncEngine, seed: int) -> None:
    events = _events()
    chance = random.Random(seed)  # noqa: S311 - a test's order, no secret
    chance.shuffle(events)
    left = list(events)
    while left:
        batch = [left.pop() for _ in range(min(len(left), chance.randint(1, 6)))]
        await take_in(engine, *batch)
        if chance.random() < 0.7:
            await _assess(engine)
        if chance.random() < 0.5:
            await count_cases(engine, COUNTER, at_once=chance.randint(1, 3))
        if chance.random() < 0.2:
            async with engine.begin() as conn:
                await advance_clock(conn, timedelta(hours=chance.randint(1, 30)))
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(days=3))
    await _assess(engine)
    await count_all(engine, COUNTER)
    found = await stored(engine)
    assert found == straight(events, await assessed_at(engine))
    assert {len(each.duties) > 0 for each in found.values()} == {True}
    async with engine.connect() as conn:
        far = await how_far_counted(conn)
    assert (far.cases, far.not_counted, far.waiting) == (4, 0, 0)


@pytest.mark.usefixtures("at_noon")
async def test_a_case_that_nobody_noted_is_found_and_counted(engine: AsyncEngine) -> None:
    await take_in(engine, *_events())
    await assess_all(engine, CARRIED)
    assert await count_cases(engine, COUNTER) == 0
    assert await count_all(engine, COUNTER) == 4
    assert await count_all(engine, COUNTER) == 0


@pytest.mark.usefixtures("at_noon")
async def test_a_case_counted_anew_touches_no_other_and_is_as_of_its_assessment(engine: AsyncEngine) -> None:
    await take_in(engine, *_events())
    await _assess(engine)
    await count_all(engine, COUNTER)
    where = text("SELECT case_key, ctid::text AS place FROM figures")
    async with engine.begin() as conn:
        await conn.execute(
            text("INSERT INTO figure_wakes (case_key) SELECT case_key FROM cases ORDER BY case_id LIMIT 1")
        )
        await conn.execute(text("UPDATE figures SET as_of = as_of - interval '1 hour'"))
        before = {row.case_key: row.place for row in await conn.execute(where)}
    assert await count_cases(engine, COUNTER) == 1
    async with engine.connect() as conn:
        after = {row.case_key: row.place for row in await conn.execute(where)}
        moments = (await conn.execute(text("SELECT count(*) FROM figures f JOIN cases c USING (case_key) "
                                           "WHERE f.as_of = c.assessed_at"))).scalar_one()  # fmt: skip
    assert sum(before[key] != after[key] for key in before) == 1, "the others are not touched"
    assert moments == 1


@pytest.mark.usefixtures("at_noon")
async def test_a_case_that_cannot_be_counted_stops_nobody_and_is_said(engine: AsyncEngine) -> None:
    def count(facts: Any, as_of: datetime) -> CaseFigures:
        if facts[0].case_id == "KP-1":
            raise ArithmeticError
        return COUNTER.count(facts, as_of)

    await take_in(engine, *_events())
    await _assess(engine)
    assert await count_all(engine, Counter(RULES.hash, count)) == 4
    async with engine.connect() as conn:
        far = await how_far_counted(conn)
        versions = set((await conn.execute(select(figures.c.version))).scalars())
    assert (far.cases, far.not_counted) == (3, 1)
    assert versions == {VERSION, NOT_COUNTED}
    assert await count_all(engine, COUNTER) == 1, "the next process tries it again"


@pytest.mark.usefixtures("at_noon")
async def test_counting_waits_while_cases_wait_to_be_assessed(engine: AsyncEngine) -> None:
    class Enough(Exception):  # noqa: N818 - it ends the loop, and is no error
        pass

    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            raise Enough

    await take_in(engine, *_events())
    await _assess(engine)
    await take_in(engine, event("late", "victim.update.requested.v1", case="KP-0"))
    with pytest.raises(Enough):
        await keep_counting(engine, COUNTER, wait)
    assert await counts(engine, figures) == [0]
    await _assess(engine)
    waited.clear()
    with pytest.raises(Enough):
        await keep_counting(engine, COUNTER, wait)
    assert await counts(engine, figures, figure_wakes) == [4, 0]


@pytest.mark.usefixtures("at_noon")
async def test_a_process_stopped_before_it_commits_leaves_the_cases_waiting(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stops(*_: object) -> None:
        raise StoppedHere

    await take_in(engine, *_events())
    await _assess(engine)
    with monkeypatch.context() as patched:
        patched.setattr(counting, "write_figures", stops)
        with pytest.raises(StoppedHere):
            await count_cases(engine, COUNTER)
    assert await counts(engine, figures) == [0]
    assert await count_cases(engine, COUNTER) == 4


@pytest.mark.usefixtures("at_noon")
async def test_a_process_with_other_rules_counts_nothing(engine: AsyncEngine) -> None:
    await take_in(engine, *_events())
    await _assess(engine)
    with pytest.raises(RuleSetNotCurrentError):
        await count_cases(engine, Counter("other rules", COUNTER.count))
    assert await counts(engine, figures) == [0]


@pytest.mark.usefixtures("at_noon")
@pytest.mark.parametrize("tampers", ["UPDATE figures SET body = '[1]'", "DELETE FROM figures"])
async def test_verify_finds_figures_that_are_not_those_of_the_facts(engine: AsyncEngine, tampers: str) -> None:
    def count(facts: Any, said: Any) -> CaseFigures:
        return contributions(facts, said, RULES.days)

    await take_in(engine, *_events())
    await _assess(engine)
    waiting = await verify(engine, RULES.hash, CARRIED.assess, count=count)
    assert waiting.differences == 0, "what waits to be counted is no difference"
    await count_all(engine, COUNTER)
    assert (await verify(engine, RULES.hash, CARRIED.assess, count=count)).differences == 0
    async with engine.begin() as conn:
        await conn.execute(text(tampers))
    found = await verify(engine, RULES.hash, CARRIED.assess, count=count)
    assert found.differences == 4
    assert "figures" in found.first[0]


def _report(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> Result:
    async def fill() -> None:
        engine = create_engine(settings, "waymark-test")
        async with engine.begin() as conn:
            await conn.execute(
                text("UPDATE clock SET simulated = true, ahead = :now - clock_timestamp()"), {"now": NOW}
            )
        await take_in(engine, *_events())
        await _assess(engine)
        await engine.dispose()

    run_apart(fill())
    assert settings.database_url is not None
    monkeypatch.setenv("WAYMARK_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("WAYMARK_MASTER_KEY", MASTER_SECRET)
    monkeypatch.chdir(folder)
    app = typer.Typer()
    report.register(app)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["report", "audit", "--from", "2026-09-01", "--to", "2026-11-30", *arguments])


def test_the_report_states_each_figure_with_what_it_means(
    store_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = _report(store_settings, monkeypatch, tmp_path)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["cases"], said["victims"]) == (4, 3), "one victim has two cases and is counted once"
    on_time = next(each for each in said["figures"] if each["id"] == "on_time_rate")
    assert on_time["label"] == "local"
    assert on_time["period"] == {"from": "2026-09-01", "to": "2026-11-30", "by": "due date"}
    rows = {(row["edition"], row["by"], row["value"]): row for row in on_time["rows"]}
    arrest = rows["VC2020", "rule", "VC-R6-ARREST"]
    # Four arrests: one told in time and then graded empty, one told late, one never, one taken back.
    assert (arrest["numerator"], arrest["denominator"], arrest["late"], arrest["never"]) == (0, 3, 1, 2)
    reasons = next(each for each in said["figures"] if each["id"] == "good_reason_rate")
    whole = next(row for row in reasons["rows"] if (row["edition"], row["by"]) == ("VC2020", "all"))
    assert (whole["numerator"], whole["reviewed"], whole["category_unreachable"]) == (1, 1, 1)
    assert all(each["definition"] and "rows" in each for each in said["figures"])


def test_a_published_report_shows_no_small_count(
    store_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = _report(store_settings, monkeypatch, tmp_path, "--format", "csv", "--published")
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    amounts = {row["amount"] for row in rows if row["measure"] in ("n", "numerator", "denominator")}
    assert "hidden" in amounts
    assert not amounts & {"1", "2", "3", "4"}
    assert {row["label"] for row in rows} == {"local"}
