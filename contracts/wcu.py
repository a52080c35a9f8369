"""Events of the Witness Care Unit (WCU), through which court news reaches the victim."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CaseData, CaseEventBase, VictimEvent
from contracts.fields import Text


class WcuNotifiedData(CaseData):
    """Of which court event the unit was told, and whether by machine."""

    about: Text
    by_machine: bool | None = None


class WcuNotified(CaseEventBase):
    """The witness care unit received news from court."""

    type: Literal["wcu.notified.v1"]
    data: WcuNotifiedData


class EvidenceRequired(VictimEvent):
    """The victim must give evidence."""

    type: Literal["wcu.evidence.required.v1"]


class WitnessNeedsAssessed(VictimEvent):
    """The victim's needs as a witness were assessed."""

    type: Literal["wcu.needs.assessed.v1"]


class PretrialVisitOffered(VictimEvent):
    """The victim was offered a visit to the court before the trial."""

    type: Literal["wcu.pretrial_visit.offered.v1"]


class PretrialVisitHeld(VictimEvent):
    """The visit to the court before the trial was held."""

    type: Literal["wcu.pretrial_visit.held.v1"]


WcuEvent = WcuNotified | EvidenceRequired | WitnessNeedsAssessed | PretrialVisitOffered | PretrialVisitHeld
"""Any event of this module."""
