"""Grades a victim's contacts and says who heard what: the grader's words, a supervisor's, and links made later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from services.contacts.grading import grade_contacts
from services.contacts.grading_records import CaseHappening, Circumstances, ContactRecord, Grade, Span
from services.journeys import event_types as t
from services.journeys.assessment import GradedContact
from services.journeys.facts import Fact
from services.journeys.flags import holds_until_of
from services.journeys.journey import Journey
from services.journeys.telling import Heard, represented
from services.provisions.working_days import NEVER

Grader = Callable[[Sequence[ContactRecord], Sequence[CaseHappening], Circumstances], list[Grade]]
"""Grades the contacts of one victim in one case; a test of the rules may put another in its place."""

_TOOK_PART = frozenset({
    t.REPORTED, t.ACCOUNT_TAKEN, t.CONTACT_AGREED, t.SAFE_CONTACT, t.NEEDS_ASSESSED, t.RIGHT_WAIVED, t.RIGHT_RESUMED,
    t.PHONE_SEIZED, t.PHONE_RETURNED, t.PHONE_REPLACED, t.EXTRACTION_NOTIFIED, t.EXTRACTION_AGREED, t.PROPERTY_TAKEN,
    t.PROPERTY_RETURNED, t.UPDATE_REQUESTED, t.COMPLAINT_RECEIVED, t.POLICE_REVIEW_REQUESTED, t.CPS_REVIEW_REQUESTED,
    t.SCHEME_OPTED_IN, t.SCHEME_OPTED_OUT, "policing.report.acknowledged.v1", "policing.code_information.given.v1",
    "support.referral.declined.v1", "support.sarc.attended.v1", "support.service.engaged.v1",
    "safeguarding.visit.made.v1", "safeguarding.disclosure.requested.v1", "victim.statement.offered.v1",
    "victim.statement.taken.v1", "victim.support_withdrawn.v1", "victim.support_resumed.v1",
    "victim.survey.answered.v1",
    "expenses.claimed.v1", "prosecution.meeting.held.v1", "wcu.pretrial_visit.held.v1", "probation.scheme.contacted.v1",
})  # fmt: skip
"""What a victim knows of because they took part in it."""


def heard_by(
    journey: Journey, now: datetime, grader: Grader = grade_contacts
) -> tuple[list[GradedContact], list[Heard]]:
    """The grades of a victim's contacts, and one ``Heard`` a conversation, both in order."""
    contacts = [fact for fact in journey.concerning(t.CONTACT_MADE) if fact.victim_id is not None]
    if not contacts:
        return [], []
    links = journey.case.links
    named = [(*fact.data.get("informed_of", ()), *links.get(fact.id, ())) for fact in contacts]
    records = [_record(fact, names, now) for fact, names in zip(contacts, named, strict=True)]
    grades = grader(records, _happenings(journey), _circumstances(journey))
    regraded = _regraded(journey)
    graded = [_graded(fact, grade, regraded) for fact, grade in zip(contacts, grades, strict=True)]
    return graded, represented(contacts, graded, named)


def _record(fact: Fact, named: tuple[str, ...], now: datetime) -> ContactRecord:
    data = fact.data
    recorded_by = data.get("recorded_by") or {}
    passed_on_at = fact.at("passed_on_at")
    return ContactRecord(
        event_id=fact.id,
        source=fact.source,
        occurred_at=fact.occurred_at,
        victim_id=fact.victim_id or "",
        channel=data["channel"],
        direction=data["direction"],
        outcome=data["outcome"],
        officer_ref=recorded_by.get("officer_ref"),
        role=recorded_by.get("role"),
        agency=fact.agency,
        informed_of=named,
        promised_by=fact.on("promised_by"),
        passed_on_at=passed_on_at if passed_on_at is not None and passed_on_at <= now else None,
        duration_seconds=data.get("duration_seconds"),
        reading=fact.reading,
    )


def _graded(fact: Fact, grade: Grade, regraded: dict[str, str]) -> GradedContact:
    overruled = regraded.get(grade.same_as or fact.id)
    recorded_by = fact.data.get("recorded_by") or {}
    return GradedContact(
        event_id=fact.id,
        victim_id=fact.victim_id or "",
        grade=overruled or grade.grade,
        reasons=() if overruled else grade.reasons,
        why="A supervisor gave this grade." if overruled else grade.why,
        same_as=grade.same_as,
        thinly_evidenced=grade.thinly_evidenced,
        regraded=overruled is not None,
        recorded_by=recorded_by.get("officer_ref"),
    )


def _regraded(journey: Journey) -> dict[str, str]:
    """A supervisor's word from its own time on; of several the latest counts, and it changes the grade alone."""
    return {fact.data["event_id"]: fact.data["grade"] for fact in journey.case.by_type.get(t.CONTACT_REGRADED, ())}


def _happenings(journey: Journey) -> list[CaseHappening]:
    case, victim_id = journey.case, journey.victim_id
    return [
        CaseHappening(fact.id, fact.type, fact.occurred_at, fact.type in _TOOK_PART)
        for fact in case.happened
        if fact.type not in (t.CONTACT_MADE, t.CONTACT_REGRADED) and case.concerns(fact, victim_id)
    ]


def _circumstances(journey: Journey) -> Circumstances:
    return Circumstances(
        voicemail_agreed=tuple(
            _spans(journey.concerning(t.SAFE_CONTACT), lambda fact: fact.data.get("voicemail") is True)
        ),
        adviser_agreed=tuple(
            _spans(journey.concerning(t.CONTACT_AGREED), lambda fact: fact.data["channel"] == "via_adviser")
        ),
    )


def _spans(records: Sequence[Fact], agrees: Callable[[Fact], bool]) -> list[Span]:
    """While the latest record says so, and holds."""
    found: list[Span] = []
    for index, fact in enumerate(records):
        if agrees(fact):
            end = holds_until_of(fact)
            if index + 1 < len(records):
                end = min(end, records[index + 1].occurred_at)
            found.append(Span(fact.occurred_at, None if end >= NEVER else end))
    return found
