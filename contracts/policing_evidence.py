"""Police events on the victim's account, devices and belongings, and on material held by others."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CaseEventBase, VictimData
from contracts.fields import Text


class AccountTakenData(VictimData):
    """What kind of account it was, and whether the victim was told that they can add to it."""

    kind: Literal["initial", "abe", "statement", "further"]
    may_add_explained: bool | None = None


class DeviceData(VictimData):
    """Which device: an opaque reference."""

    device_ref: Text


class PhoneSeizedData(DeviceData):
    """Which phone was taken, whether it is the only one, and which stored number it answers to."""

    victims_only_phone: bool | None = None
    contact_point_ref: Text | None = None


class PhoneExtractionData(DeviceData):
    """How much is read from the phone, and whether another way was considered."""

    scope: Literal["whole", "targeted"] | None = None
    alternative_considered: bool | None = None


class PhoneReplacementData(DeviceData):
    """For which seized phone a replacement was issued, and whether it has the same number."""

    same_number: bool


class PropertyTakenData(VictimData):
    """Which item, other than a phone, was taken from the victim."""

    item_ref: Text


class ThirdPartyMaterialData(VictimData):
    """Which request for material about the victim, and of what kind."""

    request_ref: Text
    kind: Literal["counselling", "medical", "education", "social_services", "other"] | None = None


class AccountTaken(CaseEventBase):
    """An account was taken from the victim."""

    type: Literal["policing.account.taken.v1"]
    data: AccountTakenData


class PhoneSeized(CaseEventBase):
    """The victim's phone was taken by the police."""

    type: Literal["policing.phone.seized.v1"]
    data: PhoneSeizedData


class PhoneExtractionNotified(CaseEventBase):
    """The victim was told what would be read from the phone."""

    type: Literal["policing.phone.extraction_notified.v1"]
    data: PhoneExtractionData


class PhoneExtractionAgreed(CaseEventBase):
    """The victim agreed to what is read from the phone."""

    type: Literal["policing.phone.extraction_agreed.v1"]
    data: PhoneExtractionData


class PhoneExtracted(CaseEventBase):
    """The phone was read."""

    type: Literal["policing.phone.extracted.v1"]
    data: PhoneExtractionData


class PhoneReplacementIssued(CaseEventBase):
    """The victim was given a phone in place of the seized one."""

    type: Literal["policing.phone.replacement_issued.v1"]
    data: PhoneReplacementData


class PhoneReturned(CaseEventBase):
    """The phone was given back."""

    type: Literal["policing.phone.returned.v1"]
    data: DeviceData


class PropertyTaken(CaseEventBase):
    """Something of the victim, other than a phone, was taken."""

    type: Literal["policing.property.taken.v1"]
    data: PropertyTakenData


class ThirdPartyMaterialRequested(CaseEventBase):
    """Material about the victim was asked of somebody else."""

    type: Literal["policing.third_party_material.requested.v1"]
    data: ThirdPartyMaterialData


class ThirdPartyMaterialNotified(CaseEventBase):
    """The victim was told of a request for material about them."""

    type: Literal["policing.third_party_material.notified.v1"]
    data: ThirdPartyMaterialData


PolicingEvidenceEvent = (
    AccountTaken
    | PhoneSeized
    | PhoneExtractionNotified
    | PhoneExtractionAgreed
    | PhoneExtracted
    | PhoneReplacementIssued
    | PhoneReturned
    | PropertyTaken
    | ThirdPartyMaterialRequested
    | ThirdPartyMaterialNotified
)
"""Any event of this module."""
