"""Grading the contacts file of ``waymark grade`` (contacts-format.md): one case a line, its own names for events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from services.contacts.grading import CaseHappening, Circumstances, ContactRecord, Span, grade_contacts
from services.contacts.reading import Reading, read_note
from services.contacts.reading_cues import Cue

_TYPES: dict[str, str] = {
    "suspect_arrested": "policing.suspect.arrested.v1",
    "suspect_interviewed": "policing.suspect.interviewed.v1",
    "suspect_released": "policing.suspect.released.v1",
    "bail_changed": "policing.suspect.bail_changed.v1",
    "suspect_charged": "policing.suspect.charged.v1",
    "early_advice_submitted": "prosecution.early_advice.submitted.v1",
    "early_advice_received": "prosecution.early_advice.received.v1",
    "file_submitted": "prosecution.file.submitted.v1",
    "file_returned": "prosecution.file.returned.v1",
    "charging_decision": "prosecution.decision.made.v1",
    "no_further_action_decided": "policing.decision.no_further_action.v1",
    "review_decided": "policing.review.decided.v1",
    "hearing_listed": "court.hearing.listed.v1",
    "hearing_changed": "court.hearing.changed.v1",
    "hearing_held": "court.hearing.held.v1",
    "special_measures_applied": "court.special_measures.applied.v1",
    "special_measures_granted": "court.special_measures.decided.v1",
    "verdict_given": "court.verdict.given.v1",
    "sentenced": "court.sentence.passed.v1",
    "dvpo_granted": "safeguarding.order.granted.v1",
    "stalking_protection_order_granted": "safeguarding.order.granted.v1",
    "phone_downloaded": "policing.phone.extracted.v1",
    "marac_heard": "safeguarding.marac.heard.v1",
    "complaint_answered": "complaint.answered.v1",
}
"""The file's events that a victim should be told of; she took part in, or asked for, all the others."""

_CHANNELS = frozenset({"phone", "sms", "email", "letter", "in_person", "video", "voicemail", "via_adviser", "via_isva"})
_DIRECTIONS = frozenset({"outbound", "inbound"})
_OUTCOMES = frozenset({"reached", "no_answer", "voicemail_left", "delivered", "undelivered", "sent"})
_THE_VICTIM = "victim"


class ContactsFileError(ValueError):
    """A case of a contacts file cannot be read; the message says which field, how, and nothing of its value."""


def grade_case(json_case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return ``{contact_id, grade, reasons, why}`` for each contact of the case, in the order of the file.

    Raises ContactsFileError where a field is missing or of the wrong kind; the caller adds the line's number.
    """
    if not isinstance(json_case, Mapping):
        raise ContactsFileError("a line must be one JSON object, a case with its events and contacts")
    happenings = [_happening(at, event) for at, event in enumerate(_objects(json_case, "events"))]
    contacts = [_contact(at, contact) for at, contact in enumerate(_objects(json_case, "contacts"))]
    always = (Span(datetime.min.replace(tzinfo=UTC)),)
    circumstances = Circumstances(
        voicemail_agreed=tuple(
            Span(contact.occurred_at) for contact in contacts if _says_voicemail_is_agreed(contact.reading)
        ),
        adviser_agreed=always if json_case.get("agreed_channel") in {"via_isva", "via_adviser"} else (),
    )
    grades = {grade.source: grade for grade in grade_contacts(contacts, happenings, circumstances)}
    return [
        {"contact_id": contact.event_id, "grade": grade.grade, "reasons": list(grade.reasons), "why": grade.why}
        for contact in contacts
        for grade in (grades[contact.source],)
    ]


def _says_voicemail_is_agreed(reading: Reading | None) -> bool:
    """The file has no field for it: what a note says of an agreement holds from that contact on."""
    return reading is not None and Cue.VOICEMAIL_AGREED in reading.cues and Cue.VOICEMAIL_REFUSED not in reading.cues


def _happening(at: int, event: Mapping[str, Any]) -> CaseHappening:
    where = f"events[{at}]"
    name = _text(event, "type", where)
    return CaseHappening(f"event {at}", _TYPES.get(name, name), _instant(event, "occurred_at", where))


def _contact(at: int, contact: Mapping[str, Any]) -> ContactRecord:
    where = f"contacts[{at}]"
    note = contact.get("note")
    if note is not None and not isinstance(note, str):
        raise ContactsFileError(f"{where}.note must be text, or absent where nothing was written")
    duration = contact.get("duration_seconds")
    if duration is not None and (isinstance(duration, bool) or not isinstance(duration, int)):
        raise ContactsFileError(f"{where}.duration_seconds must be a whole number of seconds, or null")
    role = contact.get("recorded_by")
    if role is not None and not isinstance(role, str):
        raise ContactsFileError(f"{where}.recorded_by must be text: the role of whoever wrote the note")
    channel = _word(contact, "channel", where, _CHANNELS)
    return ContactRecord(
        event_id=_text(contact, "contact_id", where),
        source=f"{at:09}",
        occurred_at=_instant(contact, "occurred_at", where),
        victim_id=_THE_VICTIM,
        channel="via_adviser" if channel == "via_isva" else channel,
        direction=_word(contact, "direction", where, _DIRECTIONS),
        outcome=_word(contact, "outcome", where, _OUTCOMES),
        role=role,
        duration_seconds=duration,
        reading=read_note(note) if note else None,
    )


def _objects(case: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    value = case.get(name)
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise ContactsFileError(f"{name} must be a list of JSON objects, empty where there are none")
    return cast("Sequence[Mapping[str, Any]]", value)


def _text(item: Mapping[str, Any], name: str, where: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise ContactsFileError(f"{where}.{name} is missing or is not text; give it as a non-empty string")
    return value


def _word(item: Mapping[str, Any], name: str, where: str, words: frozenset[str]) -> str:
    value = _text(item, name, where)
    if value not in words:
        raise ContactsFileError(f"{where}.{name} must be one of {', '.join(sorted(words))}")
    return value


def _instant(item: Mapping[str, Any], name: str, where: str) -> datetime:
    value = _text(item, name, where)
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ContactsFileError(f"{where}.{name} must be a date and time with an offset, such as 2026-02-03T09:15:00+00:00")
