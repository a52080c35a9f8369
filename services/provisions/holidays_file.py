"""Reads a list of bank holidays that were proclaimed since the bundled list was made, each with its source.

A holiday is law as data like a rule: a date without a source is refused, and so is the whole list, because a list read
by half would count half the days wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import yaml

from services.provisions.packs import PackError

_FIELDS: Final = ("date", "name", "source", "seen")
_EXAMPLE: Final = "- {date: 2027-06-07, name: Jubilee, source: https://www.gov.uk/bank-holidays, seen: 2026-11-01}"


@dataclass(frozen=True, slots=True)
class Holiday:
    """One bank holiday in England and Wales (a London date), where it is proclaimed and when that was read."""

    day: date
    name: str
    source: str
    seen: date


def read_holidays(text: str, file: str) -> tuple[Holiday, ...]:
    """The holidays of a list, by date; raises PackError naming file, entry and field where one cannot be used.

    >>> read_holidays(_EXAMPLE, "holidays.yaml")[0].day
    datetime.date(2027, 6, 7)
    """
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        where = f"{file}, line {mark.line + 1}" if mark is not None else file
        raise PackError(f"{where}: not readable as YAML. Write one holiday a line, such as: {_EXAMPLE}") from None
    if content is None:
        return ()
    if not isinstance(content, list):
        raise PackError(f"{file}: this is no list. Write one holiday a line, such as: {_EXAMPLE}")
    found = [_holiday(each, f"{file}, holiday {number}") for number, each in enumerate(content, 1)]
    days = [each.day for each in found]
    if doubled := {day for day in days if days.count(day) > 1}:
        raise PackError(f"{file}: {min(doubled)} is listed twice. Leave one.")
    return tuple(sorted(found, key=lambda each: each.day))


def _holiday(raw: Any, where: str) -> Holiday:
    if not isinstance(raw, Mapping):
        raise PackError(f"{where}: it needs the fields {', '.join(_FIELDS)}, such as: {_EXAMPLE}")
    if unknown := sorted(str(name) for name in raw if name not in _FIELDS):
        raise PackError(f"{where}: unknown field `{unknown[0]}`. The fields are {', '.join(_FIELDS)}.")
    for name in _FIELDS:
        if not raw.get(name):
            raise PackError(f"{where}: the field `{name}` is missing. A holiday without it cannot be traced; add it.")
    return Holiday(_day(raw, "date", where), str(raw["name"]), str(raw["source"]), _day(raw, "seen", where))


def _day(raw: Mapping[str, Any], name: str, where: str) -> date:
    # YAML reads 2027-06-07T00:00 as an instant, which is a date to Python too: only the day itself is taken.
    if type(raw[name]) is not date:
        raise PackError(f"{where}: `{name}` must be a day, YYYY-MM-DD.")
    found: date = raw[name]
    return found
