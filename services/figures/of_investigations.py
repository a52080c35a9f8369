"""Figures of the investigation: phones, early advice, files to and fro, Enhanced Rights, disclosure, closings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from services.figures.rates import Verdict
from services.figures.rows import Closing, Duty
from services.figures.totals import Counted, Figure, Of, by_offence, counts_of, grouped, middle, ninetieth, victims
from services.journeys.event_types import PHONE_REPLACED

_PHONE: Final = "KENT-PHONE-24H"
_ADVICE: Final = "KENT-EARLY-ADVICE-TARGET"
_DISCLOSURE: Final = "NAT-DISCLOSURE"
_TARGET_DAYS: Final = 28
_LIMIT_DAYS: Final = 48


def investigation_figures(counted: Counted, *, few: bool = False) -> Iterator[Figure]:
    """Yield the figures of investigations; ``few``: closings and withdrawals of support only."""
    yield from _withdrawals(counted)
    yield from _closings(counted)
    if few:
        return
    yield from _phones(counted)
    yield from _early_advice(counted)
    yield from _transfers(counted)
    yield from _flagged_late(counted)
    yield from _disclosures(counted)


def _of_rule(counted: Counted, rule: str) -> list[Of[Duty]]:
    return [each for each in counted.duties if each.row.rule == rule and each.row.state != "waived"]


def _phones(counted: Counted) -> Iterator[Figure]:
    for group, phones in by_offence(_of_rule(counted, _PHONE)):
        rows = [each.row for each in phones]
        hours = [row.hours for row in rows if row.hours is not None]
        yield Figure(
            "phone_hours",
            len(rows),
            edition="KENT",
            offence_group=group,
            numerator=sum(row.verdict == Verdict.ON_TIME for row in rows),
            denominator=sum(row.verdict != Verdict.NOT_DUE for row in rows),
            measures={
                "median_hours": middle(hours),
                "p90_hours": ninetieth(hours),
                "replacement_issued": sum(row.met_by == PHONE_REPLACED for row in rows),
                "still_without": len(rows) - len(hours),
            },
        )


def _early_advice(counted: Counted) -> Iterator[Figure]:
    for group, duties in by_offence(_of_rule(counted, _ADVICE)):
        rows = [each.row for each in duties]
        days = [(row.met_on - row.on).days for row in rows if row.met_on is not None]
        within = sum(each <= _TARGET_DAYS for each in days)
        over = sum(each > _LIMIT_DAYS for each in days)
        yield Figure(
            "early_advice_days",
            len(rows),
            edition="KENT",
            offence_group=group,
            numerator=within,
            denominator=len(days),
            measures={
                "within_28_days": within,
                "29_to_48_days": len(days) - within - over,
                "over_48_days": over,
                "not_submitted": len(rows) - len(days),
                "median_days": middle(days),
            },
        )


def _transfers(counted: Counted) -> Iterator[Figure]:
    rows = counted.transfers
    yield Figure(
        "transfers",
        len(rows),
        measures={
            "transfers": sum(row.transfers for row in rows),
            "median_transfers": middle([row.transfers for row in rows]),
            "p90_transfers": ninetieth([row.transfers for row in rows]),
            "median_days_with_cps": middle([row.cps_days for row in rows]),
            "median_days_with_police": middle([row.police_days for row in rows]),
            "came_back_twice_or_more": sum(row.transfers > 3 for row in rows),  # noqa: PLR2004 - to, back, to, back
        },
    )


def _flagged_late(counted: Counted) -> Iterator[Figure]:
    automatic = [person for person in counted.people if counted.is_in(person.automatic_on)]
    for group, people in (("all", automatic), *grouped(automatic, lambda person: person.group)):
        yield Figure(
            "enhanced_flagged_late",
            victims(people),
            offence_group=group,
            numerator=victims(person for person in people if person.flagged_late),
            denominator=victims(people),
        )


def _disclosures(counted: Counted) -> Iterator[Figure]:
    for group, duties in by_offence(_of_rule(counted, _DISCLOSURE)):
        rows = [each.row for each in duties]
        days = [(row.met_on - row.on).days for row in rows if row.met_on is not None]
        yield Figure(
            "disclosure_days",
            len(rows),
            edition="NATIONAL",
            offence_group=group,
            numerator=sum(row.verdict == Verdict.ON_TIME for row in rows),
            denominator=sum(row.verdict != Verdict.NOT_DUE for row in rows),
            measures={"median_days": middle(days), "not_answered": len(rows) - len(days)},
        )


def _withdrawals(counted: Counted) -> Iterator[Figure]:
    """Support withdrawn, by stage, offence and outcome; those who never supported it apart."""
    for group, found in by_offence(counted.withdrawals):
        later = [each for each in found if not each.row.from_outset]
        days = [each.row.days_since_contact for each in later if each.row.days_since_contact is not None]
        yield Figure(
            "support_withdrawn",
            len(found),
            offence_group=group,
            measures={
                "victims": victims(each.person for each in found),
                "from_outset": len(found) - len(later),
                "resumed": sum(each.row.resumed for each in later),
                "median_days_since_meaningful_contact": middle(days),
                "p90_days_since_meaningful_contact": ninetieth(days),
                "never_a_meaningful_contact": len(later) - len(days),
            },
        )
        for stage, some in grouped(later, lambda each: each.row.stage):
            gaps = [each.row.days_since_contact for each in some if each.row.days_since_contact is not None]
            yield Figure(
                "support_withdrawn",
                len(some),
                by="stage",
                value=stage,
                offence_group=group,
                measures={
                    "victims": victims(each.person for each in some),
                    "median_days_since_meaningful_contact": middle(gaps),
                    **counts_of((each.row.outcome for each in some), prefix="outcome_"),
                },
            )
    for offence, some in grouped(counted.withdrawals, lambda each: each.person.offence):
        yield Figure(
            "support_withdrawn",
            len(some),
            by="offence",
            value=offence,
            measures={
                "victims": victims(each.person for each in some),
                "from_outset": sum(each.row.from_outset for each in some),
            },
        )


def _closings(counted: Counted) -> Iterator[Figure]:
    for group, found in by_offence(counted.closings):
        rows = [each.row for each in found]
        due = [row for row in rows if row.told in _TOLD_OR_FAILED]
        days = [row.days_from_report for row in rows if row.days_from_report is not None]
        yield Figure(
            "nfa_told_in_time",
            len(rows),
            edition="VC2020",
            offence_group=group,
            numerator=sum(row.told == Verdict.ON_TIME for row in due),
            denominator=len(due),
        )
        yield _review_information(rows, group)
        yield Figure(
            "nfa_panel_reviewed",
            len(rows),
            offence_group=group,
            numerator=sum(row.panel_reviewed is True for row in rows),
            denominator=len(rows),
            measures={"not_recorded": sum(row.panel_reviewed is None for row in rows)},
        )
        yield Figure(
            "nfa_no_suspect_interviewed",
            len(rows),
            offence_group=group,
            numerator=sum(not row.interviewed for row in rows),
            denominator=len(rows),
            measures=counts_of((row.reason for row in rows), prefix="reason_"),
        )
        yield Figure(
            "report_to_nfa_days",
            len(days),
            offence_group=group,
            measures={"median_days": middle(days), "p90_days": ninetieth(days)},
        )


_TOLD_OR_FAILED: Final = (Verdict.ON_TIME, Verdict.LATE, Verdict.NEVER, Verdict.NOT_LINKED)


def _review_information(rows: Sequence[Closing], group: str) -> Figure:
    """Of those who were told, to how many it is recorded that the way to ask for a review was explained."""
    told = [row for row in rows if row.told in (Verdict.ON_TIME, Verdict.LATE)]
    return Figure(
        "nfa_review_information",
        len(rows),
        offence_group=group,
        numerator=sum(row.review_explained is True for row in told),
        denominator=len(told),
        measures={"not_recorded": sum(row.review_explained is None for row in told)},
    )
