"""Which events of a case a victim should hear of, and what each is about."""

from __future__ import annotations

from services.contacts.grading_records import CaseHappening

_TOPICS: dict[str, tuple[str, ...]] = {
    "policing.suspect.identified.v1": ("identification",),
    "policing.suspect.arrested.v1": ("arrest",),
    "policing.suspect.interviewed.v1": ("interview",),
    "policing.suspect.released.v1": ("release", "bail"),
    "policing.suspect.bail_changed.v1": ("bail",),
    "policing.suspect.charged.v1": ("charge", "decision", "prosecutor"),
    "policing.decision.not_to_investigate.v1": ("decision",),
    "policing.decision.no_further_action.v1": ("decision", "prosecutor"),
    "policing.decision.out_of_court.v1": ("decision", "prosecutor"),
    "policing.phone.extracted.v1": ("digital",),
    "policing.review.decided.v1": ("review", "decision"),
    "policing.third_party_material.requested.v1": ("records",),
    "prosecution.early_advice.submitted.v1": ("prosecutor",),
    "prosecution.early_advice.appointment_held.v1": ("prosecutor",),
    "prosecution.early_advice.received.v1": ("prosecutor",),
    "prosecution.file.submitted.v1": ("prosecutor",),
    "prosecution.file.returned.v1": ("prosecutor",),
    "prosecution.decision.made.v1": ("decision", "prosecutor", "charge"),
    "prosecution.charge.altered.v1": ("charge",),
    "prosecution.case.stopped.v1": ("decision", "court"),
    "prosecution.review.decided.v1": ("review", "decision"),
    "court.hearing.listed.v1": ("court",),
    "court.hearing.changed.v1": ("court",),
    "court.hearing.held.v1": ("court",),
    "court.bail.decided.v1": ("bail", "court"),
    "court.warrant.issued.v1": ("arrest", "court"),
    "court.verdict.given.v1": ("court",),
    "court.sentence.passed.v1": ("court",),
    "court.appeal.lodged.v1": ("court",),
    "court.appeal.listed.v1": ("court",),
    "court.appeal.decided.v1": ("court",),
    "court.special_measures.applied.v1": ("court",),
    "court.special_measures.decided.v1": ("court",),
    "safeguarding.marac.heard.v1": (),
    "safeguarding.masip.heard.v1": (),
    "safeguarding.order.applied.v1": (),
    "safeguarding.order.granted.v1": ("order",),
    "safeguarding.order.breached.v1": ("order",),
    "safeguarding.disclosure.made.v1": (),
    "safeguarding.disclosure.refused.v1": (),
    "probation.offender.release_planned.v1": ("location", "release"),
    "probation.offender.released.v1": ("location", "release"),
    "probation.offender.recalled.v1": ("location",),
    "probation.offender.escaped.v1": ("location",),
    "complaint.answered.v1": ("review",),
}
"""The events about the suspect, the decisions, the courts and the victim's safety, and their topics; all other types
are steps the victim took part in, or what an agency did for its own files."""

_ENDS_WAITING: dict[str, frozenset[str]] = {
    "policing.suspect.arrested.v1": frozenset({"arrest"}),
    "policing.suspect.interviewed.v1": frozenset({"interview"}),
    "policing.suspect.charged.v1": frozenset({"charge", "decision", "prosecutor", "file_building"}),
    "policing.decision.no_further_action.v1": frozenset({"charge", "decision", "prosecutor"}),
    "policing.decision.out_of_court.v1": frozenset({"charge", "decision", "prosecutor"}),
    "policing.phone.extracted.v1": frozenset({"digital"}),
    "policing.review.decided.v1": frozenset({"review"}),
    "prosecution.early_advice.submitted.v1": frozenset({"file_building"}),
    "prosecution.early_advice.received.v1": frozenset({"prosecutor"}),
    "prosecution.file.submitted.v1": frozenset({"file_building"}),
    "prosecution.file.returned.v1": frozenset({"prosecutor"}),
    "prosecution.decision.made.v1": frozenset({"charge", "decision", "prosecutor"}),
    "prosecution.review.decided.v1": frozenset({"review"}),
    "safeguarding.order.granted.v1": frozenset({"order"}),
    "court.hearing.listed.v1": frozenset({"court_date"}),
}
"""What is no longer awaited once the event has happened. Court dates are not here: after each the next is awaited."""


def ends_waiting_for(event_type: str) -> frozenset[str]:
    """Return the topics on which nothing is awaited any more after an event of that type."""
    return _ENDS_WAITING.get(event_type, frozenset())


def is_news(happening: CaseHappening) -> bool:
    """Say whether the victim should be told of the event: it is about the case, and happened without the victim."""
    return happening.type in _TOPICS and not happening.she_took_part


def topics_of(event_type: str) -> tuple[str, ...]:
    """Return the topics an event of that type is about."""
    return _TOPICS.get(event_type, ())
