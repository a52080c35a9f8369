"""Redress: compensation, expenses, property given back, complaints."""

from __future__ import annotations

from typing import Literal

from contracts.envelope import CaseEventBase, VictimData, VictimEvent
from contracts.fields import Text


class ExpensesData(VictimData):
    """Which claim; where both a claim and its payment carry it, they must agree."""

    claim_ref: Text | None = None


class PropertyReturnedData(VictimData):
    """Which item; without it, everything taken from the victim until then, phones too."""

    item_ref: Text | None = None


class ComplaintData(VictimData):
    """Which complaint, and about which agency."""

    complaint_ref: Text
    about_agency: Text


class CompensationInformationGiven(VictimEvent):
    """The victim was told about compensation."""

    type: Literal["compensation.information.given.v1"]


class ExpensesClaimed(CaseEventBase):
    """The victim claimed expenses."""

    type: Literal["expenses.claimed.v1"]
    data: ExpensesData


class ExpensesPaid(CaseEventBase):
    """Expenses were paid."""

    type: Literal["expenses.paid.v1"]
    data: ExpensesData


class PropertyReturned(CaseEventBase):
    """Property was given back, or disposed of as the victim agreed."""

    type: Literal["property.returned.v1"]
    data: PropertyReturnedData


class ComplaintReceived(CaseEventBase):
    """A complaint was received."""

    type: Literal["complaint.received.v1"]
    data: ComplaintData


class ComplaintAcknowledged(CaseEventBase):
    """A complaint was acknowledged."""

    type: Literal["complaint.acknowledged.v1"]
    data: ComplaintData


class ComplaintAnswered(CaseEventBase):
    """A complaint was answered."""

    type: Literal["complaint.answered.v1"]
    data: ComplaintData


RedressEvent = (
    CompensationInformationGiven
    | ExpensesClaimed
    | ExpensesPaid
    | PropertyReturned
    | ComplaintReceived
    | ComplaintAcknowledged
    | ComplaintAnswered
)
"""Any event of this module."""
