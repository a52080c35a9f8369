"""How the due date was counted: each day that counts or is skipped, with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.journeys import event_types as t
from services.journeys import triggers
from services.journeys.explain_status import counted_from
from services.journeys.explain_view import View, day_words, event_words, moment_words
from services.journeys.facts import Fact
from services.journeys.updates import frequency_agreements
from services.provisions.rules import Limit, Shape, Unit
from services.provisions.working_days import LONDON, NEVER_ON, add_days, add_months, end_of_day, london_date

_LONGEST_LIST: Final = 400
"""Days listed one by one; a frequency goes up to 366."""
_ONLY_WHEN: Final = "no date, as news was agreed only when something happens: "


def count(view: View) -> list[dict[str, Any]]:
    """Each day, or each step where days are not what is counted, from the start to the due date."""
    own = _BY_SHAPE.get(view.rule.shape)
    if own is not None:
        return [*own(view)]
    limit = view.rule.limit
    return [*_counted(view, limit, counted_from(view))] if limit is not None else []


def _counted(view: View, limit: Limit, start: datetime) -> Iterator[dict[str, Any]]:
    duty, first = view.duty, london_date(start)
    if duty.due_on is None or duty.due_at is None:
        return
    if limit.unit is Unit.WORKING_DAYS:
        yield from _working_days(view, first, duty.due_on)
    elif limit.unit is Unit.HOURS:
        yield from _hours(start, duty.due_at)
    elif limit.unit is Unit.MONTHS:
        months = limit.enhanced if start != duty.triggered_at or duty.entitlement == "enhanced" else limit.standard
        yield from _months(first, months, duty.due_on)
    elif limit.unit is Unit.END_OF_DAY and first == duty.due_on:
        yield _step(first, "the London day of the trigger: until its end")
    else:
        yield from _days(first, duty.due_on)


def _working_days(view: View, first: date, last: date) -> Iterator[dict[str, Any]]:
    yield _step(first, "the day it began is not counted")
    day, number = first, 0
    while day < last:
        day += timedelta(days=1)
        why_not = view.duties.days.why_not(day)
        if why_not is not None:
            yield _step(day, f"not a Working Day: {why_not}")
            continue
        number += 1
        yield _step(day, f"Working Day {number}{', the last' if day == last else ''}", number)


def _days(first: date, last: date) -> Iterator[dict[str, Any]]:
    yield _step(first, "the day it began is not counted")
    length = (last - first).days
    if length > _LONGEST_LIST:
        yield _step(last, f"{length} calendar days later, weekends and holidays counted", length)
        return
    for number in range(1, length + 1):
        yield _step(add_days(first, number), f"calendar day {number}{', the last' if number == length else ''}", number)


def _months(first: date, months: int, last: date) -> Iterator[dict[str, Any]]:
    yield _step(first, "the day it began")
    clamped = last < NEVER_ON and last.day != first.day
    short = f": that month has no day {first.day}, so its last" if clamped else ", the corresponding date"
    yield _step(last, f"{months} months later{short}", months)


def _hours(start: datetime, due_at: datetime) -> Iterator[dict[str, Any]]:
    hours = (due_at - start) // timedelta(hours=1)
    yield _step(london_date(start), f"from {moment_words(start)}")
    shift = (due_at.astimezone(LONDON).utcoffset() or timedelta()) - (
        start.astimezone(LONDON).utcoffset() or timedelta()
    )
    clocks = f"; the clocks went {'forward' if shift > timedelta() else 'back'} in between" if shift else ""
    yield _step(london_date(due_at), f"{hours} elapsed hours, until {moment_words(due_at)}{clocks}", hours)


def _gate(view: View) -> Iterator[dict[str, Any]]:
    yield _step(london_date(view.duty.triggered_at), "no time to count: all of it had to be done before that instant")


def _before_sentence(view: View) -> Iterator[dict[str, Any]]:
    for fact in view.journey.concerning(t.SENTENCE):
        if view.duty.due_on is not None and fact.occurred_at >= view.trigger.occurred_at:
            yield _step(london_date(fact.occurred_at), f"the first sentence after it was passed: {event_words(fact)}")
            return


def _assault(view: View) -> Iterator[dict[str, Any]]:
    first, duty, limit = london_date(view.duty.triggered_at), view.duty, view.rule.limit
    months = limit.standard if limit is not None else 0
    ends = [(add_months(first, months), f"{months} months from the account of {day_words(first)}")]
    offences = [on for on in (report.on("offence_on") for report in triggers.domestic_assaults(view.journey)) if on]
    if offences:
        years = triggers.ASSAULT_YEARS
        ends.append(
            (add_months(min(offences), years * 12), f"{years} years from the offence of {day_words(min(offences))}")
        )
    for last, why in sorted(ends):
        yield _step(last, why + (": the earlier counts" if last == duty.due_on and len(ends) > 1 else ""))


def _rolling(view: View) -> Iterator[dict[str, Any]]:
    """What was agreed when the period opened, and each agreement while it was open (victims-code.md, KENT-UPDATE)."""
    opener, start = view.trigger, london_date(view.trigger.occurred_at)
    agreements = frequency_agreements(view.journey.concerning(t.CONTACT_AGREED))
    standing = [fact for fact in agreements if fact.occurred_at <= opener.occurred_at]
    days = view.rule.limit.standard if view.rule.limit is not None else None
    if standing:
        days = standing[-1].data.get("frequency_days")
        why = f"{days} days as agreed ({event_words(standing[-1])})" if days else _ONLY_WHEN + event_words(standing[-1])
    else:
        why = f"{days} days, nothing being agreed"
    due_on = add_days(start, days) if days is not None else None
    yield _step(start, f"the period opened; {why}" + (f": due {day_words(due_on)}" if due_on is not None else ""))
    until, too_late = _changeable_until(view), ""
    for fact in agreements[len(standing) :]:
        if until is not None and fact.occurred_at >= until:
            break
        if due_on is not None and fact.occurred_at >= end_of_day(due_on):
            too_late = f"; {event_words(fact)}, came after it and changes later periods only"
            break
        due_on, why = _agreed_meanwhile(fact, start, due_on)
        yield _step(london_date(fact.occurred_at), f"{event_words(fact)}: {why}")
    if due_on is not None:
        yield _step(due_on, f"the last day: its end is the due moment{too_late}")


def _agreed_meanwhile(agreed: Fact, start: date, due_on: date | None) -> tuple[date | None, str]:
    days = agreed.data.get("frequency_days")
    if days is None:
        return None, "news only when something happens: the date is taken away"
    from_agreement = add_days(london_date(agreed.occurred_at), days)
    if due_on is None:
        return from_agreement, f"{days} days, counted from the agreement: due {day_words(from_agreement)}"
    from_start = add_days(start, days)
    if from_start > due_on:
        return from_start, f"{days} days counted from the period's start fall later: due {day_words(from_start)}"
    if from_agreement < due_on:
        return from_agreement, f"{days} days counted from the agreement: due {day_words(from_agreement)}"
    return due_on, f"{days} days counted from the agreement fall no earlier: it stays due {day_words(due_on)}"


def _changeable_until(view: View) -> datetime | None:
    """When agreements stop to change the period: a real update closes it, the case ends or it is waived."""
    opened_at = view.duty.triggered_at
    span = view.spans.at(opened_at)
    closed = (each.fact.occurred_at for each in view.heard if each.closes_periods)
    moments = (
        next((at for at in closed if at > opened_at), None),
        span.ended_at if span is not None else None,
        view.duties.waivers(view.rule).first_from(opened_at),
    )
    return min((at for at in moments if at is not None), default=None)


_BY_SHAPE: Final[Mapping[Shape, Callable[[View], Iterator[dict[str, Any]]]]] = {
    Shape.ROLLING: _rolling,
    Shape.GATE: _gate,
    Shape.BEFORE_LATER_EVENT: _before_sentence,
    Shape.ASSAULT_LIMIT: _assault,
}


def _step(day: date, why: str, number: int | None = None) -> dict[str, Any]:
    """One line of the count; ``number`` where it counts."""
    return {"date": day.isoformat(), "day": day_words(day), "number": number, "why": why}
