"""Contacts and case events for these tests, with only what a test names spelt out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.contacts.grading import CaseHappening, Circumstances, ContactRecord, Grade, Span, grade_contacts
from services.contacts.reading import read_note

MORNING = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
ALWAYS = (Span(datetime(2000, 1, 1, tzinfo=UTC)),)
NOTHING_AGREED = Circumstances()

ARRESTED = "policing.suspect.arrested.v1"
SUBMITTED = "prosecution.file.submitted.v1"
RETURNED = "prosecution.file.returned.v1"
ADVISED = "prosecution.early_advice.received.v1"

NEWS = "The suspect was charged this morning with two counts of stalking, first hearing 21 May at the magistrates."
NO_NEWS = "No update at this time, enquiries ongoing."


def contact(
    note: str | None = NEWS,
    *,
    name: str = "c1",
    days: float = 0,
    minutes: float = 0,
    channel: str = "phone",
    direction: str = "outbound",
    outcome: str = "reached",
    officer: str | None = None,
    informed_of: tuple[str, ...] = (),
    passed_on_at: datetime | None = None,
    source: str = "/kent/rms",
) -> ContactRecord:
    return ContactRecord(
        event_id=name,
        source=source,
        occurred_at=MORNING + timedelta(days=days, minutes=minutes),
        victim_id="V-1",
        channel=channel,
        direction=direction,
        outcome=outcome,
        officer_ref=officer,
        informed_of=informed_of,
        passed_on_at=passed_on_at,
        reading=read_note(note) if note is not None else None,
    )


def happening(event_type: str, *, name: str = "e1", days: float = 0, she_took_part: bool = False) -> CaseHappening:
    return CaseHappening(name, event_type, MORNING + timedelta(days=days), she_took_part)


def grades(
    contacts: Sequence[ContactRecord],
    happenings: Sequence[CaseHappening] = (),
    circumstances: Circumstances = NOTHING_AGREED,
) -> dict[str, Grade]:
    return {grade.event_id: grade for grade in grade_contacts(contacts, happenings, circumstances)}


def only_grade(
    record: ContactRecord,
    happenings: Sequence[CaseHappening] = (),
    circumstances: Circumstances = NOTHING_AGREED,
) -> Grade:
    (grade,) = grade_contacts([record], happenings, circumstances)
    return grade
