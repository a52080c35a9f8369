"""One form for the data of an event, however it was written, and a fingerprint of its content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from contracts.envelope import CaseData, CaseEventBase, UnknownEvent
from contracts.fields import INSTANT, read_instant, seen_from_utc
from contracts.record import RecordCorrected

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
LONG_PAST: Final = "1900-01-01"
NEVER: Final = "9999-12-31"
LONG_PAST_AT: Final = "1900-01-01T00:00:00+00:00"
NEVER_AT: Final = "9999-12-31T23:59:59.999999+00:00"
LARGEST: Final = 2**63 - 1

_HALVES: Final = re.compile("[\ud800-\udfff]")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def normalised_data(event: CaseEventBase) -> dict[str, Any]:
    r"""Return the event's data as JSON holds it, the same however it was written.

    Known fields that are null or empty are gone; instants are UTC ISO texts and dates ISO texts, those before 1900 and
    after 2199 brought to one value each; whole numbers of known fields are brought within 64 bits. Unknown fields are
    as they came. A half surrogate pair is written out as ``\udXXX``, so that every text can be stored. Data of an
    unknown type: a common field that is not as events.md has it stands under ``unread_`` and its name; data that is no
    object stands under ``value``.
    """
    if isinstance(event, UnknownEvent):
        return _of_unknown_type(event.data)
    return _of_data(event.data)


def take_note(event: CaseEventBase) -> tuple[dict[str, Any], str | None]:
    r"""Return the normalised data without the contact note, and the note.

    The note is ``data.note`` of any event, and of a ``record.corrected`` that of its replacement. A note that is not
    text is left behind as ``false``: malformed where a note is read, and nothing personal. Half a surrogate pair in
    the note becomes U+FFFD: a grader could take the digits of ``\udXXX`` for a fact.
    """
    data = normalised_data(event)
    holder, raw = data, event.data
    if isinstance(event, RecordCorrected):
        data.pop("note", None)  # not a field of a correction; whatever it is, it is nobody's note
        holder, raw = data["replacement"]["data"], event.data.replacement.data
    note = holder.pop("note", None)
    if note is None or note == "":
        return data, None
    if not isinstance(note, str):
        holder["note"] = False
        return data, None
    return data, _HALVES.sub("\ufffd", raw["note"] if isinstance(raw, dict) else raw.note)


def content_hash(event: CaseEventBase) -> bytes:
    """Return 32 bytes that are equal where type, subject, instant and data are equal, however they are written.

    Over the exact values, before anything is brought within limits. Null and empty fields count as absent, 1 and 1.0
    are equal, and any text that is an instant counts as that instant, so that a correction's replacement and fields
    that a later version will know are compared alike.
    """
    content = {} if event.data is None or event.data == "" else _canonical(event.data)
    written = _write_exactly([event.type, event.subject, _micros(event.time), content])
    return hashlib.sha256(written.encode()).digest()


_write_exactly: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


def _of_model(model: BaseModel, form: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the known fields of a model that are there, each in the given form, by the names they are written under.

    ``from_`` is the one field whose Python name is not its own (``from`` is a word of the language).
    """
    return {
        ("from" if name == "from_" else name): form(value)
        for name, value in model.__dict__.items()
        if value is not None
    }


def _of_data(model: BaseModel) -> dict[str, Any]:
    """Return all fields of a model as they are stored."""
    found = _of_model(model, _storable)
    if model.__pydantic_extra__:
        found.update(_as_it_came(model.__pydantic_extra__))
    return found


