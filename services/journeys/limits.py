"""When an obligation falls due, and when it is announced as approaching (victims-code.md 4, surfaces.md)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from services.provisions.rules import Limit, Rule, Unit
from services.provisions.working_days import (
    NEVER,
    WorkingDays,
    add_days,
    add_months,
    end_of_day,
    london_date,
    london_time,
)

_WARNED_AT = 9
_LEAD_DAYS = 5
_LEAD_MONTHS_DAYS = 28
_SHORT_WORKING_DAYS = 10

# Bound once: looking up an enum's member costs 0.1 microseconds, and an assessment would do it hundreds of times.
_WORKING_DAYS, _HOURS, _MONTHS = Unit.WORKING_DAYS, Unit.HOURS, Unit.MONTHS
_WARNED_AT_ONCE = frozenset({Unit.HOURS, Unit.END_OF_DAY})


class Due(msgspec.Struct, frozen=True, gc=False):
    """A London date and the instant (UTC) at which it is too late."""

    on: date
    at: datetime


def due_by_end_of(day: date) -> Due:
    """Due by the end of a London day."""
    return Due(day, end_of_day(day))


def due_after(limit: Limit, start: datetime, days: WorkingDays, *, enhanced: bool) -> Due:
    """When what started at an instant falls due under a limit."""
    count = limit.enhanced if enhanced else limit.standard
    unit = limit.unit
    if unit is _HOURS:
        at = start + timedelta(hours=count) if start < NEVER else NEVER
        return Due(london_date(at), at)
    first = london_date(start)
    if unit is _WORKING_DAYS:
        return due_by_end_of(days.after(first, count))
    if unit is _MONTHS:
        return due_by_end_of(add_months(first, count))
    return due_by_end_of(add_days(first, count))


def warn_at(
    rule: Rule, triggered_at: datetime, due: Due | None, days: WorkingDays, *, enhanced: bool
) -> datetime | None:
    """When an obligation is announced as approaching; never before its trigger, None where it is untimed."""
    if due is None:
        return None
    if rule.warn_hours is not None:
        return triggered_at + timedelta(hours=rule.warn_hours)
    if rule.warn_on_day is not None:
        return _not_before(triggered_at, add_days(london_date(triggered_at), rule.warn_on_day))
    limit = rule.limit
    count = 0 if limit is None else limit.enhanced if enhanced else limit.standard
    unit = limit.unit if limit is not None else None
    if unit is None or unit in _WARNED_AT_ONCE or (unit is _WORKING_DAYS and count == 1):
        return triggered_at
    if unit is _WORKING_DAYS:
        day = days.after(due.on, -1 if count <= _SHORT_WORKING_DAYS else -_LEAD_DAYS)
    else:
        day = add_days(due.on, -(_LEAD_MONTHS_DAYS if unit is _MONTHS else _LEAD_DAYS))
    return _not_before(triggered_at, day)


def _not_before(triggered_at: datetime, day: date) -> datetime:
    return max(triggered_at, london_time(day, _WARNED_AT))
