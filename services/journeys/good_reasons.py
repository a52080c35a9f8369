"""Good reasons for what was not done in time: those recorded, those reviewed, and those the record itself suggests.

From 29 January 2025 a provider must comply "unless the person has good reasons not to" (Victims and Prisoners Act 2024
section 5, SI 2025/95). A good reason is shown beside the breach and counted apart; it never turns late into on time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.journeys import event_types as t
from services.journeys.assessment import Assessment, Obligation, State
from services.journeys.facts import Fact
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from services.journeys.rule_set import RuleSet
from services.provisions.rules import Rule, Shape
from services.provisions.working_days import end_of_day, london_date

SINCE: Final = date(2025, 1, 29)
"""The London date from which a trigger's breach can carry a good reason."""

GIVEN: Final = "record.good_reason.v1"
WITHHELD: Final = "policing.news.withheld.v1"
RELEASED: Final = "policing.news.released.v1"

_ATTEMPTS: Final = 3
_ATTEMPT_DAYS: Final = 2
_REACHES_THEM: Final = frozenset({Shape.TOLD, Shape.TOLD_BY_UNIT, Shape.ANSWERED, Shape.ROLLING})
_WITHHELD_AS: Final = {"investigation": "investigation", "safety": "unsafe_to_contact"}
_COURT_LEG: Final = "VC-R9-COURT-TO-WCU"
_FROM_THE_SENTENCE: Final = "VC-R11-SCHEME-REFERRAL"
"""The one duty of the Witness Care Unit that runs from the sentence: all others begin when the unit is told."""


@dataclass(frozen=True, slots=True)
class GoodReason:
    """A good reason as recorded for one obligation.

    ``reviewed_by`` is what the record says; ``is_reviewed`` whether that is shown to be somebody other than whoever
    recorded it. Where the record does not say who recorded it, that is not shown.
    """

    event_id: str
    category: str
    words: str
    decided_at: datetime
    recorded_by: str | None
    evidence: tuple[str, ...]
    reviewed_by: str | None
    is_reviewed: bool

    def as_json(self) -> dict[str, Any]:
        """The good reason as the audit and the explanation have it."""
        return {
            "event_id": self.event_id,
            "category": self.category,
            "words": self.words,
            "decided_at": self.decided_at.isoformat(),
            "recorded_by": self.recorded_by,
            "evidence": list(self.evidence),
            "reviewed_by": self.reviewed_by,
            "reviewed": self.is_reviewed,
        }


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the record itself offers as a good reason; a person decides, and records it or does not.

    ``category`` is one of those of ``record.good_reason``; ``event_ids`` are what it rests on.
    """

    category: str
    why: str
    event_ids: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The suggestion as the explanation has it."""
        return {"category": self.category, "why": self.why, "event_ids": list(self.event_ids)}


@dataclass(frozen=True, slots=True)
class Silence:
    """A feed (the first word of its event types) from which nothing came; ``until`` None: it still is silent."""

    feed: str
    since: datetime
    until: datetime | None = None


def good_reasons(facts: Iterable[Fact], assessment: Assessment) -> Mapping[str, GoodReason]:
    """Return the recorded good reasons, by obligation id, of what is late or overdue at the assessment's moment.

    ``facts`` are the case's, as ``assess`` takes them. Of several about one obligation the latest counts (time, id,
    source); one retracted is gone, and a correction applies.
    """
    late = _excusable(assessment)
    if not late:
        return {}
    facts = [fact for fact in facts if fact.type in (GIVEN, *t.KNOWLEDGE)]
    if not any(fact.type == GIVEN for fact in facts):
        return {}
    first_words = {(fact.id, fact.source): fact for fact in facts}
    by_duty: dict[tuple[str, str], list[Fact]] = {}
    for fact in put_right(facts, None, read_replacement_of).happenings:
        if fact.occurred_at <= assessment.as_of:
            by_duty.setdefault((fact.data["event_id"], fact.data["rule"]), []).append(fact)
    found = {}
    for duty in late:
        mine = [
            fact
            for fact in by_duty.get((duty.trigger_event_id, duty.rule), ())
            if fact.victim_id in (None, duty.victim_id)
        ]
        if mine:
            found[duty.id] = _good_reason(mine[-1], first_words[mine[-1].id, mine[-1].source])
    return found


def suggested(
    facts: Iterable[Fact], assessment: Assessment, ruleset: RuleSet, silences: Sequence[Silence] = ()
) -> Mapping[str, tuple[Suggestion, ...]]:
    """Return, by obligation id, what the record suggests as good reasons for what is late or overdue.

    ``silences`` are the feeds known to have been silent; without them none is offered for that.
    """
    late = _excusable(assessment)
    if not late:
        return {}
    happened = [
        fact for fact in put_right(facts, None, read_replacement_of).happenings if fact.occurred_at <= assessment.as_of
    ]
    record = _Record(happened, assessment, silences)
    found = {duty.id: tuple(record.suggest(duty, ruleset.by_id[duty.rule])) for duty in late}
    return {id_: suggestions for id_, suggestions in found.items() if suggestions}


def _excusable(assessment: Assessment) -> list[Obligation]:
    """What is late or overdue, counts as a breach, and began when a good reason could be given."""
    return [
        duty
        for duty in assessment.obligations
        if duty.state in (State.BREACHED, State.SATISFIED_LATE)
        and not duty.advisory
        and london_date(duty.triggered_at) >= SINCE
    ]


