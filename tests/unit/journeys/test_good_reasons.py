"""Good reasons: which are recorded and count, which are reviewed, and what the record itself suggests as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from services.journeys.assess import assess
from services.journeys.assessment import Assessment
from services.journeys.facts import Fact
from services.journeys.good_reasons import GoodReason, Silence, Suggestion, good_reasons, suggested
from services.journeys.histories import read_histories
from services.journeys.rule_set import RuleSet, load_rule_set
from tests.support.events import line

NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
ARREST = "VC-R6-ARREST"
RECORDER = {"role": "OIC", "officer_ref": "P-1"}
REPORT = line("r", "policing.crime.reported", "2026-11-02T09:00:00Z", offence="stalking")
ARRESTED = line("a", "policing.suspect.arrested", "2026-11-10T14:20:00Z", suspect_ref="S-1")


@cache
def _ruleset() -> RuleSet:
    return load_rule_set()


def _case(lines: Sequence[bytes], now: datetime = NOW) -> tuple[list[Fact], Assessment]:
    read = read_histories((str(number), each) for number, each in enumerate(lines))
    assert read.refusals == []
    facts = read.cases["KP-1"]
    return facts, assess(facts, _ruleset(), now)


def _given(id_: str = "g", at: str = "2026-11-18T09:00:00Z", /, **data: Any) -> bytes:
    told = {
        "event_id": "a",
        "rule": ARREST,
        "category": "unreachable",
        "words": "Six calls, none answered.",
        "decided_at": at,
        "recorded_by": RECORDER,
        **data,
    }
    return line(id_, "record.good_reason", at, **{name: each for name, each in told.items() if each is not None})


def _reason(lines: Sequence[bytes], rule: str = ARREST, now: datetime = NOW) -> GoodReason | None:
    facts, said = _case(lines, now)
    (duty,) = [each for each in said.obligations if each.rule == rule]
    return good_reasons(facts, said).get(duty.id)


def _suggested(lines: Sequence[bytes], rule: str = ARREST, silences: Sequence[Silence] = ()) -> list[Suggestion]:
    facts, said = _case(lines)
    (duty,) = [each for each in said.obligations if each.rule == rule]
    return list(suggested(facts, said, _ruleset(), silences).get(duty.id, ()))


def test_a_good_reason_is_found_and_changes_nothing_about_the_duty() -> None:
    _, without = _case([REPORT, ARRESTED])
    _, given = _case([REPORT, ARRESTED, _given()])
    assert without.as_json() == given.as_json()
    found = _reason([REPORT, ARRESTED, _given(evidence="call log 7")])
    assert found is not None
    assert (found.category, found.words, found.evidence) == (
        "unreachable",
        "Six calls, none answered.",
        ("call log 7",),
    )
    assert found.decided_at == datetime(2026, 11, 18, 9, tzinfo=UTC)


def test_what_is_not_late_carries_none() -> None:
    assert _reason([REPORT, ARRESTED, _given()], now=datetime(2026, 11, 17, 23, tzinfo=UTC)) is None


def test_one_for_another_rule_or_another_trigger_or_another_victim_is_none_of_this_duty() -> None:
    assert _reason([REPORT, ARRESTED, _given(rule="VC-R6-INTERVIEW")]) is None
    assert _reason([REPORT, ARRESTED, _given(event_id="r")]) is None
    other = line(
        "g", "record.good_reason", "2026-11-18T09:00:00Z", victim_id="V-2", event_id="a", rule=ARREST,
        category="other", words="w", decided_at="2026-11-18T09:00:00Z",
    )  # fmt: skip
    assert _reason([REPORT, ARRESTED, other]) is None


def test_the_latest_counts_whichever_came_first() -> None:
    early, late = _given("g2"), _given("g1", "2026-11-19T09:00:00Z", category="investigation")
    for lines in ([early, late], [late, early]):
        found = _reason([REPORT, ARRESTED, *lines])
        assert found is not None
        assert found.category == "investigation"


def test_one_retracted_is_gone_and_the_one_before_counts_again() -> None:
    taken_back = line("x", "record.retracted", "2026-11-20T09:00:00Z", event_id="g1", reason="by mistake")
    later = _given("g1", "2026-11-19T09:00:00Z", category="investigation")
    found = _reason([REPORT, ARRESTED, _given("g2"), later, taken_back])
    assert found is not None
    assert found.category == "unreachable"
    assert _reason([REPORT, ARRESTED, later, taken_back]) is None


def test_a_correction_applies() -> None:
    correction = line(
        "x", "record.corrected", "2026-11-20T09:00:00Z", event_id="g", reason="wrong word",
        replacement={
            "time": "2026-11-18T09:00:00Z",
            "data": {
                "victim_id": "V-1", "event_id": "a", "rule": ARREST, "category": "officer_absent", "words": "Leave.",
                "decided_at": "2026-11-18T09:00:00Z", "reviewed_by": "P-1",
                "recorded_by": {"role": "OIC", "officer_ref": "P-2"},
            },
        },
    )  # fmt: skip
    found = _reason([REPORT, ARRESTED, _given(), correction])
    assert found is not None
    assert found.category == "officer_absent"
    assert not found.is_reviewed, "whoever wrote it first may not review it, though somebody else corrected it"


def test_one_given_after_the_moment_is_not_there_yet() -> None:
    given = _given("g", "2026-12-24T09:00:00Z")
    assert _reason([REPORT, ARRESTED, given]) is None


@pytest.mark.parametrize(
    ("recorded_by", "reviewed_by", "is_reviewed"),
    [
        (RECORDER, "P-9", True),
        (RECORDER, "P-1", False),
        (RECORDER, None, False),
        (None, "P-9", False),
        ({"role": "OIC"}, "P-9", False),
    ],
)
def test_it_is_reviewed_only_by_somebody_shown_to_be_another(
    recorded_by: object, reviewed_by: str | None, is_reviewed: bool
) -> None:
    found = _reason([REPORT, ARRESTED, _given(recorded_by=recorded_by, reviewed_by=reviewed_by)])
    assert found is not None
    assert found.is_reviewed is is_reviewed


@pytest.mark.parametrize(("day", "may_carry_one"), [("2025-01-28", False), ("2025-01-29", True)])
def test_only_what_began_from_29_january_2025_can_carry_one(day: str, may_carry_one: bool) -> None:
    report = line("r", "policing.crime.reported", "2025-01-02T09:00:00Z", offence="stalking")
    arrest = line("a", "policing.suspect.arrested", f"{day}T12:00:00Z", suspect_ref="S-1")
    assert (_reason([report, arrest, _given()]) is not None) is may_carry_one


def _try(event_id: str, at: str, **data: Any) -> bytes:
    told = {"channel": "phone", "direction": "outbound", "outcome": "no_answer", **data}
    return line(event_id, "contact.made", at, **told)


TRIES = [_try("1", "2026-11-11T10:00:00Z"), _try("2", "2026-11-11T15:00:00Z"), _try("3", "2026-11-12T10:00:00Z")]


def test_three_attempts_on_two_days_suggest_that_the_victim_could_not_be_reached() -> None:
    (found,) = _suggested([REPORT, ARRESTED, *TRIES])
    assert (found.category, found.event_ids) == ("unreachable", ("1", "2", "3"))


def test_two_attempts_or_all_on_one_day_or_after_the_date_suggest_nothing() -> None:
    assert _suggested([REPORT, ARRESTED, *TRIES[:2]]) == []
    assert _suggested([REPORT, ARRESTED, *TRIES[:2], _try("3", "2026-11-11T18:00:00Z")]) == []
    assert _suggested([REPORT, ARRESTED, *TRIES[1:], _try("1", "2026-11-18T00:00:00Z")]) == []
    assert _suggested([REPORT, ARRESTED, *TRIES[1:], _try("1", "2026-11-10T14:00:00Z")]) == []


def test_attempts_of_another_agency_are_no_reason_of_the_police() -> None:
    assert _suggested([REPORT, ARRESTED, *TRIES[1:], _try("1", "2026-11-11T10:00:00Z", agency="wcu")]) == []


def _withheld(at: str = "2026-11-11T09:00:00Z", /, **data: Any) -> bytes:
    return line("w", "policing.news.withheld", at, **{"event_id": "a", "category": "safety", **data})


def test_news_withheld_when_the_duty_fell_due_is_offered() -> None:
    (found,) = _suggested([REPORT, ARRESTED, _withheld(until="2026-11-17")])
    assert (found.category, found.event_ids) == ("unsafe_to_contact", ("w",))
    (found,) = _suggested([REPORT, ARRESTED, _withheld(category="investigation")])
    assert found.category == "investigation"


def test_news_released_or_ended_before_the_date_or_withheld_after_it_is_not_offered() -> None:
    released = line("x", "policing.news.released", "2026-11-13T09:00:00Z", event_id="a", category="safety")
    assert _suggested([REPORT, ARRESTED, _withheld(), released]) == []
    assert _suggested([REPORT, ARRESTED, _withheld(until="2026-11-16")]) == []
    assert _suggested([REPORT, ARRESTED, _withheld("2026-11-18T00:00:00Z")]) == []
    assert _suggested([REPORT, ARRESTED, _withheld(event_id="r")]) == []


SENTENCE = line(
    "s", "court.sentence.passed", "2026-11-02T15:00:00Z", suspect_ref="S-1", months=24, scheme_eligible=True
)


def _told_the_unit(at: str) -> bytes:
    return line("n", "wcu.notified", at, about="s")


def test_a_late_court_transfer_is_offered_for_the_scheme_referral() -> None:
    rule = "VC-R11-SCHEME-REFERRAL"
    report = line("r", "policing.crime.reported", "2026-10-02T09:00:00Z", offence="stalking")
    (found,) = _suggested([report, SENTENCE, _told_the_unit("2026-11-12T10:00:00Z")], rule)
    assert (found.category, found.event_ids) == ("other_agency_late", ("s", "n"))
    (found,) = _suggested([report, SENTENCE], rule)
    assert found.event_ids == ("s",)
    assert _suggested([report, SENTENCE, _told_the_unit("2026-11-04T10:00:00Z")], rule) == []


def test_a_feed_silent_at_the_time_is_offered() -> None:
    silent = [Silence("contact", datetime(2026, 11, 12, tzinfo=UTC), datetime(2026, 11, 14, tzinfo=UTC))]
    (found,) = _suggested([REPORT, ARRESTED], silences=silent)
    assert found.category == "feed_late"
    assert _suggested([REPORT, ARRESTED], silences=[Silence("court", silent[0].since)]) == []
    assert _suggested([REPORT, ARRESTED], silences=[Silence("contact", datetime(2026, 11, 19, tzinfo=UTC))]) == []
    before = Silence("contact", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    assert _suggested([REPORT, ARRESTED], silences=[before]) == []


def test_an_advisory_past_its_date_is_no_breach_and_carries_none() -> None:
    asked = line("u", "victim.update.requested", "2026-11-10T10:00:00Z")
    given = _given("g", "2026-11-18T09:00:00Z", event_id="u", rule="KENT-REQUEST")
    assert _reason([REPORT, asked, given], "KENT-REQUEST") is None
