"""What holds for the figures of any history: nothing is lost between a case and the sum, and nothing counted twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.figures.audit import audit_of
from services.figures.contributions import contributions
from services.figures.on_time import verdict_of
from services.figures.rates import on_time_rate, on_time_rate_of
from services.figures.rows import days_of, from_stored, to_stored
from services.figures.totals import Counted
from services.journeys.assess import assess
from services.journeys.event_types import REPORTED
from services.journeys.facts import Fact
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from tests.support.histories import START, histories
from tests.unit.figures.cases import rules

EVER = date(2000, 1, 1), date(2099, 12, 31)
MOMENTS = st.integers(0, 120).map(lambda days: START + timedelta(days=days))


@given(histories(), MOMENTS)
def test_the_rows_of_a_case_count_what_its_assessment_counts(facts: list[Fact], now: datetime) -> None:
    said = assess(facts, rules(), now)
    rows = contributions(facts, said, rules().days)
    assert from_stored(to_stored(rows)) == rows
    assert on_time_rate(verdict_of(each, ()) for each in rows.duties) == on_time_rate_of(said.obligations)
    conversations = [each for each in said.contacts if each.same_as is None]
    reported = {fact.victim_id for fact in happened(facts, now) if fact.type == REPORTED}
    assert len(rows.contacts) == sum(each.victim_id in reported for each in conversations)


def happened(facts: list[Fact], now: datetime) -> list[Fact]:
    """What happened by then, put right."""
    return [fact for fact in put_right(facts, None, read_replacement_of).happenings if fact.occurred_at <= now]


@given(st.lists(histories(most=8), min_size=1, max_size=4), MOMENTS)
def test_the_whole_is_the_sum_of_its_cases(cases: list[list[Fact]], now: datetime) -> None:
    counted = Counted(*EVER)
    direct: Counter[str] = Counter()
    for facts in cases:
        said = assess(facts, rules(), now)
        counted.add(contributions(facts, said, rules().days))
        for duty in said.obligations:
            if duty.due_on is not None and duty.due_on <= EVER[1]:
                direct[duty.pack] += 1
    audit = audit_of(counted, (), (), now.date())
    whole = {each.edition: each for each in audit.figures if each.id == "on_time_rate" and each.by == "all"
             and each.population == "all victims"}  # fmt: skip
    assert {edition: each.n for edition, each in whole.items()} == dict(direct)
    for by in ("owner", "right", "rule", "offence group", "sex", "age band", "team", "officers"):
        for edition, each in whole.items():
            parts = [
                part
                for part in audit.figures
                if (part.id, part.edition, part.by, part.population) == ("on_time_rate", edition, by, "all victims")
            ]
            assert sum(part.n for part in parts) == each.n
            assert sum(part.numerator or 0 for part in parts) == each.numerator
            assert sum(part.denominator or 0 for part in parts) == each.denominator


@given(histories(), MOMENTS)
def test_every_row_lies_between_the_days_it_is_found_by(facts: list[Fact], now: datetime) -> None:
    rows = contributions(facts, assess(facts, rules(), now), rules().days)
    first, last = days_of(rows)
    everything = Counted(date(2000, 1, 1), date(9999, 12, 31))
    everything.add(rows)
    within = Counted(first or EVER[0], last or date(9999, 12, 31))
    within.add(rows)
    assert everything.people == within.people
    assert everything.duties == within.duties
    assert everything.contacts == within.contacts
    assert everything.promises == within.promises


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(facts: list[Fact], chance: Random) -> None:
    now = datetime(2026, 12, 20, tzinfo=UTC)
    mixed = list(facts)
    chance.shuffle(mixed)
    one, other = (contributions(each, assess(each, rules(), now), rules().days) for each in (facts, mixed))
    assert one == other
