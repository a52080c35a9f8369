"""Police events on suspects and on the decisions the police take."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CaseData, CaseEventBase, SuspectData, SuspectEvent, VictimData
from contracts.fields import Day, Instant, Text


class SuspectReleasedData(SuspectData):
    """How the suspect was released; ``ends_on`` is the date on which bail ends."""

    outcome: Literal["without_charge", "bail", "under_investigation"]
    ends_on: Day | None = None
    protects_her: bool | None = None


class BailChangedData(SuspectData):
    """How police bail changed; ``ends_on`` is the date on which it now ends."""

    change: Literal["varied", "cancelled", "lapsed", "extended"]
    ends_on: Day | None = None
    protects_her: bool | None = None


class NewsHoldData(CaseData):
    """Which event's news is withheld or released, why, until which date, and on whose authority."""

    event_id: Text
    category: Literal["investigation", "safety", "other"]
    until: Day | None = None
    authorised_by: Text | None = None


class SuspectChargedData(SuspectData):
    """Who was charged and when the first hearing is."""

    first_hearing_at: Instant | None = None


class NoActionData(CaseData):
    """Why the police take no (further) action."""

    reason: Literal["evidential", "victim_not_supporting", "suspect_not_identified", "public_interest", "other"]
    panel_reviewed: bool | None = None


class OutOfCourtData(SuspectData):
    """What kind of disposal out of court it was."""

    kind: Text | None = None


class PoliceReviewData(VictimData):
    """Which decision is reviewed, and what came of it."""

    decision_event_id: Text
    outcome: Text | None = None


class SuspectIdentified(SuspectEvent):
    """A suspect was identified."""

    type: Literal["policing.suspect.identified.v1"]


class SuspectArrested(SuspectEvent):
    """A suspect was arrested."""

    type: Literal["policing.suspect.arrested.v1"]


class SuspectInterviewed(SuspectEvent):
    """A suspect was interviewed."""

    type: Literal["policing.suspect.interviewed.v1"]


class SuspectReleased(CaseEventBase):
    """A suspect was released from custody."""

    type: Literal["policing.suspect.released.v1"]
    data: SuspectReleasedData


class SuspectBailChanged(CaseEventBase):
    """Police bail was varied, cancelled or extended, or lapsed."""

    type: Literal["policing.suspect.bail_changed.v1"]
    data: BailChangedData


class NewsWithheld(CaseEventBase):
    """News is withheld from the victim for now; this moves no date."""

    type: Literal["policing.news.withheld.v1"]
    data: NewsHoldData


class NewsReleased(CaseEventBase):
    """Withheld news may be told."""

    type: Literal["policing.news.released.v1"]
    data: NewsHoldData


class SuspectCharged(CaseEventBase):
    """A suspect was charged."""

    type: Literal["policing.suspect.charged.v1"]
    data: SuspectChargedData


class DecisionNotToInvestigate(CaseEventBase):
    """The police decided not to investigate."""

    type: Literal["policing.decision.not_to_investigate.v1"]
    data: NoActionData


class DecisionNoFurtherAction(CaseEventBase):
    """The police decided to take no further action."""

    type: Literal["policing.decision.no_further_action.v1"]
    data: NoActionData


class DecisionOutOfCourt(CaseEventBase):
    """The police dealt with the suspect out of court."""

    type: Literal["policing.decision.out_of_court.v1"]
    data: OutOfCourtData


class PoliceReviewRequested(CaseEventBase):
    """The victim asked for a review of a police decision."""

    type: Literal["policing.review.requested.v1"]
    data: PoliceReviewData


class PoliceReviewAcknowledged(CaseEventBase):
    """The request for a review was acknowledged."""

    type: Literal["policing.review.acknowledged.v1"]
    data: PoliceReviewData


class PoliceReviewDecided(CaseEventBase):
    """The review of a police decision was decided."""

    type: Literal["policing.review.decided.v1"]
    data: PoliceReviewData


PolicingSuspectEvent = (
    SuspectIdentified
    | SuspectArrested
    | SuspectInterviewed
    | SuspectReleased
    | SuspectBailChanged
    | NewsWithheld
    | NewsReleased
    | SuspectCharged
    | DecisionNotToInvestigate
    | DecisionNoFurtherAction
    | DecisionOutOfCourt
    | PoliceReviewRequested
    | PoliceReviewAcknowledged
    | PoliceReviewDecided
)
"""Any event of this module."""
