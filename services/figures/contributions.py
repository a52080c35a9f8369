"""What one case contributes to every figure: a pure function of its facts and its assessment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.contacts.grading import grade_contacts
from services.figures import of_journeys
from services.figures.of_contacts import contact_rows, conversations_of, days_reached, officers_met
from services.figures.of_duties import Evidence, duty_rows
from services.figures.people import person_of
from services.figures.rows import (
    VERSION,
    CaseFigures,
    Closing,
    Contact,
    Person,
    Referral,
    Survey,
    Withdrawal,
)
from services.journeys import event_types as t
from services.journeys.assessment import Assessment
from services.journeys.facts import Fact
from services.journeys.good_reasons import good_reasons
from services.journeys.hearing import Grader, heard_by
from services.journeys.journey import CaseFacts, Journey
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from services.provisions.working_days import WorkingDays


def contributions(
    facts: Sequence[Fact], assessment: Assessment, days: WorkingDays, grader: Grader = grade_contacts
) -> CaseFigures:
    """Return what a case contributes as assessed; ``facts`` are those the assessment was made of."""
    record = put_right(facts, None, read_replacement_of)
    happened = [fact for fact in record.happenings if fact.occurred_at <= assessment.as_of]
    case = CaseFacts(happened, record.links)
    first_grades = _first_grades(case, assessment, grader)
    people: list[Person] = []
    contacts: list[Contact] = []
    withdrawals: list[Withdrawal] = []
    closings: list[Closing] = []
    referrals: list[Referral] = []
    surveys: list[Survey] = []
    talked = []
    index_of: dict[str, int] = {}
    for victim_id in case.victims():
        journey = Journey(case, victim_id)
        mine = conversations_of(journey, assessment.contacts)
        talked += mine
        person = index_of[victim_id] = len(people)
        people.append(person_of(journey, assessment.flags, days_reached(mine), officers_met(journey, mine)))
        if journey.reports:  # who has not reported is a stranger to every figure but what is owed to them
            contacts += contact_rows(person, journey, mine, first_grades)
            withdrawals += of_journeys.withdrawals(person, journey, mine)
            closings += of_journeys.closings(person, journey, mine, assessment.obligations)
            referrals += of_journeys.referrals(person, journey)
            surveys += of_journeys.surveys(person, journey)
    return CaseFigures(
        VERSION,
        tuple(people),
        duty_rows(
            assessment.obligations,
            index_of,
            Evidence(happened, talked, _links(facts)),
            good_reasons(facts, assessment),
            agreements=_agreements(case),
            days=days,
        ),
        tuple(contacts),
        tuple(withdrawals),
        tuple(closings),
        tuple(referrals),
        tuple(surveys),
        tuple(of_journeys.transfers(case)),
        tuple(of_journeys.happenings(case)),
    )


def _links(facts: Sequence[Fact]) -> list[Fact]:
    """Links made later, those taken back aside."""
    taken_back = {fact.data["event_id"] for fact in facts if fact.type == t.RETRACTED}
    return [fact for fact in facts if fact.type == t.CONTACT_LINKED and fact.id not in taken_back]


def _agreements(case: CaseFacts) -> Mapping[str, Sequence[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in case.by_type.get(t.CONTACT_AGREED, ()):
        found.setdefault(fact.victim_id or "", []).append(fact)
    return found


def _first_grades(case: CaseFacts, assessment: Assessment, grader: Grader) -> Mapping[tuple[str, str], str]:
    """The grader's own grades, asked again without the supervisor's words; only where there are any."""
    if not any(each.regraded for each in assessment.contacts):
        return {}
    without = CaseFacts([fact for fact in case.happened if fact.type != t.CONTACT_REGRADED], case.links)
    found: dict[tuple[str, str], str] = {}
    for victim_id in without.victims():
        journey = Journey(without, victim_id)
        facts = [fact for fact in journey.concerning(t.CONTACT_MADE) if fact.victim_id is not None]
        graded, _ = heard_by(journey, assessment.as_of, grader)
        found.update(((fact.id, fact.source), grade.grade) for fact, grade in zip(facts, graded, strict=True))
    return found
