"""What could have ended or stopped an obligation on its way: the victim's choices, the case's ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.journeys import event_types as t
from services.journeys.assessment import State
from services.journeys.explain_view import View, event_words, moment_words
from services.journeys.facts import Fact
from services.provisions.rules import Shape


def course(view: View) -> list[dict[str, Any]]:
    """Waivers, resumptions and ends that concern the obligation, in order, each with what it did to it."""
    found = [*_choices(view), *_ends(view)]
    return [row for _at, row in sorted(found, key=lambda each: (each[0], each[1]["event_id"]))]


def _choices(view: View) -> Iterator[tuple[datetime, dict[str, Any]]]:
    scopes = view.rule.waived_with
    for fact in view.journey.concerning_all((t.RIGHT_WAIVED, t.RIGHT_RESUMED)):
        scope = fact.data["scope"]
        if scope in scopes:
            yield fact.occurred_at, _row(fact, _choice_words(view, fact))
        elif view.rule.never_waived and scope in ("all", view.rule.id) and fact.type == t.RIGHT_WAIVED:
            yield fact.occurred_at, _row(fact, "The victim waived it, but this duty is never waived.")


def _choice_words(view: View, fact: Fact) -> str:
    duty, at = view.duty, fact.occurred_at
    if fact.type == t.RIGHT_RESUMED:
        if fact is view.trigger:
            return "The victim resumed it: that is what opened the period."
        return "The victim resumed it" + (": that revives nothing." if at >= duty.triggered_at else ".")
    said_at = fact.at("said_at")
    said = f", said {moment_words(said_at)}" if said_at is not None else ""
    return f"The victim waived it (scope {fact.data['scope']}{said}){_waiver_words(view, at)}"


def _waiver_words(view: View, at: datetime) -> str:
    duty, waivers = view.duty, view.duties.waivers(view.rule)
    is_waived, waived_at = duty.state is State.WAIVED, waivers.first_from(duty.triggered_at)
    took = is_waived and waived_at is not None and (at == waived_at or at <= duty.triggered_at == waived_at)
    was_met = duty.satisfied_at is not None and duty.satisfied_at <= at
    reasons = (
        (took, ": it is owed to nobody for good, also if it is done later, and counts in no rate."),
        (is_waived, "."),
        (at < duty.triggered_at, ", and resumed it before this began."),
        (not waivers.is_waived(at), " and resumed it at the same instant: resumption wins."),
        (was_met, " when it had been met: it stays as it is."),
    )
    return next((words for holds, words in reasons if holds), " when it was past due: it stays as it is.")


def _ends(view: View) -> Iterator[tuple[datetime, dict[str, Any]]]:
    rule, since = view.rule, view.duty.triggered_at
    ends_it = rule.ends_with_case or rule.shape is Shape.ROLLING
    end = next((each for each in view.spans.ends() if each.occurred_at >= since), None)
    is_aside = rule.shape is Shape.AT_CASE_END or view.duty.state is State.WAIVED
    if end is not None and not is_aside and not _was_met(view, end):
        yield (
            end.occurred_at,
            _row(end, _stays(end) if ends_it else "The case ended for the victim: this runs on."),
        )
    if rule.ends_with_charge and view.duty.state is not State.WAIVED:
        for fact in view.journey.concerning(t.CHARGED):
            if fact.occurred_at >= since and not _was_met(view, fact):
                yield fact.occurred_at, _row(fact, _stays(fact))


def _was_met(view: View, end: Fact) -> bool:
    return view.duty.satisfied_at is not None and view.duty.satisfied_at <= end.occurred_at


def _stays(end: Fact) -> str:
    what = "A charge ends this duty" if end.type == t.CHARGED else "The end of the case ends this duty"
    return f"{what} where it is not past due; this one was, so it stays."


def _row(fact: Fact, why: str) -> dict[str, Any]:
    return {
        "event_id": fact.id,
        "source": fact.source,
        "type": fact.type,
        "at": fact.occurred_at.isoformat(),
        "event": event_words(fact),
        "why": why,
    }
