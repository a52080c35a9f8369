"""Safe hours: read as people write them, never guessed at, with their boundaries and both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contacts.decision import Verdict
from services.contacts.safe_hours import ANY_TIME, LONDON, QUIET_END, next_window, read_hours, windows
from tests.unit.gate_cases import hearing, judge, report, safe

SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "verdict", "until"),
    [
        ("2026-11-17T09:59:59", Verdict.HOLD, "2026-11-17T10:00:00"),
        ("2026-11-17T10:00:00", Verdict.SEND, None),
        ("2026-11-17T13:30:00", Verdict.SEND, None),
        ("2026-11-17T13:30:01", Verdict.HOLD, "2026-11-18T10:00:00"),
        ("2026-11-17T14:00:00", Verdict.HOLD, "2026-11-18T10:00:00"),
    ],
)
def test_texts_start_inside_the_safe_hours_and_not_in_their_last_half_hour(
    moment: str, verdict: Verdict, until: str | None
) -> None:
    hours = [{"days": ["tue", "wed"], "from": "10:00", "to": "14:00"}]
    decision = judge(report(), safe(hours=hours), hearing(at("2026-11-17T09:00:00")), now=at(moment))
    assert decision.verdict is verdict
    assert decision.until == (at(until) if until else None)


@pytest.mark.parametrize(
    ("moment", "verdict"),
    [
        ("2026-11-17T07:59:59", Verdict.HOLD),
        ("2026-11-17T08:00:00", Verdict.SEND),
        ("2026-11-17T19:30:00", Verdict.SEND),
        ("2026-11-17T19:30:01", Verdict.HOLD),
        ("2026-11-17T23:00:00", Verdict.HOLD),
        ("2026-07-14T07:59:59", Verdict.HOLD),
        ("2026-07-14T08:00:00", Verdict.SEND),
        ("2026-10-24T19:30:01", Verdict.HOLD),
        ("2026-10-25T07:59:59", Verdict.HOLD),
        ("2026-10-25T08:00:00", Verdict.SEND),
        ("2027-03-28T08:00:00", Verdict.SEND),
    ],
)
def test_all_texts_arrive_between_eight_and_eight_in_london(moment: str, verdict: Verdict) -> None:
    window = next_window(ANY_TIME, at(moment), frozenset(), None)
    assert window is not None
    assert (window.opens <= at(moment)) is (verdict is Verdict.SEND)


def test_a_held_text_wakes_at_eight_by_the_new_clock() -> None:
    window = next_window(ANY_TIME, at("2026-10-24T21:00:00"), frozenset(), None)
    assert window is not None
    assert window.opens == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_excluded_days_are_passed_over() -> None:
    decision = judge(report(), safe(not_on=["2026-11-17", "2026-11-18"]), hearing())
    assert (decision.verdict, decision.rule, decision.until) == (Verdict.HOLD, "4", at("2026-11-19T08:00:00"))


def test_what_would_be_held_until_it_is_no_news_goes_to_a_person_at_once() -> None:
    off = [f"2026-11-{day}" for day in range(17, 20)]
    decision = judge(report(), safe(not_on=off), hearing())
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "7")


@pytest.mark.parametrize(("last_day", "sends"), [("2026-11-16", False), ("2026-11-17", True), ("9999-12-31", True)])
def test_safe_contact_holds_to_the_end_of_its_last_day(last_day: str, sends: bool) -> None:
    now = at("2026-11-17T19:30:00")
    decision = judge(report(), safe(valid_until=last_day), hearing(), now=now)
    assert (decision.verdict is Verdict.SEND) is sends


@pytest.mark.parametrize(
    ("entry", "monday"),
    [
        ({"days": ["mon"], "from": "10:00", "to": "14:00"}, ((600, 840),)),
        ({"days": "Monday", "from": "10:00:00", "to": "14:00"}, ((600, 840),)),
        ({"days": "mon-wed", "from": "9:00", "to": "10:00"}, ((540, 600),)),
        ({"days": "weekdays", "to": "10:00"}, ((0, 600),)),
        ({"days": ["Fri to Mon"], "from": "10:00"}, ((600, 1440),)),
        ({"days": "Mon, Tue and Wed", "from": "10:00", "to": "11:00"}, ((600, 660),)),
        ({"from": "22:00", "to": "02:00"}, ((0, 120), (1320, 1440))),
        ({"days": "sat", "from": "10:00", "to": "11:00"}, ()),
        ({}, ((0, 1440),)),
    ],
)
def test_hours_are_read_as_people_write_them(entry: dict[str, Any], monday: tuple[Any, ...]) -> None:
    week = read_hours([entry])
    assert week is not None
    assert week[0] == monday


@pytest.mark.parametrize(
    "entry",
    [
        {"days": ["moonday"]},
        {"days": "mon", "from": "ten", "to": "14:00"},
        {"days": "mon", "from": "10:00", "to": "25:00"},
        {"days": "mon", "from": "10:60"},
        {"days": "mon", "from": "10:00", "to": "10:00"},
        {"days": "mon", "from": "24:00"},
        {"days": ["mon", ""]},
    ],
)
def test_hours_that_cannot_be_understood_are_no_hours(entry: dict[str, Any]) -> None:
    assert read_hours([entry]) is None


days = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, max_size=7)
clock = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: at("2026-01-01T00:00:00") + timedelta(minutes=minutes))


@given(st.lists(st.fixed_dictionaries({"days": days, "from": clock, "to": clock}), min_size=1, max_size=3), moments)
def test_a_window_is_always_safe_and_decent(entries: list[dict[str, Any]], now: datetime) -> None:
    week = read_hours(entries)
    if week is None:
        return
    for window in windows(week, now, frozenset({date(2026, 11, 17)}), date(2027, 6, 1)):
        opens, closes = window.opens.astimezone(LONDON), window.closes.astimezone(LONDON)
        assert opens.date() == closes.date() <= date(2027, 6, 1)
        assert opens.date() != date(2026, 11, 17)
        assert (opens.hour, opens.minute) >= (8, 0)
        assert (closes.hour, closes.minute) <= (20, 0)
        minute = opens.hour * 60 + opens.minute
        assert any(start <= minute < end for start, end in week[opens.weekday()])
    found = next_window(week, now, frozenset(), None)
    assert found is None or max(found.opens, now) + QUIET_END <= found.closes
