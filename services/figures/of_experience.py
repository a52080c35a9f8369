"""Figures of what it was like for the victim: whom they dealt with, how long it took, what they said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Final

from services.figures.on_time import verdict_of
from services.figures.rates import COUNTED, Verdict
from services.figures.rows import Person, Survey
from services.figures.totals import ALL, Counted, Figure, Of, by_offence, grouped, middle, ninetieth, victims


def experience_figures(counted: Counted, not_measured: Container[str]) -> Iterator[Figure]:
    """Yield the figures of the victims' journeys and of their own words."""
    yield from _people(counted)
    yield from _courts(counted)
    yield from _services(counted)
    yield from _hours(counted)
    yield from _with_and_without(counted, not_measured)
    yield _load(counted)
    yield from _surveys(counted, not_measured)


def _people(counted: Counted) -> Iterator[Figure]:
    """Officers dealt with and accounts given by those who reported in the period; two cases of one person are added."""
    for group, people in ((ALL, counted.reported), *grouped(counted.reported, lambda person: person.group)):
        officers = _per_victim(people, lambda person: person.officers_met)
        accounts = _per_victim(people, lambda person: person.accounts)
        yield Figure(
            "officers_dealt_with",
            len(officers),
            offence_group=group,
            measures={"median": middle(officers), "p90": ninetieth(officers), "most": max(officers, default=None)},
        )
        gave = [each for each in accounts if each]
        yield Figure(
            "repeated_accounts",
            len(gave),
            offence_group=group,
            numerator=sum(each > 1 for each in gave),
            denominator=len(gave),
            measures={"median_accounts": middle(gave), "p90_accounts": ninetieth(gave)},
        )


def _per_victim(people: Sequence[Person], number: Callable[[Person], int]) -> list[int]:
    found: Counter[str] = Counter()
    for person in people:
        found[person.victim] += number(person)
    return list(found.values())


def _courts(counted: Counted) -> Iterator[Figure]:
    """Hearings and adjournments of the cases that had any, days from charge to outcome, and reviews held."""
    hearings = Counter(case for case, each in counted.happenings if each.what == "hearing")
    adjourned = Counter(case for case, each in counted.happenings if each.what == "adjournment")
    yield Figure(
        "hearings",
        len(hearings),
        measures={
            "hearings": hearings.total(),
            "median_hearings": middle(list(hearings.values())),
            "adjournments": adjourned.total(),
            "median_adjournments": middle([adjourned[case] for case in hearings]),
        },
    )
    days = [
        each.days for _, each in counted.happenings if each.what == "outcome after charge" and each.days is not None
    ]
    yield Figure(
        "charge_to_outcome_days", len(days), measures={"median_days": middle(days), "p90_days": ninetieth(days)}
    )
    reviews = [(case, each) for case, each in counted.happenings if each.what.startswith("review by ")]
    yield Figure("reviews_held", len(reviews), measures={"cases": len({case for case, _ in reviews})})
    for kind, some in grouped(reviews, lambda pair: pair[1].what.removeprefix("review by ")):
        cases = len({case for case, _ in some})
        yield Figure("reviews_held", len(some), by="kind", value=kind, measures={"cases": cases})


def _services(counted: Counted) -> Iterator[Figure]:
    for service, found in grouped(counted.referrals, lambda each: each.row.service):
        for group, some in by_offence(found):
            days = [each.row.days for each in some if each.row.days is not None]
            yield Figure(
                "referral_to_engaged_days",
                len(some),
                by="service",
                value=service,
                offence_group=group,
                numerator=len(days),
                denominator=len(some),
                measures={"median_days": middle(days), "p90_days": ninetieth(days)},
            )


def _hours(counted: Counted) -> Iterator[Figure]:
    for group, contacts in by_offence(counted.contacts):
        known = [each.row.in_hours for each in contacts if each.row.in_hours is not None]
        yield Figure(
            "contacts_inside_hours",
            len(contacts),
            offence_group=group,
            numerator=sum(known),
            denominator=len(known),
            measures={"no_hours_recorded": len(contacts) - len(known)},
        )


def _with_and_without(counted: Counted, not_measured: Container[str]) -> Iterator[Figure]:
    """The same figures for victims with and without a SOLO or DALO."""
    for officers, people in grouped(counted.reported, lambda person: person.officers):
        some = counted.of(_looked_after_by(officers))
        contacts = [each.row.grade for each in some.contacts]
        code = [verdict_of(each.row, not_measured) for each in some.duties if each.row.right is not None]
        yield Figure(
            "with_and_without_solo_or_dalo",
            victims(people),
            by="officers",
            value=officers,
            numerator=sum(verdict is Verdict.ON_TIME for verdict in code),
            denominator=sum(verdict in COUNTED for verdict in code),
            measures={
                "contacts": len(contacts),
                "meaningful_contacts": contacts.count("meaningful"),
                "support_withdrawn": victims(each.person for each in some.withdrawals if not each.row.from_outset),
            },
        )


def _looked_after_by(officers: str) -> Callable[[Person], bool]:
    return lambda person: person.officers == officers


_CROWDED: Final = 18
"""Live cases with which a SOLO is known to stop reading what is sent (alerts.md)."""


def _load(counted: Counted) -> Figure:
    """How many live cases SOLOs have now; as load, so no SOLO is named and none is ranked."""
    cases = list(Counter(counted.live).values())
    return Figure(
        "live_cases_per_solo",
        len(cases),
        measures={
            "median_cases": middle(cases),
            "p90_cases": ninetieth(cases),
            "most_cases": max(cases, default=None),
            "solos_with_18_or_more": sum(each >= _CROWDED for each in cases),
        },
    )


def _surveys(counted: Counted, not_measured: Container[str]) -> Iterator[Figure]:
    """What victims answered, beside whether what was owed to the same victims was done in time."""
    for group, found in by_offence(counted.surveys):
        yield _answers(found, group)
        for felt, some in grouped(found, lambda each: _felt(each.row)):
            answered = {each.person.victim for each in some}
            verdicts = [
                verdict_of(each.row, not_measured)
                for each in counted.duties
                if each.row.right is not None and each.person.victim in answered
            ]
            yield Figure(
                "survey_beside_compliance",
                len(answered),
                by="felt kept informed",
                value=felt,
                offence_group=group,
                numerator=sum(verdict is Verdict.ON_TIME for verdict in verdicts),
                denominator=sum(verdict in COUNTED for verdict in verdicts),
            )


def _answers(found: Sequence[Of[Survey]], group: str) -> Figure:
    rows = [each.row for each in found]
    overall = [row.overall for row in rows if row.overall is not None]
    informed = [row.informed for row in rows if row.informed is not None]
    return Figure(
        "survey_answers",
        len(rows),
        offence_group=group,
        numerator=sum(informed),
        denominator=len(informed),
        measures={
            "victims": victims(each.person for each in found),
            "median_overall": middle(overall),
            "treated_with_respect": sum(row.respect is True for row in rows),
            "not_treated_with_respect": sum(row.respect is False for row in rows),
            "would_report_again": sum(row.again is True for row in rows),
            "would_not_report_again": sum(row.again is False for row in rows),
        },
    )


def _felt(row: Survey) -> str:
    return {True: "yes", False: "no", None: "not answered"}[row.informed]
