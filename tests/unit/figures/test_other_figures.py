"""Contacts, investigations and the victims' journeys, counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.figures.rows import days_of, to_stored
from tests.support.events import line
from tests.unit.figures.cases import EMPTY, call, counted, figure, figures, report, rows_of


def _attempt(id_: str, at: str) -> bytes:
    return call(id_, at, note=None, outcome="no_answer")


def test_contacts_are_counted_by_grade_one_a_conversation() -> None:
    lines = [
        report(),
        call("1", "2026-11-03T10:00:00Z"),
        call("2", "2026-11-10T10:00:00Z", note=EMPTY),
        call("2again", "2026-11-10T10:05:00Z", note=EMPTY),
        _attempt("3", "2026-11-11T10:00:00Z"),
        call("4", "2026-12-01T10:00:00Z", note=EMPTY),
    ]
    found = figure(counted(lines), "meaningful_contact_rate")
    assert (found.numerator, found.denominator) == (1, 3)
    assert found.measures == {"meaningful": 1, "tick_box": 1, "attempt": 1}
    share = figure(counted(lines), "tick_box_share")
    assert (share.numerator, share.denominator) == (1, 2)


def test_a_run_is_two_empty_contacts_in_a_row_attempts_aside() -> None:
    empty = [call("1", "2026-11-03T10:00:00Z", note=EMPTY), _attempt("2", "2026-11-05T10:00:00Z")]
    second = call("3", "2026-11-17T10:00:00Z", note=EMPTY)
    other = [report("KP-2", "V-2"), call("o", "2026-11-03T10:00:00Z", case="KP-2", victim="V-2", note=EMPTY)]
    found = figure(counted([report(), *empty, second, *other]), "tick_box_runs")
    assert (found.numerator, found.denominator, found.measures["runs"]) == (1, 2, 1)
    real = call("r", "2026-11-06T10:00:00Z")
    assert figure(counted([report(), *empty, real, second, *other]), "tick_box_runs").numerator == 0


def test_the_same_victim_in_two_cases_is_counted_once() -> None:
    found = counted([report("KP-1", "V-1"), report("KP-2", "V-1"), report("KP-3", "V-3")])
    assert figure(found, "agreement_recorded").denominator == 2
    assert figure(found, "officers_dealt_with").n == 2


def _agreed(case: str, victim: str, **data: Any) -> bytes:
    at = "2026-11-03T10:00:00Z"
    return line(f"g-{case}", "policing.contact.agreed", at, case_id=case, victim_id=victim, channel="phone", **data)


def test_seldom_and_no_frequency_are_counted_with_whether_anybody_spoke_that_day() -> None:
    lines = [report(f"KP-{number}", f"V-{number}") for number in range(1, 6)]
    lines += [
        _agreed("KP-1", "V-1", frequency_days=14),
        _agreed("KP-2", "V-2", frequency_days=90),
        _agreed("KP-3", "V-3", only_when_something_happens=True),
        _agreed("KP-4", "V-4", frequency_days=42),
        call("c", "2026-11-03T15:00:00Z", case="KP-3", victim="V-3"),
    ]
    found = figure(counted(lines), "seldom_or_no_frequency")
    assert (found.numerator, found.denominator) == (2, 4)
    assert dict(found.measures) == {
        "over_42_days": 1,
        "only_when_something_happens": 1,
        "without_conversation_that_day": 1,
    }
    agreement = figure(counted(lines), "agreement_recorded")
    assert (agreement.numerator, agreement.denominator) == (4, 5)


def test_the_agreed_frequency_is_kept_by_a_real_update_and_28_days_are_no_agreement() -> None:
    kept = [report("KP-1", "V-1"), _agreed("KP-1", "V-1", frequency_days=14), call("1", "2026-11-16T10:00:00Z")]
    missed = [report("KP-2", "V-2"), _agreed("KP-2", "V-2", frequency_days=14)]
    custom = [report("KP-3", "V-3"), _agreed("KP-3", "V-3")]  # a channel, and no number of days
    found = figure(counted([*kept, *missed, *custom]), "agreed_frequency_kept")
    assert (found.numerator, found.denominator) == (1, 3), "after the update the next period runs, and is missed"


def test_a_promise_is_kept_by_the_next_contact_that_reaches_the_victim_by_that_day() -> None:
    promise = call("1", "2026-11-03T10:00:00Z", promised_by="2026-11-10")
    now = datetime(2026, 11, 12, tzinfo=UTC)
    on_the_day, too_late = call("2", "2026-11-10T18:00:00Z"), call("2", "2026-11-11T09:00:00Z")
    for later, kept, due in (
        ([on_the_day], 1, 1),
        ([too_late], 0, 1),
        ([_attempt("2", "2026-11-10T18:00:00Z")], 0, 1),
        ([], 0, 1),
    ):
        found = figure(counted([report(), promise, *later], now), "promises_kept", now)
        assert (found.numerator, found.denominator) == (kept, due)
    early = datetime(2026, 11, 10, 12, tzinfo=UTC)
    found = figure(counted([report(), promise], early), "promises_kept", early)
    assert (found.denominator, found.measures["not_yet_due"]) == (0, 1)


def test_regrades_are_counted_in_both_directions() -> None:
    def regrade(id_: str, event_id: str, grade: str) -> bytes:
        data = {"event_id": event_id, "grade": grade, "reason": "listened to the call"}
        return line(id_, "contact.regraded", "2026-11-20T10:00:00Z", **data)

    lines = [
        report(),
        call("1", "2026-11-03T10:00:00Z"),
        call("2", "2026-11-10T10:00:00Z", note=EMPTY),
        call("3", "2026-11-17T10:00:00Z", note=EMPTY),
        regrade("x", "1", "tick_box"),
        regrade("y", "2", "meaningful"),
        regrade("z", "3", "tick_box"),
    ]
    found = figure(counted(lines), "regrades")
    assert (found.numerator, found.measures["raised"], found.measures["lowered"]) == (2, 1, 1)


def test_phones_are_counted_by_hours_and_replacement() -> None:
    def phone(device: str, *later: tuple[str, str]) -> list[bytes]:
        found = [line(f"p-{device}", "policing.phone.seized", "2026-11-10T10:00:00Z", device_ref=device)]
        for type_, at in later:
            data: dict[str, Any] = {"same_number": True} if type_ == "replacement_issued" else {}
            found.append(line(f"{type_}-{device}", f"policing.phone.{type_}", at, device_ref=device, **data))
        return found

    lines = [
        report(),
        *phone("D-1", ("returned", "2026-11-10T20:00:00Z")),
        *phone("D-2", ("replacement_issued", "2026-11-11T09:00:00Z")),
        *phone("D-3", ("returned", "2026-11-11T10:00:00Z")),
        *phone("D-4"),
    ]
    found = figure(counted(lines), "phone_hours")
    assert (found.numerator, found.denominator) == (2, 4), "exactly 24 hours is late"
    assert dict(found.measures) == {
        "median_hours": 23.0,
        "p90_hours": 24.0,
        "replacement_issued": 1,
        "still_without": 1,
    }


def test_files_to_and_fro_count_the_days_each_side_held_them() -> None:
    def file(id_: str, type_: str, day: int) -> bytes:
        return line(id_, f"prosecution.file.{type_}", f"2026-11-{day:02}T10:00:00Z", suspect_ref="S-1", reason="r")

    decided = line(
        "d", "prosecution.decision.made", "2026-11-27T10:00:00Z", suspect_ref="S-1", decision="charge"
    )  # fmt: skip
    lines = [report(), file("1", "submitted", 4), file("2", "returned", 11), file("3", "submitted", 20), decided]
    found = figure(counted(lines), "transfers")
    assert found.n == 1
    assert (found.measures["transfers"], found.measures["median_days_with_cps"]) == (3, 14)
    assert found.measures["median_days_with_police"] == 9


def test_support_withdrawn_goes_by_stage_and_those_who_never_supported_stand_apart() -> None:
    def withdrawn(case: str, victim: str, **data: Any) -> bytes:
        at = "2026-11-20T10:00:00Z"
        return line(f"w-{case}", "victim.support_withdrawn", at, case_id=case, victim_id=victim, **data)

    lines = [
        report("KP-1", "V-1"), call("1", "2026-11-13T10:00:00Z"), withdrawn("KP-1", "V-1"),
        call("later", "2026-11-25T10:00:00Z", note="Rang to say the file is with the CPS, decision by 4 December."),
        report("KP-2", "V-2"), withdrawn("KP-2", "V-2", from_outset=True),
        report("KP-3", "V-3"), line("c", "policing.suspect.charged", "2026-11-10T10:00:00Z", case_id="KP-3",
                                    victim_id="V-3", suspect_ref="S-1"), withdrawn("KP-3", "V-3"),
    ]  # fmt: skip
    whole = figure(counted(lines), "support_withdrawn")
    assert (whole.n, whole.measures["from_outset"]) == (3, 1)
    assert (whole.measures["median_days_since_meaningful_contact"], whole.measures["never_a_meaningful_contact"]) == (
        7,
        1,
    )
    stages = {
        each.value: each.n
        for each in figures(counted(lines), "support_withdrawn")
        if each.by == "stage" and each.offence_group == "all" and each.population == "all victims"
    }
    assert stages == {"no suspect known": 1, "charged": 1}


def test_closings_say_whether_they_were_told_reviewed_and_whether_anybody_was_interviewed() -> None:
    def closed(case: str, victim: str, **data: Any) -> bytes:
        at, type_ = "2026-11-10T10:00:00Z", "policing.decision.no_further_action"
        told = {"reason": "evidential", "suspect_ref": "S-1", **data}
        return line(f"n-{case}", type_, at, case_id=case, victim_id=victim, **told)

    interview = line("i", "policing.suspect.interviewed", "2026-11-05T10:00:00Z", suspect_ref="S-1")
    lines = [
        report(), interview, closed("KP-1", "V-1", panel_reviewed=True),
        call("t", "2026-11-11T10:00:00Z", informed_of=["n-KP-1"], review_explained=True),
        report("KP-2", "V-2"), closed("KP-2", "V-2"),
        report("KP-3", "V-3"), closed("KP-3", "V-3", suspect_ref="S-2"),
    ]  # fmt: skip
    found = counted(lines)
    told = figure(found, "nfa_told_in_time")
    assert (told.numerator, told.denominator) == (1, 3)
    explained = figure(found, "nfa_review_information")
    assert (explained.numerator, explained.denominator) == (1, 1)
    assert figure(found, "nfa_panel_reviewed").numerator == 1
    not_interviewed = figure(found, "nfa_no_suspect_interviewed")
    assert (not_interviewed.numerator, not_interviewed.measures["reason_evidential"]) == (2, 3)
    assert figure(found, "report_to_nfa_days").measures["median_days"] == 8


def test_enhanced_rights_written_down_late_are_of_those_who_have_them_by_themselves() -> None:
    def assessed(case: str, victim: str, at: str) -> bytes:
        return line(f"n-{case}", "policing.needs.assessed", at, case_id=case, victim_id=victim, enhanced_rights=True)

    lines = [
        report("KP-1", "V-1", offence="rape"), assessed("KP-1", "V-1", "2026-11-03T10:00:00Z"),
        report("KP-2", "V-2", offence="rape"), assessed("KP-2", "V-2", "2026-11-04T10:00:00Z"),
        report("KP-3", "V-3", victim_age_band="under_18"),
        report("KP-4", "V-4"),
    ]  # fmt: skip
    found = figure(counted(lines), "enhanced_flagged_late")
    assert (found.numerator, found.denominator) == (2, 3)


def test_services_hearings_reviews_and_surveys_are_counted() -> None:
    lines = [
        report(),
        line("m", "support.referral.made", "2026-11-04T10:00:00Z", service="isva"),
        line("e", "support.service.engaged", "2026-11-12T10:00:00Z", service="isva"),
        line("m2", "support.referral.made", "2026-11-04T10:00:00Z", service="idva"),
        line("c", "policing.suspect.charged", "2026-11-05T10:00:00Z", suspect_ref="S-1"),
        line("h", "court.hearing.held", "2026-11-10T10:00:00Z", hearing_ref="H", outcome="adjourned"),
        line("h2", "court.hearing.held", "2026-11-20T10:00:00Z", hearing_ref="H", outcome="other"),
        line("v", "court.verdict.given", "2026-11-20T11:00:00Z", suspect_ref="S-1", verdict="guilty"),
        line("w", "policing.case.reviewed", "2026-11-07T10:00:00Z", by="weekly_review"),
        line("s", "victim.survey.answered", "2026-11-25T10:00:00Z", overall=4, kept_informed=False),
    ]
    found = counted(lines)
    isva = figure(found, "referral_to_engaged_days", by="service", value="isva")
    assert (isva.numerator, isva.denominator, isva.measures["median_days"]) == (1, 1, 8)
    assert figure(found, "referral_to_engaged_days", by="service", value="idva").numerator == 0
    hearings = figure(found, "hearings")
    assert (hearings.n, hearings.measures["hearings"], hearings.measures["adjournments"]) == (1, 2, 1)
    assert figure(found, "charge_to_outcome_days").measures["median_days"] == 15
    assert figure(found, "reviews_held", by="kind", value="weekly review").n == 1
    answers = figure(found, "survey_answers")
    assert (answers.numerator, answers.denominator, answers.measures["median_overall"]) == (0, 1, 4)
    beside = figure(found, "survey_beside_compliance", by="felt kept informed", value="no")
    assert beside.n == 1


def test_contacts_are_inside_the_hours_that_held_then() -> None:
    hours = [{"days": ["mon", "tue"], "from": "10:00", "to": "14:00"}]
    safe = line(
        "s", "policing.safe_contact.recorded", "2026-11-02T10:00:00Z", sms="allowed", hours=hours,
        not_on=["2026-11-10"],
    )  # fmt: skip
    lines = [
        report(),
        safe,
        call("in", "2026-11-09T13:59:00Z"),
        call("out", "2026-11-09T14:00:00Z", note="Rang back about the phone: it comes back on Thursday at noon."),
        call("day", "2026-11-10T11:00:00Z", note="Said the interview is on Friday, result by Monday evening."),
        call("before", "2026-11-02T09:30:00Z", note="First call after the report: said who the officer is."),
        call("letter", "2026-11-09T22:00:00Z", note=None, channel="letter", outcome="sent"),
    ]
    found = figure(counted(lines), "contacts_inside_hours")
    assert (found.numerator, found.denominator, found.measures["no_hours_recorded"]) == (1, 3, 2)


def test_live_cases_are_load_and_no_solo_is_named() -> None:
    lines: list[bytes] = []
    for number in range(1, 4):
        case, victim = f"KP-{number}", f"V-{number}"
        lines += [report(case, victim, offence="rape"), line(f"o{number}", "policing.officer.assigned",
                  "2026-11-03T10:00:00Z", case_id=case, victim_id=victim, role="SOLO",
                  officer_ref="P-7" if number < 3 else "P-8")]  # fmt: skip
    ended = line("e", "policing.decision.no_further_action", "2026-11-20T10:00:00Z", case_id="KP-2", victim_id="V-2",
                 reason="evidential")  # fmt: skip
    found = figure(counted([*lines, ended]), "live_cases_per_solo")
    assert (found.n, found.measures["most_cases"]) == (2, 1)
    found = figure(counted(lines), "live_cases_per_solo")
    assert (found.n, found.measures["most_cases"]) == (2, 2)
    released = line("x", "policing.officer.released", "2026-11-20T10:00:00Z", case_id="KP-3", victim_id="V-3",
                    role="SOLO", officer_ref="P-8")  # fmt: skip
    assert figure(counted([*lines, released]), "live_cases_per_solo").n == 1
    assert days_of(rows_of(lines[:2]))[1] is None, "a live case is part of its SOLO's load in every period"
    assert days_of(rows_of([*lines[4:6], released]))[1] is not None
    assert b"P-7" not in to_stored(rows_of(lines[:2]))


def test_who_has_not_reported_adds_nothing_but_what_is_owed() -> None:
    stranger = line("s", "support.referral.made", "2026-11-04T10:00:00Z", victim_id="V-9", service="isva")
    found = rows_of([report(), stranger])
    assert len(found.people) == 2
    assert found.referrals == ()
