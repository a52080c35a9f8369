"""Safeguarding events: conferences, disclosure schemes, protective orders and planned visits."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CaseData, CaseEventBase, CommonEvent, VictimData, VictimEvent
from contracts.fields import Day


class MaracData(CaseData):
    """Whether the case has been before the conference already."""

    repeat: bool | None = None


class DisclosureData(VictimData):
    """By which route of the disclosure scheme."""

    route: Literal["right_to_ask", "right_to_know"]


class OrderData(VictimData):
    """Which protective order, and the date on which it ends."""

    order: Literal[
        "dvpn",
        "dvpo",
        "dapn",
        "dapo",
        "stalking_protection_order",
        "restraining_order",
        "non_molestation_order",
        "forced_marriage_protection_order",
        "fgm_protection_order",
        "other",
    ]
    ends_on: Day | None = None


class MaracReferred(CaseEventBase):
    """The case was referred to a multi-agency risk assessment conference (MARAC)."""

    type: Literal["safeguarding.marac.referred.v1"]
    data: MaracData


class MaracHeard(CaseEventBase):
    """A multi-agency risk assessment conference (MARAC) heard the case."""

    type: Literal["safeguarding.marac.heard.v1"]
    data: MaracData


class MasipHeard(CommonEvent):
    """A MASIP meeting heard the case."""

    type: Literal["safeguarding.masip.heard.v1"]


class MatacReferred(CommonEvent):
    """The case was referred to a multi-agency tasking and co-ordination meeting (MATAC)."""

    type: Literal["safeguarding.matac.referred.v1"]


class DisclosureRequested(CaseEventBase):
    """A disclosure under the scheme was asked for."""

    type: Literal["safeguarding.disclosure.requested.v1"]
    data: DisclosureData


class DisclosureMade(CaseEventBase):
    """A disclosure under the scheme was made."""

    type: Literal["safeguarding.disclosure.made.v1"]
    data: DisclosureData


class DisclosureRefused(CaseEventBase):
    """A disclosure under the scheme was refused."""

    type: Literal["safeguarding.disclosure.refused.v1"]
    data: DisclosureData


class OrderApplied(CaseEventBase):
    """A protective order was applied for."""

    type: Literal["safeguarding.order.applied.v1"]
    data: OrderData


class OrderGranted(CaseEventBase):
    """A protective order was granted."""

    type: Literal["safeguarding.order.granted.v1"]
    data: OrderData


class OrderBreached(CaseEventBase):
    """A protective order was breached."""

    type: Literal["safeguarding.order.breached.v1"]
    data: OrderData


class SafeguardingVisitMade(VictimEvent):
    """A planned visit was made."""

    type: Literal["safeguarding.visit.made.v1"]


SafeguardingEvent = (
    MaracReferred
    | MaracHeard
    | MasipHeard
    | MatacReferred
    | DisclosureRequested
    | DisclosureMade
    | DisclosureRefused
    | OrderApplied
    | OrderGranted
    | OrderBreached
    | SafeguardingVisitMade
)
"""Any event of this module."""
