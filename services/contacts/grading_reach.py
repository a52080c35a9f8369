"""Was the victim reached? The note decides where it contradicts the logged outcome (contact-quality.md)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from services.contacts.grading_records import Circumstances, ContactRecord
from services.contacts.reading_cues import Cue

REACHED = "reached"
NOT_REACHED = "not_reached"
DELIVERY_FAILED = "delivery_failed"

_FAILED = {"undelivered": DELIVERY_FAILED, "no_answer": NOT_REACHED}
_WRITTEN = frozenset({"sms", "email", "letter"})
_STANDS_IN = frozenset({Cue.ADVISER, Cue.NOMINATED_CONTACT})
_SPOKE_FOR = frozenset({Cue.NOMINATED_CONTACT, Cue.VERY_SPECIFIC})
_REACHED_AND_TOLD = frozenset({Cue.REACHED, Cue.TOLD_NOW})
_CAME_ON = frozenset({Cue.NOMINATED_CONTACT, Cue.CALLED_BACK})
_SPOKE = frozenset({Cue.REACHED, Cue.CUT_SHORT})
_TOLD_MUCH = frozenset({Cue.FACT, Cue.AWAITED_WITH_TIME, Cue.SUPPORT_STEP, Cue.SAFEGUARDING_STEP, Cue.PRACTICAL_STEP})


def reach_of(contact: ContactRecord, cues: AbstractSet[int], circumstances: Circumstances) -> str:
    """Return whether the contact reached the victim, was not answered, or was not delivered."""
    is_voicemail = contact.channel == "voicemail" or contact.outcome == "voicemail_left"
    if Cue.CALLED_BACK in cues and Cue.RELATIVE_ANSWERED not in cues:
        reach = REACHED
    elif contact.direction == "inbound":
        reach = NOT_REACHED if is_voicemail or contact.outcome == "no_answer" else REACHED
    elif contact.outcome in _FAILED:
        reach = _FAILED[contact.outcome]
    elif is_voicemail:
        agreed = any(span.holds_at(contact.occurred_at) for span in circumstances.voicemail_agreed)
        reach = REACHED if agreed else NOT_REACHED
    elif contact.channel == "via_adviser":
        reach = _reach_through_adviser(contact, cues, circumstances)
    elif contact.channel in _WRITTEN:
        reach = _reach_in_writing(contact, cues)
    else:
        reach = _reach_by_note(cues)
    return reach


def _reach_through_adviser(contact: ContactRecord, cues: AbstractSet[int], circumstances: Circumstances) -> str:
    if contact.passed_on_at is not None or Cue.PASSED_ON in cues:
        return REACHED
    if Cue.NOT_PASSED_ON in cues or Cue.AUTO_REPLY in cues:
        return NOT_REACHED
    agreed = any(span.holds_at(contact.occurred_at) for span in circumstances.adviser_agreed)
    return REACHED if agreed else NOT_REACHED


def _reach_in_writing(contact: ContactRecord, cues: AbstractSet[int]) -> str:
    """An e-mail or letter is claimed to arrive unless it came back; a text only when it is delivered."""
    came_back = Cue.POST_RETURNED if contact.channel == "letter" else Cue.DELIVERY_FAILED
    if came_back in cues:
        return DELIVERY_FAILED
    if contact.channel == "sms" and contact.outcome == "sent":
        return NOT_REACHED
    is_stuck = Cue.AUTO_REPLY in cues or (Cue.NOT_PASSED_ON in cues and bool(cues & _STANDS_IN))
    return NOT_REACHED if is_stuck and Cue.PASSED_ON not in cues else REACHED


def _reach_by_note(cues: AbstractSet[int]) -> str:
    if Cue.ANSWERED_INSTEAD in cues and cues.isdisjoint(_CAME_ON):
        return NOT_REACHED
    was_relative = Cue.RELATIVE_ANSWERED in cues and cues.isdisjoint(_SPOKE_FOR)
    if was_relative and not cues >= _REACHED_AND_TOLD:
        return NOT_REACHED
    never_spoke = cues.isdisjoint(_SPOKE) or (Cue.NOT_REACHED in cues and Cue.REACHED not in cues)
    if Cue.LEFT_VOICEMAIL in cues and never_spoke:
        return NOT_REACHED
    if Cue.NOT_REACHED in cues and cues.isdisjoint(_SPOKE) and Cue.TOLD_NOW not in cues and cues.isdisjoint(_TOLD_MUCH):
        return NOT_REACHED
    return REACHED
