"""Why an obligation stands as it does: trigger, rule, entitlement, each day counted or skipped, what was considered.

Written so that a supervisor could defend it in front of an inspector. It computes nothing anew: the verdict is the
assessment's, and this tells how it came about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from services.contacts.grading import grade_contacts
from services.journeys import event_types as t
from services.journeys import explain_beginning as beginning
from services.journeys.assess import assess
from services.journeys.assessment import Assessment, Obligation, State
from services.journeys.case_end import CaseSpans
from services.journeys.court_news import CourtNews
from services.journeys.duties import Duties
from services.journeys.explain_contacts import contacts_considered
from services.journeys.explain_count import count
from services.journeys.explain_course import course
from services.journeys.explain_events import events_considered, missing
from services.journeys.explain_status import entitlement
from services.journeys.explain_view import Received, View, day_words, moment_words
from services.journeys.facts import BY_ORDER, Fact
from services.journeys.good_reasons import SINCE, Silence, good_reasons, suggested
from services.journeys.hearing import Grader, heard_by
from services.journeys.journey import CaseFacts, Journey
from services.journeys.putting_right import PutRight, put_right
from services.journeys.replacements import read_replacement_of
from services.journeys.rule_set import RuleSet
from services.provisions.rules import Shape
from services.provisions.working_days import london_date

__all__ = ["Explanation", "explain", "moment_words"]

_BY_CONTACT: Final = frozenset({Shape.TOLD, Shape.TOLD_BY_UNIT, Shape.ANSWERED, Shape.ROLLING})
_NONE_RECEIVED: Final[Received] = MappingProxyType({})
_VERDICTS: Final = {
    State.PENDING: "It is open and not past due.",
    State.SATISFIED: "It was met in time.",
    State.SATISFIED_LATE: "It was met, but late.",
    State.BREACHED: "It is past due and not met.",
    State.WAIVED: "The victim chose not to have it.",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The chain from trigger to verdict, as data; ``lines`` says it in words."""

    content: dict[str, Any]

    def lines(self) -> Iterator[str]:
        """The explanation in plain sentences, one a line, times in London."""
        said = self.content
        rule, trigger = said["rule"], said["trigger"]
        yield f"{rule['id']}: {rule['duty']} (owed by {said['obligation']['owner']})."
        yield f"Source: {rule['citation']}; {rule['confidence']}."
        yield said["edition"]["words"]
        yield f"Trigger: {_short(trigger['type'])} {trigger['event_id']}, {trigger['happened']}."
        if trigger["why"] is not None:
            yield trigger["why"]
        yield trigger["known"]
        yield said["entitlement"]["words"]
        yield from (f"  {each['day']}: {each['why']}" for each in said["count"])
        yield said["due"]
        yield from (f"On the way, {each['event']}: {each['why']}" for each in said["course"])
        for each in said["considered"]:
            yield f"Considered {_short(each['type'])} {each['event_id']} of {each['happened']}: {each['why']}"
        if not said["considered"]:
            yield "Nothing in the record meets it, or could have."
        yield from said["missing"]
        yield said["verdict"]
        yield from _reason_lines(said["good_reasons"])


def _short(type_: str) -> str:
    return type_.removesuffix(".v1")


def explain(
    facts: Iterable[Fact],
    ruleset: RuleSet,
    now: datetime,
    obligation_id: str,
    *,
    received: Received = _NONE_RECEIVED,
    silences: Sequence[Silence] = (),
    grader: Grader = grade_contacts,
) -> Explanation | None:
    """Explain one obligation at a moment; None where the case owes none of that id then.

    ``received`` says when Waymark read each event; ``silences`` which feeds were known to be silent, which may be
    offered as a good reason.
    """
    facts = list(facts)
    found = assess(facts, ruleset, now, grader=grader)
    duty = next((each for each in found.obligations if each.id == obligation_id), None)
    if duty is None:
        return None
    view = _view(facts, ruleset, now, duty=duty, received=received, grader=grader)
    considered = contacts_considered(view) if view.rule.shape in _BY_CONTACT else events_considered(view)
    return Explanation({
        "obligation": duty.as_json(),
        "rule": beginning.rule(view),
        "edition": beginning.edition(view),
        "trigger": beginning.trigger(view),
        "entitlement": entitlement(view),
        "count": count(view),
        "due": _due_words(view),
        "course": course(view),
        "considered": list(considered),
        "missing": missing(view),
        "verdict": _verdict_words(view),
        "good_reasons": _good_reasons(facts, found, ruleset, duty, silences),
    })  # fmt: skip


