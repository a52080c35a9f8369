"""The send gate: whether a text may go to a person now, and if not, why, until when, and what a person should do.

One pure function over the person, not the case (texts-to-victims.md, "The send gate"). Every reason against is
recorded, not only the first. It decides at the moment of sending: what it said when the text was asked for is worth
nothing by then. When in doubt it does not send; a person is told instead.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.contacts.decision import SWITCH, Decision, Reason, Since, Templates, TextRequest, Verdict
from services.contacts.gate_points import choose_point
from services.contacts.gate_rules import (
    against_choice,
    against_currency,
    against_hours,
    against_news,
    against_number,
    against_terms,
    is_history,
    too_late_by_then,
    window_of,
)
from services.contacts.gate_words import is_waived, task_for
from services.contacts.person import Person

_ALWAYS = Since()


def decide(
    request: TextRequest,
    person: Person,
    templates: Templates,
    now: datetime,
    *,
    since: Since = _ALWAYS,
    paused: bool = False,
) -> Decision:
    """Return whether this text may go to this person at this moment.

    ``since`` is when sending was switched on, and was restored (neither: always on, as in a preview); ``paused`` is
    the one switch.
    """
    fact = person.fact(request.case_id, request.source, request.event_id)
    template = templates.get((request.type, request.purpose))
    point, against_points = choose_point(person, now)
    window = window_of(person, now)
    reasons = [
        *against_points,
        *against_terms(person, point),
        *against_hours(person, window, now),
        *against_news(request, person, fact, template),
        *against_choice(request, person),
        *against_currency(request, person, fact, template, since),
        *against_number(person, now),
    ]
    if paused:
        reasons.append(Reason(SWITCH, Verdict.HOLD, "all texts are paused"))
    reasons.extend(too_late_by_then(reasons, fact, template))
    history = is_history(request, since)
    verdict, first = _weigh(reasons, history=history)
    states_it = bool(template and template.states_the_event and person.safe.sms == "allowed")
    return Decision(
        verdict=verdict,
        rule=first.rule if first else None,
        until=_until(verdict, first, reasons),
        task=None if first is None or history else task_for(person, fact, first, window, request),
        reasons=tuple(reasons),
        template=template.name if template else None,
        discreet=person.safe.sms != "allowed",
        to_ref=point.ref if point else None,
        valid_until=window.closes if window and verdict is Verdict.SEND else None,
        states_the_event=states_it,
        is_history=history,
        is_withheld=first is not None and first.is_withholding,
        is_waived=is_waived(person, request),
        informs=states_it and fact is not None and not person.shares_its_id(fact),
    )


def _weigh(reasons: list[Reason], *, history: bool) -> tuple[Verdict, Reason | None]:
    """Return the strictest verdict and the reason given for it: the first rule in the gate's own order.

    As long as news is withheld nothing is decided about its text: it would end now, with a task that sends somebody to
    tell what nobody may tell, and nobody would come back to it when it is released.
    """
    withholding = next((each for each in reasons if each.is_withholding), None)
    if withholding is not None and not history:
        return Verdict.HOLD, withholding
    for verdict in (Verdict.SUPPRESS, Verdict.HOLD):
        found = [each for each in reasons if each.verdict is verdict]
        if found:
            return verdict, min(found, key=lambda reason: reason.rule)
    return Verdict.SEND, None


def _until(verdict: Verdict, first: Reason | None, reasons: list[Reason]) -> datetime | None:
    """Return when to look again: for a held text, when all that holds it has passed, if that is known."""
    if verdict is not Verdict.HOLD or (first is not None and first.is_withholding):
        return first.until if first else None
    moments = [each.until for each in reasons]
    return max(moment for moment in moments if moment) if all(moments) else None


def refused(decision: Decision, person: Person, request: TextRequest, rule: str, why: str) -> Decision:
    """Return the decision not to send after all what the gate let through: the words cannot be made, or went before."""
    reason = Reason(rule, Verdict.SUPPRESS, why)
    fact = person.fact(request.case_id, request.source, request.event_id)
    return replace(
        decision,
        verdict=Verdict.SUPPRESS,
        rule=rule,
        until=None,
        task=task_for(person, fact, reason, window_of(person, person.now), request),
        reasons=(*decision.reasons, reason),
        valid_until=None,
    )
