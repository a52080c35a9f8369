"""Small histories on which a second implementation of the rules, written from the documents alone, disagreed.

Each was worked out again from the sentence it names; what is asserted is that sentence's answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.journeys.assess import assess
from services.journeys.assessment import Assessment, Flag, Obligation
from services.journeys.histories import read_histories
from services.journeys.rule_set import load_rule_set
from tests.support.grades import stated_grades

_RULES = load_rule_set()
_REACHED = {"channel": "phone", "direction": "outbound", "outcome": "reached", "x_grade": "meaningful"}
_V1 = {"victim_id": "V-1"}
Line = tuple[str, str, str, Mapping[str, Any]]


def _assessed(as_of: str, *lines: Line) -> Assessment:
    written = [
        (
            id_,
            json.dumps({
                "specversion": "1.0", "id": id_, "source": "/kent/rms", "type": f"{type_}.v1", "subject": "KP-1",
                "time": time, "data": data,
            }).encode(),
        )
        for id_, type_, time, data in lines
    ]  # fmt: skip
    histories = read_histories(written)
    assert not histories.refusals
    facts = histories.cases["KP-1"]
    return assess(facts, _RULES, datetime.fromisoformat(as_of), grader=stated_grades(facts))


def _of(found: Assessment, rule: str, victim_id: str = "V-1") -> list[Obligation]:
    return [duty for duty in found.obligations if (duty.rule, duty.victim_id) == (rule, victim_id)]


def _flags(found: Assessment, kind: str) -> list[Flag]:
    return [flag for flag in found.flags if flag.kind == kind]


def _report(time: str, offence: str = "stalking", victim_id: str = "V-1") -> Line:
    return f"report-{victim_id}", "policing.crime.reported", time, {"offence": offence, "victim_id": victim_id}


def test_lapsed_bail_is_to_be_confirmed_and_varied_bail_is_not() -> None:
    """Section 2, VC-R6-BAIL-CHANGE: H, lapsed M."""
    found = _assessed(
        "2026-11-11T12:00:00+00:00",
        _report("2026-11-02T09:00:00+00:00"),
        ("lapsed", "policing.suspect.bail_changed", "2026-11-10T10:00:00+00:00",
         {"suspect_ref": "S-1", "change": "lapsed"}),
        ("varied", "policing.suspect.bail_changed", "2026-11-10T11:00:00+00:00",
         {"suspect_ref": "S-1", "change": "varied"}),
    )  # fmt: skip
    sure = {duty.trigger_event_id: duty.confidence for duty in _of(found, "VC-R6-BAIL-CHANGE")}
    assert sure == {"lapsed": "M", "varied": "H"}


def test_a_notification_that_names_a_later_victim_owes_them_the_news() -> None:
    """events.md: a victim who reports later is not owed what happened before, unless an event names them."""
    found = _assessed(
        "2026-11-11T12:00:00+00:00",
        _report("2026-11-02T09:00:00+00:00"),
        ("hearing", "court.hearing.listed", "2026-11-03T10:00:00+00:00",
         {"hearing_ref": "H-1", "starts_at": "2027-01-12T10:00:00+00:00", "kind": "trial"}),
        _report("2026-11-05T09:00:00+00:00", victim_id="V-2"),
        ("told-unit", "wcu.notified", "2026-11-06T10:00:00+00:00", {"about": "hearing", "victim_id": "V-2"}),
        ("call", "contact.made", "2026-11-06T11:00:00+00:00",
         _REACHED | {"victim_id": "V-2", "informed_of": ["hearing"]}),
    )  # fmt: skip
    assert [(duty.trigger_event_id, duty.satisfied_by) for duty in _of(found, "VC-R8-HEARING", "V-2")] == [
        ("told-unit", "call")
    ]
    assert not _of(found, "VC-R8-HEARING")
    assert not _of(found, "VC-R8-COURT-TO-WCU", "V-2")


def test_a_notification_that_names_nobody_brings_no_news_of_another_victim() -> None:
    """What concerns one victim alone must not reach another (docs/questions.md)."""
    found = _assessed(
        "2026-11-11T12:00:00+00:00",
        _report("2026-11-02T09:00:00+00:00"),
        _report("2026-11-02T09:30:00+00:00", victim_id="V-2"),
        ("bail", "court.bail.decided", "2026-11-03T10:00:00+00:00", {"suspect_ref": "S-1", "victim_id": "V-2"}),
        ("told-unit", "wcu.notified", "2026-11-04T10:00:00+00:00", {"about": "bail"}),
    )
    assert not _of(found, "VC-R8-BAIL")
    assert len(_of(found, "VC-R8-BAIL", "V-2")) == 1


def test_a_link_to_the_notification_counts_from_the_court_event() -> None:
    """Section 2: told counts from the court event itself, by a contact that names it or the notification."""
    found = _assessed(
        "2026-11-20T12:00:00+00:00",
        _report("2026-11-02T09:00:00+00:00"),
        ("verdict", "court.verdict.given", "2026-11-16T11:00:00+00:00",
         {"suspect_ref": "S-1", "verdict": "guilty", **_V1}),
        ("in-court", "contact.made", "2026-11-16T11:05:00+00:00", _REACHED | _V1),
        ("told-unit", "wcu.notified", "2026-11-17T15:00:00+00:00", {"about": "verdict", **_V1}),
        ("link", "contact.linked", "2026-11-19T10:00:00+00:00",
         {"event_id": "in-court", "informed_of": ["told-unit"]}),
    )  # fmt: skip
    (duty,) = _of(found, "VC-R9-OUTCOME")
    assert (duty.state, duty.satisfied_by) == ("satisfied", "in-court")


def test_a_period_past_due_at_the_instant_of_the_end_has_its_flag() -> None:
    """surfaces.md: no_meaningful_update exists exactly when its obligation is or was late."""
    found = _assessed(
        "2026-12-10T12:00:00+00:00",
        _report("2026-11-02T09:00:00+00:00"),
        ("end", "policing.decision.no_further_action", "2026-12-01T00:00:00+00:00", {"reason": "evidential"}),
    )
    (period,) = _of(found, "KENT-UPDATE")
    (flag,) = _flags(found, "no_meaningful_update")
    assert (period.state, flag.since, flag.until) == ("breached", period.due_at, period.due_at)


def test_a_phone_back_after_exactly_a_day_has_its_flag() -> None:
    """Section 3: exactly 24 hours is late, and phone_over_24h exists exactly when its obligation was."""
    found = _assessed(
        "2026-11-10T12:00:00+00:00",
        _report("2026-11-02T09:00:00+00:00"),
        ("seized", "policing.phone.seized", "2026-11-03T10:00:00+00:00", {"device_ref": "D-1", **_V1}),
        ("back", "policing.phone.returned", "2026-11-04T10:00:00+00:00", {"device_ref": "D-1", **_V1}),
    )
    (duty,) = _of(found, "KENT-PHONE-24H")
    (flag,) = _flags(found, "phone_over_24h")
    assert (duty.state, flag.since, flag.until) == ("satisfied_late", duty.due_at, duty.due_at)


def test_a_resumption_counts_although_the_rule_was_waived_again_at_that_instant() -> None:
    """Section 4.9: at one instant resumption wins, and resuming KENT-UPDATE in an open case opens a new period."""
    found = _assessed(
        "2026-11-11T12:00:00+00:00",
        _report("2026-11-02T09:00:00+00:00"),
        ("waived", "policing.right.waived", "2026-11-03T10:00:00+00:00", {"scope": "updates", **_V1}),
        ("again", "policing.right.waived", "2026-11-10T10:00:00+00:00", {"scope": "all", **_V1}),
        ("resumed", "policing.right.resumed", "2026-11-10T10:00:00+00:00", {"scope": "updates", **_V1}),
    )
    states = {duty.trigger_event_id: duty.state for duty in _of(found, "KENT-UPDATE")}
    assert states == {"report-V-1": "waived", "resumed": "pending"}


def test_an_assessment_before_the_automatic_report_counts_only_if_it_says_enhanced() -> None:
    """surfaces.md, enhanced_flagged_late: what said no before that report neither counts nor undoes what said yes."""
    yes = {"enhanced_rights": True, **_V1}
    no = {"enhanced_rights": False, **_V1}
    report = _report("2026-11-12T09:00:00+00:00", "rape")
    earlier_no: Line = ("no", "policing.needs.assessed", "2026-11-04T10:00:00+00:00", no)
    earlier_yes: Line = ("yes", "policing.needs.assessed", "2026-11-03T10:00:00+00:00", yes)
    assert not _flags(_assessed("2026-11-20T12:00:00+00:00", earlier_yes, earlier_no, report), "enhanced_flagged_late")
    (flag,) = _flags(_assessed("2026-11-20T12:00:00+00:00", earlier_no, report), "enhanced_flagged_late")
    assert flag.since == datetime.fromisoformat("2026-11-14T00:00:00+00:00")


def test_a_malformed_replacement_is_said_in_sentences_and_what_stood_stays() -> None:
    """events.md: "shown as a problem on the case when the event is known, and what stood stays"."""
    wrong: Line = (
        "fix", "record.corrected", "2026-11-11T09:00:00+00:00",
        {"event_id": "arrest", "reason": "typo",
         "replacement": {"time": "2026-11-10T09:00:00+00:00", "data": {"suspect_ref": 5}}},
    )  # fmt: skip
    report = _report("2026-11-02T09:00:00+00:00")
    assert _assessed("2026-11-12T12:00:00+00:00", report, wrong).notes == ()
    arrest: Line = ("arrest", "policing.suspect.arrested", "2026-11-10T10:00:00+00:00", {"suspect_ref": "S-1"})
    found = _assessed("2026-11-12T12:00:00+00:00", report, wrong, arrest)
    assert found.notes == (
        "Correction fix of arrest cannot be applied: replacement.data.suspect_ref must be text. What stood stays.",
    )
    (duty,) = _of(found, "VC-R6-ARREST")
    assert (duty.suspect_ref, duty.triggered_at.hour) == ("S-1", 10)


def test_what_never_ends_is_never_about_to_and_changes_nothing_by_itself() -> None:
    """events.md: "after 2199 is never"; surfaces.md: ``next_change_at`` is "null if never"."""
    quiet: list[Line] = [
        _report("2026-11-02T09:00:00+00:00"),
        ("agreed", "policing.contact.agreed", "2026-11-02T09:00:00+00:00",
         {**_V1, "channel": "phone", "only_when_something_happens": True}),
        ("referred", "support.referral.made", "2026-11-02T09:00:00+00:00", {**_V1, "service": "other"}),
        ("told", "contact.made", "2026-11-03T10:00:00+00:00",
         {**_V1, **_REACHED, "informed_of": ["bail"], "passed_on_at": "2200-01-01T00:00:00Z"}),
        ("called", "contact.made", "2026-11-03T12:00:00+00:00", {**_V1, **_REACHED, "informed_of": ["bail"]}),
    ]  # fmt: skip
    for ends_on in ("2200-01-01", "9999-12-31"):
        bail: Line = (
            "bail", "policing.suspect.released", "2026-11-03T09:00:00+00:00",
            {**_V1, "suspect_ref": "S-1", "outcome": "bail", "ends_on": ends_on},
        )  # fmt: skip
        found = _assessed("2026-11-20T12:00:00+00:00", *quiet, bail)
        assert found.next_change_at is None
        assert ("bail_end", date.max) in {(each.what, each.expected_by) for each in found.awaited}
        late = _assessed("9999-12-30T12:00:00+00:00", *quiet, bail)
        assert not _flags(late, "protection_ending")
