"""Which contacts were considered for a duty that a contact meets, and why each counted or did not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.journeys import event_types as t
from services.journeys.explain_view import View, event_words, moment_words, taken_back_words
from services.journeys.facts import Fact
from services.journeys.telling import Heard
from services.provisions.rules import Shape


def contacts_considered(view: View) -> Iterator[dict[str, Any]]:
    """The contacts that met the duty, might have, or were somebody's attempt at it, in order."""
    if view.rule.shape is Shape.TOLD_BY_UNIT:
        yield from _notifications(view)
    telling = what_tells(view) if view.rule.is_told else {}
    for each in view.heard:
        met = _met_it(view, each)
        why = "it met the duty." if met else _why_not(view, each, telling)
        if why is not None:
            yield view.row(each.fact, why + _link_words(view, each, telling), met=met)
    yield from _records_of_the_same(view, telling)


def what_tells(view: View) -> dict[str, datetime]:
    """The names (ids and types) whose naming tells of the trigger, each with the instant from which it counts."""
    events = [(view.trigger, view.trigger.occurred_at)]
    if view.rule.shape is Shape.TOLD_BY_UNIT:
        events = [told for event in news_events(view) for told in view.news.what_tells(event)]
    found: dict[str, datetime] = {}
    for event, since in events:
        for name, at in ((event.id, since), (event.type, max(since, event.occurred_at))):
            found[name] = min(at, found.get(name, at))
    return found


def news_events(view: View) -> list[Fact]:
    """The court event that the trigger, a notification, brought the unit; none for other duties.

    Where two sources use the id that the notification names, the first of the two events is what is told.
    """
    news, trigger = view.news, view.trigger
    return [event for event in news.notified_of(view.rule.triggers) if news.notification_of(event) is trigger][:1]


def _met_it(view: View, each: Heard) -> bool:
    duty = view.duty
    return (each.fact.id, each.fact.occurred_at) == (duty.satisfied_by, duty.satisfied_at)


def _why_not(view: View, each: Heard, telling: dict[str, datetime]) -> str | None:
    """Why a contact did not meet the duty; None where it has nothing to do with it."""
    if view.rule.is_told:
        return _why_untold(view, each, telling)
    at, since, duty = each.fact.occurred_at, view.duty.triggered_at, view.duty
    if at < since or each.fact is view.trigger or (duty.satisfied_at is not None and at > duty.satisfied_at):
        return None
    is_rolling = view.rule.shape is Shape.ROLLING
    reasons = (
        (not each.is_meaningful, f"graded {_grade(view, each)}"),
        (is_rolling and at == since, "at the instant at which the period opened: only a later one closes it."),
        (
            is_rolling and not each.closes_periods,
            f"a contact by {each.fact.agency}: one by the police, the Witness Care Unit or the CPS closes a period.",
        ),
    )
    return next((why for holds, why in reasons if holds), _came_second(view))


def _why_untold(view: View, each: Heard, telling: dict[str, datetime]) -> str | None:
    at, duty, named = each.fact.occurred_at, view.duty, each.named & telling.keys()
    if not named:
        closed_at = duty.satisfied_at or datetime.max.replace(tzinfo=at.tzinfo)
        if at < duty.triggered_at or at > closed_at:
            return None
        if each.fact.id in duty.possible_discharge:
            return "a real conversation, but nobody recorded what was told in it: it may have met the duty."
        if not each.is_meaningful:
            return f"graded {_grade(view, each)}"
        return (
            "it names other events, not this one."
            if each.named
            else "it names no event: nobody recorded what was told."
        )
    reasons = (
        (not each.is_meaningful, f"it names the event, but was graded {_grade(view, each)}"),
        (each.fact.data["channel"] == "voicemail", "it names the event, but a voicemail never discharges."),
        (not each.may_tell, f"it names the event, but nothing shows that it arrived ({_outcome(each)})."),
        (all(at < telling[name] for name in named), "told before the event is told too early."),
    )
    return next((why for holds, why in reasons if holds), _came_second(view))


def _came_second(view: View) -> str:
    if view.duty.state.value == "waived":
        return "it would have met the duty, which the victim had waived."
    return "a contact before it had already met the duty."


def _grade(view: View, each: Heard) -> str:
    """The grade with the sentence the grader gives for it."""
    word = each.grade.replace("_", "-")
    graded = next((one for one in view.graded if one.event_id == each.fact.id and one.same_as is None), None)
    if graded is None or not graded.why:
        return f"{word}."
    return f"{word}: {graded.why[0].lower()}{graded.why[1:]}"


def _outcome(each: Heard) -> str:
    return f"{each.fact.data['channel']} {each.fact.data['outcome']}".replace("_", " ")


def _link_words(view: View, each: Heard, telling: dict[str, datetime]) -> str:
    """Whether it was somebody's later word that the contact told of this."""
    own = set(each.fact.data.get("informed_of", ()))
    linked = set(view.journey.case.links.get(each.fact.id, ())) & telling.keys()
    return " What it told was added later by a link." if linked and not own & telling.keys() else ""


def _records_of_the_same(view: View, telling: dict[str, datetime]) -> Iterator[dict[str, Any]]:
    """Other records of one conversation, which count with the record that stands for it."""
    same_as = {each.event_id: each.same_as for each in view.graded if each.same_as is not None}
    for fact in view.journey.concerning(t.CONTACT_MADE):
        if fact.id in same_as and set(fact.data.get("informed_of", ())) & telling.keys():
            yield view.row(fact, f"another record of the conversation {same_as[fact.id]}: it counts with that one.")
    for fact, retraction in view.taken_back:
        is_theirs = fact.type == t.CONTACT_MADE and fact.victim_id == view.journey.victim_id
        if is_theirs and fact.occurred_at >= view.duty.triggered_at:
            yield view.row(fact, taken_back_words(retraction))


def _notifications(view: View) -> Iterator[dict[str, Any]]:
    """The other notifications about the same court event, which start and discharge nothing."""
    for event in news_events(view):
        for fact in view.journey.concerning(t.WCU_NOTIFIED):
            if fact.data["about"] != event.id or fact is view.trigger:
                continue
            early = fact.occurred_at < event.occurred_at
            why = (
                "dated before its court event: it starts nothing."
                if early
                else "the unit had been notified before: only the first counts."
            )
            yield view.row(fact, f"a notification of {event_words(event)}; {why}")


def trigger_words(view: View) -> str | None:
    """What court event a notification brought, where that is what began the duty."""
    found = news_events(view) if view.rule.shape is Shape.TOLD_BY_UNIT else []
    if not found:
        return None
    told = f"; the unit's own time began {moment_words(view.trigger.occurred_at)}, when it was told"
    return "It brought the Witness Care Unit " + " and ".join(event_words(event) for event in found) + told + "."
