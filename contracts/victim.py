"""The victim's voice: personal statement, requests, support for the prosecution, survey."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.envelope import CaseEventBase, VictimData, VictimEvent
from contracts.fields import Text


class VictimSupportData(VictimData):
    """Since when and why; nothing personal."""

    from_outset: bool | None = None
    reason: Text | None = None


class SurveyAnsweredData(VictimData):
    """What the victim answered, never shown to the officers of the case."""

    survey: Text | None = None
    overall: Annotated[int, Field(ge=1, le=5)] | None = None
    treated_with_respect: bool | None = None
    kept_informed: bool | None = None
    would_report_again: bool | None = None


class StatementOffered(VictimEvent):
    """The victim was offered to make a Victim Personal Statement."""

    type: Literal["victim.statement.offered.v1"]


class StatementTaken(VictimEvent):
    """A Victim Personal Statement was taken."""

    type: Literal["victim.statement.taken.v1"]


class UpdateRequested(VictimEvent):
    """The victim asked for an update."""

    type: Literal["victim.update.requested.v1"]


class VictimSupportWithdrawn(CaseEventBase):
    """The victim no longer supports the prosecution."""

    type: Literal["victim.support_withdrawn.v1"]
    data: VictimSupportData


class VictimSupportResumed(CaseEventBase):
    """The victim supports the prosecution again."""

    type: Literal["victim.support_resumed.v1"]
    data: VictimSupportData


class SurveyAnswered(CaseEventBase):
    """The victim answered a survey."""

    type: Literal["victim.survey.answered.v1"]
    data: SurveyAnsweredData


VictimVoiceEvent = (
    StatementOffered | StatementTaken | UpdateRequested | VictimSupportWithdrawn | VictimSupportResumed | SurveyAnswered
)
"""Any event of this module."""
