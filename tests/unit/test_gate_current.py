"""News that is news no more: overtaken, told under another name, moved, requested and answered, or withheld."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.contacts.decision import Verdict
from services.contacts.news import Purpose, is_update, news_purpose
from services.contacts.person import EarlierText
from services.journeys.facts import Fact
from tests.unit.gate_cases import NOON, REPORTED, fact, hearing, judge, report, safe

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BY_TEXT = fact("asked", "policing.contact.agreed.v1", at=NOON - 3 * DAY, channel="sms")
CALL: dict[str, Any] = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


def news(type_: str, **data: Any) -> Fact:
    return fact("news", type_, at=NOON - 20 * HOUR, **data)


def later(type_: str, id_: str = "later", **data: Any) -> Fact:
    return fact(id_, type_, at=NOON - 3 * HOUR, **data)


ARREST = "policing.suspect.arrested.v1"
INTERVIEW = "policing.suspect.interviewed.v1"
LISTED: dict[str, Any] = {"hearing_ref": "H-1", "kind": "trial", "starts_at": "2026-12-08T10:00:00+00:00"}
S1 = {"suspect_ref": "S-1"}


@pytest.mark.parametrize(
    ("told", "then"),
    [
        (news(ARREST, **S1), later(INTERVIEW, **S1)),
        (news(ARREST, **S1), later("policing.suspect.released.v1", outcome="bail", **S1)),
        (news(ARREST, **S1), later("policing.suspect.charged.v1", **S1)),
        (news(ARREST, **S1), later("policing.decision.no_further_action.v1", reason="evidential", **S1)),
        (news(ARREST, **S1), later("policing.decision.no_further_action.v1", reason="evidential")),
        (news(INTERVIEW, **S1), later("policing.suspect.released.v1", outcome="bail", **S1)),
        (news(INTERVIEW, **S1), later("policing.decision.no_further_action.v1", reason="evidential", **S1)),
        (news("court.hearing.listed.v1", **LISTED), later("prosecution.case.stopped.v1", **S1)),
        (news("court.hearing.listed.v1", **LISTED), later("court.verdict.given.v1", verdict="discontinued", **S1)),
        (news("prosecution.file.submitted.v1"), later("policing.suspect.charged.v1", **S1)),
        (news("prosecution.file.submitted.v1"), later("prosecution.case.stopped.v1", **S1)),
        (news("victim.statement.offered.v1"), later("prosecution.case.stopped.v1", **S1)),
        (news("wcu.pretrial_visit.offered.v1"), later("prosecution.case.stopped.v1", **S1)),
        (news("support.referral.made.v1", service="isva"), later("support.service.engaged.v1", service="isva")),
    ],
)
def test_news_that_was_overtaken_is_no_text(told: Fact, then: Fact) -> None:
    released = later("policing.news.released.v1", id_="rel", event_id="news")
    facts = [report(), safe(), BY_TEXT, released, told]
    assert not any(each.why.startswith("something later") for each in judge(*facts).reasons)
    decision = judge(*facts, then, about=told)
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "7")


@pytest.mark.parametrize(
    ("told", "then"),
    [
        (news(ARREST, **S1), later("policing.suspect.released.v1", outcome="bail", suspect_ref="S-2")),
        (news("court.hearing.listed.v1", **LISTED), later("prosecution.decision.made.v1", decision="charge", **S1)),
        (news("victim.statement.offered.v1"), later("court.verdict.given.v1", verdict="guilty", **S1)),
        (news("support.referral.made.v1", service="isva"), later("support.service.engaged.v1", service="idva")),
    ],
)
def test_what_concerns_another_thing_overtakes_nothing(told: Fact, then: Fact) -> None:
    released = later("policing.news.released.v1", id_="rel", event_id="news")
    decision = judge(report(), safe(), BY_TEXT, released, told, then, about=told)
    assert decision.verdict is Verdict.SEND


# Court news has two names -------------------------------------------------------------------------------------------

NOTIFIED = fact("n", "wcu.notified.v1", at=NOON - 90 * timedelta(minutes=1), about="news")


@pytest.mark.parametrize("name", ["n", "wcu.notified.v1", "news", "court.hearing.listed.v1"])
def test_court_news_told_by_either_name_is_told(name: str) -> None:
    call = fact("c", "contact.made.v1", at=NOON - HOUR, informed_of=[name], **CALL)
    decision = judge(report(), safe(), NOTIFIED, call, hearing(), about=hearing())
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "7")


def test_court_news_withheld_by_its_notification_is_withheld() -> None:
    held = fact("wh", "policing.news.withheld.v1", at=NOON - HOUR, victim=None, event_id="n", category="safety")
    decision = judge(report(), safe(), NOTIFIED, held, hearing(), about=hearing())
    assert (decision.verdict, decision.is_withheld) == (Verdict.HOLD, True)
    other = fact("n", "wcu.notified.v1", at=NOON - HOUR, victim="V-2", about="news")
    assert judge(report(), safe(), other, held, hearing(), about=hearing()).verdict is Verdict.SEND


def test_whom_to_tell_may_be_said_of_the_notification() -> None:
    other = fact("r2", REPORTED, at=NOON - 7 * DAY, victim="V-2", offence="stalking")
    listed = fact("news", "court.hearing.listed.v1", victim=None, **LISTED)
    notified = fact("n", "wcu.notified.v1", victim=None, about="news")
    facts = [report(), safe(), other, notified, listed]
    decision = judge(*facts)
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "5")
    assert str(decision.task).startswith("Please decide whether V-1 is to hear about the court hearing")
    assert judge(*facts, fact("rel", "policing.news.released.v1", event_id="n"), about=listed).verdict is Verdict.SEND


# Withheld ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("until", [{}, {"until": "2026-11-17"}, {"until": "2026-12-24"}, {"until": "9999-12-31"}])
@pytest.mark.parametrize("beside", [{}, {"points": []}, {"paused": True}])
def test_a_task_about_withheld_news_sends_nobody_to_tell_it(until: dict[str, Any], beside: dict[str, Any]) -> None:
    told = hearing(NOON - 3 * DAY)
    held = fact("wh", "policing.news.withheld.v1", at=NOON - 2 * DAY, event_id="news", category="safety", **until)
    lapsed = safe(NOON - 5 * DAY, id_="old", valid_until="2026-11-16")
    for facts in ([report(), safe(), held, told], [report(), lapsed, held, told]):
        decision = judge(*facts, **beside)
        assert (decision.verdict, decision.rule) == (Verdict.HOLD, "5")
        assert str(decision.task).startswith("Do not tell V-1 about the court hearing: it is withheld")
    assert "until the end of Thu 24 Dec 2026." in str(judge(report(), safe(), held, told).task) or (
        until.get("until") != "2026-12-24"
    )


def test_withheld_news_that_is_released_goes_while_it_is_news_and_to_a_person_afterwards() -> None:
    held = fact("wh", "policing.news.withheld.v1", at=NOON - HOUR, event_id="news", category="other")
    released = fact("zrel", "policing.news.released.v1", at=NOON - HOUR, event_id="news", category="other")
    assert judge(report(), safe(), held, hearing()).until is None
    assert judge(report(), safe(), held, released, hearing()).verdict is Verdict.SEND
    decision = judge(report(), safe(), held, released, hearing(NOON - 3 * DAY))
    assert (decision.verdict, decision.rule, decision.is_withheld) == (Verdict.SUPPRESS, "7", False)
    assert str(decision.task).startswith("Please ring V-1")


# What was asked for ---------------------------------------------------------------------------------------------------


def test_a_request_for_an_update_is_answered_by_whoever_spoke_with_them_since() -> None:
    request = news("victim.update.requested.v1")
    decision = judge(report(), safe(), request)
    assert (decision.verdict, decision.states_the_event, decision.informs) == (Verdict.SEND, False, False)
    call = fact("c", "contact.made.v1", at=NOON - HOUR, **CALL)
    assert judge(report(), safe(), call, request).rule == "7"
    missed = fact("c", "contact.made.v1", at=NOON - HOUR, **{**CALL, "outcome": "no_answer"})
    assert judge(report(), safe(), missed, request).verdict is Verdict.SEND
    text = fact("c", "contact.made.v1", at=NOON - HOUR, source="/waymark/texts", **{**CALL, "channel": "sms"})
    assert not any("spoken" in each.why for each in judge(report(), safe(), text, request).reasons)


def test_a_text_about_an_event_whose_id_two_sources_use_tells_of_nothing() -> None:
    twin = fact("news", "court.bail.decided.v1", at=NOON - HOUR, source="/cps/cms", **S1)
    decision = judge(report(), safe(), twin, hearing(), about=hearing())
    assert (decision.verdict, decision.states_the_event, decision.informs) == (Verdict.SEND, True, False)
    assert judge(report(), safe(), hearing()).informs


@pytest.mark.parametrize("before", ["court.hearing.listed.v1", "court.hearing.changed.v1"])
def test_a_trial_that_moved_is_told_by_a_person_first(before: str) -> None:
    first = fact("first", before, at=NOON - 9 * DAY, **{**LISTED, "starts_at": "2026-12-01T10:00:00+00:00"})
    moved = hearing()
    decision = judge(report(), safe(), first, moved)
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "5")
    offer = judge(report(), safe(), first, moved, purpose=Purpose.OFFER)
    assert (offer.verdict, offer.informs) == (Verdict.SEND, False)
    assert news_purpose(moved.type, told=False, moved=True) is Purpose.OFFER
    assert news_purpose(moved.type, told=True, moved=True) is Purpose.FOLLOW_UP
    again = fact("first", "court.hearing.listed.v1", at=NOON - 9 * DAY, **LISTED)
    assert judge(report(), safe(), again, moved).verdict is Verdict.SEND, "the same date, listed twice"


# Waivers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waived", "resumed", "sends"),
    [
        ("all", "updates", False),
        ("VC-R8-HEARING", "updates", False),
        ("all", "all", True),
        ("updates", "updates", True),
        ("VC-R8-HEARING", "VC-R8-HEARING", True),
        ("VC-R8-HEARING", "all", True),
        ("updates", "VC-R8-HEARING", True),
    ],
)
def test_a_wish_to_have_updates_again_lifts_no_waiver_of_what_updates_are_not(
    waived: str, resumed: str, sends: bool
) -> None:
    choices = [
        fact("w", "policing.right.waived.v1", at=NOON - 2 * DAY, scope=waived),
        fact("x", "policing.right.resumed.v1", at=NOON - DAY, scope=resumed),
    ]
    decision = judge(report(), safe(), *choices, hearing())
    assert (decision.verdict is Verdict.SEND) is sends
    assert (is_update("VC-R6-ARREST"), is_update("VC-R6-CPS-CHANGE"), is_update("VC-R8-HEARING")) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize("safe_contact", [[safe()], []])
def test_nobody_is_sent_ringing_about_what_they_chose_not_to_hear(safe_contact: list[Fact]) -> None:
    waived = fact("w", "policing.right.waived.v1", at=NOON - DAY, scope="all")
    decision = judge(report(), *safe_contact, waived, hearing())
    assert decision.is_waived
    assert str(decision.task).startswith("V-1 chose not to hear about the court hearing")
    escape = judge(report(), *safe_contact, waived, news("probation.offender.escaped.v1"), purpose=Purpose.OFFER)
    assert not escape.is_waived
    asked = judge(report(), *safe_contact, waived, news("victim.update.requested.v1"))
    assert not asked.is_waived


# Tasks say what is true ---------------------------------------------------------------------------------------------

NFA = news("policing.decision.no_further_action.v1", reason="evidential")


@pytest.mark.parametrize(
    ("contact", "purpose", "words"),
    [
        ({"channel": "email", "outcome": "sent"}, Purpose.FOLLOW_UP, "no person has spoken with them about it"),
        ({"channel": "phone", "outcome": "voicemail_left"}, Purpose.OFFER, "a message may have told them already"),
        ({"channel": "phone", "outcome": "reached"}, Purpose.OFFER, "Please check that V-1 knows about the decision"),
        ({"channel": "voicemail", "outcome": "reached"}, Purpose.FOLLOW_UP, "no person has spoken"),
        ({"channel": "via_adviser", "outcome": "reached"}, Purpose.FOLLOW_UP, "no person has spoken"),
        (
            {"channel": "via_adviser", "outcome": "reached", "passed_on_at": "2026-11-20T10:00:00+00:00"},
            Purpose.FOLLOW_UP,
            "no person has spoken",
        ),
    ],
)
def test_a_task_says_how_they_were_told(contact: dict[str, Any], purpose: Purpose, words: str) -> None:
    made = fact("c", "contact.made.v1", at=NOON - HOUR, direction="outbound", informed_of=["news"], **contact)
    decision = judge(report(), safe(), made, NFA, purpose=purpose)
    assert decision.verdict is Verdict.SUPPRESS
    assert words in str(decision.task)


def test_what_an_adviser_has_passed_on_may_be_followed() -> None:
    passed = {"channel": "via_adviser", "outcome": "reached", "passed_on_at": "2026-11-17T11:30:00+00:00"}
    made = fact("c", "contact.made.v1", at=NOON - HOUR, direction="outbound", informed_of=["news"], **passed)
    assert judge(report(), safe(), made, NFA, purpose=Purpose.FOLLOW_UP).verdict is Verdict.SEND


def test_nobody_is_asked_to_tell_what_was_taken_back() -> None:
    undone = fact("x", "record.retracted.v1", victim=None, event_id="news", reason="wrong case")
    for facts in ([report(), safe(), undone], [report(), undone]):
        decision = judge(*facts, hearing(), about=hearing())
        assert str(decision.task).startswith("Do not tell V-1 about the court hearing: the event was taken back")


# After a restore -----------------------------------------------------------------------------------------------------


def test_what_was_recorded_before_a_restore_ended_is_a_persons_to_tell() -> None:
    decision = judge(report(), safe(), hearing(), texts_from=NOON - 9 * DAY, restored_at=NOON - HOUR)
    assert (decision.verdict, decision.rule, decision.is_history) == (Verdict.SUPPRESS, "7", False)
    assert "restored" in str(decision.task)
    assert judge(report(), safe(), hearing(), restored_at=NOON - 2 * HOUR).verdict is Verdict.SEND
    before_both = judge(report(), safe(), hearing(), texts_from=NOON - HOUR, restored_at=NOON - HOUR)
    assert (before_both.is_history, before_both.task) == (True, None)


def test_a_text_known_by_its_report_alone_counts_for_the_day() -> None:
    reported = fact("text-1", "contact.made.v1", at=NOON - HOUR, source="/waymark/texts", channel="sms",
                    direction="outbound", outcome="delivered")  # fmt: skip
    assert judge(report(), safe(), reported, hearing()).rule == "8"
    known = EarlierText(NOON - DAY, b"other words", "offer_call.v2", text_id="text-1")
    assert judge(report(), safe(), hearing(), texts=[known]).verdict is Verdict.SEND


def test_even_of_an_escape_nobody_is_sent_ringing_at_an_unsafe_hour() -> None:
    escape = judge(report(), safe(sms="never"), news("probation.offender.escaped.v1"), purpose=Purpose.OFFER)
    assert "ring now where it is safe to" in str(escape.task)
