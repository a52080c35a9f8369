"""Why an obligation stands as it does: trigger, rule, entitlement, each day counted or skipped, what was considered.

Written so that a supervisor could defend it in front of an inspector. It computes nothing anew: the verdict is the
assessment's, and this tells how it came about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.contacts.grading import grade_contacts
from services.journeys import event_types as t
from services.journeys.assess import assess
from services.journeys.assessment import Obligation, State
from services.journeys.court_news import CourtNews
from services.journeys.facts import Fact
from services.journeys.hearing import Grader, heard_by
from services.journeys.journey import CaseFacts, Journey
from services.journeys.limits import due_after
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from services.journeys.rule_set import RuleSet
from services.journeys.telling import Heard
from services.provisions.rules import Rule, Shape, Unit
from services.provisions.working_days import LONDON, WorkingDays, london_date

_CONFIDENCE = {
    "H": "seen in the 2020 Code or in primary law",
    "M": "from an earlier edition or a secondary source: to be confirmed",
    "L": "from memory: to be confirmed, advisory only",
}
_VERDICTS = {
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
        yield f"{said['rule']['id']}: {said['rule']['duty']} (owed by {said['obligation']['owner']})."
        yield f"Source: {said['rule']['citation']}; {said['rule']['confidence']}."
        yield f"Trigger: {said['trigger']['type']} {said['trigger']['event_id']}, {said['trigger']['happened']}."
        yield said["trigger"]["known"]
        yield said["entitlement"]
        yield from (f"  {each['day']}: {each['why']}" for each in said["count"])
        yield said["due"]
        for each in said["considered"]:
            yield f"Considered {each['type']} {each['event_id']} of {each['happened']}: {each['why']}"
        yield said["verdict"]


def explain(
    facts: Iterable[Fact], ruleset: RuleSet, now: datetime, obligation_id: str, grader: Grader = grade_contacts
) -> Explanation | None:
    """Explain one obligation at a moment; None where the case owes none of that id then."""
    facts = list(facts)
    found = assess(facts, ruleset, now, grader=grader)
    duty = next((each for each in found.obligations if each.id == obligation_id), None)
    if duty is None:
        return None
    record = put_right(facts, None, read_replacement_of)
    case = CaseFacts([fact for fact in record.happenings if fact.occurred_at <= now], record.links)
    journey = Journey(case, duty.victim_id)
    trigger = next(
        fact for fact in case.happened if (fact.id, fact.source) == (duty.trigger_event_id, duty.trigger_source)
    )
    rule = ruleset.by_id[duty.rule]
    start, gained = _counted_from(rule, duty, journey, ruleset.days)
    _, heard = heard_by(journey, now, grader)
    place = f", {rule.citation.place}" if rule.citation.place else ""
    return Explanation({
        "obligation": duty.as_json(),
        "rule": {
            "id": rule.id,
            "pack": rule.pack,
            "duty": rule.duty,
            "citation": f"{rule.citation.instrument}{place} ({rule.citation.address}, seen {rule.citation.seen})",
            "confidence": _CONFIDENCE[duty.confidence],
        },
        "trigger": {
            "event_id": trigger.id,
            "type": trigger.type,
            "happened": moment_words(trigger.occurred_at),
            "known": _known_words(trigger, duty),
        },
        "entitlement": _entitlement_words(duty, start if gained else None),
        "count": list(_count(rule, duty, start, ruleset.days)),
        "due": _due_words(duty),
        "considered": list(_considered(rule, duty, trigger, journey, heard)),
        "verdict": _verdict_words(duty),
    })  # fmt: skip


def moment_words(at: datetime) -> str:
    """An instant as people in London write it: ``Tue 10 Nov 2026 14:20``."""
    local = at.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def _counted_from(rule: Rule, duty: Obligation, journey: Journey, days: WorkingDays) -> tuple[datetime, bool]:
    """The instant from which the due date was counted: the trigger, or a later gain of Enhanced Rights."""
    start = duty.triggered_at
    if rule.limit is not None and duty.entitlement == "enhanced" and not journey.is_enhanced(start):
        for gain in journey.gains:
            if gain > start and due_after(rule.limit, gain, days, enhanced=True).on == duty.due_on:
                return gain, True
    return start, False


def _count(rule: Rule, duty: Obligation, start: datetime, days: WorkingDays) -> Iterator[dict[str, str]]:
    if rule.limit is None or rule.limit.unit is not Unit.WORKING_DAYS or duty.due_on is None:
        return
    day, number = london_date(start), 0
    yield {"day": f"{day:%a} {day.day} {day:%b %Y}", "why": "the day it began is not counted"}
    while day < duty.due_on:
        day += timedelta(days=1)
        if days.is_working(day):
            number += 1
            why = f"Working Day {number}" + (", the last" if day == duty.due_on else "")
        else:
            why = "not a Working Day: " + _why_not(day)
        yield {"day": f"{day:%a} {day.day} {day:%b %Y}", "why": why}


def _why_not(day: date) -> str:
    return f"{day:%A}" if day.weekday() >= 5 else "bank holiday"  # noqa: PLR2004 - Saturday


def _entitlement_words(duty: Obligation, gained_at: datetime | None) -> str:
    if gained_at is not None:
        return f"Enhanced Rights since {moment_words(gained_at)}, while it was open: counted from then, being earlier."
    if duty.entitlement == "enhanced":
        return "The victim has Enhanced Rights."
    return "The victim had no Enhanced Rights when it began."


def _due_words(duty: Obligation) -> str:
    if duty.due_at is None:
        return "It has no due date."
    words = f"Due by the end of {duty.due_on:%a} {duty.due_on.day} {duty.due_on:%b %Y}" if duty.due_on else ""
    if duty.due_at.astimezone(LONDON).time().isoformat() != "00:00:00":
        words = f"Due at {moment_words(duty.due_at)}"
    without = duty.due_on_standard
    if without is not None and without != duty.due_on:
        words += f" (without Enhanced Rights {without:%a} {without.day} {without:%b %Y})"
    return words + "."


def _known_words(trigger: Fact, duty: Obligation) -> str:
    recorded = f"Written down {moment_words(trigger.known_at)}."
    if duty.due_at is not None and trigger.known_at >= duty.due_at:
        return recorded + " It was late before anybody could know from the record."
    return recorded


def _verdict_words(duty: Obligation) -> str:
    words = _VERDICTS[duty.state]
    if duty.satisfied_by is not None and duty.satisfied_at is not None:
        words += f" Met by {duty.satisfied_by}, {moment_words(duty.satisfied_at)}."
    if duty.possible_discharge:
        words += " It may have been met by " + ", ".join(duty.possible_discharge) + ": nobody said what was told there."
    if duty.advisory:
        words += " It is advisory and counts as no breach."
    return words


def _considered(
    rule: Rule, duty: Obligation, trigger: Fact, journey: Journey, heard: list[Heard]
) -> Iterator[dict[str, str]]:
    if rule.is_told or rule.shape in (Shape.ANSWERED, Shape.ROLLING):
        telling = _telling(trigger, journey)
        for each in heard:
            why = _why_contact(rule, duty, telling, each)
            if why is not None:
                yield _row(each.fact, why)
        return
    for clause in rule.discharges:
        for fact in journey.case.by_type.get(clause.type, ()):
            if fact.victim_id in (None, journey.victim_id):
                yield _row(fact, _why_event(rule, duty, trigger, fact, admitted=clause.admits(fact.data)))


def _row(fact: Fact, why: str) -> dict[str, str]:
    return {"event_id": fact.id, "type": fact.type, "happened": moment_words(fact.occurred_at), "why": why}


def _telling(trigger: Fact, journey: Journey) -> dict[str, datetime]:
    """The names (ids and types) whose naming tells of the trigger, each with the instant from which it counts."""
    events = [(trigger, trigger.occurred_at)]
    if trigger.type == t.WCU_NOTIFIED:
        news = CourtNews(journey)
        events = [
            told
            for event in journey.case.by_id.get(trigger.data["about"], ())
            if news.notification_of(event) is trigger
            for told in news.what_tells(event)
        ]
    return {name: since for event, since in reversed(events) for name in (event.id, event.type)}


def _why_contact(rule: Rule, duty: Obligation, telling: dict[str, datetime], each: Heard) -> str | None:
    """Why a contact met the duty or did not; None where it has nothing to do with it."""
    if each.fact.id == duty.satisfied_by:
        return "it met the duty."
    if not rule.is_told:
        return None if each.fact.occurred_at < duty.triggered_at else f"graded {each.grade}."
    named = each.named & telling.keys()
    if not named:
        return None
    reasons = (
        (each.grade != "meaningful", f"it names the event, but was graded {each.grade}: it tells nothing."),
        (not each.may_tell, "it names the event, but a voicemail, or a text not delivered, never discharges."),
        (all(each.fact.occurred_at < telling[name] for name in named), "told before the event is told too early."),
    )
    return next((why for holds, why in reasons if holds), "a contact before it had already told this.")


def _why_event(rule: Rule, duty: Obligation, trigger: Fact, fact: Fact, *, admitted: bool) -> str:
    """Why an event of the right type met the duty or did not."""
    suspects = {trigger.suspect_ref, fact.suspect_ref}
    other = " or ".join(name.removesuffix("_ref") for name in rule.match)
    reasons = (
        (fact.id == duty.satisfied_by, "it met the duty."),
        (not admitted, "not of the kind that meets it."),
        (
            fact.occurred_at < trigger.occurred_at and not rule.before_too,
            "before the trigger: it does not count.",
        ),
        (rule.about and fact.data.get("about") != trigger.id, "about another event."),
        (None not in suspects and len(suspects) > 1, "about another suspect."),
        (any(trigger.data.get(name) != fact.data.get(name) for name in rule.match), f"about another {other}."),
    )
    return next((why for holds, why in reasons if holds), "another event had met it first.")
