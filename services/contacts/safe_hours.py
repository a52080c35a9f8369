"""The hours in which a text may arrive: reading them, laying them over one another, and finding the next window.

Hours are London wall time, the instants that come out are UTC. Hours that cannot be understood mean that there is no
safe hour: whoever guesses at them may get someone hurt (texts-to-victims.md, gate rule 4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")

Span = tuple[int, int]
"""Minutes of a day, from the first until before the second."""

Week = tuple[tuple[Span, ...], ...]
"""For each weekday, Monday first, the spans that are safe: sorted, apart from each other."""

_DAY: Final = 24 * 60
DECENT: Final[Span] = (8 * 60, 20 * 60)
"""Texts arrive between 08:00 and 20:00 London; no field of an event can agree otherwise."""

QUIET_END: Final = timedelta(minutes=30)
"""No text starts in the last half hour of a window: a late receipt would fall outside it."""

NEVER: Final = 2200
"""A date from this year on means until further notice (events.md)."""

_LOOK_AHEAD_DAYS: Final = 60

ANY_TIME: Final[Week] = (((0, _DAY),),) * 7
_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPELLED: Final = {
    **{name: index for index, name in enumerate(_NAMES)},
    **{
        name: index
        for index, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
    },
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
}
_GROUPS: Final = {
    "weekday": range(5),
    "weekdays": range(5),
    "weekend": range(5, 7),
    "weekends": range(5, 7),
    "daily": range(7),
    "everyday": range(7),
    "every day": range(7),
    "all": range(7),
    "any": range(7),
}
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?", re.ASCII)
_RANGE: Final = re.compile(r"([a-z]+)\s*(?:-|\u2013|\bto\b)\s*([a-z]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in which texts may arrive; both instants are UTC."""

    opens: datetime
    closes: datetime

    @property
    def last_start(self) -> datetime:
        """The last instant at which a text may still be sent."""
        return self.closes - QUIET_END


def read_hours(hours: Sequence[Mapping[str, Any]]) -> Week | None:
    """Return the week that ``hours`` of a safe-contact record describe, or None where they cannot be understood.

    An entry without days means every day, without `from` the start of the day, without `to` its end; a span whose end
    is before its start runs over midnight.

    >>> read_hours([{"days": ["mon"], "from": "10:00", "to": "14:00"}])[0]
    ((600, 840),)
    """
    spans: list[list[Span]] = [[] for _ in _NAMES]
    for entry in hours:
        days = _read_days(entry.get("days"))
        start = _read_clock(entry.get("from"), 0)
        end = _read_clock(entry.get("to"), _DAY)
        if days is None or start is None or end is None or start in (end, _DAY):
            return None
        for day in days:
            if start < end:
                spans[day].append((start, end))
            else:
                spans[day].append((start, _DAY))
                spans[(day + 1) % 7].extend([(0, end)] if end else [])
    return tuple(_merged(each) for each in spans)


def both(one: Week, other: Week) -> Week:
    """Return the hours that are safe in both weeks."""
    return tuple(
        _merged([
            (max(a, c), min(b, d)) for a, b in mine for c, d in theirs if max(a, c) < min(b, d)
        ])
        for mine, theirs in zip(one, other, strict=True)
    )  # fmt: skip


def windows(week: Week, now: datetime, not_on: frozenset[date], last_day: date | None) -> Iterator[Window]:
    """Return the windows that have not closed, soonest first, within 08:00 and 20:00 and the coming sixty days."""
    decent = both(week, ((DECENT,),) * 7)
    today = now.astimezone(LONDON).date()
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        if last_day is not None and day > last_day:
            return
        if day in not_on:
            continue
        for start, end in decent[day.weekday()]:
            window = Window(_instant(day, start), _instant(day, end))
            if window.closes > now:
                yield window


def next_window(week: Week, now: datetime, not_on: frozenset[date], last_day: date | None) -> Window | None:
    """Return the window in which a text may next start (now, if it is open), or None where there is none in sight."""
    return next(
        (each for each in windows(week, now, not_on, last_day) if max(each.opens, now) <= each.last_start),
        None,
    )


def _instant(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=LONDON).astimezone(UTC)


def _read_clock(value: Any, absent: int) -> int | None:
    if value is None or value == "":
        return absent
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    total = hour * 60 + minute
    return total if minute < 60 and total <= _DAY else None  # noqa: PLR2004 - minutes in an hour


def _read_days(value: Any) -> frozenset[int] | None:
    if value is None or value in ("", []):
        return frozenset(range(7))
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple):
        return None
    days: set[int] = set()
    for word in words:
        read = _read_day_words(word) if isinstance(word, str) else None
        if not read:
            return None
        days |= read
    return frozenset(days)


def _read_day_words(words: str) -> set[int] | None:
    days: set[int] = set()
    for part in re.split(r"[,;/&]|\band\b", words.strip().lower()):
        name = part.strip()
        span = _RANGE.fullmatch(name)
        if name in _SPELLED:
            days.add(_SPELLED[name])
        elif name in _GROUPS:
            days.update(_GROUPS[name])
        elif span and span[1] in _SPELLED and span[2] in _SPELLED:
            first, last = _SPELLED[span[1]], _SPELLED[span[2]]
            days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
        else:
            return None
    return days


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
