"""Invented events for the tests of the contracts."""

from __future__ import annotations

import json
from typing import Any

from contracts import CaseEvent, Refused, read_line
from contracts.generate import EXAMPLES


def example(event_type: str) -> dict[str, Any]:
    """Return the checked-in example of a type as JSON."""
    held: dict[str, Any] = json.loads((EXAMPLES / f"{event_type}.json").read_text(encoding="utf-8"))
    return held


def made(event_type: str = "policing.suspect.arrested.v1", /, **changes: Any) -> dict[str, Any]:
    """Return the example of a type with changes to its envelope."""
    return example(event_type) | changes


def without(name: str, event_type: str = "policing.suspect.arrested.v1") -> dict[str, Any]:
    """Return the example of a type without one attribute of its envelope."""
    return {key: held for key, held in example(event_type).items() if key != name}


def made_with(event_type: str = "policing.suspect.arrested.v1", /, **data: Any) -> dict[str, Any]:
    """Return the example of a type with changes to its data."""
    event = example(event_type)
    return event | {"data": event["data"] | data}


def read(event: Any) -> CaseEvent | Refused:
    """Read a JSON value as a line of a file."""
    return read_line(json.dumps(event))


def accepted(event: Any) -> CaseEvent:
    """Read a JSON value that is an event."""
    found = read(event)
    assert not isinstance(found, Refused), found.sentence
    return found


def refused(event: Any) -> Refused:
    """Read a JSON value that is no event."""
    found = read(event)
    assert isinstance(found, Refused), "it was accepted"
    return found
