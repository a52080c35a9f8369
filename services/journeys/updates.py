"""KENT-UPDATE: periods that a real update closes and opens again, as long as the victim agreed (victims-code.md 3)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.journeys.assessment import Obligation, State
from services.journeys.case_end import CaseSpans
from services.journeys.duties import Duties, Met
from services.journeys.facts import BY_ORDER, Fact
from services.journeys.limits import Due, due_by_end_of
from services.journeys.telling import Heard
from services.provisions.rules import Rule
from services.provisions.working_days import add_days, london_date


class Period(msgspec.Struct, frozen=True, gc=False):
    """One update period as it stands, and what closed it."""

    obligation: Obligation
    closed_by: Fact | None


def update_periods(
    duties: Duties, rule: Rule, heard: Sequence[Heard], spans: CaseSpans, agreements: Sequence[Fact]
) -> list[Period]:
    """Every period of one victim that is still owed, or was, in the order in which they opened.

    ``agreements`` are those that say how often. A period not yet past due when the case ends is absent.
    """
    closers = [each.fact for each in heard if each.closes_periods]
    closed_at = [fact.occurred_at for fact in closers]
    found: list[Period] = []
    for opener in _openers(duties, rule, closers, spans):
        later = bisect_right(closed_at, opener.occurred_at)
        closed_by = closers[later] if later < len(closers) else None
        span = spans.at(opener.occurred_at)
        ended_at = span.ended_at if span is not None else None
        waived_at = duties.waivers(rule).first_from(opener.occurred_at)
        moments = (closed_by.occurred_at if closed_by is not None else None, ended_at, waived_at)
        until = min((at for at in moments if at is not None), default=None)
        due = _due(rule, opener, until, agreements)
        # The end of the case comes before a contact of its instant: it ends what is not past due by then.
        ends = [ended_at] if ended_at is not None and (closed_by is None or ended_at <= closed_by.occurred_at) else []
        ended_first = bool(ends) and (due is None or ended_at is None or ended_at < due.at)
        met = Met(closed_by.occurred_at, closed_by) if closed_by is not None and not ended_first else None
        obligation = duties.obligation(
            rule, opener, met, suspect_ref=opener.suspect_ref, due=due, by_limit=False, ends=ends
        )
        if obligation is not None:
            found.append(Period(obligation, closed_by))
    return found


def _openers(duties: Duties, rule: Rule, closers: Sequence[Fact], spans: CaseSpans) -> list[Fact]:
    """What opens periods: the first report, a reopening, a resumption, and each real update that closes one."""
    openers = [span.opened_by for span in spans.spans]
    openers += [fact for fact in duties.waivers(rule).resumed() if spans.is_open(fact.occurred_at)]
    opened_at = {fact.occurred_at for fact in openers}
    for fact in closers:
        if fact.occurred_at not in opened_at and spans.is_open(fact.occurred_at):
            openers.append(fact)
            opened_at.add(fact.occurred_at)
    openers.sort(key=BY_ORDER)
    return openers


def _due(rule: Rule, opener: Fact, until: datetime | None, agreements: Sequence[Fact]) -> Due | None:
    """When a period is due: what was agreed when it opened, changed by agreements made while it was open."""
    start = london_date(opener.occurred_at)
    days = rule.limit.standard if rule.limit is not None else None
    due: Due | None = None
    opened = False
    for fact in agreements:
        if fact.occurred_at > opener.occurred_at and not opened:
            due, opened = _counted(opener, days), True
        agreed = fact.data.get("frequency_days")
        if not opened:
            days = agreed
            continue
        if until is not None and fact.occurred_at >= until:
            break
        if due is not None and fact.occurred_at >= due.at:
            break
        if agreed is None:
            due = None
            continue
        from_agreement = due_by_end_of(add_days(london_date(fact.occurred_at), agreed))
        if due is None:
            due = from_agreement
            continue
        from_start = due_by_end_of(add_days(start, agreed))
        due = from_start if from_start.at > due.at else min(due, from_agreement, key=lambda each: each.at)
    return due if opened else _counted(opener, days)


def _counted(opener: Fact, days: int | None) -> Due | None:
    return due_by_end_of(add_days(london_date(opener.occurred_at), days)) if days is not None else None


def says_how_often(fact: Fact) -> bool:
    """Whether an agreement says how often: a number counts, silence counts, a mere channel or ``false`` does not."""
    return fact.data.get("frequency_days") is not None or fact.data.get("only_when_something_happens") is True


def frequency_agreements(agreements: Sequence[Fact]) -> list[Fact]:
    """The agreements that say how often, in order."""
    return [fact for fact in agreements if says_how_often(fact)]


def late_periods(periods: Sequence[Period], spans: CaseSpans) -> list[tuple[Obligation, datetime | None]]:
    """The periods that are or were past due, each with the moment that ended it: a real update or the case's end."""
    found: list[tuple[Obligation, datetime | None]] = []
    for period in periods:
        duty = period.obligation
        if duty.state in (State.BREACHED, State.SATISFIED_LATE) and duty.due_at is not None:
            span = spans.at(duty.triggered_at)
            moments = (duty.satisfied_at, span.ended_at if span is not None else None)
            found.append((duty, min((at for at in moments if at is not None), default=None)))
    return found
