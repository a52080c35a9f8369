"""Figures of contact: were they real updates, did runs of empty ones occur, was what was agreed kept, and promised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from services.contacts.reading import EDITION
from services.figures.rates import COUNTED, Verdict
from services.figures.rows import Contact, Person
from services.figures.totals import Counted, Figure, Of, by_offence, counts_of, grouped, victims

UPDATE: Final = "KENT-UPDATE"
_RANK: Final = {"attempt": 0, "tick_box": 1, "meaningful": 2}
_GRADES: Final = ("meaningful", "tick_box", "attempt")


def update_figures(counted: Counted, today: date, *, few: bool = False) -> Iterator[Figure]:
    """Yield the figures of contact; ``today`` decides which promises are past. ``few``: the first of them only."""
    yield from _grades(counted)
    if few:
        return
    yield from _agencies(counted)
    yield from _runs(counted)
    yield from _agreed(counted)
    yield from _promises(counted, today)
    yield from _regrades(counted)


def _grades(counted: Counted) -> Iterator[Figure]:
    for group, contacts in by_offence(counted.contacts):
        yield _meaningful(contacts, group)
        reached = [each for each in contacts if each.row.grade != "attempt"]
        yield Figure(
            "tick_box_share",
            len(reached),
            edition=EDITION,
            offence_group=group,
            numerator=sum(each.row.grade == "tick_box" for each in reached),
            denominator=len(reached),
        )


def _agencies(counted: Counted) -> Iterator[Figure]:
    for agency, contacts in grouped(counted.contacts, lambda each: each.row.agency):
        yield _meaningful(contacts, by="agency", value=agency)
    for team, contacts in grouped(counted.contacts, lambda each: each.person.team):
        yield _meaningful(contacts, by="team", value=team)


def _meaningful(contacts: Sequence[Of[Contact]], group: str = "all", **part: str) -> Figure:
    return Figure(
        "meaningful_contact_rate",
        len(contacts),
        edition=EDITION,
        offence_group=group,
        numerator=sum(each.row.grade == "meaningful" for each in contacts),
        denominator=len(contacts),
        measures=counts_of((each.row.grade for each in contacts), among=_GRADES),
        **part,
    )


def _runs(counted: Counted) -> Iterator[Figure]:
    for group, contacts in by_offence(counted.contacts):
        heard = [each.person for each in contacts if each.row.grade != "attempt"]
        in_runs = [each.person for each in contacts if each.row.starts_run]
        yield Figure(
            "tick_box_runs",
            victims(heard),
            edition=EDITION,
            offence_group=group,
            numerator=victims(in_runs),
            denominator=victims(heard),
            measures={"runs": len(in_runs)},
        )


def _agreed(counted: Counted) -> Iterator[Figure]:
    periods = [each for each in counted.duties if each.row.rule == UPDATE and each.row.is_agreed]
    for group, some in by_offence(periods):
        due = [each.row.verdict for each in some if each.row.verdict in COUNTED]
        yield Figure(
            "agreed_frequency_kept",
            len(some),
            edition="KENT",
            offence_group=group,
            numerator=sum(verdict == Verdict.ON_TIME for verdict in due),
            denominator=len(due),
        )
    for group, people in (("all", counted.reported), *grouped(counted.reported, lambda person: person.group)):
        yield _agreement(people, group)
        yield _long_frequency(people, group)


def _agreement(people: Sequence[Person], group: str) -> Figure:
    with_one = [person for person in people if person.agreement != "none"]
    return Figure(
        "agreement_recorded",
        victims(people),
        offence_group=group,
        numerator=victims(with_one),
        denominator=victims(people),
    )


def _long_frequency(people: Sequence[Person], group: str) -> Figure:
    """Those who agreed to hear seldom or only when something happens, and with how many nobody spoke that day."""
    with_one = [person for person in people if person.agreement != "none"]
    seldom = [person for person in with_one if person.agreement != "days"]
    return Figure(
        "seldom_or_no_frequency",
        victims(with_one),
        offence_group=group,
        numerator=victims(seldom),
        denominator=victims(with_one),
        measures={
            "over_42_days": victims(person for person in seldom if person.agreement == "long"),
            "only_when_something_happens": victims(person for person in seldom if person.agreement != "long"),
            "without_conversation_that_day": victims(person for person in seldom if not person.spoken),
        },
    )


def _promises(counted: Counted, today: date) -> Iterator[Figure]:
    for group, contacts in by_offence(counted.promises):
        rows = [each.row for each in contacts]
        kept = sum(_is_kept(row) for row in rows)
        open_ = sum(not _is_kept(row) and row.promised is not None and row.promised >= today for row in rows)
        yield Figure(
            "promises_kept",
            len(rows),
            offence_group=group,
            numerator=kept,
            denominator=len(rows) - open_,
            measures={"not_yet_due": open_},
        )


def _is_kept(row: Contact) -> bool:
    return row.promised is not None and row.kept_on is not None and row.kept_on <= row.promised


def _regrades(counted: Counted) -> Iterator[Figure]:
    for group, contacts in by_offence(counted.contacts):
        pairs = [(_RANK[each.row.first_grade], _RANK[each.row.grade]) for each in contacts]
        raised = sum(first < now for first, now in pairs)
        lowered = sum(first > now for first, now in pairs)
        yield Figure(
            "regrades",
            len(pairs),
            edition=EDITION,
            offence_group=group,
            numerator=raised + lowered,
            denominator=len(pairs),
            measures={"raised": raised, "lowered": lowered},
        )
