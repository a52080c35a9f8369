"""Two records of one conversation are one contact (contact-quality.md, Conventions)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from services.contacts.grading_records import BY_ORDER, ContactRecord

SAME_CONVERSATION_WITHIN = timedelta(minutes=15)


class Conversation(msgspec.Struct, frozen=True, gc=False):
    """Records of one conversation in order; ``counted`` has the longest note and stands for them all.

    ``informed_of`` is everything that any of the records names.
    """

    records: tuple[ContactRecord, ...]
    counted: ContactRecord
    informed_of: tuple[str, ...]


def same_conversations(contacts: Sequence[ContactRecord]) -> list[Conversation]:
    """Return the conversations of one victim of one case, by the order of their first records.

    A record joins the earliest conversation whose first record it matches: same channel, direction and outcome, at
    most 15 minutes later, and the same officer or the same words. Each is compared with the first, so that a chain of
    calls ten minutes apart does not become one.
    """
    groups: list[list[ContactRecord]] = []
    recent: dict[tuple[str, str, str, str], list[list[ContactRecord]]] = {}
    for contact in sorted(contacts, key=BY_ORDER):
        alike = recent.setdefault((contact.victim_id, contact.channel, contact.direction, contact.outcome), [])
        while alike and contact.occurred_at - alike[0][0].occurred_at > SAME_CONVERSATION_WITHIN:
            del alike[0]
        for group in alike:
            if _is_same(group[0], contact):
                group.append(contact)
                break
        else:
            started = [contact]
            alike.append(started)
            groups.append(started)
    return [_conversation(group) for group in groups]


def _is_same(first: ContactRecord, other: ContactRecord) -> bool:
    if first.officer_ref is not None and first.officer_ref == other.officer_ref:
        return True
    if first.reading is None or other.reading is None:
        return False
    return bool(first.reading.fingerprint) and first.reading.fingerprint == other.reading.fingerprint


def _conversation(group: list[ContactRecord]) -> Conversation:
    if len(group) == 1:
        (only,) = group
        named = only.informed_of
        return Conversation((only,), only, tuple(dict.fromkeys(named)) if len(named) > 1 else named)
    counted = max(group, key=_note_length)
    all_named = dict.fromkeys(name for record in group for name in record.informed_of)
    return Conversation(records=tuple(group), counted=counted, informed_of=tuple(all_named))


def _note_length(record: ContactRecord) -> int:
    return record.reading.length if record.reading is not None else 0
