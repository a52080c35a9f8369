"""What each obligation of a case contributes: whether it was met in time, how late, by what, written down when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from services.figures.rates import FAILURES, Verdict, verdict_on
from services.figures.rows import Duty
from services.journeys import event_types as t
from services.journeys.assessment import GradedContact, Obligation, State
from services.journeys.facts import Fact
from services.journeys.good_reasons import SINCE, GoodReason
from services.provisions.working_days import NEVER_ON, WorkingDays, london_date

_SPOKEN: Final = frozenset({"phone", "in_person", "video", "via_adviser"})
_DAY: Final = timedelta(days=1)


class Evidence:
    """What the obligations of a case rest on, found by event id."""

    def __init__(
        self,
        happened: Sequence[Fact],
        conversations: Sequence[tuple[Fact, GradedContact]],
        links: Sequence[Fact],
    ) -> None:
        self._by_id: dict[str, list[Fact]] = {}
        for fact in happened:
            self._by_id.setdefault(fact.id, []).append(fact)
        self._thin = {(grade.victim_id, fact.id) for fact, grade in conversations if grade.thinly_evidenced}
        self._spoken = [
            (fact.occurred_at, grade.victim_id)
            for fact, grade in conversations
            if grade.grade == "meaningful" and fact.data["channel"] in _SPOKEN
        ]
        self._linked_at: dict[str, datetime] = {}
        for link in links:
            about = link.data["event_id"]
            self._linked_at[about] = min(link.known_at, self._linked_at.get(about, link.known_at))

    def met_by(self, duty: Obligation) -> Fact | None:
        """What met it; of two events of one id the one that happened at that moment."""
        found = self._by_id.get(duty.satisfied_by or "", ())
        at_that_moment = (fact for fact in found if fact.occurred_at == duty.satisfied_at)
        return next(at_that_moment, found[0] if found else None)

    def written_at(self, met_by: Fact) -> datetime:
        """When the record first showed it: what only a link says a contact told was not there before the link."""
        linked_at = self._linked_at.get(met_by.id)
        if met_by.type == t.CONTACT_MADE and linked_at is not None and not met_by.data.get("informed_of"):
            return max(met_by.known_at, linked_at)
        return met_by.known_at

    def is_thin(self, duty: Obligation, met_by: Fact) -> bool:
        """Whether it was met by a contact that rests on ``informed_of`` alone."""
        return met_by.type == t.CONTACT_MADE and (duty.victim_id, met_by.id) in self._thin

    def is_text_alone(self, duty: Obligation, met_by: Fact) -> bool:
        """Whether a text met it, and nobody spoke with the victim from its trigger until its date."""
        if met_by.type != t.CONTACT_MADE or met_by.data["channel"] != "sms":
            return False
        until = duty.due_at
        return not any(
            victim_id == duty.victim_id and duty.triggered_at <= at and (until is None or at < until)
            for at, victim_id in self._spoken
        )


def duty_rows(
    duties: Sequence[Obligation],
    people: Mapping[str, int],
    evidence: Evidence,
    reasons: Mapping[str, GoodReason],
    *,
    agreements: Mapping[str, Sequence[Fact]],
    days: WorkingDays,
) -> tuple[Duty, ...]:
    """Return a row for each obligation, as the assessment orders them."""
    found = []
    for duty in duties:
        verdict = verdict_on(duty)
        met_by = evidence.met_by(duty)
        met_on = london_date(duty.satisfied_at) if duty.satisfied_at is not None else None
        reason = reasons.get(duty.id)
        row = Duty(
            person=people[duty.victim_id],
            rule=duty.rule,
            pack=duty.pack,
            right=duty.right,
            owner=duty.owner,
            on=london_date(duty.triggered_at),
            due_on=duty.due_on,
            verdict=verdict.value,
            state=duty.state.value,
            confidence=duty.confidence,
            met_on=met_on,
            met_by=met_by.type if met_by is not None else None,
            hours=_hours(duty),
            days_late=_days_late(duty, met_on, days),
            written_late=_written_late(duty, evidence.written_at(met_by)) if met_by is not None else None,
            is_thin=met_by is not None and evidence.is_thin(duty, met_by),
            is_text_alone=met_by is not None and evidence.is_text_alone(duty, met_by),
            is_agreed=duty.rule == "KENT-UPDATE" and _is_agreed(duty, agreements.get(duty.victim_id, ())),
            may_be_excused=verdict in FAILURES and london_date(duty.triggered_at) >= SINCE,
            reason=reason.category if reason is not None and verdict in FAILURES else None,
            reason_reviewed=reason is not None and verdict in FAILURES and reason.is_reviewed,
        )
        found.append(row)
    return tuple(found)


def working_days_after(first: date, last: date, days: WorkingDays) -> int:
    """Return how many Working Days lie after one day, up to and including another; 0 where that is not later.

    >>> working_days_after(date(2026, 11, 13), date(2026, 11, 17), WorkingDays())
    2
    """
    found = 0
    while first < last < NEVER_ON:
        first += _DAY
        found += days.is_working(first)
    return found


def _hours(duty: Obligation) -> float | None:
    if duty.satisfied_at is None:
        return None
    return round((duty.satisfied_at - duty.triggered_at).total_seconds() / 3600, 2)


def _days_late(duty: Obligation, met_on: date | None, days: WorkingDays) -> int | None:
    if duty.state is not State.SATISFIED_LATE or duty.due_on is None or met_on is None:
        return None
    return working_days_after(duty.due_on, met_on, days)


def _written_late(duty: Obligation, written_at: datetime) -> int | None:
    if verdict_on(duty) is not Verdict.ON_TIME or duty.due_at is None or duty.due_on is None:
        return None
    return max((london_date(written_at) - duty.due_on).days, 0) if written_at >= duty.due_at else None


def _is_agreed(duty: Obligation, agreements: Sequence[Fact]) -> bool:
    """Whether a number of days had been agreed by the end of an update period (or its date, if that came first)."""
    until = min((at for at in (duty.satisfied_at, duty.due_at) if at is not None), default=None)
    return any("frequency_days" in fact.data and (until is None or fact.occurred_at < until) for fact in agreements)
