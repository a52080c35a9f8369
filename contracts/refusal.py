"""What is said of a record that cannot be read: which field is wrong and how, never what it held."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from contracts.fields import OURS

MOST_FAULTS_TOLD: Final = 3


class Refused(BaseModel):
    """A record that was not read as an event, and why.

    ``sentence`` is fit for a log, a header or a page: it names fields and rules and holds no value. ``field`` is the
    first wrong field's path, None where the record as a whole is wrong. The other four are what could be read of the
    record's identity, so that a refusal can be shown on its case; they never hold NUL or half a surrogate pair.
    """

    model_config = ConfigDict(frozen=True)

    sentence: str
    field: str | None = None
    id: str | None = None
    source: str | None = None
    type: str | None = None
    subject: str | None = None


def refuse(sentence: str, field: str | None = None, seen: Mapping[str, Any] | None = None) -> Refused:
    """Return a refusal with as much of the record's identity as was seen."""
    known = seen if seen is not None else {}
    return Refused(
        sentence=sentence,
        field=field,
        id=_clean(known.get("id")),
        source=_clean(known.get("source")),
        type=_clean(known.get("type")),
        subject=_clean(known.get("subject")),
    )


def refuse_faults(faults: ValidationError, seen: Mapping[str, Any], within: str = "") -> Refused:
    """Return a refusal that tells the first faults in our own words; ``within`` stands before every path."""
    details = faults.errors(include_url=False, include_input=False)
    told = [f"{_path(each['loc'], within)} {_phrase(each)}" for each in details[:MOST_FAULTS_TOLD]]
    more = len(details) - len(told)
    sentence = "; ".join(told) + (f"; and {more} more" if more else "")
    return refuse(sentence, _path(details[0]["loc"], within), seen)


def _clean(value: object) -> str | None:
    """Return the text if it can be stored and shown as an identity, else None."""
    if not isinstance(value, str) or not value or "\x00" in value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _path(parts: Sequence[str | int], within: str) -> str:
    """Return a path such as ``data.hours[0].from``, made of our own names: fields that are not ours are not judged."""
    path = within
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


_PHRASES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "missing": lambda _: "is required and is missing, null or empty",
    "is_instance_of": lambda _: "must be text",
    "string_type": lambda _: "must be text",
    "string_too_short": lambda _: "must not be empty",
    "string_unicode": lambda _: "holds half a surrogate pair",
    "string_pattern_mismatch": lambda _: "holds NUL",
    "bool_type": lambda _: "must be true or false",
    "int_type": lambda _: "must be a whole number, written without a decimal point",
    "greater_than_equal": lambda limits: f"must not be less than {limits['ge']}",
    "less_than_equal": lambda limits: f"must not be more than {limits['le']}",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "model_attributes_type": lambda _: "must be an object",
    "literal_error": lambda limits: f"must be one of the words {limits['expected']}",
}


def _phrase(detail: ErrorDetails) -> str:
    """Say what is wrong without the value; pydantic's own words are not used, because some of them repeat it."""
    if detail["type"] == OURS:
        return detail["msg"]
    phrase = _PHRASES.get(detail["type"])
    return phrase(detail.get("ctx", {})) if phrase is not None else "is not as the contract has it"
