"""What crosses a boundary: case events in, announcements out, topics; the small public API of this package."""

from __future__ import annotations

from contracts.envelope import CaseData, CaseEventBase, UnknownEvent
from contracts.normalised import content_hash, normalised_data, take_note
from contracts.reading import read_line, read_record, read_replacement
from contracts.refusal import Refused
from contracts.registry import TYPES, CaseEvent, CaseRecord, KnownEvent
from contracts.writing import write_event

__all__ = [
    "TYPES",
    "CaseData",
    "CaseEvent",
    "CaseEventBase",
    "CaseRecord",
    "KnownEvent",
    "Refused",
    "UnknownEvent",
    "content_hash",
    "normalised_data",
    "read_line",
    "read_record",
    "read_replacement",
    "take_note",
    "write_event",
]
