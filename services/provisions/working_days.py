"""Counting days as the Victims' Code counts them: London dates, Working Days, end-of-day moments.

Every function that takes an instant takes an aware one and answers in London dates or UTC instants. Results never
raise on far dates: what falls after ``NEVER_ON`` is ``NEVER_ON`` (events.md: after 2199 is never).
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from govuk_bank_holidays.bank_holidays import BankHolidays

LONDON = ZoneInfo("Europe/London")
NEVER_ON = date.max
NEVER = datetime.max.replace(tzinfo=UTC)
_DAY = timedelta(days=1)
_SATURDAY = 5


@lru_cache(maxsize=65536)
def london_date(instant: datetime) -> date:
    """The date in London at an instant; the day a clock on a Kent wall would have shown."""
    return NEVER_ON if instant.year > 9998 else instant.astimezone(LONDON).date()  # noqa: PLR2004 - no zone reaches past it


@lru_cache(maxsize=65536)
def london_time(day: date, hour: int = 0) -> datetime:
    """The UTC instant at which a full hour strikes in London on a day; hours 0 and 9 never fall into a clock change."""
    if day >= NEVER_ON:
        return NEVER
    return datetime.combine(day, time(hour), tzinfo=LONDON).astimezone(UTC)


@lru_cache(maxsize=65536)
def end_of_day(day: date) -> datetime:
    """The London midnight that closes a day, as UTC: what is due on the day must be done before it (exclusive)."""
    return london_time(add_days(day, 1))


def add_days(day: date, count: int) -> date:
    """A day so many calendar days later (or earlier); it does not roll over weekends."""
    try:
        return day + timedelta(days=count)
    except OverflowError:
        return NEVER_ON if count > 0 else date.min


def add_months(day: date, count: int) -> date:
    """The corresponding date so many months later, clamped to the month's end (31 August + 6 months: 29 February 2028).

    >>> add_months(date(2027, 8, 31), 6)
    datetime.date(2028, 2, 29)
    """
    years, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if years > date.max.year:
        return NEVER_ON
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


class WorkingDays:
    """Which days are Working Days: not Saturday or Sunday, nor a bank holiday in England and Wales.

    The list is the one that ``govuk-bank-holidays`` bundles (never the network, never the list common to the whole
    United Kingdom), with one-off holidays and any ``extra`` ones announced since. For years it does not have, the
    eight yearly holidays are computed with their substitutes, and a date that needed them is provisional.
    """

    def __init__(self, extra: Iterable[date] = ()) -> None:
        bundled = BankHolidays(use_cached_holidays=True).get_holidays(division="england-and-wales")
        self._names = {_as_date(each["date"]): str(each["title"]) for each in bundled}
        listed = set(self._names)
        self.listed_years = frozenset(each.year for each in listed)
        self.extra = frozenset(extra)
        self._holidays: set[date] = listed | self.extra
        self._computed: set[int] = set()
        self.after = lru_cache(maxsize=65536)(self._after)

    @property
    def content(self) -> list[str]:
        """Every listed or added holiday, for the hash of the rule set."""
        return sorted(
            each.isoformat() for each in self._holidays if each.year in self.listed_years or each in self.extra
        )

    def is_working(self, day: date) -> bool:
        """Whether a day is a Working Day."""
        if day.weekday() >= _SATURDAY:
            return False
        if day.year not in self.listed_years and day.year not in self._computed:
            self._holidays |= yearly_holidays(day.year)
            self._computed.add(day.year)
        return day not in self._holidays

    def why_not(self, day: date) -> str | None:
        """Why a day is no Working Day, in words; None where it is one.

        >>> WorkingDays().why_not(date(2026, 12, 25))
        'bank holiday (Christmas Day)'
        """
        if self.is_working(day):
            return None
        if day.weekday() >= _SATURDAY:
            return f"{day:%A}"
        name = "proclaimed since the list was made" if day in self.extra else "computed, not announced yet"
        return f"bank holiday ({self._names.get(day, name)})"

    def is_provisional(self, first: date, last: date) -> bool:
        """Whether counting from one day to another needed a year whose holidays are computed, not announced."""
        if first.year == last.year:
            return first.year not in self.listed_years
        return any(year not in self.listed_years for year in range(first.year, last.year + 1))

    def _after(self, day: date, count: int) -> date:
        """The last day of "within ``count`` Working Days": the day itself is not counted; negative counts go back."""
        step = _DAY if count > 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day


def yearly_holidays(year: int) -> set[date]:
    """The eight yearly bank holidays of England and Wales with their substitute days, without one-off changes.

    Source: Banking and Financial Dealings Act 1971, schedule 1, and the yearly proclamations.
    """
    easter = _easter_sunday(year)
    found = {
        easter - 2 * _DAY,
        easter + _DAY,
        _monday_on_or_after(date(year, 5, 1)),
        _monday_on_or_after(date(year, 5, 25)),
        _monday_on_or_after(date(year, 8, 25)),
    }
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() >= _SATURDAY or day in found:
            day += _DAY
        found.add(day)
    return found


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _easter_sunday(year: int) -> date:
    """Easter by the Gregorian computus (the anonymous algorithm of 1876)."""
    golden = year % 19
    century, in_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon = (19 * golden + century - leap_centuries - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    leap_years, year_rest = divmod(in_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leap_years - moon - year_rest) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _as_date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
