"""Police events on the report, its recording, the needs assessment, contact and who works on the case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.envelope import CaseData, CaseEventBase, Strict, VictimData
from contracts.fields import Day, Instant, Text, TextOrTexts

Offence = Literal[
    "rape",
    "sexual_assault",
    "sexual_offence_other",
    "domestic_abuse",
    "coercive_control",
    "stalking",
    "harassment",
    "honour_based_abuse",
    "fgm",
    "forced_marriage",
    "child_sexual_exploitation",
    "assault",
    "other",
]
"""What was reported, in the words that decide enhanced rights and specialists."""


class CrimeReportedData(VictimData):
    """The report; the last two words serve published figures only and are never shown on a case."""

    offence: Offence
    victim_age_band: Literal["under_18", "18_24", "25_34", "35_44", "45_54", "55_64", "65_plus", "unknown"] | None = (
        None
    )
    victim_sex: Literal["female", "male", "other", "not_specified"] | None = None
    channel: Literal["999", "101", "online", "front_counter", "sarc", "third_party", "other"] | None = None
    domestic: bool | None = None
    offence_on: Day | None = None
    force: Text | None = None
    division: Text | None = None
    team: Text | None = None
    victim_ethnic_group: Text | None = None
    victim_disability: Text | None = None


class CrimeRecordedData(CaseData):
    """The reference under which the crime was recorded."""

    crime_ref: Text


class ReportAcknowledgedData(VictimData):
    """How written confirmation was given, and whether in a way that is safe for the victim."""

    channel: Text
    safe_way: bool | None = None


class CodeInformationGivenData(VictimData):
    """How the victim was told of the Code, and whether the stages of a case were explained."""

    channel: Text
    stages_explained: bool | None = None


class NeedsAssessedData(VictimData):
    """What the assessment found; ``adjustments`` holds nothing personal."""

    enhanced_rights: bool
    grounds: list[Literal["most_serious_crime", "persistently_targeted", "vulnerable", "intimidated"]] | None = None
    risk: Literal["standard", "medium", "high"] | None = None
    language: Text | None = None
    adjustments: TextOrTexts | None = None


class ContactAgreedData(VictimData):
    """How often and how the victim wishes to hear; ``frequency_days`` counts where both ways are given."""

    frequency_days: Annotated[int, Field(ge=1, le=366)] | None = None
    only_when_something_happens: bool | None = None
    channel: Literal["phone", "sms", "email", "letter", "in_person", "via_adviser"]
    gap_contact: bool | None = None


class SafeHours(Strict):
    """One window, local time, in which the victim may be contacted.

    Its words are not checked here: a record that says ``never`` must not be refused for the way its hours are written,
    or an older, laxer one would stand. Whoever reads hours and does not understand them sends nothing.
    """

    days: TextOrTexts | None = None
    from_: Text | None = Field(default=None, alias="from")
    to: Text | None = None


class SafeContactRecordedData(VictimData):
    """On what terms a text may be sent; ``valid_until`` is the last London day on which they hold."""

    sms: Literal["allowed", "discreet", "never"]
    voicemail: bool | None = None
    hours: list[SafeHours] | None = None
    not_on: list[Day] | None = None
    valid_until: Day | None = None
    asked_by: Text | None = None
    told_to_stop: bool | None = None


class OfficerData(CaseData):
    """Who took or left which role on the case."""

    role: Literal["OIC", "SOLO", "DALO", "supervisor", "WCU_officer"]
    officer_ref: Text
    team: Text | None = None


class RightData(VictimData):
    """What the victim chose: a rule id, ``updates`` or ``all``; a scope that names no rule waives nothing."""

    scope: Text
    said_at: Instant | None = None


class CaseRestrictedData(CaseData):
    """Who alone may see the case: officer references."""

    allowed: list[Text]
    reason: Text | None = None


class CaseUnrestrictedData(CaseData):
    """Why the case may be seen again as usual."""

    allowed: list[Text] | None = None
    reason: Text | None = None


class CaseReviewedData(CaseData):
    """Who reviewed the case and what came of it."""

    by: Literal["supervisor", "weekly_review", "nfa_panel", "cps_joint", "other"]
    outcome: Text | None = None


class CrimeReported(CaseEventBase):
    """A victim reported a crime; each report is a crime of its own."""

    type: Literal["policing.crime.reported.v1"]
    data: CrimeReportedData


class CrimeRecorded(CaseEventBase):
    """The crime was recorded under a reference."""

    type: Literal["policing.crime.recorded.v1"]
    data: CrimeRecordedData


class ReportAcknowledged(CaseEventBase):
    """Written confirmation of the report was given to the victim."""

    type: Literal["policing.report.acknowledged.v1"]
    data: ReportAcknowledgedData


class CodeInformationGiven(CaseEventBase):
    """The victim was given information about the Victims' Code."""

    type: Literal["policing.code_information.given.v1"]
    data: CodeInformationGivenData


class NeedsAssessed(CaseEventBase):
    """The victim's needs were assessed, and with them enhanced rights."""

    type: Literal["policing.needs.assessed.v1"]
    data: NeedsAssessedData


class ContactAgreed(CaseEventBase):
    """It was agreed with the victim how often and how to be in touch."""

    type: Literal["policing.contact.agreed.v1"]
    data: ContactAgreedData


class SafeContactRecorded(CaseEventBase):
    """The terms of safe contact were recorded."""

    type: Literal["policing.safe_contact.recorded.v1"]
    data: SafeContactRecordedData


class OfficerAssigned(CaseEventBase):
    """An officer took a role on the case."""

    type: Literal["policing.officer.assigned.v1"]
    data: OfficerData


class OfficerReleased(CaseEventBase):
    """An officer left a role on the case."""

    type: Literal["policing.officer.released.v1"]
    data: OfficerData


class RightWaived(CaseEventBase):
    """The victim chose not to have something they are owed."""

    type: Literal["policing.right.waived.v1"]
    data: RightData


class RightResumed(CaseEventBase):
    """The victim chose to have again what they had waived."""

    type: Literal["policing.right.resumed.v1"]
    data: RightData


class CaseRestricted(CaseEventBase):
    """The case was closed to all but the officers named."""

    type: Literal["policing.case.restricted.v1"]
    data: CaseRestrictedData


class CaseUnrestricted(CaseEventBase):
    """The case was opened again to those who see such cases."""

    type: Literal["policing.case.unrestricted.v1"]
    data: CaseUnrestrictedData


class CaseReviewed(CaseEventBase):
    """The case was reviewed."""

    type: Literal["policing.case.reviewed.v1"]
    data: CaseReviewedData


PolicingReportEvent = (
    CrimeReported
    | CrimeRecorded
    | ReportAcknowledged
    | CodeInformationGiven
    | NeedsAssessed
    | ContactAgreed
    | SafeContactRecorded
    | OfficerAssigned
    | OfficerReleased
    | RightWaived
    | RightResumed
    | CaseRestricted
    | CaseUnrestricted
    | CaseReviewed
)
"""Any event of this module."""
