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
    if limit.unit is Unit.HOURS:
        at = start + timedelta(hours=count) if start < NEVER else NEVER
        return Due(london_date(at), at)
    first = london_date(start)
    if limit.unit is Unit.WORKING_DAYS:
        return due_by_end_of(days.after(first, count))
    if limit.unit is Unit.MONTHS:
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
    if limit is None or limit.unit in (Unit.HOURS, Unit.END_OF_DAY) or (limit.unit, count) == (Unit.WORKING_DAYS, 1):
        return triggered_at
    if limit.unit is Unit.WORKING_DAYS:
        day = days.after(due.on, -1 if count <= _SHORT_WORKING_DAYS else -_LEAD_DAYS)
    else:
        day = add_days(due.on, -(_LEAD_MONTHS_DAYS if limit.unit is Unit.MONTHS else _LEAD_DAYS))
    return _not_before(triggered_at, day)


def _not_before(triggered_at: datetime, day: date) -> datetime:
    return max(triggered_at, london_time(day, _WARNED_AT))
