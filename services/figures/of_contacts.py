"""What the contacts of one victim contribute: grades, runs, safe hours, promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from services.contacts.safe_hours import LONDON, Week, read_hours
from services.figures.rows import Contact
from services.journeys import event_types as t
from services.journeys.assessment import GradedContact
from services.journeys.facts import Fact
from services.journeys.flags import holds_until_of
from services.journeys.journey import Journey
from services.provisions.working_days import london_date

Conversation = tuple[Fact, GradedContact]
"""A contact that stands for its conversation, with its grade."""

_HAS_AN_HOUR: Final = frozenset({"phone", "in_person", "video", "voicemail", "sms"})


def conversations_of(journey: Journey, graded: Sequence[GradedContact]) -> list[Conversation]:
    """Return a victim's conversations, in order; ``graded`` are the assessment's, of the whole case."""
    contacts = [fact for fact in journey.concerning(t.CONTACT_MADE) if fact.victim_id is not None]
    mine = [each for each in graded if each.victim_id == journey.victim_id]
    return [(fact, grade) for fact, grade in zip(contacts, mine, strict=True) if grade.same_as is None]


def days_reached(conversations: Sequence[Conversation]) -> frozenset[date]:
    """Return the London days on which the victim was reached."""
    return frozenset(london_date(fact.occurred_at) for fact, grade in conversations if grade.grade != "attempt")


def officers_met(journey: Journey, conversations: Sequence[Conversation]) -> int:
    """Return how many officers a victim has dealt with: who reached them, or took an account from them."""
    facts = [fact for fact, grade in conversations if grade.grade != "attempt"]
    facts += journey.concerning(t.ACCOUNT_TAKEN)
    recorders = {(fact.data.get("recorded_by") or {}).get("officer_ref") for fact in facts}
    return len(recorders - {None})


def contact_rows(
    person: int, journey: Journey, conversations: Sequence[Conversation], first_grades: Mapping[tuple[str, str], str]
) -> list[Contact]:
    """Return a row for each conversation; ``first_grades`` are the grader's own where a supervisor gave another."""
    hours = _Hours(journey)
    runs = _second_of_runs(conversations)
    found = []
    for index, (fact, grade) in enumerate(conversations):
        promised = fact.on("promised_by")
        row = Contact(
            person=person,
            on=london_date(fact.occurred_at),
            grade=grade.grade,
            first_grade=first_grades.get((fact.id, fact.source), grade.grade),
            agency=fact.agency or "police",
            channel=fact.data["channel"],
            in_hours=hours.holds(fact),
            is_thin=grade.thinly_evidenced,
            starts_run=index in runs,
            promised=promised,
            kept_on=_next_reached(fact, conversations[index + 1 :]) if promised is not None else None,
        )
        found.append(row)
    return found


def _next_reached(fact: Fact, later: Sequence[Conversation]) -> date | None:
    """The day of the next contact that reached the victim: a call tried is no promise kept."""
    return next(
        (
            london_date(each.occurred_at)
            for each, grade in later
            if grade.grade != "attempt" and each.occurred_at > fact.occurred_at
        ),
        None,
    )


def _second_of_runs(conversations: Sequence[Conversation]) -> frozenset[int]:
    """The second tick-box contact of each run; attempts between aside."""
    found = set()
    count = 0
    for index, (_, grade) in enumerate(conversations):
        if grade.grade == "meaningful":
            count = 0
        elif grade.grade == "tick_box":
            count += 1
            if count == 2:  # noqa: PLR2004 - a run begins with the second
                found.add(index)
    return frozenset(found)


class _Hours:
    """The hours recorded as safe for a victim, as they held at each moment."""

    def __init__(self, journey: Journey) -> None:
        self._records = journey.concerning(t.SAFE_CONTACT)
        self._weeks: dict[str, Week | None] = {}

    def holds(self, contact: Fact) -> bool | None:
        """Whether an outbound contact fell into them; None where none are recorded, or it has no hour."""
        if contact.data["direction"] != "outbound" or contact.data["channel"] not in _HAS_AN_HOUR:
            return None
        at = contact.occurred_at
        record = next((each for each in reversed(self._records) if each.occurred_at <= at), None)
        if record is None or holds_until_of(record) <= at or not record.data.get("hours"):
            return None
        week = self._week(record)
        if week is None:
            return None
        local = at.astimezone(LONDON)
        if local.date().isoformat() in record.data.get("not_on", ()):
            return False
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in week[local.weekday()])

    def _week(self, record: Fact) -> Week | None:
        if record.id not in self._weeks:
            self._weeks[record.id] = read_hours(record.data["hours"])
        return self._weeks[record.id]
