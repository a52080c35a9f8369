"""Putting the record right: knowledge about other events of the same case, not happenings."""

from __future__ import annotations

from typing import Any, Literal

from contracts.envelope import CaseData, CaseEventBase, Strict
from contracts.fields import Instant, Moment, Text, TextOrTexts


class Replacement(Strict):
    """The whole ``time`` and ``data`` that an event should have had.

    Its data is judged only when it is applied, by ``read_replacement``: the event it concerns, and so its type, may not
    have arrived yet.
    """

    time: Moment
    data: dict[str, Any]


class RecordCorrectedData(CaseData):
    """Which event is corrected, to what, and why."""

    event_id: Text
    replacement: Replacement
    reason: Text


class RecordRetractedData(CaseData):
    """Which event is retracted, and why."""

    event_id: Text
    reason: Text


class GoodReasonData(CaseData):
    """Why a duty could not be met in time; ``event_id`` is the trigger; nothing personal in the words."""

    event_id: Text
    rule: Text
    category: Literal[
        "unreachable",
        "asked_to_wait",
        "unsafe_to_contact",
        "investigation",
        "feed_late",
        "other_agency_late",
        "officer_absent",
        "other",
    ]
    words: Text
    decided_at: Instant
    evidence: TextOrTexts | None = None
    reviewed_by: Text | None = None


class RecordCorrected(CaseEventBase):
    """An event was corrected."""

    type: Literal["record.corrected.v1"]
    data: RecordCorrectedData


class RecordRetracted(CaseEventBase):
    """An event was retracted."""

    type: Literal["record.retracted.v1"]
    data: RecordRetractedData


class GoodReasonGiven(CaseEventBase):
    """A good reason was recorded for a duty not met in time."""

    type: Literal["record.good_reason.v1"]
    data: GoodReasonData


RecordEvent = RecordCorrected | RecordRetracted | GoodReasonGiven
"""Any event of this module."""
