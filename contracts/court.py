"""Events in court: what happened there, not when the witness care unit was told."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CaseData, CaseEventBase, SuspectData, SuspectEvent, VictimData
from contracts.fields import Instant, Text


class HearingListedData(CaseData):
    """Which hearing, of what kind, and when it starts."""

    hearing_ref: Text
    starts_at: Instant
    kind: Literal["first", "plea", "trial", "sentence", "bail", "appeal", "other"]
    court: Text | None = None


class HearingHeldData(CaseData):
    """Which hearing was held and how it ended; ``accompanied_by`` is the role of whoever was with the victim."""

    hearing_ref: Text
    accompanied_by: Text | None = None
    outcome: Literal["adjourned", "guilty_plea", "not_guilty_plea", "trial_fixed", "re_arrest", "other"] | None = None


class CourtOutcomeData(SuspectData):
    """What the court decided about the suspect."""

    outcome: Text | None = None


class VerdictData(SuspectData):
    """The verdict on the suspect."""

    verdict: Literal["guilty", "not_guilty", "discontinued", "other"]


class SentenceData(SuspectData):
    """The sentence, in whole months, and which schemes it opens to the victim."""

    months: int | None = None
    hospital_order: bool | None = None
    scheme_eligible: bool
    lenient_sentence_scheme: bool | None = None


class SpecialMeasuresData(VictimData):
    """What came of the application."""

    outcome: Text | None = None


class HearingListed(CaseEventBase):
    """A hearing was listed."""

    type: Literal["court.hearing.listed.v1"]
    data: HearingListedData


class HearingChanged(CaseEventBase):
    """A listed hearing was changed."""

    type: Literal["court.hearing.changed.v1"]
    data: HearingListedData


class HearingHeld(CaseEventBase):
    """A hearing was held."""

    type: Literal["court.hearing.held.v1"]
    data: HearingHeldData


class CourtBailDecided(CaseEventBase):
    """The court decided on bail."""

    type: Literal["court.bail.decided.v1"]
    data: CourtOutcomeData


class WarrantIssued(CaseEventBase):
    """The court issued a warrant."""

    type: Literal["court.warrant.issued.v1"]
    data: CourtOutcomeData


class VerdictGiven(CaseEventBase):
    """A verdict was given."""

    type: Literal["court.verdict.given.v1"]
    data: VerdictData


class SentencePassed(CaseEventBase):
    """A sentence was passed."""

    type: Literal["court.sentence.passed.v1"]
    data: SentenceData


class AppealLodged(SuspectEvent):
    """An appeal was lodged."""

    type: Literal["court.appeal.lodged.v1"]


class AppealListed(SuspectEvent):
    """An appeal was listed."""

    type: Literal["court.appeal.listed.v1"]


class AppealDecided(SuspectEvent):
    """An appeal was decided."""

    type: Literal["court.appeal.decided.v1"]


class SpecialMeasuresApplied(CaseEventBase):
    """Special measures were applied for."""

    type: Literal["court.special_measures.applied.v1"]
    data: SpecialMeasuresData


class SpecialMeasuresDecided(CaseEventBase):
    """Special measures were decided on."""

    type: Literal["court.special_measures.decided.v1"]
    data: SpecialMeasuresData


CourtEvent = (
    HearingListed
    | HearingChanged
    | HearingHeld
    | CourtBailDecided
    | WarrantIssued
    | VerdictGiven
    | SentencePassed
    | AppealLodged
    | AppealListed
    | AppealDecided
    | SpecialMeasuresApplied
    | SpecialMeasuresDecided
)
"""Any event of this module."""
