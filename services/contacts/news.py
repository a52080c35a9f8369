"""What a text may say of which event: the lists of texts-to-victims.md, as one table over the event types.

A type stands in exactly one list. What stands in neither of the two that allow something is never sent, before or
after a person has told it: that is what an unknown type, and every type added later, gets until somebody decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final


class NewsList(StrEnum):
    """What texts may do with news of a type."""

    MAY_BRING = "may_bring"
    """A text may bring it to a victim whose safe contact is `allowed`."""
    PERSON_FIRST = "person_first"
    """A person tells it; before that a text may only offer the call, and after it a text may follow."""
    NEVER = "never"
    """No text mentions it, before or after."""


class Purpose(StrEnum):
    """What a text is for; at most one is sent for each fact, victim and purpose."""

    OFFER = "offer"
    """It asks when a person may ring, and says nothing of what happened."""
    NEWS = "news"
    """It may state what happened, in open wording."""
    FOLLOW_UP = "follow_up"
    """A person has told it; the text says whom to ask."""


_MAY_BRING: Final = {
    "policing.report.acknowledged": "the written confirmation of the report",
    "policing.officer.assigned": "the officer now looking after the case",
    "support.referral.made": "the referral to a support service",
    "policing.phone.returned": "the phone that was returned",
    "policing.phone.replacement_issued": "the loan phone",
    "policing.suspect.arrested": "the arrest",
    "policing.suspect.interviewed": "the interview of the suspect",
    "prosecution.file.submitted": "the file sent to the Crown Prosecution Service",
    "court.hearing.listed": "the court hearing",
    "court.special_measures.decided": "the decision on special measures",
    "wcu.pretrial_visit.offered": "the visit to the court",
    "victim.statement.offered": "the Victim Personal Statement",
    "victim.update.requested": "the update they asked for",
}

_PERSON_FIRST: Final = {
    "policing.decision.no_further_action": "the decision to take no further action",
    "policing.decision.not_to_investigate": "the decision not to investigate",
    "prosecution.decision.made": "the prosecution's decision",
    "prosecution.case.stopped": "the case being stopped",
    "prosecution.charge.altered": "the changed charge",
    "court.verdict.given": "the verdict",
    "policing.suspect.released": "the release of the suspect",
    "policing.suspect.bail_changed": "the bail change",
    "court.bail.decided": "the court's decision on bail",
    "court.hearing.changed": "the changed court hearing",
    "policing.phone.extraction_notified": "the request for what is on the phone",
    "policing.third_party_material.requested": "the request for records about them",
    "policing.third_party_material.notified": "the request for records about them",
    "policing.review.decided": "the outcome of the review",
    "prosecution.review.decided": "the outcome of the review",
    "probation.offender.release_planned": "the planned release",
    "probation.offender.released": "the release of the offender",
    "probation.offender.recalled": "the recall of the offender",
    "probation.offender.escaped": "the escape of the offender",
}

_VERSION: Final = ".v1"

MAY_BRING: Final = frozenset(name + _VERSION for name in _MAY_BRING)
PERSON_FIRST: Final = frozenset(name + _VERSION for name in _PERSON_FIRST)

NEEDS_RELEASE: Final = frozenset({"policing.suspect.arrested.v1", "policing.suspect.interviewed.v1"})
"""First news about a suspect: only where texts were asked for, and the officer has released it."""

URGENT: Final = frozenset({"probation.offender.escaped.v1", "probation.offender.released.v1"})
"""A person is paged about these whatever the hour."""

COURTESY: Final = frozenset({
    "policing.report.acknowledged.v1", "policing.officer.assigned.v1", "support.referral.made.v1",
    "victim.statement.offered.v1", "victim.update.requested.v1", "policing.phone.returned.v1",
    "policing.phone.replacement_issued.v1", "prosecution.file.submitted.v1",
})  # fmt: skip
"""News that a text may bring and that nobody need ring about: it is said when the victim is next spoken to."""

SAID_BY_ITS_DUTY: Final = frozenset({
    "policing.suspect.arrested.v1", "policing.suspect.interviewed.v1", "policing.suspect.released.v1",
    "policing.suspect.bail_changed.v1", "policing.decision.not_to_investigate.v1",
    "policing.decision.no_further_action.v1",
})  # fmt: skip
"""News that the police owe: the card of that duty says by when to tell it, so a text's task comes with that card."""

