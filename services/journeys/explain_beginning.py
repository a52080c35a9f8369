"""How an obligation began: its trigger, why that owes anything, the edition, and since when it could be known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.journeys import event_types as t
from services.journeys import triggers
from services.journeys.assessment import State
from services.journeys.explain_contacts import trigger_words
from services.journeys.explain_events import kept_words
from services.journeys.explain_view import View, day_words, event_words, moment_words
from services.journeys.facts import Fact
from services.provisions.rules import Citation, Shape
from services.provisions.working_days import LONDON, london_date

_UNSURE: Final = {
    "M": "from an earlier edition or a secondary source: to be confirmed",
    "L": "from memory: to be confirmed, advisory only",
}
_LATE: Final = (State.BREACHED, State.SATISFIED_LATE)


def trigger(view: View) -> dict[str, Any]:
    """What began the obligation, why it did, and when it could be known."""
    fact, received_at = view.trigger, view.received_at(view.trigger)
    correction = view.put_right_by(fact)
    return {
        "event_id": fact.id,
        "source": fact.source,
        "type": fact.type,
        "at": fact.occurred_at.isoformat(),
        "happened": moment_words(fact.occurred_at),
        "recorded_at": fact.known_at.isoformat(),
        "received_at": received_at.isoformat() if received_at is not None else None,
        "put_right_by": correction.id if correction is not None else None,
        "why": why_owed(view),
        "known": known(view),
        "late_before_known": late_before_known(view),
    }


def rule(view: View) -> dict[str, Any]:
    """The rule with its citation and how surely it is known of this trigger."""
    one, citation = view.rule, view.rule.citation
    return {
        "id": one.id,
        "pack": one.pack,
        "right": one.right,
        "duty": one.duty,
        "citation": f"{citation.instrument}{_place_words(citation)} ({citation.address}, seen {citation.seen})",
        "source": {
            "instrument": citation.instrument,
            "place": citation.place,
            "place_known": citation.has_place,
            "address": citation.address,
            "seen": citation.seen.isoformat(),
        },
        "confidence": _confidence_words(view),
        "confidence_level": view.duty.confidence,
        "to_confirm": view.duty.confidence != "H",
    }


def _place_words(citation: Citation) -> str:
    if citation.has_place:
        return f": {citation.place}"
    return f"; its place there is {citation.place}"


def _confidence_words(view: View) -> str:
    if view.duty.confidence in _UNSURE:
        return _UNSURE[view.duty.confidence]
    if view.rule.right is not None:
        return "seen in the 2020 Code"
    is_national = view.rule.pack == "NATIONAL"
    return "seen in primary law or national guidance" if is_national else "a local commitment, not in the Code"


def edition(view: View) -> dict[str, Any]:
    """The edition whose rule applies, and why that one."""
    one, day = view.rule, london_date(view.duty.triggered_at)
    until = f"to {day_words(one.in_force_to)}" if one.in_force_to is not None else "with no last day so far"
    if one.in_force_from.year <= 1:
        words = f"{one.pack} applies this rule to every trigger, whatever its date."
    else:
        words = (
            f"The trigger's London date, {day_words(day)}, lies in {one.pack} (this rule from "
            f"{day_words(one.in_force_from)}, {until}); an obligation keeps its edition for life."
        )
    if one.once:
        words += " It is owed once a victim: the first trigger of all decides."
    return {
        "pack": one.pack,
        "in_force_from": one.in_force_from.isoformat(),
        "in_force_to": one.in_force_to.isoformat() if one.in_force_to is not None else None,
        "trigger_on": day.isoformat(),
        "words": words,
    }


def known(view: View) -> str:
    """When the trigger was written down and read, and whether that was before the due moment."""
    fact, received_at = view.trigger, view.received_at(view.trigger)
    words = f"Written down {moment_words(fact.known_at)}"
    words += f"; read by Waymark {moment_words(received_at)}." if received_at is not None else "."
    correction = view.put_right_by(fact)
    if correction is not None:
        first = view.first_recorded[fact.source, fact.id]
        moved = (
            f", first recorded as {moment_words(first.occurred_at)}" if first.occurred_at != fact.occurred_at else ""
        )
        words += f" Put right by {correction.id}, written down {moment_words(correction.known_at)}{moved}."
    return words + _known_too_late(view)


def late_before_known(view: View) -> str | None:
    """Whether it was past due before the ``record``, or only before ``waymark``, could know; None where neither."""
    due_at, fact = view.duty.due_at, view.trigger
    if due_at is None or view.duty.state not in _LATE or view.rule.shape is Shape.GATE:
        return None
    correction, known_at = view.put_right_by(fact), fact.known_at
    if correction is not None and view.first_recorded[fact.source, fact.id].occurred_at != fact.occurred_at:
        known_at = max(known_at, correction.known_at)
    if known_at >= due_at:
        return "record"
    received_at = view.received_at(fact)
    return "waymark" if received_at is not None and received_at >= due_at else None


def _known_too_late(view: View) -> str:
    late = late_before_known(view)
    if late == "record":
        return " It was late before anybody could know from the record."
    if late == "waymark":
        return " It was late before Waymark could know: the record was there, and came only after the due moment."
    return ""


def why_owed(view: View) -> str | None:
    """Why the trigger owes anything, where that is more than its happening."""
    own = _BY_SHAPE.get(view.rule.shape)
    words = own(view) if own is not None else None
    if view.rule.trigger_by is not None:
        words = _NARROWED[view.rule.trigger_by](view)
    return words


def _opened(view: View) -> str:
    fact = view.trigger
    if fact.type == t.CONTACT_MADE:
        return "This real update closed the period before it and opened this one."
    if fact.type == t.RIGHT_RESUMED:
        return "The victim resumed updates in an open case: that opens a period."
    is_first = view.spans.spans[0].opened_by is fact
    return (
        "The victim's first report opens the first period."
        if is_first
        else "It reopened the case: that opens a period."
    )


def _case_ended(view: View) -> str:
    return f"With it the case ended for the victim, no suspect being live; kept then: {kept_words(view)}."


def _first_account(view: View) -> str:
    reports = [
        each for each in triggers.domestic_assaults(view.journey) if each.occurred_at <= view.trigger.occurred_at
    ]
    return f"It is the first account not earlier than the report of a domestic assault ({event_words(reports[0])})."


def _within_twelve_months(view: View) -> str:
    on = view.trigger.on("offence_on")
    return f"The offence of {day_words(on) if on is not None else 'that day'} lies within twelve months of the report."


def _after_report(view: View) -> str:
    fact = view.trigger
    if fact.type != t.NEEDS_ASSESSED:
        return "An order that protects from stalking was applied for."
    earlier = [each for each in view.journey.reports if each.occurred_at <= fact.occurred_at]
    meant = next(each for each in earlier if _is_meant(view, each))
    return f"It is the first assessment as high risk not earlier than {event_words(meant)}, which calls for it."


def _is_meant(view: View, report: Fact) -> bool:
    if view.rule.trigger_by == "high_risk_domestic":
        return report.data.get("domestic") is True or report.data["offence"] in ("domestic_abuse", "coercive_control")
    return bool(report.data["offence"] == "stalking")


def _scheme_choice(view: View) -> str:
    if view.trigger.type == t.SENTENCE:
        return "The sentence makes the victim eligible for the scheme: the time runs from it, not from the unit's news."
    return "The victim opted in after having opted out, an eligible sentence having been passed."


_BY_SHAPE: Final[Mapping[Shape, Callable[[View], str | None]]] = {
    Shape.TOLD_BY_UNIT: trigger_words,
    Shape.ROLLING: _opened,
    Shape.AT_CASE_END: _case_ended,
    Shape.ASSAULT_LIMIT: _first_account,
}
_NARROWED: Final[Mapping[str, Callable[[View], str]]] = {
    "within_twelve_months": _within_twelve_months,
    "high_risk_domestic": _after_report,
    "high_risk_stalking": _after_report,
    "stalking_meeting": _after_report,
    "scheme_choice": _scheme_choice,
}


def is_to_the_minute(view: View) -> bool:
    """Whether the due moment is an hour of the day, not a day's end."""
    due_at = view.duty.due_at
    return due_at is not None and due_at.astimezone(LONDON).time().isoformat() != "00:00:00"
