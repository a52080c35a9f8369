"""Contacts with the victim, and what was said of them afterwards."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from contracts.envelope import CaseData, CaseEventBase, VictimData
from contracts.fields import OURS, Agency, Day, Instant, Text


def _is_no_support_service(agency: str | None) -> str | None:
    """Refuse a support service's conversation: it is theirs and the victim's, and is not sent here."""
    if agency == "support":
        raise PydanticCustomError(OURS, "must not be support: support services' conversations are not sent here")
    return agency


class ContactMadeData(VictimData):
    """How the contact went and what it told; ``note`` is the log text and the only free text about the victim."""

    agency: Annotated[Agency | None, AfterValidator(_is_no_support_service)] = None
    channel: Literal["phone", "sms", "email", "letter", "in_person", "video", "voicemail", "via_adviser"]
    direction: Literal["outbound", "inbound"]
    outcome: Literal["reached", "no_answer", "voicemail_left", "sent", "delivered", "undelivered"]
    informed_of: list[Text] | None = None
    review_explained: bool | None = None
    lenient_sentence_explained: bool | None = None
    duration_seconds: int | None = None
    promised_by: Day | None = None
    passed_on_at: Instant | None = None
    adviser_present: bool | None = None
    note: Text | None = None


class ContactLinkedData(CaseData):
    """What an earlier contact told, confirmed by whoever made it: event ids or full types."""

    event_id: Text
    informed_of: list[Text]


class ContactRegradedData(CaseData):
    """Which grade a supervisor gave to a contact, and why."""

    event_id: Text
    grade: Literal["meaningful", "tick_box", "attempt"]
    reason: Text


class ContactMade(CaseEventBase):
    """Somebody was, or tried to be, in touch with the victim."""

    type: Literal["contact.made.v1"]
    data: ContactMadeData


class ContactLinked(CaseEventBase):
    """It was added what an earlier contact had told the victim."""

    type: Literal["contact.linked.v1"]
    data: ContactLinkedData


class ContactRegraded(CaseEventBase):
    """A supervisor gave a contact another grade, which counts from this event's time."""

    type: Literal["contact.regraded.v1"]
    data: ContactRegradedData


ContactEvent = ContactMade | ContactLinked | ContactRegraded
"""Any event of this module."""
