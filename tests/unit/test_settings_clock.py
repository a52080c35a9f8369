"""What people type for moments and spans of time, and what they are told where it is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.clock import monotonic, parse_duration, parse_instant, parse_start, wall_now


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("6h", timedelta(hours=6)),
        ("3d", timedelta(days=3)),
        ("90m", timedelta(minutes=90)),
        ("2w", timedelta(weeks=2)),
        ("45s", timedelta(seconds=45)),
        (" 1d12H ", timedelta(days=1, hours=12)),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "6", "h", "-3d", "1.5h", "3 d", "3y", "0h", "999999w", "999999999w", "3d!", "٣d"])
def test_what_is_no_duration_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^A duration .*\.$"):
        parse_duration(text)


@given(st.integers(1, 3000), st.integers(0, 23), st.integers(0, 59))
def test_a_duration_reads_back_what_was_written(days: int, hours: int, minutes: int) -> None:
    assert parse_duration(f"{days}d{hours}h{minutes}m") == timedelta(days=days, hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-10T14:20:00+00:00",
        "2026-11-10T14:20:00Z",
        "2026-11-10t14:20:00z",
        "2026-11-10 15:20:00+01:00",
        "2026-11-10T14:20:00.000000000Z",
    ],
)
def test_an_instant_is_read_at_any_offset_as_utc(text: str) -> None:
    instant = parse_instant(text)
    assert instant == datetime(2026, 11, 10, 14, 20, tzinfo=UTC)
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-10",
        "2026-11-10T14:20",
        "2026-11-10T14:20:00",
        "2026-11-10T14:20Z",
        "20261110T142000Z",
        "2026-02-29T00:00:00Z",
        "2026-11-10T24:00:01Z",
        "2026-11-10T14:20:60Z",
        "2026-11-10T14:20:00+24:00",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "now",
    ],
)
def test_what_is_no_instant_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(An|This) instant .*\.$"):
        parse_instant(text)


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis takes naive bounds
def test_every_instant_reads_back_as_it_was_written(moment: datetime) -> None:
    assert parse_instant(moment.isoformat()) == moment


def test_a_start_on_a_date_begins_at_london_midnight() -> None:
    assert parse_start("2026-01-01") == datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_start("2026-07-01") == datetime(2026, 6, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", ["1999-01-01", "2026-02-30", "soon"])
def test_what_is_no_start_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_start(text)


def test_the_machines_clock_is_aware_and_the_other_never_goes_back() -> None:
    before = monotonic()
    assert wall_now().tzinfo is UTC
    assert monotonic() >= before
