"""Reads a Kafka record, or a line of a file, into an event or a refusal; it never raises.

Both content modes of the CloudEvents Kafka binding are read. Of a name that stands twice in one object, or a header
that comes twice, the last counts. A UTF-8 byte order mark is passed over. Numbers beyond what a double or 4,300 digits
hold, NaN and Infinity are not JSON here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

import msgspec
from pydantic import ValidationError

from contracts.envelope import UnknownEvent
from contracts.refusal import Refused, refuse, refuse_faults
from contracts.registry import TYPES, CaseEvent

DEEPEST: Final = 64
"""How many levels of objects and lists an event may have; the event itself is the first."""

HeaderValue = bytes | str | None
Headers = Mapping[str, HeaderValue] | Iterable[tuple[str, HeaderValue]]

_STRUCTURED: Final = "application/cloudevents+json"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_NAMES_BINARY_MODE: Final = frozenset({"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"})
_ATTRIBUTE: Final = re.compile("ce_[a-z0-9]{1,60}")


class UnreadableError(Exception):
    """The record as a whole cannot be read; the message is the sentence for its refusal."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


def read_record(value: bytes | None, headers: Headers | None = None) -> CaseEvent | Refused:
    """Read the value and headers of a Kafka record in either content mode.

    Never raises, whatever the bytes. A header that is null or not UTF-8 is passed over unless it is a ``ce_`` header
    of a record in binary mode, which is then refused by that header's name.
    """
    attributes: dict[str, Any] = {}
    try:
        if headers:
            found = _text_headers(headers)
            if _is_binary(found):
                _take_attributes(found, attributes)
                if value:
                    attributes["data"] = _parse(value, DEEPEST - 1)
                return _read(attributes)
        return _read(_parse(value, DEEPEST))
    except UnreadableError as reason:
        return refuse(reason.sentence, reason.field, attributes)


def read_line(line: bytes | str) -> CaseEvent | Refused:
    """Read one line of a JSONL file: an event in structured mode. Never raises."""
    try:
        raw = line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass")
        return _read(_parse(raw, DEEPEST))
    except UnreadableError as reason:
        return refuse(reason.sentence, reason.field)


def read_replacement(
    event_type: str,
    *,
    id: str,  # noqa: A002 - the name CloudEvents gives it
    source: str,
    subject: str,
    replacement: Mapping[str, Any],
) -> CaseEvent | Refused:
    """Read what a ``record.corrected`` puts in the place of an event; the four given stay the event's own.

    ``replacement`` holds ``time`` and ``data``, as the correction had them or normalised. Never raises: a replacement
    that would be malformed for the type is a refusal whose paths begin with ``replacement``.
    """
    event = {
        "id": id,
        "source": source,
        "type": event_type,
        "subject": subject,
        "time": replacement.get("time"),
        "data": replacement.get("data"),
    }
    return _read(event, within="replacement")


def _read(event: object, within: str = "") -> CaseEvent | Refused:
    """Turn parsed JSON into the event it says it is."""
    if not isinstance(event, dict):
        return refuse("the record is JSON but not an object")
    kind = event.get("type")
    model = TYPES.get(kind, UnknownEvent) if isinstance(kind, str) else UnknownEvent
    if "data_base64" in event and model is not UnknownEvent:
        # Read as if it had no data, an event that names its victim there would concern every victim of the case.
        return refuse("data_base64 is not read for this type: its data must be JSON in data", "data_base64", event)
    try:
        return model.__pydantic_validator__.validate_python(event)  # type: ignore[no-any-return]  # pydantic says Any
    except ValidationError as faults:
        return refuse_faults(faults, event, within)


def _parse(raw: bytes | None, deepest: int) -> Any:
    """Parse JSON that is UTF-8 and no deeper than allowed. Raises UnreadableError.

    msgspec is several times faster than the standard library but refuses half surrogate pairs, which are allowed in
    data; so what it refuses is tried again, and a name in which one half stands is kept with the half written out.
    """
    if not raw:
        raise UnreadableError("the record is empty: it has no value")
    raw = raw.removeprefix(_BYTE_ORDER_MARK)
    if raw.count(b"{") + raw.count(b"[") > deepest and _is_deeper(raw, deepest):
        raise UnreadableError(f"the event is nested deeper than {DEEPEST} levels")
    try:
        return _FAST.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise UnreadableError("the record is not JSON: it is not UTF-8") from None
    try:
        return _with_plain_names(_THOROUGH.decode(text))
    except json.JSONDecodeError as fault:
        raise UnreadableError(f"the record is not JSON (line {fault.lineno}, column {fault.colno})") from None
    except ValueError:  # the standard library's limit on digits
        raise UnreadableError("the record holds a number that is too large") from None


def _refuse_constant(_name: str) -> NoReturn:
    raise UnreadableError("the record is not JSON: it holds NaN or Infinity")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise UnreadableError("the record holds a number that is too large")
    return number


_FAST: Final = msgspec.json.Decoder()
_THOROUGH: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)

# The closing quote is optional: an unterminated text is then passed over once, not tried again from each of its quotes.
_TEXTS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+', re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def _is_deeper(raw: bytes, deepest: int) -> bool:
    """Tell whether brackets outside texts nest deeper, before any parser has to follow them down."""
    level = 0
    for bracket in _TEXTS.sub(b"", raw).translate(None, _NOT_BRACKETS):
        if bracket in b"[{":
            level += 1
            if level > deepest:
                return True
        else:
            level -= 1
    return False


def _with_plain_names(value: Any) -> Any:
    r"""Return the value with half surrogate pairs in names written out as ``\udXXX``; at most 64 levels deep."""
    if isinstance(value, dict):
        return {
            name.encode("utf-8", "backslashreplace").decode(): _with_plain_names(held) for name, held in value.items()
        }
    if isinstance(value, list):
        return [_with_plain_names(each) for each in value]
    return value


def _text_headers(headers: Headers) -> dict[str, str | None]:
    """Return headers by lower-case name; a value that is null or not UTF-8 is None."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found: dict[str, str | None] = {}
    for name, value in pairs:
        text = value
        if isinstance(value, bytes):
            try:
                text = value.decode()
            except UnicodeDecodeError:
                text = None
        found[name.lower()] = text if isinstance(text, str) else None
    return found


def _is_binary(headers: Mapping[str, str | None]) -> bool:
    """Tell binary from structured mode as the Kafka binding does. Raises UnreadableError for formats not JSON."""
    declared = headers.get("content-type")
    if declared is not None:
        kind = declared.split(";", 1)[0].strip().lower()
        if kind == _STRUCTURED:
            return False
        if kind.startswith("application/cloudevents"):
            raise UnreadableError(f"header content-type must be {_STRUCTURED} or that of the data", "content-type")
    return not _NAMES_BINARY_MODE.isdisjoint(headers)


def _take_attributes(headers: Mapping[str, str | None], attributes: dict[str, Any]) -> None:
    """Move ``ce_`` headers into the attributes. Raises UnreadableError for a bad one, after all the others.

    What follows ``ce_`` must be a name that CloudEvents allows, else it is no attribute and passed over.
    """
    bad: str | None = None
    for name, value in headers.items():
        if _ATTRIBUTE.fullmatch(name) is None:
            continue
        if value is None:
            bad = bad or name
        elif name != "ce_data":
            attributes[name.removeprefix("ce_")] = value
    if bad is not None:
        raise UnreadableError(f"header {bad} is null or not UTF-8", bad)
