"""What an explanation says of each kind of duty, and of what was done too early, too late, or for somebody else."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.main import build_app
from services.journeys.assess import assess
from services.journeys.explain import Explanation, explain
from services.journeys.explain_view import Received
from services.journeys.histories import read_histories
from services.journeys.rule_set import RuleSet, load_rule_set
from tests.support.events import line

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOLD = "Rang and told that a man was arrested at ten; interview this afternoon, next call at six today."
REPORT = line("r", "policing.crime.reported", "2026-11-02T09:00:00Z", offence="stalking")
ARREST = line("a", "policing.suspect.arrested", "2026-11-10T10:00:00Z", suspect_ref="S-1")


@cache
def _ruleset() -> RuleSet:
    return load_rule_set()


def _explained(rule: str, *lines: bytes, now: datetime = NOW, received: Received | None = None) -> Explanation:
    facts = read_histories((str(number), each) for number, each in enumerate(lines)).cases["KP-1"]
    duty = [each for each in assess(facts, _ruleset(), now).obligations if each.rule == rule][-1]
    found = explain(facts, _ruleset(), now, duty.id, received=received or {})
    assert found is not None
    return found


def _text(rule: str, *lines: bytes, now: datetime = NOW) -> str:
    return "\n".join(_explained(rule, *lines, now=now).lines())


def _contact(event_id: str, at: str, **data: Any) -> bytes:
    said = {"channel": "phone", "direction": "outbound", "outcome": "reached", "note": TOLD, "informed_of": ["a"]}
    return line(event_id, "contact.made", at, **{**said, **data})


def test_the_source_says_where_it_stands_or_that_the_place_could_not_be_read() -> None:
    assert "(SI 2020/1314): Right 6 (https://" in _text("VC-R6-ARREST", REPORT, ARREST)
    asked = line("d", "safeguarding.disclosure.requested", "2026-11-10T10:00:00Z", route="right_to_ask")
    text = _text("NAT-DISCLOSURE", REPORT, asked)
    assert "; its place there is not known: of the guidance only the introduction was readable" in text
    assert "seen in primary law or national guidance." in text
    assert "  Tue 8 Dec 2026: calendar day 28, the last" in text


def test_what_is_not_surely_known_is_to_be_confirmed() -> None:
    charged = line("c", "policing.suspect.charged", "2026-11-10T10:00:00Z", suspect_ref="S-1")
    assert "secondary source: to be confirmed." in _text("VC-R6-CHARGE", REPORT, charged)
    content = _explained("VC-R6-CHARGE", REPORT, charged).content
    assert (content["rule"]["confidence_level"], content["rule"]["to_confirm"]) == ("M", True)


def test_the_edition_is_that_of_the_trigger() -> None:
    text = _text("VC-R6-ARREST", REPORT, ARREST)
    assert "The trigger's London date, Tue 10 Nov 2026, lies in VC2020 (this rule from Thu 1 Apr 2021" in text
    seized = line("p", "policing.phone.seized", "2026-11-10T10:00:00Z", device_ref="D-1")
    assert "KENT applies this rule to every trigger" in _text("KENT-PHONE-24H", REPORT, seized)


@pytest.mark.parametrize(
    ("contact", "why"),
    [
        (_contact("c", "2026-11-12T09:00:00Z", channel="voicemail", outcome="voicemail_left"),
         "was graded attempt: the victim was not reached"),
        (_contact("c", "2026-11-12T09:00:00Z", note="No update. VCOP compliant."),
         "was graded tick-box: the victim was reached"),
        (_contact("c", "2026-11-12T09:00:00Z", informed_of=[]), "nobody recorded what was told in it: it may have met"),
        (_contact("c", "2026-11-12T09:00:00Z", informed_of=["r"]), "it names other events, not this one."),
        (_contact("c", "2026-11-10T09:00:00Z"), "told before the event is told too early."),
        (_contact("c", "2026-11-12T09:00:00Z", informed_of=["policing.suspect.arrested.v1"]), "it met the duty."),
    ],
)  # fmt: skip
def test_each_contact_says_why_it_told_or_did_not(contact: bytes, why: str) -> None:
    assert why in _text("VC-R6-ARREST", REPORT, ARREST, contact)


def test_a_second_record_of_one_conversation_counts_with_the_first() -> None:
    first = _contact("c1", "2026-11-12T09:00:00Z", informed_of=[], duration_seconds=300)
    second = _contact("c2", "2026-11-12T09:04:00Z")
    text = _text("VC-R6-ARREST", REPORT, ARREST, first, second)
    assert "another record of the conversation" in text


def test_what_a_link_added_is_said() -> None:
    linked = line("l", "contact.linked", "2026-11-18T09:00:00Z", event_id="c", informed_of=["a"])
    text = _text("VC-R6-ARREST", REPORT, ARREST, _contact("c", "2026-11-12T09:00:00Z", informed_of=[]), linked)
    assert "it met the duty. What it told was added later by a link." in text


def test_a_contact_taken_back_is_named() -> None:
    back = line("x", "record.retracted", "2026-11-13T09:00:00Z", event_id="c", reason="wrong case")
    text = _text("VC-R6-ARREST", REPORT, ARREST, _contact("c", "2026-11-12T09:00:00Z"), back)
    assert "taken back by x: it is as if it had never been recorded." in text


def test_told_in_time_and_written_down_too_late_is_said() -> None:
    contact = _contact("c", "2026-11-12T09:00:00Z", recorded_at="2026-11-19T09:00:00Z")
    text = _text("VC-R6-ARREST", REPORT, ARREST, contact)
    assert "it met the duty. It was written down only Thu 19 Nov 2026 09:00, after the due moment." in text


def test_a_corrected_trigger_says_what_stood_first_and_that_nobody_could_know() -> None:
    moved = {"time": "2026-11-03T10:00:00+00:00", "data": {"victim_id": "V-1", "suspect_ref": "S-1"}}
    correction = line("x", "record.corrected", "2026-11-18T09:00:00Z", event_id="a", reason="typing", replacement=moved)
    found = _explained("VC-R6-ARREST", REPORT, ARREST, correction)
    text = "\n".join(found.lines())
    assert "Put right by x, written down Wed 18 Nov 2026 09:00, first recorded as Tue 10 Nov 2026 10:00." in text
    assert "late before anybody could know from the record" in text
    assert found.content["trigger"]["late_before_known"] == "record"


def test_what_waymark_read_too_late_is_told_from_what_was_recorded_too_late() -> None:
    found = _explained(
        "VC-R6-ARREST", REPORT, ARREST, received={("/kent/rms", "a"): datetime(2026, 11, 19, 9, tzinfo=UTC)}
    )
    assert found.content["trigger"]["late_before_known"] == "waymark"
    assert "read by Waymark Thu 19 Nov 2026 09:00." in found.content["trigger"]["known"]
    assert "late before Waymark could know" in found.content["trigger"]["known"]


def test_a_gain_that_comes_too_late_is_named() -> None:
    gain = line("n", "policing.needs.assessed", "2026-11-18T15:00:00Z", enhanced_rights=True)
    text = _text("VC-R6-ARREST", REPORT, ARREST, gain)
    assert "They came Wed 18 Nov 2026 15:00, when it was past due: it stays as it was." in text


def test_a_waiver_is_named_with_its_scope_and_what_it_did() -> None:
    waived = line("w", "policing.right.waived", "2026-11-11T09:00:00Z", scope="updates", said_at="2026-11-10T18:00:00Z")
    text = _text("VC-R6-ARREST", REPORT, ARREST, waived, _contact("c", "2026-11-12T09:00:00Z"))
    assert "The victim waived it (scope updates, said Tue 10 Nov 2026 18:00): it is owed to nobody for good" in text
    assert "it would have met the duty, which the victim had waived." in text
    late = line("w", "policing.right.waived", "2026-11-18T09:00:00Z", scope="all")
    assert "when it was past due: it stays as it is." in _text("VC-R6-ARREST", REPORT, ARREST, late)


def test_what_is_never_waived_says_so() -> None:
    waived = line("w", "policing.right.waived", "2026-11-11T09:00:00Z", scope="all")
    verdict = line("v", "court.verdict.given", "2026-11-12T11:00:00Z", suspect_ref="S-1", verdict="guilty")
    assert "this duty is never waived." in _text("VC-R9-COURT-TO-WCU", REPORT, waived, verdict)


def test_another_suspect_another_event_and_another_kind_are_told_apart() -> None:
    lines = (
        REPORT,
        line("n", "prosecution.decision.made", "2026-11-10T10:00:00Z", suspect_ref="S-1", decision="no_charge"),
        line("l1", "prosecution.letter.sent", "2026-11-11T10:00:00Z", about="r"),
        line("l2", "prosecution.letter.sent", "2026-11-11T11:00:00Z", about="n", suspect_ref="S-2"),
        line("l3", "prosecution.letter.sent", "2026-11-09T11:00:00Z", about="n"),
    )
    text = _text("VC-R6-CPS-NO-CHARGE", *lines)
    assert "prosecution.letter.sent l1 of Wed 11 Nov 2026 10:00: about another event." in text
    assert "l2 of Wed 11 Nov 2026 11:00: about another suspect." in text
    assert "l3 of Mon 9 Nov 2026 11:00: before the trigger: it does not count." in text
    needs = line("n", "policing.needs.assessed", "2026-11-03T15:00:00Z", enhanced_rights=True)
    referral = line("s", "support.referral.made", "2026-11-04T15:00:00Z", service="victim_support")
    text = _text("VC-R4-SPECIALIST", REPORT, needs, referral)
    assert "not of the kind that meets it (service: victim support, and idva or isac or" in text
    other = line("s", "support.referral.made", "2026-11-04T15:00:00Z", service="other")
    assert "a service called other is a specialist one only where" in _text("VC-R4-SPECIALIST", REPORT, needs, other)


def test_a_gate_says_what_was_missing_and_that_it_is_closed() -> None:
    lines = (
        REPORT,
        line("i", "policing.phone.extraction_notified", "2026-11-09T10:00:00Z", device_ref="D-1"),
        line("g", "policing.phone.extraction_agreed", "2026-11-11T10:00:00Z", device_ref="D-1"),
        line("e", "policing.phone.extracted", "2026-11-10T10:00:00Z", device_ref="D-1"),
    )
    text = _text("NAT-EXTRACTION-NOTICE", *lines)
    assert "i of Mon 9 Nov 2026 10:00: given before, as it had to be." in text
    assert "g of Wed 11 Nov 2026 10:00: not before the trigger: too late for good." in text
    assert "No policing.phone.extraction_agreed before it." in text
    assert "It was not all done before, and cannot be any more." in text


def test_a_swap_on_the_day_of_the_seizure_counts_as_given_then() -> None:
    seized = line("p", "policing.phone.seized", "2026-11-10T10:00:00Z", device_ref="D-1")
    other = line("o", "policing.phone.replacement_issued", "2026-11-10T11:00:00Z", device_ref="D-1", same_number=False)
    swap = line("s", "policing.phone.replacement_issued", "2026-11-10T21:00:00Z", device_ref="D-1", same_number=True)
    elsewhere = line("e", "policing.phone.returned", "2026-11-10T12:00:00Z", device_ref="D-2")
    text = _text("KENT-PHONE-24H", REPORT, seized, other, elsewhere, swap)
    assert "e of Tue 10 Nov 2026 12:00: about another device." in text
    assert "(same number: no, and yes is needed)" in text
    assert "on the day of the seizure, it counts as given at the seizure." in text
    assert "24 elapsed hours, until Wed 11 Nov 2026 10:00" in text


def test_hours_over_a_clock_change_say_so() -> None:
    report = line("r", "policing.crime.reported", "2026-10-02T09:00:00Z", offence="stalking")
    seized = line("p", "policing.phone.seized", "2026-10-24T19:00:00Z", device_ref="D-1")
    text = _text("KENT-PHONE-24H", report, seized)
    assert "24 elapsed hours, until Sun 25 Oct 2026 19:00; the clocks went back in between" in text


def test_what_is_still_kept_when_a_case_ends_is_listed() -> None:
    lines = (
        REPORT,
        line("p", "policing.phone.seized", "2026-11-03T10:00:00Z", device_ref="D-1"),
        line("t", "policing.property.taken", "2026-11-03T10:00:00Z", item_ref="I-1"),
        line("n", "policing.decision.no_further_action", "2026-11-10T10:00:00Z", reason="evidential"),
        line("b", "policing.phone.returned", "2026-11-12T10:00:00Z", device_ref="D-1"),
    )
    text = _text("VC-R10-PROPERTY", *lines)
    assert "kept then: phone D-1 (taken by p), item I-1 (taken by t)." in text
    assert "it brought back phone D-1; still kept: item I-1." in text
    assert "Still kept: item I-1, taken by t." in text


def test_before_sentence_there_is_no_date_and_then_that_instant() -> None:
    account = line("s", "policing.account.taken", "2026-11-03T10:00:00Z", kind="abe")
    assert "no due date until a sentence is passed" in _text("VC-R7-STATEMENT", REPORT, account)
    passed = line("z", "court.sentence.passed", "2026-11-10T15:00:00Z", suspect_ref="S-1", scheme_eligible=False)
    text = _text("VC-R7-STATEMENT", REPORT, account, passed)
    assert "the first sentence after it was passed: court.sentence.passed z" in text
    assert "Due at Tue 10 Nov 2026 15:00." in text


def test_the_earlier_of_two_limits_is_named() -> None:
    report = line("r", "policing.crime.reported", "2026-11-02T09:00:00Z", offence="assault", domestic=True,
                  offence_on="2025-01-10")  # fmt: skip
    account = line("s", "policing.account.taken", "2026-11-03T10:00:00Z", kind="initial")
    text = _text("NAT-DA-ASSAULT", report, account)
    assert "  Sun 10 Jan 2027: 2 years from the offence of Fri 10 Jan 2025: the earlier counts" in text
    assert "  Mon 3 May 2027: 6 months from the account of Tue 3 Nov 2026" in text


def test_a_period_says_what_was_agreed_and_when_it_changed() -> None:
    lines = (
        REPORT,
        line("g1", "policing.contact.agreed", "2026-11-04T09:00:00Z", channel="phone", frequency_days=40),
        line("g2", "policing.contact.agreed", "2026-11-06T09:00:00Z", channel="phone", frequency_days=7),
        line(
            "g3", "policing.contact.agreed", "2026-11-07T09:00:00Z", channel="phone", only_when_something_happens=True
        ),
        line("g4", "policing.contact.agreed", "2026-11-08T09:00:00Z", channel="phone", frequency_days=5),
        line("g5", "policing.contact.agreed", "2026-11-16T09:00:00Z", channel="phone", frequency_days=14),
    )
    text = _text("KENT-UPDATE", *lines)
    assert "the period opened; 28 days, nothing being agreed: due Mon 30 Nov 2026" in text
    assert "40 days counted from the period's start fall later: due Sat 12 Dec 2026" in text
    assert "7 days counted from the agreement: due Fri 13 Nov 2026" in text
    assert "news only when something happens: the date is taken away" in text
    assert "5 days, counted from the agreement: due Fri 13 Nov 2026" in text
    assert "g5, Mon 16 Nov 2026 09:00, came after it and changes later periods only" in text
    assert "Due by the end of Fri 13 Nov 2026." in text


def test_a_period_past_due_when_the_case_ends_stays() -> None:
    agreed = line("g", "policing.contact.agreed", "2026-11-02T09:00:00Z", channel="phone", frequency_days=3)
    ended = line("n", "policing.decision.no_further_action", "2026-11-10T10:00:00Z", reason="evidential")
    text = _text("KENT-UPDATE", REPORT, agreed, ended)
    assert "The end of the case ends this duty where it is not past due; this one was, so it stays." in text
    told = "The case ended for the victim: this runs on."
    assert told in _text("VC-R6-ARREST", REPORT, ARREST, line("n", "policing.decision.no_further_action",
                         "2026-11-11T10:00:00Z", suspect_ref="S-1", reason="evidential"))  # fmt: skip


def test_court_news_names_the_court_event_and_the_notifications_that_do_not_count() -> None:
    lines = (
        REPORT,
        line("v", "court.verdict.given", "2026-11-16T11:00:00Z", suspect_ref="S-1", verdict="guilty"),
        line("w0", "wcu.notified", "2026-11-16T10:00:00Z", about="v"),
        line("w1", "wcu.notified", "2026-11-17T09:00:00Z", about="v"),
        line("w2", "wcu.notified", "2026-11-18T09:00:00Z", about="v"),
    )
    text = _text("VC-R9-OUTCOME", *lines)
    assert "It brought the Witness Care Unit court.verdict.given v, Mon 16 Nov 2026 11:00" in text
    assert (
        "w0 of Mon 16 Nov 2026 10:00: a notification of court.verdict.given v, Mon 16 Nov 2026 11:00; dated before"
        in text
    )
    assert "the unit had been notified before: only the first counts." in text


def test_a_good_reason_is_shown_and_turns_nothing_into_on_time() -> None:
    given = line("g", "record.good_reason", "2026-11-18T09:00:00Z", event_id="a", rule="VC-R6-ARREST",
                 category="unreachable", words="No answer on three days.", decided_at="2026-11-18T08:00:00Z",
                 recorded_by={"role": "SOLO", "officer_ref": "P-1"})  # fmt: skip
    found = _explained("VC-R6-ARREST", REPORT, ARREST, given)
    text = "\n".join(found.lines())
    assert (
        "Good reason recorded (unreachable), decided Wed 18 Nov 2026 08:00, not reviewed by another person yet" in text
    )
    assert "It is past due and not met." in text
    assert found.content["good_reasons"]["may_carry"]


def test_three_attempts_on_two_days_suggest_a_good_reason() -> None:
    tries = [
        _contact(f"c{n}", at, outcome="no_answer", note="No reply.", informed_of=[])
        for n, at in enumerate(["2026-11-11T09:00:00Z", "2026-11-11T15:00:00Z", "2026-11-12T09:00:00Z"])
    ]
    text = _text("VC-R6-ARREST", REPORT, ARREST, *tries)
    assert "The record suggests a good reason (unreachable): 3 attempts on 2 days" in text


def test_the_command_explains_from_a_file(tmp_path: Any) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join([REPORT, ARREST]))
    facts = read_histories(enumerate_lines([REPORT, ARREST])).cases["KP-1"]
    duty = next(each for each in assess(facts, _ruleset(), NOW).obligations if each.rule == "VC-R6-ARREST")
    words = ["explain", duty.id, "--file", str(file)]
    done = CliRunner().invoke(build_app(), [*words, "--as-of", NOW.isoformat()])
    assert done.exit_code == 0, done.output
    assert "Due by the end of Tue 17 Nov 2026." in done.output
    assert CliRunner().invoke(build_app(), words).exit_code == 2
    unknown = CliRunner().invoke(build_app(), ["explain", "0" * 32, "--file", str(file), "--as-of", NOW.isoformat()])
    assert unknown.exit_code == 1
    assert "No obligation of this id stands." in unknown.output


def enumerate_lines(lines: list[bytes]) -> list[tuple[str, bytes]]:
    """Lines with the names of their places."""
    return [(str(number), each) for number, each in enumerate(lines)]