def _view(
    facts: list[Fact], ruleset: RuleSet, now: datetime, *, duty: Obligation, received: Received, grader: Grader
) -> View:
    record = put_right(facts, None, read_replacement_of)
    case = CaseFacts([fact for fact in record.happenings if fact.occurred_at <= now], record.links)
    journey = Journey(case, duty.victim_id)
    trigger = next(
        fact for fact in case.happened if (fact.id, fact.source) == (duty.trigger_event_id, duty.trigger_source)
    )
    graded, heard = heard_by(journey, now, grader)
    knowledge = sorted(
        (fact for fact in facts if fact.type in t.KNOWLEDGE),
        key=lambda fact: (fact.occurred_at, fact.known_at, fact.id),
    )
    return View(
        duty=duty,
        rule=ruleset.by_id[duty.rule],
        trigger=trigger,
        journey=journey,
        duties=Duties(journey, ruleset.days, now),
        graded=graded,
        heard=heard,
        news=CourtNews(journey),
        spans=CaseSpans(journey),
        first_recorded={(fact.source, fact.id): fact for fact in facts},
        knowledge=knowledge,
        taken_back=_taken_back(facts, record, knowledge, now),
        received=received,
    )


def _taken_back(
    facts: Sequence[Fact], record: PutRight, knowledge: Sequence[Fact], now: datetime
) -> list[tuple[Fact, str]]:
    """What had happened by then as first recorded, and was retracted, with the last retraction of it."""
    standing = {(fact.source, fact.id) for fact in record.happenings}
    retractions = {fact.data["event_id"]: fact.id for fact in knowledge if fact.type == t.RETRACTED}
    return [
        (fact, retractions[fact.id])
        for fact in sorted(facts, key=BY_ORDER)
        if fact.type not in t.KNOWLEDGE and (fact.source, fact.id) not in standing and fact.occurred_at <= now
    ]


def _due_words(view: View) -> str:
    duty = view.duty
    if duty.due_at is None or duty.due_on is None:
        return _UNDATED.get(view.rule.shape, "It has no due date.")
    words = f"Due by the end of {day_words(duty.due_on)}"
    if beginning.is_to_the_minute(view):
        words = f"Due at {moment_words(duty.due_at)}"
    without = duty.due_on_standard
    if without is not None and without != duty.due_on:
        words += f" (without Enhanced Rights {day_words(without)})"
    provisional = (
        " The date is provisional: its year's bank holidays are not announced yet." if duty.provisional else ""
    )
    return f"{words}.{provisional}"


_UNDATED: Final = {
    Shape.BEFORE_LATER_EVENT: "It has no due date until a sentence is passed; then it is that instant.",
    Shape.ROLLING: "It has no due date: news was agreed only when something happens.",
}


def _verdict_words(view: View) -> str:
    duty = view.duty
    is_closed_for_good = view.rule.shape is Shape.GATE and duty.state is State.BREACHED
    words = "It was not all done before, and cannot be any more." if is_closed_for_good else _VERDICTS[duty.state]
    if duty.state is State.PENDING and duty.due_at is None:
        words = "It is open, and has no date to be past."
    if duty.satisfied_by is not None and duty.satisfied_at is not None:
        words += f" Met by {duty.satisfied_by}, {moment_words(duty.satisfied_at)}."
    if duty.possible_discharge:
        words += " It may have been met by " + ", ".join(duty.possible_discharge) + ": nobody said what was told there."
    if duty.advisory:
        words += " It is advisory and counts as no breach."
    return words


def _good_reasons(
    facts: list[Fact], found: Assessment, ruleset: RuleSet, duty: Obligation, silences: Sequence[Silence]
) -> dict[str, Any]:
    recorded = good_reasons(facts, found).get(duty.id)
    return {
        "may_carry": london_date(duty.triggered_at) >= SINCE and not duty.advisory,
        "recorded": recorded.as_json() if recorded is not None else None,
        "suggested": [each.as_json() for each in suggested(facts, found, ruleset, silences).get(duty.id, ())],
    }


def _reason_lines(reasons: dict[str, Any]) -> Iterator[str]:
    recorded = reasons["recorded"]
    if recorded is not None:
        decided = moment_words(datetime.fromisoformat(recorded["decided_at"]))
        reviewed = (
            f"reviewed by {recorded['reviewed_by']}" if recorded["reviewed"] else "not reviewed by another person yet"
        )
        yield (
            f"Good reason recorded ({recorded['category'].replace('_', ' ')}), decided {decided}, {reviewed}: "
            f"{recorded['words']} It turns nothing late into on time."
        )
    for each in reasons["suggested"]:
        rests_on = f" ({', '.join(each['event_ids'])})" if each["event_ids"] else ""
        yield f"The record suggests a good reason ({each['category'].replace('_', ' ')}): {each['why']}{rests_on}"
