"""An announcement as it is written down: an entry of the ledger, and the CloudEvent that is published of it.

The entry holds all that the stored state can be folded from; the event holds what contracts.announcements promises to
others. Nothing personal is in either: ids, references, dates and states only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from contracts.announcements import SOURCE
from services.journeys.assessment import instant_text
from services.journeys.changes import Announcement

_LEDGER_ALONE: Final = frozenset({"trigger_source"})
"""Fields of a snapshot that are not in the published contract."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What all announcements of one commit have in common."""

    case_id: str
    case: str
    """Which case, in an announcement's id: the case key in hexadecimal."""
    at: datetime
    cause: str
    """``event``, ``time``, ``ruleset``, ``correction`` or ``repair``; a quiet one is told as ``backfill``."""
    ruleset: str


def write_entry(telling: Telling, sequence: int, announcement: Announcement) -> bytes:
    """Return an announcement as its ledger entry, the ``sequence``-th of its case."""
    return _json(
        {
            "case_id": telling.case_id,
            "sequence": sequence,
            "at": instant_text(telling.at),
            "cause": "backfill" if announcement.quiet else telling.cause,
            "ruleset": telling.ruleset,
            "what": announcement.what,
            "thing": announcement.thing,
            "id": announcement.id,
            "previous": announcement.previous,
            "state": announcement.state,
            "body": announcement.body,
            "quiet": announcement.quiet,
        }
    )


def read_entry(entry: bytes) -> Announcement:
    """Return the announcement that was written as this entry.

    Raises:
        ValueError: if these bytes are no announcement.
    """
    try:
        held: dict[str, Any] = json.loads(entry)
        return Announcement(
            what=held["what"],
            thing=held["thing"],
            id=held["id"],
            previous=held["previous"],
            state=held["state"],
            body=held["body"],
            quiet=held["quiet"],
        )
    except (KeyError, TypeError) as missing:
        raise ValueError("This ledger entry is no announcement: a part of it is missing.") from missing


def write_event(telling: Telling, told: int, announcement: Announcement) -> bytes:
    """Return an announcement as the CloudEvent that is published, the ``told``-th of its case.

    Its id follows from the case and that number, so that one published twice is seen to be one.
    """
    body = {name: value for name, value in announcement.body.items() if name not in _LEDGER_ALONE}
    return _json(
        {
            "specversion": "1.0",
            "id": f"{telling.case}-{told}",
            "source": SOURCE,
            "type": event_type(announcement.what),
            "subject": telling.case_id,
            "time": instant_text(telling.at),
            "datacontenttype": "application/json",
            "data": {
                "case_id": telling.case_id,
                "sequence": told,
                "cause": telling.cause,
                announcement.thing: body,
            },
        }
    )


def event_type(what: str) -> str:
    """Return the event type of an announcement: ``obligation.breached`` is ``waymark.obligation.breached.v1``."""
    return f"waymark.{what}.v1"


def _json(value: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair in a reference: msgspec writes none
        return json.dumps(value, separators=(",", ":")).encode("ascii")