NOT_FROM_A_CORRECTION: Final = (
    "this was recorded late or put right afterwards, and only what comes in as it happens makes a text"
)
"""Said of a text that is not sent, and to whoever does what it would have done."""

OFFERED: Final = PERSON_FIRST | {"court.hearing.listed.v1"}
"""What a call is offered about: what a person tells first, and a hearing that is listed on another date than it had."""

_RULES_TOLD: Final = {
    "policing.suspect.arrested": "VC-R6-ARREST",
    "policing.suspect.interviewed": "VC-R6-INTERVIEW",
    "policing.suspect.released": "VC-R6-RELEASE",
    "policing.suspect.bail_changed": "VC-R6-BAIL-CHANGE",
    "policing.decision.not_to_investigate": "VC-R6-NOT-INVESTIGATED",
    "policing.decision.no_further_action": "VC-R6-NFA",
    "prosecution.decision.made": "VC-R6-CPS-NO-CHARGE",
    "prosecution.charge.altered": "VC-R6-CPS-CHANGE",
    "prosecution.case.stopped": "VC-R6-CPS-CHANGE",
    "court.hearing.listed": "VC-R8-HEARING",
    "court.hearing.changed": "VC-R8-HEARING",
    "court.bail.decided": "VC-R8-BAIL",
    "court.special_measures.decided": "VC-R8-SPECIAL-MEASURES",
    "court.verdict.given": "VC-R9-OUTCOME",
    "probation.offender.escaped": "VC-R11-ESCAPE",
    "victim.update.requested": "KENT-REQUEST",
}

_UPDATES: Final = "VC-R6-"
_OF_THE_CPS: Final = "VC-R6-CPS-"

_GRANTED: Final = frozenset({"granted", "allowed", "agreed", "approved"})


def news_list(fact_type: str, *, moved: bool = False) -> NewsList:
    """Return the list in which a full event type stands; a type nobody has listed is never texted.

    ``moved`` says that the event gives a hearing another date than it had.
    """
    if fact_type in MAY_BRING and not moved:
        return NewsList.MAY_BRING
    if fact_type in OFFERED:
        return NewsList.PERSON_FIRST
    return NewsList.NEVER


def news_purpose(
    fact_type: str, *, told: bool, data: Mapping[str, Any] | None = None, moved: bool = False
) -> Purpose | None:
    """Return what a text about an event could be for, or None where there is nothing for a text to do.

    ``told`` says that this victim has been told of the event by a contact that discharges a duty to tell. ``data`` is
    the event's normalised data: special measures that were not granted are never news for a text. ``moved``: it lists
    a hearing that had another date, which a person tells first. Whether the text may go is for the gate, at the moment
    of sending.

    >>> news_purpose("policing.suspect.released.v1", told=False)
    <Purpose.OFFER: 'offer'>
    >>> news_purpose("court.sentence.passed.v1", told=True) is None
    True
    """
    match news_list(fact_type, moved=moved):
        case NewsList.MAY_BRING:
            return None if told or not _is_good_news(fact_type, data or {}) else Purpose.NEWS
        case NewsList.PERSON_FIRST:
            return Purpose.FOLLOW_UP if told else Purpose.OFFER
        case _:
            return None


def topic_of(fact_type: str) -> str:
    """Return what an event is about in words for staff, such as `the bail change`."""
    name = fact_type.removesuffix(_VERSION)
    return _MAY_BRING.get(name) or _PERSON_FIRST.get(name) or "what has happened in the case"


def rule_told(fact_type: str) -> str | None:
    """Return the rule whose duty is met by telling of an event of this type, to see whether it was waived."""
    return _RULES_TOLD.get(fact_type.removesuffix(_VERSION))


def is_update(rule: str) -> bool:
    """Whether the scope `updates` covers a rule: the police's duties of Right 6 (victims-code.md section 4.9)."""
    return rule.startswith(_UPDATES) and not rule.startswith(_OF_THE_CPS)


def _is_good_news(fact_type: str, data: Mapping[str, Any]) -> bool:
    if fact_type != "court.special_measures.decided.v1":
        return True
    return str(data.get("outcome", "")).strip().lower() in _GRANTED
