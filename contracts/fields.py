"""The kinds of value a case event may hold: text, words, dates, instants and whole numbers.

Nothing is coerced: a whole number is not a bool and not ``14.0``, a date is not an instant. Texts are checked as
Python text and no further, because NUL and half surrogate pairs are allowed in every field but the envelope's.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, GetCoreSchemaHandler, PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

LONDON: Final = ZoneInfo("Europe/London")
FIRST_LONDON_YEAR: Final = 2000
LAST_LONDON_YEAR: Final = 2099

OURS: Final = "waymark"
"""The type of every validation error whose words are ours and may be shown (they never hold a value)."""

_HOUR: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
INSTANT: Final = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt]{_HOUR}:[0-5][0-9](?:\.[0-9]+)?(?:[Zz]|[+-]{_HOUR})",
)
_SHAPED_LIKE_AN_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})",
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _fault(words: str) -> PydanticCustomError:
    """Return an error whose words may be shown as they stand."""
    return PydanticCustomError(OURS, words)


def read_instant(value: object) -> datetime:
    """Read an instant of any year from its RFC 3339 text, keeping its offset.

    Seconds and an offset are required; digits after the microsecond are dropped; second 60 does not exist. An aware
    ``datetime`` is taken as it is, so that events can be made in code. Raises PydanticCustomError.
    """
    if isinstance(value, str):
        if INSTANT.fullmatch(value) is None:
            if _SHAPED_LIKE_AN_INSTANT.fullmatch(value) is not None:
                raise _fault("names an hour, minute, second or offset that does not exist")
            raise _fault("must be an instant with seconds and an offset, such as 2026-11-10T14:20:00+00:00")
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            raise _fault("names a day that does not exist") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _fault("must be an instant with an offset")
        return value
    raise _fault("must be an instant written as text, such as 2026-11-10T14:20:00+00:00")


def read_moment_of_a_case(value: object) -> datetime:
    """Read when something happened: an instant within the London years 2000 to 2099.

    Raises PydanticCustomError. Years in between need no time zone: no offset moves an instant by more than a day.
    """
    moment = read_instant(value)
    if FIRST_LONDON_YEAR < moment.year < LAST_LONDON_YEAR:
        return moment
    try:
        year = moment.astimezone(LONDON).year
    except OverflowError:
        year = moment.year
    if not FIRST_LONDON_YEAR <= year <= LAST_LONDON_YEAR:
        raise _fault(f"must lie in the years {FIRST_LONDON_YEAR} to {LAST_LONDON_YEAR}, London time")
    return moment


def read_day(value: object) -> date:
    """Read a date of any year, written YYYY-MM-DD. Raises PydanticCustomError."""
    if isinstance(value, str):
        if _DAY.fullmatch(value) is None:
            raise _fault("must be a date written YYYY-MM-DD")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _fault("names a day that does not exist") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise _fault("must be a date written as text, YYYY-MM-DD")


def read_text_or_texts(value: object) -> str | list[str]:
    """Read one text or a list of texts. Raises PydanticCustomError."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise _fault("must be text or a list of texts")


def seen_from_utc(moment: datetime) -> datetime | None:
    """Return the moment in UTC, or None where the calendar of years 1 to 9999 does not reach."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


class _AnyText:
    """Text as JSON has it; pydantic's own ``str`` refuses half surrogate pairs, which are allowed in data."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Ask for a ``str`` and no more; the JSON Schema says that required text is not empty."""
        return core_schema.json_or_python_schema(
            json_schema=core_schema.str_schema(strict=True, min_length=1),
            python_schema=core_schema.is_instance_schema(str),
        )


Text = Annotated[str, _AnyText]
"""A text or an opaque reference; never a name, address, number or e-mail address."""

TextOrTexts = Annotated[
    str | list[str],
    PlainValidator(read_text_or_texts),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}}]}),
]
"""For fields whose form events.md leaves open: one text or a list of them."""

Identity = Annotated[str, Field(min_length=1, pattern="^[^\\x00]*$")]
"""A text that identifies: not empty, no NUL, no half surrogate pair (pydantic's ``str`` refuses the last)."""

Instant = Annotated[datetime, PlainValidator(read_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant of any year, RFC 3339 with seconds and offset."""

Moment = Annotated[
    datetime,
    PlainValidator(read_moment_of_a_case),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "within the London years 2000 to 2099"}),
]
"""When something happened: an instant within the London years 2000 to 2099."""

Day = Annotated[date, PlainValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A date of any year, YYYY-MM-DD."""

Agency = Literal["police", "cps", "wcu", "court", "probation", "support", "other"]
"""Whose event it is."""

Service = Literal["victim_support", "isva", "idva", "isac", "sarc", "other"]
"""A support service: Victim Support, an independent adviser (ISVA, IDVA, ISAC) or a referral centre (SARC)."""
