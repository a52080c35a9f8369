"""Nothing happens before what it rests on, and what refers to another event refers to one of its case."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.simulator.conftest import Year, at, recorded

BEFORE_THE_REPORT = {
    "support.sarc.attended.v1", "support.sarc.samples_stored.v1", "record.corrected.v1",
}  # fmt: skip
"""A self-referral may come first."""

RESTS_ON = {
    "policing.suspect.released.v1": "policing.suspect.arrested.v1",
    "policing.suspect.bail_changed.v1": "policing.suspect.released.v1",
    "policing.suspect.charged.v1": "prosecution.decision.made.v1",
    "prosecution.decision.made.v1": "prosecution.file.submitted.v1",
    "prosecution.file.returned.v1": "prosecution.file.submitted.v1",
    "prosecution.early_advice.received.v1": "prosecution.early_advice.appointment_held.v1",
    "court.hearing.held.v1": "policing.suspect.charged.v1",
    "court.verdict.given.v1": "court.hearing.held.v1",
    "court.sentence.passed.v1": "court.hearing.held.v1",
    "court.appeal.decided.v1": "court.appeal.lodged.v1",
    "probation.scheme.referred.v1": "court.sentence.passed.v1",
    "probation.offender.released.v1": "court.sentence.passed.v1",
    "policing.phone.returned.v1": "policing.phone.seized.v1",
    "policing.phone.extracted.v1": "policing.phone.seized.v1",
    "policing.review.decided.v1": "policing.review.requested.v1",
    "support.service.engaged.v1": "support.referral.made.v1",
    "complaint.answered.v1": "complaint.received.v1",
    "expenses.paid.v1": "expenses.claimed.v1",
    "victim.support_resumed.v1": "victim.support_withdrawn.v1",
    "policing.right.resumed.v1": "policing.right.waived.v1",
}
REFERRING = {"wcu.notified.v1": "about", "prosecution.letter.sent.v1": "about", "contact.linked.v1": "event_id",
             "contact.regraded.v1": "event_id", "record.corrected.v1": "event_id", "record.retracted.v1": "event_id",
             "policing.review.requested.v1": "decision_event_id", "policing.news.withheld.v1": "event_id"}  # fmt: skip


def test_nothing_comes_before_the_first_report(year: Year) -> None:
    for events in year.by_case().values():
        opened = min(at(each) for each in events if each["type"] == "policing.crime.reported.v1")
        early = [each["type"] for each in events if at(each) < opened and each["type"] not in BEFORE_THE_REPORT]
        assert not early


def test_nothing_is_recorded_before_the_case_is(year: Year) -> None:
    starts = {each.id: each.start for each in year.cases}
    assert not [each["id"] for each in year.events if recorded(each) < starts[each["subject"]]]


@pytest.mark.parametrize("later", RESTS_ON)
def test_a_step_comes_after_what_it_rests_on(year: Year, later: str) -> None:
    seen = 0
    for events in year.by_case().values():
        earlier = [at(each) for each in events if each["type"] == RESTS_ON[later]]
        for event in events:
            # A record found weeks later may not be there yet when the simulated time ends.
            if event["type"] == later and earlier:
                seen += 1
                assert min(earlier) <= at(event), event["id"]
    assert seen, "the test has something to look at"


def test_what_is_referred_to_is_an_event_of_the_same_case(year: Year) -> None:
    missing = checked = 0
    for events in year.by_case().values():
        ids = {each["id"] for each in events}
        for event in events:
            field = REFERRING.get(event["type"])
            if field is not None:
                checked += 1
                missing += event["data"][field] not in ids
    assert checked > 300
    assert missing <= checked * 0.02, "only what was recorded after the end is missing"


def test_nobody_is_told_of_what_has_not_happened(year: Year) -> None:
    for events in year.by_case().values():
        moments = {each["id"]: at(each) for each in events}
        for event in events:
            if event["type"] == "contact.made.v1":
                told = [moments[name] for name in event["data"].get("informed_of", ()) if name in moments]
                assert all(moment <= at(event) for moment in told), event["id"]


def test_officers_ring_between_seven_and_ten_in_the_evening(year: Year) -> None:
    hours = Counter(
        at(each).hour
        for each in year.events
        if each["type"] == "contact.made.v1" and each["data"]["direction"] == "outbound"
    )
    known = sum(hours[hour] for hour in range(7, 21))
    assert known > 0.98 * hours.total()


def _shares(year: Year, type_: str, field: str) -> Counter[Any]:
    return Counter(each["data"].get(field) for each in year.events if each["type"] == type_)


def test_the_year_holds_what_goes_wrong_in_records(year: Year) -> None:
    late = sum((recorded(each) - at(each)).total_seconds() > 4 * 86400 for each in year.events)
    assert late > 100
    kinds = Counter(each["type"] for each in year.events)
    for kind in ("record.corrected.v1", "record.retracted.v1", "record.good_reason.v1", "contact.linked.v1"):
        assert kinds[kind] > 5, kind


def test_a_feed_that_was_silent_records_nothing_meanwhile_and_much_afterwards(year: Year) -> None:
    for source, begins, ends in year.simulation.outages:
        mine = [recorded(each) for each in year.events if each["source"] == source]
        assert not [each for each in mine if begins <= each < ends]
        assert [each for each in mine if timedelta() <= each - ends < timedelta(hours=2)]


def test_the_mix_of_offences_and_sexes_is_that_of_the_documents(year: Year) -> None:
    offences = _shares(year, "policing.crime.reported.v1", "offence")
    sexual = sum(
        offences[name] for name in ("rape", "sexual_assault", "sexual_offence_other", "child_sexual_exploitation")
    )
    assert 0.08 < sexual / offences.total() < 0.16, "nine of a hundred new ones, more of those in court"
    assert 0.15 < _shares(year, "policing.crime.reported.v1", "victim_sex")["male"] / offences.total() < 0.33
