"""Events of the probation service and its Victim Contact Scheme."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CommonEvent, VictimEvent


class SchemeReferred(VictimEvent):
    """The victim was referred to the Victim Contact Scheme."""

    type: Literal["probation.scheme.referred.v1"]


class SchemeContacted(VictimEvent):
    """The scheme was in touch with the victim."""

    type: Literal["probation.scheme.contacted.v1"]


class SchemeOptedOut(VictimEvent):
    """The victim left the scheme."""

    type: Literal["probation.scheme.opted_out.v1"]


class SchemeOptedIn(VictimEvent):
    """The victim joined the scheme."""

    type: Literal["probation.scheme.opted_in.v1"]


class OffenderReleasePlanned(CommonEvent):
    """The offender's release was planned."""

    type: Literal["probation.offender.release_planned.v1"]


class OffenderReleased(CommonEvent):
    """The offender was released."""

    type: Literal["probation.offender.released.v1"]


class OffenderRecalled(CommonEvent):
    """The offender was recalled to prison."""

    type: Literal["probation.offender.recalled.v1"]


class OffenderEscaped(CommonEvent):
    """The offender escaped."""

    type: Literal["probation.offender.escaped.v1"]


ProbationEvent = (
    SchemeReferred
    | SchemeContacted
    | SchemeOptedOut
    | SchemeOptedIn
    | OffenderReleasePlanned
    | OffenderReleased
    | OffenderRecalled
    | OffenderEscaped
)
"""Any event of this module."""
