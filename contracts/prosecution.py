"""Events of the Crown Prosecution Service (CPS)."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CaseData, CaseEventBase, CommonEvent, SuspectData, SuspectEvent, VictimData, VictimEvent
from contracts.fields import Text


class EarlyAdviceSubmittedData(CaseData):
    """What the request for early advice held."""

    victim_account: bool | None = None
    suspect_account: bool | None = None
    lines_of_enquiry: bool | None = None


class FileData(CaseData):
    """Why the file was submitted or returned; nothing personal."""

    reason: Text | None = None


class ChargingDecisionData(SuspectData):
    """What was decided about the suspect."""

    decision: Literal["charge", "no_charge", "out_of_court"]


class LetterSentData(CaseData):
    """About which event the letter was, and whether it explained the right to a review."""

    about: Text
    review_explained: bool | None = None


class ProsecutionReviewData(VictimData):
    """Which decision is reviewed, and what came of it."""

    decision_event_id: Text
    outcome: Text | None = None


class EarlyAdviceSubmitted(CaseEventBase):
    """Early advice was asked of the CPS."""

    type: Literal["prosecution.early_advice.submitted.v1"]
    data: EarlyAdviceSubmittedData


class EarlyAdviceAppointmentHeld(CommonEvent):
    """The appointment for early advice was held."""

    type: Literal["prosecution.early_advice.appointment_held.v1"]


class EarlyAdviceReceived(CommonEvent):
    """Early advice was received."""

    type: Literal["prosecution.early_advice.received.v1"]


class FileSubmitted(CaseEventBase):
    """The file was submitted to the CPS."""

    type: Literal["prosecution.file.submitted.v1"]
    data: FileData


class FileReturned(CaseEventBase):
    """The CPS returned the file to the police."""

    type: Literal["prosecution.file.returned.v1"]
    data: FileData


class ChargingDecisionMade(CaseEventBase):
    """The CPS decided whether to charge."""

    type: Literal["prosecution.decision.made.v1"]
    data: ChargingDecisionData


class ChargeAltered(SuspectEvent):
    """A charge was altered."""

    type: Literal["prosecution.charge.altered.v1"]


class ProsecutionStopped(SuspectEvent):
    """The prosecution was stopped."""

    type: Literal["prosecution.case.stopped.v1"]


class LetterSent(CaseEventBase):
    """The letter to the victim was despatched."""

    type: Literal["prosecution.letter.sent.v1"]
    data: LetterSentData


class ProsecutionReviewRequested(CaseEventBase):
    """The victim asked for a review of a CPS decision."""

    type: Literal["prosecution.review.requested.v1"]
    data: ProsecutionReviewData


class ProsecutionReviewDecided(CaseEventBase):
    """The review of a CPS decision was decided."""

    type: Literal["prosecution.review.decided.v1"]
    data: ProsecutionReviewData


class ProsecutionMeetingOffered(VictimEvent):
    """The victim was offered a meeting with the CPS."""

    type: Literal["prosecution.meeting.offered.v1"]


class ProsecutionMeetingHeld(VictimEvent):
    """The meeting with the CPS was held."""

    type: Literal["prosecution.meeting.held.v1"]


ProsecutionEvent = (
    EarlyAdviceSubmitted
    | EarlyAdviceAppointmentHeld
    | EarlyAdviceReceived
    | FileSubmitted
    | FileReturned
    | ChargingDecisionMade
    | ChargeAltered
    | ProsecutionStopped
    | LetterSent
    | ProsecutionReviewRequested
    | ProsecutionReviewDecided
    | ProsecutionMeetingOffered
    | ProsecutionMeetingHeld
)
"""Any event of this module."""
