"""assess: everything Waymark says about a case, as one pure function of facts, rule set and moment.

Arrival order cannot matter, late and corrected events need no special path, and time is one more argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from services.contacts.grading import grade_contacts
from services.journeys import event_types as t
from services.journeys.assessment import Assessment, Awaited, Flag, GradedContact, News, Obligation, State
from services.journeys.awaited import Waits
from services.journeys.case_end import CaseSpans
from services.journeys.court_news import CourtNews
from services.journeys.duties import Duties
from services.journeys.facts import Fact
from services.journeys.flags import Flags
from services.journeys.hearing import Grader, heard_by
from services.journeys.journey import CaseFacts, Journey
from services.journeys.news import news_for
from services.journeys.notes import notes_on
from services.journeys.putting_right import PutRight, ReadReplacement, put_right
from services.journeys.replacements import read_replacement_of
from services.journeys.rule_set import RuleSet
from services.journeys.shapes import Scene, obligations_of
from services.journeys.telling import Told
from services.journeys.updates import frequency_agreements, late_periods, update_periods
from services.provisions.rules import Rule, Shape
from services.provisions.working_days import NEVER

_PENDING = State.PENDING
_OBLIGATIONS_BY = attrgetter("rule", "victim_id", "triggered_at", "trigger_event_id", "trigger_source")
_FLAGS_BY = attrgetter("kind", "victim_id", "since", "event_id")


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of a case at a moment, and the moments at which it will change by itself."""

    assessment: Assessment
    certain: tuple[datetime, ...]
    """Moments at which the assessment changes for certain, such as a due date."""
    windows: tuple[datetime, ...]
    """Moments at which the victim's own windows close: not a change of what is owed (docs/questions.md)."""


def assess(
    facts: Iterable[Fact],
    ruleset: RuleSet,
    now: datetime,
    *,
    known_by: datetime | None = None,
    grader: Grader = grade_contacts,
    read_replacement: ReadReplacement = read_replacement_of,
) -> Assessment:
    """Assess one case at a moment (aware); ``known_by`` leaves out what its source recorded later.

    Never raises on facts that contracts accepted, whatever their history.
    """
    record = put_right(facts, known_by, read_replacement)
    said = _say(record, ruleset, now, grader)
    next_change_at = _next_change(record, ruleset, now, grader, said)
    looks = [
        each.warn_at
        for each in said.assessment.obligations
        if each.state is _PENDING and each.warn_at is not None and each.warn_at > now
    ]
    looks += said.windows
    return replace(said.assessment, next_change_at=next_change_at, next_look_at=min(looks, default=None))


def _say(record: PutRight, ruleset: RuleSet, now: datetime, grader: Grader) -> _Said:
    """All but the next change, at a moment."""
    happened = [fact for fact in record.happenings if fact.occurred_at <= now]
    case = CaseFacts(happened, record.links)
    obligations: list[Obligation] = []
    contacts: list[GradedContact] = []
    flags: list[Flag] = []
    awaited: list[Awaited] = []
    news: list[News] = []
    certain: list[datetime] = []
    windows: list[datetime] = []
    applicable = _applicable(ruleset, case)
    phone_rules, case_end_rules = ruleset.ids_of_shape[Shape.PHONE], ruleset.ids_of_shape[Shape.AT_CASE_END]
    for victim_id in case.victims():
        journey = Journey(case, victim_id)
        graded, heard = heard_by(journey, now, grader)
        contacts += graded
        duties = Duties(journey, ruleset.days, now)
        scene = Scene(journey, duties, heard, Told(heard), CourtNews(journey), CaseSpans(journey))
        owed = [duty for rule in applicable for duty in obligations_of(rule, scene)]
        periods = update_periods(
            duties, ruleset.rolling, heard, scene.spans, frequency_agreements(journey.concerning(t.CONTACT_AGREED))
        )
        owed += [period.obligation for period in periods]
        certain += [each.due_at for each in owed if each.state is _PENDING and each.due_at is not None]
        mine = Flags(journey, ruleset.days, now)
        phones = [each for each in owed if each.rule in phone_rules]
        mine.collect(heard, phones, late_periods(periods, scene.spans))
        flags += mine.found
        waits = Waits(scene, ruleset.days, now)
        waits.collect(
            ruleset.chosen,
            [each for each in owed if each.rule in case_end_rules],
        )
        awaited += waits.found
        certain += mine.ahead + waits.ahead
        windows += waits.windows
        obligations += [each for each in owed if each.pack in ruleset.selected]
        news += news_for(scene)
    obligations.sort(key=_OBLIGATIONS_BY)
    flags.sort(key=_FLAGS_BY)
    assessment = Assessment(
        case_id=record.happenings[0].case_id if record.happenings else "",
        as_of=now,
        obligations=tuple(obligations),
        contacts=tuple(contacts),
        flags=tuple(flags),
        awaited=tuple(awaited),
        news=tuple(news),
        notes=notes_on(case, obligations, ruleset) + record.problems,
        next_change_at=None,
        next_look_at=None,
    )
    return _Said(assessment, tuple(certain), tuple(windows))


def _applicable(ruleset: RuleSet, case: CaseFacts) -> list[Rule]:
    types = case.by_type.keys()
    return [rule for rule, triggers in ruleset.with_triggers if not triggers or not types.isdisjoint(triggers)]


def _next_change(record: PutRight, ruleset: RuleSet, now: datetime, grader: Grader, said: _Said) -> datetime | None:
    """The earliest later moment at which something else would be said, with no new fact.

    Due dates and ends of flags change it for certain. An event still to come may change nothing (a reference number
    noted), so each that lies before the first certain change is tried.
    """
    first_certain = _first(said.certain)
    for at in sorted({at for at in _may_change(record.happenings) if now < at < NEVER}):
        if first_certain is not None and at >= first_certain:
            break
        later = _say(record, ruleset, at, grader)
        if not later.assessment.says_the_same_as(said.assessment):
            return at
        first_certain = _first(later.certain)
    return first_certain


def _first(moments: Iterable[datetime]) -> datetime | None:
    """The earliest that ever comes (events.md: what lies after 2199 never does)."""
    return min((at for at in moments if at < NEVER), default=None)


def _may_change(happenings: Sequence[Fact]) -> Iterable[datetime]:
    for fact in happenings:
        yield fact.occurred_at
        if fact.type == t.CONTACT_MADE and "passed_on_at" in fact.data:
            passed_on_at = fact.at("passed_on_at")
            if passed_on_at is not None:
                yield passed_on_at
