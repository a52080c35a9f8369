"""London days and hours for invented cases: opening hours, offices, how a date stands in an officer's note."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from services.provisions.working_days import LONDON, WorkingDays, end_of_day, london_date, london_time
from services.simulator.chance import Chance

WORKING: Final = WorkingDays()
"""The bundled holidays: the same list on every machine, never the network."""

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
OPENS: Final = 9
CLOSES: Final = 17


def on(day: date, hour: int, minute: int = 0) -> datetime:
    """The UTC instant at which a London clock shows this hour and minute on a day."""
    return london_time(day, hour) + minute * MINUTE


def plus(at: datetime, days: float) -> datetime:
    """So many days of 24 hours later, on a whole second."""
    return at + timedelta(seconds=int(days * 86400))


def in_office(chance: Chance, at: datetime) -> datetime:
    """This moment if an office is open then, else some time in its next opening hours."""
    day = london_date(at)
    if WORKING.is_working(day) and on(day, OPENS) <= at < on(day, CLOSES):
        return at
    if not WORKING.is_working(day) or at >= on(day, CLOSES):
        day = WORKING.after(day, 1)
    return on(day, OPENS) + timedelta(seconds=chance.whole(0, (CLOSES - OPENS) * 3600 - 1))


def by_day(chance: Chance, at: datetime, first: int = 8, last: int = 20) -> datetime:
    """This moment if it lies between two London hours, else some time in the next such span; weekends too."""
    day = london_date(at)
    if on(day, first) <= at < on(day, last):
        return at
    if at >= on(day, last):
        day += DAY
    return on(day, first) + timedelta(seconds=chance.whole(0, (last - first) * 3600 - 1))


def working_day(at: datetime, count: int) -> date:
    """The London date so many Working Days after an instant."""
    return WORKING.after(london_date(at), count)


def limit(at: datetime, count: int) -> datetime:
    """The end (exclusive) of the last day of "within so many Working Days", as people reckon it from a list."""
    return end_of_day(working_day(at, count))


def local(at: datetime) -> str:
    """An instant as a police system writes it: London wall clock with its offset."""
    return at.astimezone(LONDON).isoformat()


def universal(at: datetime) -> str:
    """An instant as national systems write it: UTC."""
    return at.astimezone(UTC).isoformat()


def written(day: date, style: int) -> str:
    """A date as somebody types it into a log: `Fri 14 Nov`, `14/11`, `14 November` or `14th`."""
    match style:
        case 0:
            return f"{day:%a} {day.day} {day:%b}"
        case 1:
            return f"{day.day:02}/{day.month:02}"
        case 2:
            return f"{day.day} {day:%B}"
        case _:
            return f"{day:%A} {day.day}/{day.month}"
