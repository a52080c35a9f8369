"""What `waymark up --demo` loads: a tenth of a year before the moment, the same when started again that day."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from services.cli.demo import CASES, LIVE_FOR, Demo, demo_events, live_since
from tests.unit.simulator.conftest import recorded

NOW = datetime(2026, 11, 10, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(NOW)


def test_a_demo_tells_nothing_of_what_is_to_come(demo: Demo) -> None:
    events = [json.loads(value) for _case, value in demo.events()]
    assert all(datetime.fromisoformat(each["time"]) < NOW for each in events)
    assert all(recorded(each) < NOW for each in events if each["subject"].startswith("SIM"))
    assert len({each["subject"] for each in events}) > 0.98 * CASES, "all but those of the evening to come"


def test_the_key_of_each_event_is_its_case(demo: Demo) -> None:
    assert all(json.loads(value)["subject"] == case_id for case_id, value in demo.events())


def test_a_demo_started_again_that_day_contradicts_nothing(demo: Demo) -> None:
    first = {value for _case, value in demo.events()}
    later = {value for _case, value in demo_events(NOW.replace(hour=19))}
    assert first < later


def test_a_demo_has_officers_for_the_weeks_ahead_and_people_to_text(demo: Demo) -> None:
    officers = list(demo.officers())
    assert officers[0][0] == "officer_ref"
    assert max(row[5] for row in officers[1:]) > "2026-12-20"
    assert 100 < len(list(demo.people())) <= 901


def test_a_demo_knows_how_much_it_tells(demo: Demo) -> None:
    told = [(case_id, value) for case_id, value in demo.events() if case_id.startswith("SIM")]
    assert demo.cases() == len({case_id for case_id, _value in told})
    assert demo.facts() == len({json.loads(value)["id"] for _case, value in told})
    assert all(case_id.startswith(demo.name) for case_id, _value in told)


def test_a_demo_is_taken_to_have_been_live_for_five_whole_weeks() -> None:
    assert LIVE_FOR.days == 35
    assert live_since(NOW.date()) == datetime(2026, 10, 5, 23, 0, tzinfo=UTC), "midnight of that day, in summer time"
