"""What a case contributes besides duties and contacts: support withdrawn, cases closed, files, services, courts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from services.figures.of_contacts import Conversation
from services.figures.rates import verdict_on
from services.figures.rows import Closing, Happening, Referral, Survey, Transfer, Withdrawal
from services.journeys import event_types as t
from services.journeys.assessment import Obligation
from services.journeys.case_end import CaseSpans
from services.journeys.facts import Fact
from services.journeys.journey import CaseFacts, Journey
from services.provisions.working_days import london_date

WITHDRAWN: Final = "victim.support_withdrawn.v1"
RESUMED: Final = "victim.support_resumed.v1"
SURVEYED: Final = "victim.survey.answered.v1"
REFERRED: Final = "support.referral.made.v1"
ENGAGED: Final = "support.service.engaged.v1"
REVIEWED: Final = "policing.case.reviewed.v1"

_STAGES: Final = (
    ("after the verdict", frozenset({t.VERDICT, t.SENTENCE, t.CASE_STOPPED})),
    ("charged", frozenset({t.CHARGED})),
    ("with the CPS", frozenset({t.FILE_SUBMITTED})),
    ("suspect known", t.STEPS | {t.RELEASED}),
)
"""How far a case had come, the furthest first; before all of them no suspect is known."""

_OUTCOMES: Final = {
    t.VERDICT: "verdict",
    t.SENTENCE: "sentence",
    t.CASE_STOPPED: "stopped by the CPS",
    t.OUT_OF_COURT: "out of court",
    t.NO_FURTHER_ACTION: "no further action",
    t.NOT_INVESTIGATED: "not investigated",
}


def withdrawals(person: int, journey: Journey, conversations: Sequence[Conversation]) -> Iterator[Withdrawal]:
    """Yield each withdrawal of support, with how far the case had come and how the case ended, if it has."""
    resumed = [fact.occurred_at for fact in journey.concerning(RESUMED)]
    ends = CaseSpans(journey).spans
    ended_by = ends[-1].ended_by if ends else None
    for fact in journey.concerning(WITHDRAWN):
        at = fact.occurred_at
        told = [
            each.occurred_at for each, grade in conversations if grade.grade == "meaningful" and each.occurred_at <= at
        ]
        yield Withdrawal(
            person=person,
            on=london_date(at),
            stage=_stage(journey, at),
            from_outset=fact.data.get("from_outset") is True,
            days_since_contact=(london_date(at) - london_date(told[-1])).days if told else None,
            outcome=_OUTCOMES.get(ended_by.type, "ended") if ended_by is not None else "open",
            resumed=any(later >= at for later in resumed),
        )


def _stage(journey: Journey, at: datetime) -> str:
    for stage, types in _STAGES:
        if any(fact.occurred_at <= at for type_ in types for fact in journey.concerning(type_)):
            return stage
    return "no suspect known"


def closings(
    person: int, journey: Journey, conversations: Sequence[Conversation], duties: Sequence[Obligation]
) -> Iterator[Closing]:
    """Yield each decision to take no further action that concerns a victim."""
    told = {
        (duty.trigger_event_id, duty.trigger_source): duty
        for duty in duties
        if duty.rule == "VC-R6-NFA" and duty.victim_id == journey.victim_id
    }
    by_id = {fact.id: fact for fact, _ in conversations}
    for fact in journey.concerning(t.NO_FURTHER_ACTION):
        duty = told.get((fact.id, fact.source))
        contact = by_id.get(duty.satisfied_by or "") if duty is not None else None
        interviews = [each for each in journey.concerning(t.INTERVIEWED) if each.occurred_at <= fact.occurred_at]
        reported_at = journey.reported_at
        yield Closing(
            person=person,
            on=london_date(fact.occurred_at),
            reason=fact.data["reason"],
            told=verdict_on(duty).value if duty is not None else "not owed",
            review_explained=contact.data.get("review_explained") if contact is not None else None,
            panel_reviewed=fact.data.get("panel_reviewed"),
            interviewed=any(fact.suspect_ref in (None, each.suspect_ref) for each in interviews),
            days_from_report=(london_date(fact.occurred_at) - london_date(reported_at)).days if reported_at else None,
        )


def referrals(person: int, journey: Journey) -> Iterator[Referral]:
    """Yield each referral that was made, with the days until that service was first in touch after it."""
    engaged = journey.concerning(ENGAGED)
    for fact in journey.concerning(REFERRED):
        service = fact.data["service"]
        met = next(
            (each for each in engaged if each.data["service"] == service and each.occurred_at >= fact.occurred_at), None
        )
        days = (london_date(met.occurred_at) - london_date(fact.occurred_at)).days if met is not None else None
        yield Referral(person, london_date(fact.occurred_at), service, days)


def surveys(person: int, journey: Journey) -> Iterator[Survey]:
    """Yield each answered survey."""
    for fact in journey.concerning(SURVEYED):
        data = fact.data
        yield Survey(
            person,
            london_date(fact.occurred_at),
            data.get("overall"),
            data.get("treated_with_respect"),
            data.get("kept_informed"),
            data.get("would_report_again"),
        )


def transfers(case: CaseFacts) -> Iterator[Transfer]:
    """Yield, for each suspect a file was sent about, how often it went to and fro and how long each side held it.

    Days of finished stays only: with the CPS from a file sent until it comes back or is decided, with the police from
    a file come back until it is sent again. The police's first investigation is no stay.
    """
    ways: dict[str | None, list[Fact]] = {}
    for type_ in (t.FILE_SUBMITTED, t.FILE_RETURNED, t.CHARGING_DECISION):
        for fact in _once_each(case.by_type.get(type_, ())):
            ways.setdefault(fact.suspect_ref, []).append(fact)
    for _, facts in sorted(ways.items(), key=lambda item: item[0] or ""):
        facts.sort(key=lambda fact: fact.order)
        moves = [fact for fact in facts if fact.type != t.CHARGING_DECISION]
        if not moves:
            continue
        held = {"police": 0, "cps": 0}
        holder: str | None = None
        since = facts[0]
        for fact in facts:
            if holder is not None:
                held[holder] += (london_date(fact.occurred_at) - london_date(since.occurred_at)).days
            holder = {t.FILE_SUBMITTED: "cps", t.FILE_RETURNED: "police"}.get(fact.type)
            since = fact
        yield Transfer(london_date(moves[-1].occurred_at), len(moves), held["police"], held["cps"])


def happenings(case: CaseFacts) -> Iterator[Happening]:
    """Yield what is counted for the case as a whole: hearings, adjournments, reviews, days from charge to outcome."""
    for fact in _once_each(case.by_type.get(t.HEARING_HELD, ())):
        yield Happening(london_date(fact.occurred_at), "hearing")
        if fact.data.get("outcome") == "adjourned":
            yield Happening(london_date(fact.occurred_at), "adjournment")
    for fact in _once_each(case.by_type.get(REVIEWED, ())):
        yield Happening(london_date(fact.occurred_at), f"review by {fact.data['by'].replace('_', ' ')}")
    outcomes = [fact for type_ in (t.VERDICT, t.CASE_STOPPED) for fact in case.by_type.get(type_, ())]
    outcomes.sort(key=lambda fact: fact.order)
    charged: dict[str | None, Fact] = {}
    for fact in case.by_type.get(t.CHARGED, ()):
        charged.setdefault(fact.suspect_ref, fact)
    for suspect_ref, charge in sorted(charged.items(), key=lambda item: item[0] or ""):
        outcome = next(
            (
                each
                for each in outcomes
                if each.suspect_ref == suspect_ref and each.occurred_at >= charge.occurred_at
            ),
            None,
        )  # fmt: skip
        if outcome is not None:
            on = london_date(outcome.occurred_at)
            yield Happening(on, "outcome after charge", (on - london_date(charge.occurred_at)).days)


def _once_each(facts: Sequence[Fact]) -> Iterator[Fact]:
    """One of the events that tell several victims of the same thing: same type, moment, suspect and hearing."""
    seen: set[tuple[object, ...]] = set()
    for fact in facts:
        about: Mapping[str, object] = fact.data
        same = (fact.type, fact.occurred_at, fact.suspect_ref, about.get("hearing_ref"), about.get("by"))
        if same not in seen:
            seen.add(same)
            yield fact
