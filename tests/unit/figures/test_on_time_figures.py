"""The on-time rate and what stands beside it, counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.figures.of_duties import working_days_after
from services.figures.rates import Rate, Verdict, on_time_rate
from services.provisions.working_days import WorkingDays
from tests.support.events import line
from tests.unit.figures.cases import call, counted, figure, figures, report

ARREST = {"by": "rule", "value": "VC-R6-ARREST"}


def _arrest(id_: str, at: str = "2026-11-10T14:20:00Z", *, case: str = "KP-1", victim: str = "V-1") -> bytes:
    return line(id_, "policing.suspect.arrested", at, case_id=case, victim_id=victim, suspect_ref="S-1")


def _four() -> list[bytes]:
    """Four victims: told in time, told four Working Days late, never, and perhaps (an update that names nothing)."""
    found = []
    for number in range(4):
        where = {"case": f"KP-{number}", "victim": f"V-{number}"}
        found += [report(**where), _arrest(f"a{number}", **where)]
    return [
        *found,
        call("t0", "2026-11-11T10:00:00Z", case="KP-0", victim="V-0", informed_of=["a0"]),
        call("t1", "2026-11-23T10:00:00Z", case="KP-1", victim="V-1", informed_of=["a1"]),
        call("t3", "2026-11-12T10:00:00Z", case="KP-3", victim="V-3"),
    ]


def test_in_time_late_never_and_not_linked_are_told_apart() -> None:
    found = figure(counted(_four()), "on_time_rate", edition="VC2020", **ARREST)
    assert (found.n, found.numerator, found.denominator, found.share) == (4, 1, 4, 0.25)
    assert {name: found.measures[name] for name in ("late", "never", "not_linked")} == {
        "late": 1,
        "never": 1,
        "not_linked": 1,
    }
    # Due on Tuesday the 17th, told on Monday the 23rd: Wednesday, Thursday, Friday, Monday.
    assert (found.measures["late_median_working_days"], found.measures["late_p90_working_days"]) == (4, 4)


def test_the_period_goes_by_the_due_date_its_first_and_last_day_included() -> None:
    for first, last, n in (
        (date(2026, 11, 17), date(2026, 11, 17), 4),
        (date(2026, 11, 10), date(2026, 11, 16), 0),
        (date(2026, 11, 18), date(2026, 12, 31), 0),
    ):
        found = counted(_four(), first=first, last=last)
        assert sum(each.row.rule == "VC-R6-ARREST" for each in found.duties) == n


def test_what_is_open_and_not_due_is_left_out_and_what_is_overdue_is_a_failure() -> None:
    before = datetime(2026, 11, 17, 23, 59, tzinfo=UTC)
    found = figure(counted(_four(), before), "on_time_rate", edition="VC2020", **ARREST)
    assert (found.numerator, found.denominator, found.measures["not_due"]) == (1, 1, 3)


def test_waived_and_rescinded_leave_the_denominator() -> None:
    lines = [
        *_four(),
        line("w2", "policing.right.waived", "2026-11-12T09:00:00Z", case_id="KP-2", victim_id="V-2", scope="updates"),
        line("x3", "record.retracted", "2026-12-01T09:00:00Z", case_id="KP-3", event_id="a3", reason="another case"),
    ]
    found = figure(counted(lines), "on_time_rate", edition="VC2020", **ARREST)
    assert (found.n, found.numerator, found.denominator, found.measures["waived"]) == (3, 1, 2, 1)
    share = figure(counted(lines), "waived_share", edition="VC2020")
    assert share.numerator == 1


def test_a_rule_that_nothing_connected_can_meet_is_outside_every_rate() -> None:
    unseen = frozenset({"VC-R6-ARREST"})
    (found,) = [
        each for each in figures(counted(_four()), "on_time_rate", not_measured=unseen) if each.value == "VC-R6-ARREST"
    ]
    assert (found.denominator, found.measures["not_measured"], found.share) == (0, 4, None)


def test_editions_are_never_mixed_and_owners_stand_apart() -> None:
    court = [
        line("v", "court.verdict.given", "2026-11-03T15:00:00Z", suspect_ref="S-1", verdict="guilty"),
        line("n", "wcu.notified", "2026-11-18T10:00:00Z", about="v"),
        call("t", "2026-11-18T12:00:00Z", agency="wcu", informed_of=["v"]),
    ]
    found = counted([report(), *court])
    court_leg = figure(found, "on_time_rate", edition="VC2020", by="owner", value="court")
    unit = figure(found, "on_time_rate", edition="VC2020", by="owner", value="WCU")
    assert (court_leg.numerator, court_leg.denominator) == (0, 1)
    assert (unit.numerator, unit.denominator) == (1, 1), "a late court is no failure of the unit's"
    assert {each.edition for each in figures(found, "on_time_rate")} <= {"VC2020", "KENT", "NATIONAL"}


def test_duties_under_rules_still_to_be_confirmed_are_counted_and_said() -> None:
    charged = line("c", "policing.suspect.charged", "2026-11-10T10:00:00Z", suspect_ref="S-1")
    found = figure(counted([report(), _arrest("a"), charged]), "on_time_rate", edition="VC2020")
    assert found.denominator == 3  # the referral, the arrest, and the charge, whose rule rests on a weaker source
    assert found.measures["to_be_confirmed"] == 1


def test_a_good_reason_is_counted_beside_failures_and_changes_no_rate() -> None:
    def given(**data: Any) -> bytes:
        return line(
            "g", "record.good_reason", "2026-11-19T09:00:00Z", case_id="KP-2", victim_id="V-2", event_id="a2",
            rule="VC-R6-ARREST", category="unreachable", words="Six calls.", decided_at="2026-11-19T09:00:00Z",
            recorded_by={"role": "OIC", "officer_ref": "P-1"}, **data,
        )  # fmt: skip

    without, with_one = counted(_four()), counted([*_four(), given(reviewed_by="P-9")])
    rates = [figure(each, "on_time_rate", edition="VC2020", **ARREST) for each in (without, with_one)]
    assert rates[0] == rates[1]
    found = figure(with_one, "good_reason_rate", edition="VC2020")
    failures = figure(with_one, "on_time_rate", edition="VC2020")
    assert found.numerator == 1
    assert found.denominator == failures.denominator - failures.numerator  # type: ignore[operator]  # both are counted
    assert (found.measures["reviewed"], found.measures["category_unreachable"]) == (1, 1)
    assert figure(counted([*_four(), given()]), "good_reason_rate", edition="VC2020").measures["reviewed"] == 0


def test_met_in_time_and_written_down_after_the_date_is_counted_by_team() -> None:
    late = call("t", "2026-11-11T10:00:00Z", informed_of=["a"], recorded_at="2026-11-20T08:00:00Z")
    found = counted([report(team="east"), _arrest("a"), late])
    whole = figure(found, "met_on_time_recorded_late", edition="VC2020")
    assert (whole.numerator, whole.measures["median_days"]) == (1, 3)
    assert figure(found, "met_on_time_recorded_late", edition="VC2020", by="team", value="east").numerator == 1
    in_time = call("t", "2026-11-11T10:00:00Z", informed_of=["a"], recorded_at="2026-11-17T23:59:00Z")
    assert (
        figure(counted([report(), _arrest("a"), in_time]), "met_on_time_recorded_late", edition="VC2020").numerator == 0
    )


def test_what_is_written_down_at_the_due_moment_is_written_down_late() -> None:
    at_midnight = call("t", "2026-11-11T10:00:00Z", informed_of=["a"], recorded_at="2026-11-18T00:00:00Z")
    found = figure(counted([report(), _arrest("a"), at_midnight]), "met_on_time_recorded_late", edition="VC2020")
    assert (found.numerator, found.measures["median_days"]) == (1, 1)


def test_a_link_of_something_else_makes_no_call_late_that_named_its_news_itself() -> None:
    named = call("t", "2026-11-11T10:00:00Z", informed_of=["a"])
    linked = line("l", "contact.linked", "2026-11-30T09:00:00Z", event_id="t", informed_of=["r-KP-1-V-1"])
    found = figure(counted([report(), _arrest("a"), named, linked]), "met_on_time_recorded_late", edition="VC2020")
    assert (found.numerator, found.denominator) == (0, 1)


def test_only_failures_that_began_from_29_january_2025_can_carry_a_good_reason() -> None:
    lines = [
        report(at="2025-01-02T09:00:00Z"),
        _arrest("a", "2025-01-28T12:00:00Z"),
        _arrest("b", "2025-01-29T12:00:00Z"),
    ]
    early = counted(lines, first=date(2025, 1, 1), last=date(2025, 3, 31))
    found = figure(early, "good_reason_rate", edition="VC2020")
    assert (found.n, found.denominator) == (3, 1), "the referral and the first arrest began before"


def test_a_link_made_after_the_date_is_written_down_late_though_the_call_was_not() -> None:
    linked = line("l", "contact.linked", "2026-11-30T09:00:00Z", event_id="t", informed_of=["a"])
    found = counted([report(), _arrest("a"), call("t", "2026-11-11T10:00:00Z"), linked])
    assert figure(found, "on_time_rate", edition="VC2020", **ARREST).numerator == 1
    assert figure(found, "met_on_time_recorded_late", edition="VC2020").measures["median_days"] == 13


def test_thin_evidence_and_texts_alone_are_counted() -> None:
    thin = counted([report(), _arrest("a"), call("t", "2026-11-11T10:00:00Z", note=None, informed_of=["a"])])
    found = figure(thin, "thinly_evidenced_share", edition="VC2020")
    assert (found.numerator, found.denominator) == (1, 1)
    text = call("t", "2026-11-11T10:00:00Z", channel="sms", outcome="delivered", informed_of=["a"])
    alone = figure(counted([report(), _arrest("a"), text]), "met_by_text_alone", edition="VC2020")
    assert (alone.numerator, alone.denominator) == (1, 1)
    spoken = call("u", "2026-11-12T10:00:00Z", note=TOLD_MORE)
    both = figure(counted([report(), _arrest("a"), text, spoken]), "met_by_text_alone", edition="VC2020")
    assert both.numerator == 0
    before = call("u", "2026-11-09T10:00:00Z", note=TOLD_MORE)
    only_before = figure(counted([report(), _arrest("a"), text, before]), "met_by_text_alone", edition="VC2020")
    assert only_before.numerator == 1


TOLD_MORE = "Spoke at length: file goes to the CPS on Friday, decision expected by 20 November, will ring that day."


def test_men_and_boys_have_a_table_of_their_own() -> None:
    lines = [
        report("KP-1", "V-1", victim_sex="male"), _arrest("a1", case="KP-1", victim="V-1"),
        report("KP-2", "V-2", victim_sex="female"), _arrest("a2", case="KP-2", victim="V-2"),
        report("KP-3", "V-3"), _arrest("a3", case="KP-3", victim="V-3"),
    ]  # fmt: skip
    found = counted(lines)
    everybody = figure(found, "on_time_rate", edition="VC2020")
    men = figure(found, "on_time_rate", edition="VC2020", population="men and boys")
    assert men.denominator is not None
    assert everybody.denominator == 3 * men.denominator
    assert (
        figure(found, "on_time_rate", edition="VC2020", by="sex", value="not recorded").denominator == men.denominator
    )


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2026, 11, 13), date(2026, 11, 13), 0),
        (date(2026, 11, 13), date(2026, 11, 15), 0),
        (date(2026, 11, 13), date(2026, 11, 16), 1),
        (date(2026, 12, 24), date(2026, 12, 29), 1),
        (date(2026, 11, 13), date(2026, 11, 10), 0),
    ],
)
def test_lateness_is_counted_in_working_days(first: date, last: date, days: int) -> None:
    assert working_days_after(first, last, WorkingDays()) == days


def test_a_rate_of_nothing_is_no_rate() -> None:
    assert on_time_rate([Verdict.WAIVED, Verdict.ADVISORY]) == Rate(waived=1, advisory=1)
    assert Rate().share is None
