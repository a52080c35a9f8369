"""What is being waited for, from whom, since when, expected when (surfaces.md, ``awaited``).

It is what a person can truthfully say instead of "no update", and the victim's own time to use a right.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from services.contacts.grading import ATTEMPT
from services.journeys import event_types as t
from services.journeys import triggers
from services.journeys.assessment import Awaited, Obligation, State
from services.journeys.facts import Fact
from services.journeys.flags import protection_successor, protections
from services.journeys.limits import due_after
from services.journeys.shapes import Scene
from services.provisions.rules import Rule, Shape
from services.provisions.working_days import WorkingDays, end_of_day, london_date

_WINDOW = Shape.WINDOW
_AGENCY_NAMES = {"cps": "CPS", "wcu": "WCU"}


class Waits:
    """Collects what one victim is waiting for at a moment, and when that will change by itself."""

    def __init__(self, scene: Scene, days: WorkingDays, now: datetime) -> None:
        self._scene = scene
        self._journey = scene.journey
        self._days = days
        self._now = now
        self.found: list[Awaited] = []
        self.ahead: list[datetime] = []
        self.windows: list[datetime] = []

    def collect(self, rules: tuple[Rule, ...], property_kept: list[Obligation]) -> None:
        """Find every wait; windows are those of the given rules."""
        self._until("prosecution.early_advice", "CPS", t.ADVICE_SUBMITTED, (t.ADVICE_RECEIVED, t.ADVICE_HELD))
        self._until("prosecution.decision", "CPS", t.FILE_SUBMITTED, (t.CHARGING_DECISION, t.FILE_RETURNED))
        self._until("police.file", "police", t.FILE_RETURNED, (t.FILE_SUBMITTED,))
        self._until(
            "phone",
            "police",
            t.PHONE_SEIZED,
            (t.PHONE_RETURNED, t.PROPERTY_RETURNED),
            key="device_ref",
            empty="item_ref",
        )
        self._hearings()
        self._reviews(rules)
        self._complaints()
        self._bail_ends()
        for kept in property_kept:
            if kept.state is State.PENDING:
                self._wait("property", "police", kept.triggered_at, None, kept.trigger_event_id)
        self._promised_calls()
        for rule in rules:
            if rule.shape is _WINDOW:
                self._window(rule)
        self.found.sort(key=lambda each: (each.what, each.since, each.event_id))

    def _wait(
        self, what: str, from_whom: str, since: datetime, expected_by: date | datetime | None, event_id: str
    ) -> None:
        self.found.append(Awaited(self._journey.victim_id, what, from_whom, since, expected_by, event_id))

    def _until(
        self, what: str, from_whom: str, began: str, ended: tuple[str, ...], *, key: str | None = None, empty: str = ""
    ) -> None:
        """Waits from the first unanswered event of a type to what answers it, by device and suspect where named.

        ``empty`` is a field that, absent, makes an answer cover everything (a return of all that was taken).
        """
        beginnings = self._journey.concerning(began)
        if not beginnings:
            return
        answers = [
            fact
            for type_ in ended
            for fact in self._journey.case.by_type.get(type_, ())
            if fact.victim_id in (None, self._journey.victim_id)
        ]
        waiting: dict[str | None, Fact] = {}
        for fact in beginnings:
            if not any(_answers(fact, answer, key, empty) for answer in answers):
                waiting.setdefault(fact.data[key] if key else fact.suspect_ref, fact)
        for fact in waiting.values():
            self._wait(what, from_whom, fact.occurred_at, None, fact.id)

    def _hearings(self) -> None:
        listed: dict[str, Fact] = {}
        for fact in self._journey.concerning_all((t.HEARING_LISTED, t.HEARING_CHANGED)):
            listed[fact.data["hearing_ref"]] = fact
        for held in self._journey.case.by_type.get(t.HEARING_HELD, ()):
            found = listed.get(held.data["hearing_ref"])
            if held.victim_id in (None, self._journey.victim_id) and found and held.occurred_at >= found.occurred_at:
                del listed[held.data["hearing_ref"]]
        for fact in listed.values():
            starts_at = fact.at("starts_at")
            day = london_date(starts_at) if starts_at is not None else None
            self._wait("court.hearing", "court", fact.occurred_at, day, fact.id)

    def _reviews(self, rules: tuple[Rule, ...]) -> None:
        for began, ended, from_whom in (
            (t.POLICE_REVIEW_REQUESTED, t.POLICE_REVIEW_DECIDED, "police"),
            (t.CPS_REVIEW_REQUESTED, t.CPS_REVIEW_DECIDED, "CPS"),
        ):
            for fact in self._unanswered(began, ended, "decision_event_id"):
                expected = None
                limit = next((rule for rule in rules if rule.id == "NAT-REVIEW-POLICE-OUTCOME"), None)
                if from_whom == "police" and limit is not None and limit.limit is not None:
                    expected = due_after(limit.limit, fact.occurred_at, self._days, enhanced=False).on
                self._wait("review", from_whom, fact.occurred_at, expected, fact.id)

    def _complaints(self) -> None:
        for fact in self._unanswered(t.COMPLAINT_RECEIVED, t.COMPLAINT_ANSWERED, "complaint_ref"):
            agency = fact.data["about_agency"]
            self._wait("complaint", _AGENCY_NAMES.get(agency, agency), fact.occurred_at, None, fact.id)

    def _unanswered(self, began: str, ended: str, key: str) -> Iterator[Fact]:
        answers = self._journey.concerning(ended)
        for fact in self._journey.concerning(began):
            if not any(_answers(fact, answer, key, "") for answer in answers):
                yield fact

    def _bail_ends(self) -> None:
        for fact in protections(self._journey):
            ends_on = fact.on("ends_on")
            if ends_on is None or fact.type == t.ORDER_GRANTED or protection_successor(self._journey, fact) is not None:
                continue
            over = end_of_day(ends_on)
            if over > self._now:
                self.ahead.append(over)
                self._wait("bail_end", "police", fact.occurred_at, ends_on, fact.id)

    def _promised_calls(self) -> None:
        """A call promised for a day is awaited until the victim is next reached, by whomever."""
        heard = self._scene.heard
        last_reached_at = next((each.fact.occurred_at for each in reversed(heard) if each.grade != ATTEMPT), None)
        for fact in [each.fact for each in heard if "promised_by" in each.fact.data]:
            if last_reached_at is None or last_reached_at <= fact.occurred_at:
                agency = _AGENCY_NAMES.get(fact.agency or "police", fact.agency or "police")
                self._wait("promised_call", agency, fact.occurred_at, fact.on("promised_by"), fact.id)

    def _window(self, rule: Rule) -> None:
        """The victim's own time: from being told (review) or from the event, until used or over."""
        if rule.limit is None:
            return
        for trigger in triggers.of(rule, self._journey):
            since = trigger.occurred_at
            if rule.discharges:
                told_at = self._told_at(trigger)
                used = any(
                    fact.data["decision_event_id"] == trigger.id
                    for clause in rule.discharges
                    for fact in self._journey.counting(clause)
                )
                if told_at is None or used:
                    continue
                since = told_at
            due = due_after(rule.limit, since, self._days, enhanced=False)
            if due.at > self._now:
                self.windows.append(due.at)
                self._wait(rule.id, "victim", since, due.on, trigger.id)

    def _told_at(self, decision: Fact) -> datetime | None:
        contact = self._scene.told.first([(decision, decision.occurred_at)])
        moments = [contact.occurred_at] if contact is not None else []
        moments += [
            letter.occurred_at
            for letter in self._journey.case.by_type.get(t.LETTER_SENT, ())
            if letter.data["about"] == decision.id
            and letter.victim_id in (None, self._journey.victim_id)
            and letter.occurred_at >= decision.occurred_at
        ]
        return min(moments, default=None)


def _answers(began: Fact, answer: Fact, key: str | None, empty: str) -> bool:
    if answer.occurred_at < began.occurred_at:
        return False
    if None not in (began.suspect_ref, answer.suspect_ref) and began.suspect_ref != answer.suspect_ref:
        return False
    if key is None or answer.data.get(key) == began.data[key]:
        return True
    return bool(empty) and key not in answer.data and empty not in answer.data