def _good_reason(fact: Fact, first_words: Fact) -> GoodReason:
    data = fact.data
    # Whoever corrects a record has recorded it as much as whoever wrote it first: neither may review it.
    recorders = {name for each in (first_words, fact) if (name := _recorder(each)) is not None}
    reviewed_by = data.get("reviewed_by")
    evidence = data.get("evidence", ())
    return GoodReason(
        event_id=fact.id,
        category=data["category"],
        words=data["words"],
        decided_at=datetime.fromisoformat(data["decided_at"]),
        recorded_by=_recorder(fact),
        evidence=(evidence,) if isinstance(evidence, str) else tuple(evidence),
        reviewed_by=reviewed_by,
        is_reviewed=reviewed_by is not None and bool(recorders) and reviewed_by not in recorders,
    )


def _recorder(fact: Fact) -> str | None:
    name: str | None = (fact.data.get("recorded_by") or {}).get("officer_ref")
    return name


class _Record:
    """What a case's record can suggest about one late duty."""

    def __init__(self, happened: Sequence[Fact], assessment: Assessment, silences: Sequence[Silence]) -> None:
        self._assessment = assessment
        self._silences = silences
        self._by_id: dict[str, list[Fact]] = {}
        for fact in happened:
            self._by_id.setdefault(fact.id, []).append(fact)
        self._withheld = [fact for fact in happened if fact.type in (WITHHELD, RELEASED)]
        attempts = {each.event_id for each in assessment.contacts if each.grade == "attempt" and each.same_as is None}
        self._attempts = [fact for fact in happened if fact.type == t.CONTACT_MADE and fact.id in attempts]

    def suggest(self, duty: Obligation, rule: Rule) -> Iterator[Suggestion]:
        """What the record offers, the surest first."""
        if duty.rule == _FROM_THE_SENTENCE:
            yield from self._late_court(duty)
        if rule.shape in _REACHES_THEM:
            yield from self._withheld_when_due(duty)
            yield from self._attempted(duty, rule)
        yield from self._silent_feed(duty, rule)

    def _late_court(self, duty: Obligation) -> Iterator[Suggestion]:
        legs = [leg for leg in self._assessment.obligations if leg.rule == _COURT_LEG]
        for leg in legs:
            same = (leg.victim_id, leg.trigger_event_id, leg.trigger_source)
            is_theirs = same == (duty.victim_id, duty.trigger_event_id, duty.trigger_source)
            if is_theirs and leg.state in (State.BREACHED, State.SATISFIED_LATE):
                met_by = () if leg.satisfied_by is None else (leg.satisfied_by,)
                yield Suggestion(
                    "other_agency_late",
                    "The court told the Witness Care Unit of the sentence late, or has not told it.",
                    (duty.trigger_event_id, *met_by),
                )

    def _withheld_when_due(self, duty: Obligation) -> Iterator[Suggestion]:
        """News that was held back by order when the duty fell due; the latest order or release by then counts."""
        if duty.due_at is None:
            return
        about = self._about(duty)
        latest: Fact | None = None
        for fact in self._withheld:
            mine = fact.data["event_id"] in about and fact.victim_id in (None, duty.victim_id)
            if mine and fact.occurred_at < duty.due_at:
                latest = fact
        if latest is None or latest.type == RELEASED:
            return
        until = latest.on("until")
        if until is None or end_of_day(until) >= duty.due_at:
            category = _WITHHELD_AS.get(latest.data["category"], "other")
            yield Suggestion(category, "The news was withheld by order when the duty fell due.", (latest.id,))

    def _about(self, duty: Obligation) -> set[str]:
        """The ids under which the news of a duty can be withheld: its trigger, and the court event behind it."""
        found = {duty.trigger_event_id}
        for fact in self._by_id.get(duty.trigger_event_id, ()):
            if fact.type == t.WCU_NOTIFIED and fact.source == duty.trigger_source:
                found.add(fact.data["about"])
        return found

    def _attempted(self, duty: Obligation, rule: Rule) -> Iterator[Suggestion]:
        due_at = duty.due_at
        if due_at is None:
            return
        tries = [
            fact
            for fact in self._attempts
            if fact.victim_id == duty.victim_id
            and duty.triggered_at <= fact.occurred_at < due_at
            and (not rule.is_told or (fact.agency or "police").lower() == duty.owner.lower())
        ]
        days = {london_date(fact.occurred_at) for fact in tries}
        if len(tries) >= _ATTEMPTS and len(days) >= _ATTEMPT_DAYS:
            yield Suggestion(
                "unreachable",
                f"{len(tries)} attempts on {len(days)} days did not reach the victim before the duty fell due.",
                tuple(fact.id for fact in tries),
            )

    def _silent_feed(self, duty: Obligation, rule: Rule) -> Iterator[Suggestion]:
        if duty.due_at is None:
            return
        feeds = {clause.type.partition(".")[0] for clause in rule.discharges}
        if rule.shape in _REACHES_THEM:
            feeds.add("contact")
        feeds |= {fact.type.partition(".")[0] for fact in self._by_id.get(duty.trigger_event_id, ())}
        for silence in self._silences:
            ended_before = silence.until is not None and silence.until <= duty.triggered_at
            if silence.feed in feeds and silence.since < duty.due_at and not ended_before:
                yield Suggestion("feed_late", f"Nothing came from the {silence.feed} feed at the time.", ())
                return
