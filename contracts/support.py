"""Events of support services and of sexual assault referral centres (SARC)."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CaseEventBase, VictimData
from contracts.fields import Day, Service, Text


class ServiceData(VictimData):
    """Which service."""

    service: Service


class SarcAttendedData(VictimData):
    """How the victim came to the referral centre; ``accompanied_by`` is a role."""

    forensic_examination: bool | None = None
    self_referred: bool | None = None
    accompanied_by: Text | None = None


class SarcSamplesStoredData(VictimData):
    """Until when samples are kept; for the victim's adviser, not for the police."""

    until: Day


class SupportReferralMade(CaseEventBase):
    """The victim was referred to a support service."""

    type: Literal["support.referral.made.v1"]
    data: ServiceData


class SupportReferralDeclined(CaseEventBase):
    """The victim declined a referral."""

    type: Literal["support.referral.declined.v1"]
    data: ServiceData


class SupportServiceEngaged(CaseEventBase):
    """A support service began to work with the victim."""

    type: Literal["support.service.engaged.v1"]
    data: ServiceData


class SupportServiceEnded(CaseEventBase):
    """A support service ended its work with the victim."""

    type: Literal["support.service.ended.v1"]
    data: ServiceData


class SarcAttended(CaseEventBase):
    """The victim attended a referral centre; sealed until a report of theirs if self-referred."""

    type: Literal["support.sarc.attended.v1"]
    data: SarcAttendedData


class SarcSamplesStored(CaseEventBase):
    """Samples were stored at a referral centre."""

    type: Literal["support.sarc.samples_stored.v1"]
    data: SarcSamplesStoredData


SupportEvent = (
    SupportReferralMade
    | SupportReferralDeclined
    | SupportServiceEngaged
    | SupportServiceEnded
    | SarcAttended
    | SarcSamplesStored
)
"""Any event of this module."""
