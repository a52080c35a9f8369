"""Reads the file of `waymark officers import`: who is at work when, each line checked, no address ever in a message.

Columns: officer_ref, role, team, supervisor_ref, address, from, to, cover_ref (surfaces.md). One line is one shift,
from one instant to another; with dates instead, or with more than 36 hours between them, somebody is on the roster on
these days and at work in assumed hours. Days without a line are rest days or leave.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from services.contacts.london import due_day
from services.contacts.roster import ASSUMED, Shift
from services.provisions.working_days import WorkingDays, add_days, london_date, london_time

COLUMNS: Final = ("officer_ref", "role", "team", "supervisor_ref", "address", "from", "to", "cover_ref")
NEEDED: Final = ("officer_ref", "role", "from", "to")

LONGEST: Final = 500
LONGEST_SHIFT: Final = timedelta(hours=36)
LONGEST_STRETCH: Final = 3 * 366
"""Days that one line of dates may cover: more is a typing error."""

_EMAIL: Final = re.compile(r"[^@\s<>,;:\"/?#]+@[^@\s<>,;:\"/?#]+\.[^@\s<>,;:\"/?#]+")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2099


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """One officer with all shifts of the file; the repr holds no address.

    Where lines of one officer differ in anything but their shift, the line whose shift begins last counts, and a cell
    left empty says nothing.
    """

    ref: str
    role: str
    team: str | None
    supervisor_ref: str | None
    address: str | None = field(repr=False)
    cover_ref: str | None
    shifts: tuple[Shift, ...]


@dataclass(slots=True)
class OfficersFile:
    """What was read, and a sentence for each line that cannot be used: with one, nothing may be stored."""

    rows: list[OfficerRow] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    ref: str
    said: dict[str, str]
    shifts: tuple[Shift, ...]


class _UnusableError(Exception):
    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


def read_officers(
    lines: Iterable[str], read_instant: Callable[[str], datetime], *, in_service: bool, days: WorkingDays
) -> OfficersFile:
    """Read the lines of the file; ``read_instant`` reads an instant with an offset and raises ValueError.

    In service a webhook must begin with https://. Every bad line is told, with its number and column.
    """
    found = OfficersFile()
    reader = csv.reader(lines, strict=True)
    good: dict[str, list[_Line]] = {}
    try:
        header = [name.strip().removeprefix("\ufeff").lower() for name in next(reader, [])]
        problem = _problem_with_header(header)
        if problem:
            found.refusals.append(f"line 1: {problem}")
            return found
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            try:
                line = _read_line(_named(header, cells), read_instant, days, in_service=in_service)
            except _UnusableError as reason:
                found.refusals.append(f"line {reader.line_num}, column {reason.column}: {reason}")
            else:
                good.setdefault(line.ref, []).append(line)
    except csv.Error:
        found.refusals.append(f"line {reader.line_num}: this line is not CSV; check its quotes.")
    found.rows = [_officer(ref, each) for ref, each in sorted(good.items())]
    return found


def is_address(value: str, *, in_service: bool) -> bool:
    """Whether this is an e-mail address or a webhook; outside of service one of http:// is taken too."""
    if _EMAIL.fullmatch(value):
        return True
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    schemes = {"https"} if in_service else {"https", "http"}
    return parts.scheme in schemes and bool(parts.hostname) and not re.search(r"\s", value) and not parts.fragment


def _officer(ref: str, lines: list[_Line]) -> OfficerRow:
    said: dict[str, str] = {}
    for line in sorted(lines, key=lambda each: each.shifts[-1].starts_at):
        said |= {name: value for name, value in line.said.items() if value}
    return OfficerRow(
        ref=ref,
        role=said["role"],
        team=said.get("team"),
        supervisor_ref=said.get("supervisor_ref"),
        address=said.get("address"),
        cover_ref=said.get("cover_ref"),
        shifts=_apart(shift for line in lines for shift in line.shifts),
    )


def _apart(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """Return shifts in order, those that overlap made one."""
    found: list[Shift] = []
    for shift in sorted(shifts):
        if found and shift.starts_at < found[-1].ends_at:
            found[-1] = Shift(found[-1].starts_at, max(found[-1].ends_at, shift.ends_at))
        else:
            found.append(shift)
    return tuple(found)


def _problem_with_header(header: list[str]) -> str | None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        return f"the first line must name the columns; missing: {', '.join(missing)}."
    if any(name not in COLUMNS for name in header):
        # A stray column may hold values, so its name is not repeated.
        return f"there are columns nobody reads; use {', '.join(COLUMNS)}."
    if len(set(header)) != len(header):
        return "a column stands twice."
    return None


def _named(header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(header):
        raise _UnusableError(header[-1], "there are more cells than columns; check its commas and quotes.")
    return dict(zip(header, (cell.strip() for cell in cells), strict=False))


def _read_line(
    cells: dict[str, str], read_instant: Callable[[str], datetime], days: WorkingDays, *, in_service: bool
) -> _Line:
    for name in COLUMNS:
        if name in NEEDED and not cells.get(name):
            raise _UnusableError(name, "this must not be empty.")
        if len(cells.get(name, "")) > LONGEST:
            raise _UnusableError(name, f"this has more than {LONGEST} characters.")
    address = cells.get("address", "")
    if address and not is_address(address, in_service=in_service):
        raise _UnusableError("address", "this must be an e-mail address, or a webhook that begins with https://.")
    for name in ("supervisor_ref", "cover_ref"):
        if cells.get(name) == cells["officer_ref"]:
            raise _UnusableError(name, "nobody stands in for themselves: name somebody else, or leave it empty.")
    shifts = _shifts(cells, read_instant, days)
    said = {name: cells.get(name, "") for name in ("role", "team", "supervisor_ref", "address", "cover_ref")}
    return _Line(cells["officer_ref"], said, shifts)


def _shifts(cells: dict[str, str], read_instant: Callable[[str], datetime], days: WorkingDays) -> tuple[Shift, ...]:
    """Return the shift of a line, or those of all its Working Days where it names days or is too long for a shift."""
    given = {name: _read_moment(cells, name, read_instant) for name in ("from", "to")}
    starts, ends = given["from"], given["to"]
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        if ends <= starts:
            raise _UnusableError("to", "a shift must end after it starts.")
        if ends - starts <= LONGEST_SHIFT:
            return (Shift(starts, ends),)
    first = london_date(starts) if isinstance(starts, datetime) else starts
    last = due_day(ends) if isinstance(ends, datetime) else ends
    if last < first:
        raise _UnusableError("to", "this must not be before the first day.")
    if (last - first).days > LONGEST_STRETCH:
        raise _UnusableError("to", "this is more than three years after the first day: check the year.")
    at_work = [
        Shift(london_time(day, ASSUMED[0]), london_time(day, ASSUMED[1]))
        for day in (add_days(first, count) for count in range((last - first).days + 1))
        if days.is_working(day)
    ]
    if not at_work:
        raise _UnusableError(
            "to", "there is no Working Day in these days: write instants for a shift at a weekend or on a holiday."
        )
    return tuple(at_work)


def _read_moment(cells: dict[str, str], name: str, read_instant: Callable[[str], datetime]) -> datetime | date:
    try:
        if not _DATE.fullmatch(cells[name]):
            return read_instant(cells[name]).astimezone(UTC)
        day = date.fromisoformat(cells[name])
    except ValueError:
        raise _UnusableError(
            name, "this must be a date, or an instant with an offset such as 2026-11-16T08:00:00+00:00."
        ) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise _UnusableError(name, f"a date here lies in the years {_FIRST_YEAR} to {_LAST_YEAR}.")
    return day
