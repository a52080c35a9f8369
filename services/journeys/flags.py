"""Flags: what a person should see about a case, from when and until when (surfaces.md).

A flag that has not begun is not listed; one that has ended stays, with ``until``. Each finder also yields the
moments that still lie ahead, so that ``next_change_at`` is known without looking twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from services.contacts.grading import MEANINGFUL, TICK_BOX
from services.journeys import event_types as t
from services.journeys.assessment import Flag, Obligation, State
from services.journeys.case_end import is_last_word
from services.journeys.facts import BY_ORDER, Fact
from services.journeys.journey import Journey, is_automatic
from services.journeys.telling import Heard
from services.provisions.working_days import (
    NEVER,
    NEVER_ON,
    WorkingDays,
    add_days,
    end_of_day,
    london_date,
    london_time,
)

_SOLO_OFFENCES = frozenset({"rape", "sexual_assault"})
_PROTECTION_DAYS = 7


class Flags:
    """Collects the flags of one victim as they stand at a moment."""

    def __init__(self, journey: Journey, days: WorkingDays, now: datetime) -> None:
        self._journey = journey
        self._days = days
        self._now = now
        self.found: list[Flag] = []
        self.ahead: list[datetime] = []

    def collect(
        self,
        heard: Sequence[Heard],
        phones: Iterable[Obligation],
        late_periods: Iterable[tuple[Obligation, datetime | None]],
    ) -> None:
        """Find every flag; obligations give those that exist exactly when their duty is or was late."""
        for phone in phones:
            if phone.state in (State.BREACHED, State.SATISFIED_LATE) and phone.due_at is not None:
                self._add("phone_over_24h", phone.trigger_event_id, phone.due_at, phone.satisfied_at, even_ended=True)
        for period, until in late_periods:
            if period.due_at is not None:
                self._add("no_meaningful_update", period.trigger_event_id, period.due_at, until, even_ended=True)
        self._tick_box_runs(heard)
        self._protection_ending()
        returned = self._journey.concerning(t.FILE_RETURNED)
        if len(returned) > 1:
            self._add("cps_ping_pong", returned[1].id, returned[1].occurred_at, None)
        self._no_solo()
        self._no_safe_contact()
        self._enhanced_flagged_late()

    def _add(
        self, kind: str, event_id: str, since: datetime, until: datetime | None, *, even_ended: bool = False
    ) -> None:
        """Add a flag; one that would end as it begins is none, unless ``even_ended``: there its duty was late."""
        if until is not None and until <= since and not even_ended:
            return
        if since > self._now:
            self.ahead.append(since)
            return
        if until is not None and until > self._now:
            self.ahead.append(until)
            until = None
        self.found.append(Flag(kind, self._journey.victim_id, event_id, since, until))

    def _tick_box_runs(self, heard: Sequence[Heard]) -> None:
        count = 0
        second: Fact | None = None
        for each in heard:
            if each.grade == MEANINGFUL:
                if second is not None:
                    self._add("tick_box_run", second.id, second.occurred_at, each.fact.occurred_at)
                count, second = 0, None
            elif each.grade == TICK_BOX:
                count += 1
                if count == 2:  # noqa: PLR2004 - a run begins with the second
                    second = each.fact
        if second is not None:
            self._add("tick_box_run", second.id, second.occurred_at, None)

    def _protection_ending(self) -> None:
        for fact in protections(self._journey):
            ends_on = fact.on("ends_on")
            if ends_on is None or ends_on >= NEVER_ON:
                continue  # what never ends is never about to
            since = max(london_time(add_days(ends_on, -_PROTECTION_DAYS)), fact.occurred_at)
            until = end_of_day(ends_on)
            successor = protection_successor(self._journey, fact)
            if successor is not None:
                until = min(until, successor.occurred_at)
            self._add("protection_ending", fact.id, since, until)

    def _no_solo(self) -> None:
        report = next((each for each in self._journey.reports if each.data["offence"] in _SOLO_OFFENCES), None)
        if report is None:
            return
        begins = end_of_day(self._days.after(london_date(report.occurred_at), 1))
        solos = [
            fact
            for type_ in (t.OFFICER_ASSIGNED, t.OFFICER_RELEASED)
            for fact in self._journey.case.by_type.get(type_, ())
            if fact.victim_id in (None, self._journey.victim_id) and fact.data["role"] == "SOLO"
        ]
        solos.sort(key=BY_ORDER)
        assigned: set[str] = set()
        gap_since: datetime | None = begins
        for fact in solos:
            officer = fact.data["officer_ref"]
            if fact.type == t.OFFICER_RELEASED:
                assigned.discard(officer)
                if not assigned and gap_since is None:
                    gap_since = max(begins, fact.occurred_at)
                continue
            assigned.add(officer)
            if gap_since is not None:
                self._add("no_solo", report.id, gap_since, max(gap_since, fact.occurred_at))
                gap_since = None
        if gap_since is not None:
            self._add("no_solo", report.id, gap_since, None)

    def _no_safe_contact(self) -> None:
        if not self._journey.reports:
            return
        report = self._journey.reports[0]
        open_since: datetime | None = report.occurred_at
        for fact in self._journey.concerning(t.SAFE_CONTACT):
            holds_until = holds_until_of(fact)
            if open_since is not None and open_since > fact.occurred_at:
                open_since = None  # the record before still held: this one now decides
            if holds_until <= fact.occurred_at:
                # Made after its own last day: it ends nothing, and nothing holds any more (docs/questions.md).
                open_since = open_since or max(report.occurred_at, fact.occurred_at)
                continue
            if open_since is not None:
                self._add("no_safe_contact", report.id, open_since, fact.occurred_at)
            open_since = max(report.occurred_at, holds_until) if holds_until < NEVER else None
        if open_since is not None:
            self._add("no_safe_contact", report.id, open_since, None)

    def _enhanced_flagged_late(self) -> None:
        report = next((each for each in self._journey.reports if is_automatic(each)), None)
        if report is None:
            return
        begins = end_of_day(self._days.after(london_date(report.occurred_at), 1))
        gap_since: datetime | None = begins
        for fact in self._journey.concerning(t.NEEDS_ASSESSED):
            says = bool(fact.data["enhanced_rights"])
            before = fact.occurred_at < report.occurred_at
            if says:
                if gap_since is not None and not before:
                    self._add("enhanced_flagged_late", report.id, gap_since, max(gap_since, fact.occurred_at))
                gap_since = None
            elif before:
                continue  # one before the report counts only if it says they are
            elif gap_since is None or gap_since > fact.occurred_at:
                gap_since = fact.occurred_at
        if gap_since is not None:
            self._add("enhanced_flagged_late", report.id, gap_since, None)


def holds_until_of(record: Fact) -> datetime:
    """The instant at which a safe-contact record no longer holds: the end of its last London day, or never."""
    valid_until = record.on("valid_until")
    return end_of_day(valid_until) if valid_until is not None else NEVER


def protections(journey: Journey) -> Iterator[Fact]:
    """Police bail and orders with an end that protect, or may protect, the victim."""
    for fact in journey.concerning(t.RELEASED):
        if fact.data["outcome"] == "bail":
            yield fact
    for fact in journey.concerning(t.BAIL_CHANGED):
        if fact.data["change"] in ("varied", "extended"):
            yield fact
    yield from journey.concerning(t.ORDER_GRANTED)


def protection_successor(journey: Journey, fact: Fact) -> Fact | None:
    """What took the place of a protection: the next change, charge or last word, or the next order of its kind."""
    if fact.type == t.ORDER_GRANTED:
        later: Iterable[Fact] = (
            each for each in journey.concerning(t.ORDER_GRANTED) if each.data["order"] == fact.data["order"]
        )
    else:
        types = (t.BAIL_CHANGED, t.CHARGED, t.VERDICT, t.SENTENCE, t.CASE_STOPPED, t.OUT_OF_COURT, t.NO_FURTHER_ACTION,
                 t.NOT_INVESTIGATED)  # fmt: skip
        later = (
            each
            for type_ in types
            for each in journey.concerning(type_)
            if each.suspect_ref == fact.suspect_ref and (each.type in (t.BAIL_CHANGED, t.CHARGED) or is_last_word(each))
        )
    order = fact.order
    return min((each for each in later if each.order > order), key=BY_ORDER, default=None)
