"""A grader that says what the case itself says (``x_grade``), for tests of the rules alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.contacts.grading import grade_contacts
from services.contacts.grading_records import CaseHappening, Circumstances, ContactRecord, Grade
from services.journeys.facts import Fact
from services.journeys.hearing import Grader


def stated_grades(facts: Sequence[Fact]) -> Grader:
    """A grader that takes ``x_grade`` of each contact, also of its replacement, and else the real grader's word."""
    stated = {(fact.id, fact.occurred_at): fact.data["x_grade"] for fact in facts if "x_grade" in fact.data}
    for fact in facts:
        replacement = fact.data.get("replacement") if fact.type == "record.corrected.v1" else None
        if replacement and "x_grade" in replacement["data"]:
            at = datetime.fromisoformat(replacement["time"])
            stated[fact.data["event_id"], at] = replacement["data"]["x_grade"]

    def grade(
        contacts: Sequence[ContactRecord], happenings: Sequence[CaseHappening], circumstances: Circumstances
    ) -> list[Grade]:
        found = grade_contacts(contacts, happenings, circumstances)
        return [
            msgspec.structs.replace(each, grade=stated.get((contact.event_id, contact.occurred_at), each.grade))
            for contact, each in zip(contacts, found, strict=True)
        ]

    return grade
