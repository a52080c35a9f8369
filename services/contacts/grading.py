"""Grading contacts: was this a real update, an empty one, or an attempt that reached nobody?

The grade rests on the readings (never on words), on what was logged, and on the case's own events up to the end of
the contact's London day. Later contacts change nothing, except another record of the same conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from services.contacts.grading_content import judge
from services.contacts.grading_history import History
from services.contacts.grading_records import (
    ATTEMPT,
    BY_ORDER,
    MEANINGFUL,
    TICK_BOX,
    CaseHappening,
    Circumstances,
    ContactRecord,
    Grade,
    Span,
)
from services.contacts.grading_same import Conversation, same_conversations
from services.contacts.grading_why import why
from services.contacts.reading import EDITION, IN_FORCE_FROM

__all__ = [
    "ATTEMPT",
    "EDITION",
    "IN_FORCE_FROM",
    "MEANINGFUL",
    "TICK_BOX",
    "CaseHappening",
    "Circumstances",
    "ContactRecord",
    "Conversation",
    "Grade",
    "Span",
    "grade_contacts",
    "same_conversations",
]

_ORDER = itemgetter(0)


def grade_contacts(
    contacts: Sequence[ContactRecord], happenings: Sequence[CaseHappening], circumstances: Circumstances
) -> list[Grade]:
    """Return a grade for every contact of one victim of one case, by time, id and source.

    The order in which contacts and happenings are given makes no difference.
    """
    history = History(happenings)
    graded: list[tuple[tuple[datetime, str, str], Grade]] = []
    conversations = [(BY_ORDER(each.counted), each) for each in same_conversations(contacts)]
    conversations.sort(key=_ORDER)
    for order, conversation in conversations:
        counted = conversation.counted
        judged = judge(counted, conversation.informed_of, history, circumstances)
        sentence = why(judged.grade, judged.reasons)
        for record in conversation.records:
            is_counted = record is counted
            grade = Grade(
                event_id=record.event_id,
                source=record.source,
                grade=judged.grade,
                reasons=judged.reasons,
                why=sentence,
                same_as=None if is_counted else counted.event_id,
                thinly_evidenced=judged.thinly_evidenced,
            )
            graded.append((order if is_counted else BY_ORDER(record), grade))
        history.remember(counted, judged)
    graded.sort(key=_ORDER)
    return [grade for _, grade in graded]
