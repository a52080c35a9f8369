"""Reads the file of `waymark people import`: contact points, each line checked, no value ever in a message.

Columns: victim_id, contact_point_ref, kind, value, belongs_to, confirmed_by, confirmed_at, cover, sender_name
(surfaces.md). A column of its own, adult_confirmed_by, may follow: who confirmed that the adult a number belongs to is
safe and is neither suspect nor witness, without which nobody under 18 is texted, and no adult on anybody else's phone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

COLUMNS: Final = (
    "victim_id", "contact_point_ref", "kind", "value", "belongs_to", "confirmed_by", "confirmed_at", "cover",
    "sender_name",
)  # fmt: skip
ALSO: Final = frozenset({"adult_confirmed_by"})
NEEDED: Final = ("victim_id", "contact_point_ref", "kind", "value", "belongs_to")

CAN_TEXT: Final = frozenset({"mobile", "phone", "sms", "text"})
NUMBERS: Final = CAN_TEXT | {"landline"}
KINDS: Final = NUMBERS | {"email"}
SELF: Final = frozenset(
    {"self", "own", "victim", "her own", "his own", "their own", "herself", "himself", "themselves"}
)

LONGEST: Final = 500
LONGEST_NAME: Final = 20
_DRAMA: Final = re.compile(r"\+447700900[0-9]{3}", re.ASCII)
_E164: Final = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)
_UK_MOBILE: Final = re.compile(r"\+447[0-9]{9}", re.ASCII)
_UK: Final = re.compile(r"\+44[1-9][0-9]{8,9}", re.ASCII)
_BETWEEN_DIGITS: Final = re.compile(r"[\s().\u2010-\u2015-]")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NAME: Final = re.compile(r"[^\W\d_]+(?:(?:\. | |-|')[^\W\d_]+)*\.?")
"""A plain name of letters, such as `Sam` or `Sam B.`: it stands in a text, so no link or number can be one."""

RANKS: Final = frozenset({
    "pc", "wpc", "pcso", "dc", "ds", "di", "dci", "dcs", "det", "sgt", "insp", "supt", "solo", "dalo", "oic", "isva",
    "idva", "police", "policeman", "policewoman", "officer", "constable", "detective", "sergeant", "inspector",
    "superintendent", "heddlu", "swyddog", "cwnstabl", "ditectif", "rhingyll", "arolygydd",
})  # fmt: skip
"""What tells whoever reads a discreet text that its sender is no friend, in English and Welsh."""


@dataclass(frozen=True, slots=True)
class PointRow:
    """One contact point, checked; ``value`` is a number in E.164 form or an address. Its repr holds no value."""

    victim_id: str
    ref: str
    kind: str
    value: str = field(repr=False)
    belongs_to: str
    can_text: bool
    confirmed_by: str | None
    confirmed_at: datetime | None
    cover: str | None = field(repr=False)
    sender_name: str | None = field(repr=False)
    adult_confirmed_by: str | None


@dataclass(slots=True)
class PeopleFile:
    """What was read: the good lines, and a sentence for each line that cannot be used."""

    rows: list[PointRow] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


class _UnusableError(Exception):
    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


def read_people(lines: Iterable[str], read_instant: Callable[[str], datetime], *, in_service: bool) -> PeopleFile:
    """Read the lines of the file; ``read_instant`` reads an instant or a London date and raises ValueError.

    Outside of service only numbers of Ofcom's drama range 07700 900000 to 900999 are taken: no real person is texted
    from a laptop. Every bad line is told, with its number and column; good lines are returned beside them.
    """
    found = PeopleFile()
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip().removeprefix("\ufeff").lower() for name in next(reader, [])]
        problem = _problem_with_header(header)
        if problem:
            found.refusals.append(f"line 1: {problem}")
            return found
        seen: dict[tuple[str, str], int] = {}
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            try:
                row = _read_row(_named(header, cells), read_instant, in_service=in_service)
                _refuse_second(seen, row, reader.line_num)
            except _UnusableError as reason:
                found.refusals.append(f"line {reader.line_num}, column {reason.column}: {reason}")
            else:
                found.rows.append(row)
    except csv.Error:
        found.refusals.append(f"line {reader.line_num}: this line is not CSV; check its quotes.")
    return found


def may_sign(name: str) -> bool:
    """Whether a discreet text may be signed with this name: plain, short, and without a rank.

    >>> may_sign("Sam B."), may_sign("DC Sam"), may_sign("sam.example")
    (True, False, False)
    """
    parts = {part.strip(".").lower() for part in name.replace("-", " ").split()}
    return len(name) <= LONGEST_NAME and NAME.fullmatch(name) is not None and not parts & RANKS


def e164(value: str) -> str | None:
    """Return a telephone number in E.164 form, or None where it is none; a leading 0 is the United Kingdom's.

    >>> e164("07700 900123"), e164("0044 7700-900123"), e164("12")
    ('+447700900123', '+447700900123', None)
    """
    digits = _BETWEEN_DIGITS.sub("", value.strip())
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = "+44" + digits[1:]
    if digits.startswith("+440"):
        digits = "+44" + digits[4:]
    if not _E164.fullmatch(digits) or (digits.startswith("+44") and not _UK.fullmatch(digits)):
        return None
    return digits


def _problem_with_header(header: list[str]) -> str | None:
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS and name not in ALSO]
    if missing:
        return f"the first line must name the columns; missing: {', '.join(missing)}."
    if unknown:
        # A stray column may hold values, so its name is not repeated.
        return f"there {'is a column' if len(unknown) == 1 else 'are columns'} nobody reads; use {', '.join(COLUMNS)}."
    if len(set(header)) != len(header):
        return "a column stands twice."
    return None


def _named(header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(header):
        raise _UnusableError(header[-1], "there are more cells than columns; check its commas and quotes.")
    return dict(zip(header, (cell.strip() for cell in cells), strict=False))


def _refuse_second(seen: dict[tuple[str, str], int], row: PointRow, line: int) -> None:
    first = seen.setdefault((row.victim_id, row.ref), line)
    if first != line:
        raise _UnusableError("contact_point_ref", f"line {first} has the same contact point of the same victim.")


def _read_row(cells: dict[str, str], read_instant: Callable[[str], datetime], *, in_service: bool) -> PointRow:
    for name in (*COLUMNS, *ALSO):
        if name in NEEDED and not cells.get(name):
            raise _UnusableError(name, "this must not be empty.")
        if len(cells.get(name, "")) > LONGEST:
            raise _UnusableError(name, f"this has more than {LONGEST} characters.")
    kind = cells["kind"].lower()
    if kind not in KINDS:
        raise _UnusableError("kind", f"this must be one of {', '.join(sorted(KINDS))}.")
    value = _read_value(kind, cells["value"], in_service=in_service)
    confirmed_by, confirmed_at = _read_confirmation(cells, read_instant)
    sender_name = cells.get("sender_name") or None
    if sender_name is not None and not may_sign(sender_name):
        raise _UnusableError(
            "sender_name",
            f"this must be a plain name of at most {LONGEST_NAME} letters, without a rank: it stands in a text.",
        )
    belongs_to = cells["belongs_to"].lower()
    return PointRow(
        victim_id=cells["victim_id"],
        ref=cells["contact_point_ref"],
        kind=kind,
        value=value,
        belongs_to="self" if belongs_to in SELF else belongs_to,
        can_text=kind in CAN_TEXT and (not value.startswith("+44") or bool(_UK_MOBILE.fullmatch(value))),
        confirmed_by=confirmed_by,
        confirmed_at=confirmed_at,
        cover=cells.get("cover") or None,
        sender_name=sender_name,
        adult_confirmed_by=cells.get("adult_confirmed_by") or None,
    )


def _read_value(kind: str, value: str, *, in_service: bool) -> str:
    if kind not in NUMBERS:
        if not _EMAIL.fullmatch(value):
            raise _UnusableError("value", "this is not an e-mail address.")
        return value
    number = e164(value)
    if number is None:
        raise _UnusableError("value", "this is not a telephone number, such as 07700 900123 or +44 7700 900123.")
    if not in_service and not _DRAMA.fullmatch(number):
        raise _UnusableError(
            "value",
            "outside of service only numbers from 07700 900000 to 07700 900999 are taken, which belong to nobody "
            "(in service set WAYMARK_SERVICE=true).",
        )
    return number


def _read_confirmation(
    cells: dict[str, str], read_instant: Callable[[str], datetime]
) -> tuple[str | None, datetime | None]:
    confirmed_by, at = cells.get("confirmed_by") or None, cells.get("confirmed_at") or None
    if (confirmed_by is None) != (at is None):
        missing = "confirmed_by" if confirmed_by is None else "confirmed_at"
        raise _UnusableError(missing, "who confirmed the number and when go together: give both or neither.")
    if at is None:
        return None, None
    try:
        return confirmed_by, read_instant(at).astimezone(UTC)
    except ValueError:
        raise _UnusableError(
            "confirmed_at", "this must be a date or an instant with an offset, such as 2026-11-10T14:20:00+00:00."
        ) from None
