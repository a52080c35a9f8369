"""Which later events make news stale, so that no text brings it: rule 7 of the send gate, "not superseded".

An arrest that is told of after the release is no news but a wrong picture: somebody may think they are safe. What came
later is told by whatever has to tell of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from services.contacts.safe_contact import FactLike

LISTED: Final = "court.hearing.listed.v1"
CHANGED: Final = "court.hearing.changed.v1"
_DECIDED: Final = "prosecution.decision.made.v1"
_VERDICT: Final = "court.verdict.given.v1"
_CHARGED: Final = "policing.suspect.charged.v1"
_OFFICER_RELEASED: Final = "policing.officer.released.v1"

LAST_WORDS: Final = frozenset({
    "policing.decision.no_further_action.v1", "policing.decision.not_to_investigate.v1",
    "policing.decision.out_of_court.v1", _DECIDED, "prosecution.case.stopped.v1", _VERDICT, "court.sentence.passed.v1",
})  # fmt: skip
"""After one of these, whoever it concerns hears of nothing else from a text."""

_INTERVIEWED: Final = frozenset({
    "policing.suspect.released.v1", "policing.suspect.bail_changed.v1", _CHARGED, "court.bail.decided.v1",
}) | LAST_WORDS  # fmt: skip
_HEARING: Final = frozenset({LISTED, CHANGED, "court.hearing.held.v1"}) | LAST_WORDS

SUPERSEDED_BY: Final[Mapping[str, frozenset[str]]] = {
    "policing.suspect.arrested.v1": _INTERVIEWED | {"policing.suspect.interviewed.v1"},
    "policing.suspect.interviewed.v1": _INTERVIEWED,
    LISTED: _HEARING,
    CHANGED: _HEARING,
    "policing.officer.assigned.v1": frozenset({"policing.officer.assigned.v1", _OFFICER_RELEASED}),
    "policing.phone.returned.v1": frozenset({"policing.phone.seized.v1"}),
    "policing.phone.replacement_issued.v1": frozenset({"policing.phone.returned.v1"}),
    "support.referral.made.v1": frozenset({
        "support.referral.declined.v1", "support.service.engaged.v1", "support.service.ended.v1",
    }),
    "policing.suspect.bail_changed.v1": frozenset({"policing.suspect.bail_changed.v1", _CHARGED}),
    "prosecution.file.submitted.v1": frozenset({"prosecution.file.returned.v1", _CHARGED}) | LAST_WORDS,
    "court.special_measures.decided.v1": frozenset({"court.special_measures.decided.v1"}) | LAST_WORDS,
    "wcu.pretrial_visit.offered.v1": frozenset({"wcu.pretrial_visit.held.v1"}) | LAST_WORDS,
    "victim.statement.offered.v1": frozenset({"victim.statement.taken.v1"}) | LAST_WORDS,
    "probation.offender.released.v1": frozenset({"probation.offender.recalled.v1"}),
    "probation.offender.escaped.v1": frozenset({"probation.offender.recalled.v1"}),
}  # fmt: skip
"""Later events that make the news of an earlier one stale, where both agree in `SAME_THING`."""

SAME_THING: Final = ("hearing_ref", "device_ref", "service", "suspect_ref", "role")
"""The fields in which two events must agree, where both have them, to be about the same thing."""

_AFTER_A_CHARGE: Final = frozenset({
    LISTED, CHANGED, "court.special_measures.decided.v1", "wcu.pretrial_visit.offered.v1",
    "victim.statement.offered.v1",
})  # fmt: skip
"""News of a case that goes to court: a decision to charge, or that someone is guilty, does not end it."""


def is_made_stale(fact: FactLike, later: FactLike) -> bool:
    """Whether an event of the same case, later or of another kind at the same instant, makes this news stale."""
    if later.type not in SUPERSEDED_BY.get(fact.type, ()) or later.occurred_at < fact.occurred_at:
        return False
    if later.type == fact.type and (later.occurred_at, later.id, later.source) <= (
        fact.occurred_at,
        fact.id,
        fact.source,
    ):
        return False
    return _is_about_the_same(fact, later) and not (fact.type in _AFTER_A_CHARGE and _goes_on(later))


def is_moved_hearing(fact: FactLike, facts: Iterable[FactLike]) -> bool:
    """Whether a listing gives a hearing another date than it had: that a trial moved is told by a person first.

    ``facts`` are the case's; a listing after a change counts as moved whatever its date.
    """
    if fact.type != LISTED:
        return False
    order = (fact.occurred_at, fact.id, fact.source)
    return any(
        each.type == CHANGED or each.data.get("starts_at") != fact.data.get("starts_at")
        for each in facts
        if each.type in {LISTED, CHANGED}
        and each.data.get("hearing_ref") == fact.data.get("hearing_ref")
        and (each.occurred_at, each.id, each.source) < order
    )


def _goes_on(later: FactLike) -> bool:
    return (later.type == _DECIDED and later.data.get("decision") == "charge") or (
        later.type == _VERDICT and later.data.get("verdict") == "guilty"
    )


def _is_about_the_same(fact: FactLike, later: FactLike) -> bool:
    named = [*SAME_THING, "officer_ref"] if later.type == _OFFICER_RELEASED else SAME_THING
    return all(
        later.data.get(name) == fact.data.get(name) for name in named if name in later.data and name in fact.data
    )
