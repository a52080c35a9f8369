"""Why a victim had Enhanced Rights for an obligation or not, and which gain of them reached it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.journeys import event_types as t
from services.journeys.assessment import State
from services.journeys.explain_view import DATED_BY_SHAPE, View, event_words, moment_words
from services.journeys.facts import Fact
from services.journeys.journey import is_automatic
from services.journeys.limits import Due, due_after


def gains_that_reached(view: View) -> list[datetime]:
    """The later gains of Enhanced Rights that found the obligation open (victims-code.md 4.6), in order."""
    duty, start = view.duty, view.duty.triggered_at
    waived_at = view.duties.waivers(view.rule).first_from(start) if duty.state is State.WAIVED else None
    due = _due_at_first(view)
    found: list[datetime] = []
    for at in (at for at in view.journey.gains if at > start):
        was_met = duty.satisfied_at is not None and duty.satisfied_at <= at
        was_over = due is not None and at >= due.at
        # At one instant a gain comes before a waiver.
        if was_met or was_over or (waived_at is not None and (at > waived_at or waived_at <= start)):
            break
        found.append(at)
        gained = _due_from(view, at)
        if gained is not None and due is not None:
            due = min(due, gained, key=lambda each: each.at)
    return found


def counted_from(view: View) -> datetime:
    """The instant from which the due date was counted: the trigger, or the gain that made it earlier."""
    for at in gains_that_reached(view):
        gained, first, due_at = _due_from(view, at), _due_at_first(view), view.duty.due_at
        if gained is not None and first is not None and due_at is not None and gained.at == due_at < first.at:
            return at
    return view.duty.triggered_at


def _due_at_first(view: View) -> Due | None:
    """When it was due as it stood at its trigger."""
    duty, limit = view.duty, view.rule.limit
    if limit is None or view.rule.shape in DATED_BY_SHAPE:
        return Due(duty.due_on, duty.due_at) if duty.due_on is not None and duty.due_at is not None else None
    enhanced = view.journey.is_enhanced(duty.triggered_at)
    return due_after(limit, duty.triggered_at, view.duties.days, enhanced=enhanced)


def _due_from(view: View, at: datetime) -> Due | None:
    """When it is due by the enhanced limit counted from a gain; None where a gain moves no date."""
    if view.rule.limit is None or view.rule.shape in DATED_BY_SHAPE:
        return None
    return due_after(view.rule.limit, at, view.duties.days, enhanced=True)


def entitlement(view: View) -> dict[str, Any]:
    """Which status the obligation has, from what event on, and what that does to its date."""
    duty, start = view.duty, view.duty.triggered_at
    reached = gains_that_reached(view)
    because = _gave_status(view, reached[0] if reached and not view.journey.is_enhanced(start) else start)
    return {
        "status": duty.entitlement,
        "words": _words(view, reached, because),
        "event_id": because.id if because is not None else None,
        "since": because.occurred_at.isoformat() if because is not None else None,
        "recorded_at": because.known_at.isoformat() if because is not None else None,
        "reached_at": [at.isoformat() for at in reached],
        "counted_from": counted_from(view).isoformat(),
    }


def _gave_status(view: View, at: datetime) -> Fact | None:
    """The report or assessment by which the victim has the status at an instant; None where they have none."""
    if not view.journey.is_enhanced(at):
        return None
    automatic = [fact for fact in view.journey.reports if is_automatic(fact) and fact.occurred_at <= at]
    assessed = [fact for fact in view.journey.concerning(t.NEEDS_ASSESSED) if fact.occurred_at <= at]
    return automatic[0] if automatic else assessed[-1]


def _words(view: View, reached: list[datetime], because: Fact | None) -> str:
    duty, start = view.duty, view.duty.triggered_at
    same = _is_same_for_all(view)
    if because is None:
        words = "The victim had no Enhanced Rights when it began."
        later = next((at for at in view.journey.gains if at > start), None)
        if later is not None:
            words += f" They came {moment_words(later)}, when it was {_closed_as(view, later)}: it stays as it was."
        return words
    source = f"by {event_words(because)}{_reason(because)}"
    if view.journey.is_enhanced(start):
        return f"The victim has Enhanced Rights, {source}." + (f" {same}" if same else "")
    if counted_from(view) != start:
        return (
            f"Enhanced Rights since {moment_words(reached[0])}, while it was open: counted from then, being earlier; "
            f"{source}."
        )
    moved = same or ("It has no date." if duty.due_at is None else "The standard date is not later and stays.")
    return f"Enhanced Rights since {moment_words(reached[0])}, while it was open, {source}. {moved}"


def _reason(because: Fact) -> str:
    if because.type != t.REPORTED:
        return ""
    automatic = because.data["offence"] in t.AUTOMATIC_OFFENCES
    return f" ({because.data['offence'].replace('_', ' ') if automatic else 'under 18'})"


def _is_same_for_all(view: View) -> str:
    limit = view.rule.limit
    if view.rule.shape in DATED_BY_SHAPE or (limit is not None and limit.standard == limit.enhanced):
        return "For this duty that makes no difference to the date."
    return ""


def _closed_as(view: View, at: datetime) -> str:
    duty = view.duty
    if duty.state is State.WAIVED:
        return "waived"
    return "met" if duty.satisfied_at is not None and duty.satisfied_at <= at else "past due"
