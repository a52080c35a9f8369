"""Days and times as staff and victims read them, London time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from services.contacts.safe_hours import LONDON


def day_words(day: date) -> str:
    """Return a day in short, such as `Tue 17 Nov`."""
    return f"{day:%a} {day.day} {day:%b}"


def long_day_words(day: date) -> str:
    """Return a day in full, such as `Tuesday 17 November`."""
    return f"{day:%A} {day.day} {day:%B}"


def moment_words(instant: datetime) -> str:
    """Return a moment, such as `Tue 10 Nov 2026 at 14:20`; with its year, because it may be read years later."""
    local = instant.astimezone(LONDON)
    return f"{day_words(local.date())} {local.year} at {local:%H:%M}"


def clock_words(instant: datetime) -> str:
    """Return a time of day as it is said, such as `10am` or `2:30pm`."""
    local = instant.astimezone(LONDON)
    hour = local.hour % 12 or 12
    half = "am" if local.hour < 12 else "pm"  # noqa: PLR2004 - noon
    return f"{hour}:{local:%M}{half}" if local.minute else f"{hour}{half}"


def by_words(due_at: datetime) -> str:
    """Return by when something is due: a London midnight is the end of the day before, anything else a moment."""
    local = due_at.astimezone(LONDON)
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        ends = local.date() - timedelta(days=1)
        return f"the end of {day_words(ends)} {ends.year}"
    return f"{local:%H:%M} on {day_words(local.date())} {local.year}"


def due_day(due_at: datetime) -> date:
    """Return the London day on which something is due; a midnight belongs to the day it ends."""
    return (due_at - timedelta(microseconds=1)).astimezone(LONDON).date()
