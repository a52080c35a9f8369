"""Writes an event as CloudEvents JSON in structured mode, so that reading it gives the same event."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from contracts.envelope import CaseEventBase


def write_event(event: CaseEventBase) -> bytes:
    """Return the event as one line of ASCII JSON, with unknown fields, without those that were not given.

    The standard library writes it because half surrogate pairs are allowed in data and other writers refuse them.
    """
    held = {"specversion": event.specversion} | event.model_dump(by_alias=True, exclude_unset=True)
    return json.dumps(held, default=_as_text, allow_nan=False).encode()


def _as_text(value: Any) -> str:
    """Return a date or an instant as ISO text."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"an event holds no {type(value).__name__}")