def _of_unknown_type(data: Any) -> dict[str, Any]:
    """Return the data of a type we do not know, with the common fields fit to be read as such."""
    if not isinstance(data, dict):
        return {} if data is None or data == "" else {"value": _as_it_came(data)}
    common = {name: data[name] for name in data.keys() & CaseData.known_names}
    try:
        fit, unfit = CaseData.model_validate(common), frozenset[Any]()
    except ValidationError as faults:
        unfit = frozenset(each["loc"][0] for each in faults.errors(include_url=False, include_input=False))
        fit = CaseData.model_validate({name: value for name, value in common.items() if name not in unfit})
    found = {
        f"unread_{name}" if name in unfit else name: _as_it_came(value)
        for name, value in data.items()
        if name in unfit or name not in common
    }
    return found | _of_data(fit)


def _storable(value: Any) -> Any:
    """Return the value of a known field as JSON that can be stored and read back by anything."""
    form: Callable[[Any], Any] = _STORED.get(type(value), _of_data)
    return form(value)


def _day_text(day: date) -> str:
    """Return the date as ISO text, within 1900 to 2199 or one of the two texts that stand for beyond."""
    return LONG_PAST if day.year < FIRST_YEAR else NEVER if day.year > LAST_YEAR else day.isoformat()


def _utc_text(moment: datetime) -> str:
    """Return the instant in UTC as ISO text, within 1900 to 2199 or one of the two texts that stand for beyond."""
    utc = seen_from_utc(moment)
    year = moment.year if utc is None else utc.year
    if utc is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return LONG_PAST_AT if year < FIRST_YEAR else NEVER_AT
    return utc.isoformat()


def _as_it_came(value: Any) -> Any:
    """Return the value of an unknown field unchanged, but for half surrogate pairs."""
    if isinstance(value, str):
        return value if value.isascii() else _without_halves(value)
    if isinstance(value, dict):
        return {name: _as_it_came(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_as_it_came(each) for each in value]
    return value


def _without_halves(text: str) -> str:
    """Return the text with half surrogate pairs written out, so that it can be encoded."""
    return text.encode("utf-8", "backslashreplace").decode()


def _canonical(value: Any) -> Any:
    """Return the value in the one form in which contents are compared."""
    form: Callable[[Any], Any] = _COMPARED.get(type(value), _canonical_model)
    return form(value)


def _canonical_model(model: BaseModel) -> dict[str, Any]:
    """Return all fields of a model that are there, known or not, in the form in which they are compared."""
    found = _of_model(model, _canonical)
    if model.__pydantic_extra__:
        found.update(_canonical_object(model.__pydantic_extra__))
    return found


def _canonical_object(held: dict[str, Any]) -> dict[str, Any]:
    """Return an object without what is null or empty, which counts as absent."""
    return {name: _canonical(value) for name, value in held.items() if value is not None and value != ""}


def _canonical_text(text: str) -> str:
    """Return an instant as the point in time it names, any other text as it is."""
    if text[10:11] not in {"T", "t"} or INSTANT.fullmatch(text) is None:
        return text
    try:
        return _micros(read_instant(text))
    except PydanticCustomError:  # a day that does not exist
        return text


def _micros(moment: datetime) -> str:
    """Return the microseconds from 1970 UTC, exact for every year and offset, as a text that no other text equals."""
    return f"\x00{(moment - _EPOCH) // _MICROSECOND}"


def _same(value: Any) -> Any:
    return value


_STORED: Final[Mapping[type, Callable[[Any], Any]]] = {
    str: _as_it_came,
    datetime: _utc_text,
    date: _day_text,
    bool: _same,
    int: lambda number: min(max(number, -LARGEST), LARGEST),
    list: lambda values: [_storable(each) for each in values],
    dict: _as_it_came,
}
"""How the value of a known field is stored, by its type; anything else is a model."""

_COMPARED: Final[Mapping[type, Callable[[Any], Any]]] = {
    str: _canonical_text,
    datetime: _micros,
    date: date.isoformat,
    bool: _same,
    int: _same,
    type(None): _same,
    float: lambda number: int(number) if number.is_integer() else number,
    list: lambda values: [_canonical(each) for each in values],
    dict: _canonical_object,
}
"""How a value is written to be compared, by its type; anything else is a model."""
