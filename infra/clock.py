"""The one file that reads this machine's clock, and the reading of durations and instants people type.

What is owed is judged by the database's clock (plus the offset of a simulated one), never by this machine's: two
machines a second apart must not disagree about midnight. `wall_now` is for log lines, run files and first starts only.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
"""The zone in which the Code's days begin and end."""

FIRST_YEAR = 2000
LAST_YEAR = 2099
"""The years a clock may stand in; events outside them are refused as well (contracts)."""

LONGEST_DURATION = timedelta(days=3660)
"""Ten years: more is a typing error."""

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(?:[0-9]{1,9}[wdhms])+", re.ASCII)
_PART = re.compile(r"([0-9]{1,9})([wdhms])", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-5][0-9])",
    re.ASCII,
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def wall_now() -> datetime:
    """Return this machine's moment, in UTC and aware.

    Nothing that is announced, due or sent may rest on it: see the module's words.
    """
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds on a clock that never goes back, for limits on waiting; its zero means nothing."""
    return time.monotonic()


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `6h`, `3d`, `90m`, `2w`, `45s` or `1d12h`; a day is 24 hours.

    Raises:
        ValueError: with a sentence, if the text is none, is nothing long, or is longer than ten years.
    """
    cleaned = text.strip().lower()
    if not _DURATION.fullmatch(cleaned):
        raise ValueError(
            "A duration is a whole number and a unit: w (weeks), d (days), h (hours), m (minutes) or s (seconds), "
            "for example 6h, 3d or 1d12h.",
        )
    try:
        total = sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in _PART.findall(cleaned)), timedelta())
    except OverflowError:
        total = timedelta.max
    if not total:
        raise ValueError("A duration of nothing moves no clock: give at least 1s.")
    if total > LONGEST_DURATION:
        raise ValueError(f"A duration may be at most {LONGEST_DURATION.days} days (ten years).")
    return total


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant with seconds and an offset, such as `2026-11-10T14:20:00+00:00`, as UTC.

    Raises:
        ValueError: with a sentence, if it is none, does not exist, or lies outside the years 2000 to 2099.
    """
    cleaned = text.strip()
    if not _INSTANT.fullmatch(cleaned):
        raise ValueError(
            "An instant needs a date, a time with seconds and an offset, for example 2026-11-10T14:20:00+00:00 "
            "or 2026-11-10T14:20:00Z.",
        )
    try:
        instant = datetime.fromisoformat(cleaned.upper().replace(" ", "T", 1)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("This instant does not exist: check its month, day, hour, minute and offset.") from None
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"An instant here lies in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return instant


def parse_start(text: str) -> datetime:
    """Read a go-live moment: an RFC 3339 instant, or a date, which means its first moment in London; as UTC.

    Raises:
        ValueError: with a sentence, if it is neither.
    """
    cleaned = text.strip()
    if not _DAY.fullmatch(cleaned):
        return parse_instant(cleaned)
    try:
        day = date.fromisoformat(cleaned)
    except ValueError:
        raise ValueError("This date does not exist: check its month and day.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"A date here lies in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
