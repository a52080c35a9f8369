"""Who is at work when: shifts as they were imported, and assumed hours for those of whom nothing was.

Instants are UTC. Nobody is ever "never at work" for want of a file: an officer or unit that no roster names, and the
time after the last day that the roster covers, have assumed hours, so that no card waits for a shift nobody wrote down.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final

from services.contacts.addressee import COVER
from services.contacts.safe_hours import DECENT
from services.provisions.working_days import WorkingDays, add_days, london_date, london_time

LOOK_AHEAD: Final = timedelta(days=60)
"""How far ahead a next shift is looked for."""

ASSUMED: Final = (9, 17)
"""London hours, on Working Days, of whoever has no shifts written down: officers, and other agencies' worklists."""

_DAILY: Final = (DECENT[0] // 60, DECENT[1] // 60)
_STILL_HERE: Final = timedelta(days=14)
"""Whose last shift is this close to the end of the roster of their team has not left: the roster has."""

_SETTLE: Final = timedelta(minutes=5)
"""A list is put together this long after its moment."""

SUPERVISOR: Final = "supervisor"

_LONG_AGO: Final = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """A stretch of work; ``ends_at`` is no longer part of it."""

    starts_at: datetime
    ends_at: datetime

    @property
    def list_at(self) -> datetime:
        """When the list of this shift is put together: its start, or 09:00 London where it begins earlier that morning.

        The day's warnings are made at 09:00, and before that hardly anybody may be rung: one list, not two.
        """
        nine = london_time(london_date(self.starts_at), 9)
        return nine if self.starts_at < nine and nine + _SETTLE < self.ends_at else self.starts_at


@dataclass(frozen=True, slots=True)
class Officer:
    """One person on the roster. ``shifts`` are in order; days without one are rest days or leave."""

    ref: str
    role: str
    team: str | None
    supervisor_ref: str | None
    cover_ref: str | None
    shifts: tuple[Shift, ...]


@dataclass(frozen=True)
class Roster:
    """Everybody's shifts. ``cover`` is the worklist of last resort: a team that is there every day, 08:00 to 20:00."""

    officers: Mapping[str, Officer] = field(default_factory=dict)
    cover: str = COVER
    days: WorkingDays = field(default_factory=WorkingDays)

    def shifts_of(self, ref: str, start: datetime, end: datetime) -> Iterator[Shift]:
        """Return the shifts of a person or worklist that end after ``start`` and begin before ``end``, in order.

        The cover of last resort is there every day, whatever a file that brought its address says.
        """
        officer = self.officers.get(ref)
        if officer is None or ref == self.cover:
            yield from self._assumed(ref, start, end)
            return
        first = bisect_right(officer.shifts, start, key=_end)
        for shift in officer.shifts[first:]:
            if shift.starts_at >= end:
                return
            yield shift
        known_until = self._known_until[officer.team]
        if not officer.shifts or officer.shifts[-1].ends_at >= known_until - _STILL_HERE:
            beyond = london_time(add_days(london_date(known_until), 1))
            yield from self._assumed(ref, max(start, beyond), end)

    def shift_at(self, ref: str, now: datetime) -> Shift | None:
        """Return the shift a person is in, or None."""
        return next(
            (shift for shift in self.shifts_of(ref, now, now + timedelta(seconds=1)) if shift.starts_at <= now), None
        )

    def next_shift(self, ref: str, now: datetime) -> Shift | None:
        """Return the next shift that begins after ``now``, or None where there is none within ``LOOK_AHEAD``."""
        return next((shift for shift in self.shifts_of(ref, now, now + LOOK_AHEAD) if shift.starts_at > now), None)

    def stand_ins(self, ref: str) -> list[str]:
        """Return who has a person's cards when that person cannot: their cover, their supervisor, the last resort."""
        officer = self.officers.get(ref)
        named = (officer.cover_ref, officer.supervisor_ref) if officer else ()
        return list(dict.fromkeys([*(each for each in named if each and each != ref), self.cover]))

    def supervisor_of(self, ref: str, team: str | None = None) -> str | None:
        """Return a person's line supervisor, else a supervisor of the team, or None where the roster names neither."""
        officer = self.officers.get(ref)
        if officer is not None and officer.supervisor_ref:
            return officer.supervisor_ref
        of_team = officer.team if officer is not None and officer.team else team
        return self.supervisor_of_team(of_team, but=ref)

    def supervisor_of_team(self, team: str | None, *, but: str | None = None) -> str | None:
        """Return a supervisor of a team, another than ``but``; None where the roster names none."""
        return next((each.ref for each in self._supervisors if team and each.team == team and each.ref != but), None)

    def cover_of(self, ref: str) -> str | None:
        """Return who covers for somebody, None where the roster names nobody."""
        officer = self.officers.get(ref)
        return officer.cover_ref if officer is not None else None

    @property
    def supervisors(self) -> tuple[str, ...]:
        """Every supervisor, by reference."""
        return tuple(each.ref for each in self._supervisors)

    def duty_supervisor(self, team: str | None, now: datetime) -> str | None:
        """Return a supervisor who is at work now, of that team first, or None."""
        at_work = [each for each in self._supervisors if self.shift_at(each.ref, now) is not None]
        own = (each.ref for each in at_work if team is not None and each.team == team)
        return next(own, at_work[0].ref if at_work else None)

    @cached_property
    def _supervisors(self) -> tuple[Officer, ...]:
        return tuple(sorted((each for each in self.officers.values() if each.role.lower() == SUPERVISOR), key=_ref))

    @cached_property
    def _known_until(self) -> Mapping[str | None, datetime]:
        """Until when shifts of each team are written down: teams are imported apart."""
        known: dict[str | None, datetime] = {}
        for each in self.officers.values():
            last = each.shifts[-1].ends_at if each.shifts else _LONG_AGO
            known[each.team] = max(known.get(each.team, _LONG_AGO), last)
        return known

    def _assumed(self, ref: str, start: datetime, end: datetime) -> Iterator[Shift]:
        every_day = ref == self.cover
        hours = _DAILY if every_day else ASSUMED
        day: date = london_date(start)
        while (starts_at := london_time(day, hours[0])) < end:
            ends_at = london_time(day, hours[1])
            if ends_at > start and (every_day or self.days.is_working(day)):
                yield Shift(starts_at, ends_at)
            day = add_days(day, 1)


def _end(shift: Shift) -> datetime:
    return shift.ends_at


def _ref(officer: Officer) -> str:
    return officer.ref
