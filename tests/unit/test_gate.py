"""The send gate, rule by rule: a text that may go, and every single thing that stops it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.contacts.decision import Verdict
from services.contacts.news import Purpose
from services.contacts.person import EarlierText
from services.contacts.safe_contact import PHONE_REPLACED, PHONE_RETURNED, PHONE_SEIZED
from services.journeys.facts import Fact
from tests.unit.gate_cases import NOON, REPORTED, fact, hearing, judge, point, report, safe

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_news_goes_when_nothing_stands_against_it() -> None:
    decision = judge(report(), safe(), hearing())
    assert decision.verdict is Verdict.SEND
    assert (decision.reasons, decision.rule, decision.task) == ((), None, None)
    assert (decision.to_ref, decision.discreet, decision.states_the_event) == ("P-1", False, True)
    assert decision.valid_until == NOON + timedelta(hours=8)


CONTACT: dict[str, Any] = {"channel": "phone", "direction": "outbound"}
TOLD: dict[str, Any] = {**CONTACT, "outcome": "reached", "informed_of": ["news"]}


@pytest.mark.parametrize(
    ("rule", "why", "facts", "options"),
    [
        ("1", "no number is stored", [], {"points": []}),
        ("1", "no person has confirmed", [], {"points": [point(confirmed_at=None)]}),
        ("1", "no person has confirmed", [], {"points": [point(confirmed_at=NOON + HOUR)]}),
        ("1", "was changed", [], {"points": [point(quarantine="changed")]}),
        ("1", "for two people", [], {"points": [point(quarantine="shared")]}),
        ("1", "cannot receive texts", [], {"points": [point(can_text=False)]}),
        ("6", "texted back to stop", [], {"points": [point(stopped=True)]}),
        ("2", "never safe", [safe(NOON - HOUR, id_="later", sms="never")], {}),
        ("2", "has run out", [safe(NOON - HOUR, id_="later", valid_until="2026-11-16")], {}),
        ("2", "no longer support", [fact("w", "victim.support_withdrawn.v1", at=NOON - DAY)], {}),
        ("2", "reported a crime", [fact("r2", REPORTED, at=NOON - DAY, case="KP-2", offence="other")], {}),
        (
            "2",
            "no cover",
            [safe(NOON - HOUR, id_="later", sms="discreet")],
            {"points": [point(has_cover=False)]},
        ),
        (
            "2",
            "no cover",
            [safe(NOON - HOUR, id_="later", sms="discreet")],
            {"points": [point(has_sender_name=False)]},
        ),
        (
            "3",
            "phone in police hands",
            [fact("seized", PHONE_SEIZED, device_ref="D", contact_point_ref="P-1")],
            {},
        ),
        ("3", "not recorded which number", [fact("seized", PHONE_SEIZED, device_ref="D")], {}),
        ("4", "cannot be understood", [safe(NOON - HOUR, id_="later", hours=[{"days": ["moonday"]}])], {}),
        (
            "4",
            "no safe hour",
            [safe(NOON - HOUR, id_="later", hours=[{"from": "21:00", "to": "23:00"}])],
            {},
        ),
        ("5", "do not read English", [fact("n", "policing.needs.assessed.v1", language="Polish")], {}),
        ("5", "adjustments", [fact("n", "policing.needs.assessed.v1", adjustments=["easy read"])], {}),
        ("6", "told the officer to stop", [safe(NOON - HOUR, id_="later", told_to_stop=True)], {}),
        ("6", "not to have updates", [fact("w", "policing.right.waived.v1", scope="updates")], {}),
        ("6", "not to have updates", [fact("w", "policing.right.waived.v1", scope="all", case="KP-9")], {}),
        ("6", "not to have updates", [fact("w", "policing.right.waived.v1", scope="VC-R8-HEARING")], {}),
        ("7", "been told already", [fact("c", "contact.made.v1", at=NOON - HOUR, **TOLD)], {}),
        ("7", "taken back", [fact("x", "record.retracted.v1", victim=None, event_id="news", reason="wrong")], {}),
        (
            "7",
            "out of date",
            [
                fact(
                    "later",
                    "court.hearing.changed.v1",
                    at=NOON - HOUR,
                    hearing_ref="H-1",
                    starts_at="2026-12-09T10:00:00+00:00",
                    kind="trial",
                )
            ],
            {},
        ),
        ("7", "before texts were switched on", [], {"texts_from": NOON - HOUR}),
    ],
)
def test_each_reason_stops_a_text(rule: str, why: str, facts: list[Fact], options: dict[str, Any]) -> None:
    news = hearing()
    decision = judge(report(), safe(), *facts, news, about=news, **options)
    assert decision.verdict is Verdict.SUPPRESS
    assert decision.rule == rule
    assert any(why in each.why and each.rule == rule for each in decision.reasons)
    if decision.is_history:
        assert decision.task is None
    else:
        assert why in str(decision.task) or decision.is_waived or why == "been told already"


def test_no_text_without_recorded_safe_contact() -> None:
    decision = judge(report(), hearing())
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "2")
    assert "find out from V-1 how it is safe" in str(decision.task)


def test_every_reason_is_recorded_not_only_the_first() -> None:
    decision = judge(report(), hearing(NOON - 3 * DAY), points=[], paused=True)
    assert {each.rule for each in decision.reasons} >= {"1", "2", "7", "switch"}
    assert decision.rule == "1"


def test_a_task_names_the_hours_and_the_news() -> None:
    hours = [{"days": ["tue"], "from": "10:00", "to": "14:00"}]
    news = fact("news", "policing.suspect.bail_changed.v1", suspect_ref="S", change="varied")
    decision = judge(report(), safe(hours=hours), news, points=[], purpose=Purpose.OFFER)
    assert decision.task == (
        "Please ring V-1 on Tue 17 Nov between 10:00 and 14:00 about the bail change. "
        "No text: no number is stored for them."
    )


# Custody of the handset -----------------------------------------------------------------------------------------------

SEIZED = fact("seized", PHONE_SEIZED, at=NOON - DAY, device_ref="D", contact_point_ref="P-1")


@pytest.mark.parametrize(
    ("later", "held"),
    [
        (fact("b", PHONE_RETURNED, at=NOON - HOUR, device_ref="D"), False),
        (fact("b", PHONE_RETURNED, at=NOON, device_ref="D"), False),
        (fact("b", PHONE_RETURNED, at=NOON + timedelta(seconds=1), device_ref="D"), True),
        (fact("b", PHONE_RETURNED, at=NOON - 2 * DAY, device_ref="D"), True),
        (fact("b", PHONE_RETURNED, at=NOON - HOUR, device_ref="other"), True),
        (fact("b", PHONE_RETURNED, at=NOON - HOUR, device_ref="D", case="KP-2"), True),
        (fact("b", PHONE_REPLACED, at=NOON - HOUR, device_ref="D", same_number=True), False),
        (fact("b", PHONE_REPLACED, at=NOON - HOUR, device_ref="D", same_number=False), True),
        (fact("b", "property.returned.v1", at=NOON - HOUR), False),
        (fact("b", "property.returned.v1", at=NOON - HOUR, item_ref="coat"), True),
    ],
)
def test_custody_ends_with_the_return_or_the_same_number(later: Fact, held: bool) -> None:
    news = hearing()
    decision = judge(report(), safe(), SEIZED, later, news)
    assert (decision.rule == "3") is held
    assert (decision.verdict is Verdict.SEND) is not held


def test_another_agreed_number_is_used_while_the_phone_is_held() -> None:
    decision = judge(report(), safe(), SEIZED, hearing(), points=[point("P-1"), point("P-2")])
    assert (decision.verdict, decision.to_ref) == (Verdict.SEND, "P-2")


def test_custody_in_another_case_counts() -> None:
    held = fact("seized", PHONE_SEIZED, at=NOON - DAY, case="KP-2", device_ref="D", contact_point_ref="P-1")
    assert judge(report(), safe(), held, hearing()).rule == "3"


def test_a_suspects_phone_is_nobodys_number() -> None:
    taken = fact("seized", PHONE_SEIZED, at=NOON - DAY, suspect_ref="S-1", device_ref="D")
    assert judge(report(), safe(), taken, hearing()).verdict is Verdict.SEND


# Over all cases the strictest --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "verdict", "rule"),
    [
        ({"sms": "allowed"}, Verdict.SEND, None),
        ({"sms": "never"}, Verdict.SUPPRESS, "2"),
        ({"sms": "allowed", "told_to_stop": True}, Verdict.SUPPRESS, "6"),
        ({"sms": "allowed", "not_on": ["2026-11-17"]}, Verdict.HOLD, "4"),
        ({"sms": "allowed", "hours": [{"from": "13:00", "to": "15:00"}]}, Verdict.HOLD, "4"),
        ({"sms": "never", "valid_until": "2026-11-12"}, Verdict.SUPPRESS, "2"),
        ({"sms": "allowed", "valid_until": "2026-11-16"}, Verdict.SUPPRESS, "2"),
    ],
)
def test_over_two_cases_the_strictest_safe_contact_holds(
    other: dict[str, Any], verdict: Verdict, rule: str | None
) -> None:
    decision = judge(report(), safe(NOON - 6 * DAY - HOUR, id_="b", case="KP-2", **other), safe(), hearing())
    assert (decision.verdict, decision.rule) == (verdict, rule)


def test_discreet_in_one_case_is_discreet_in_all() -> None:
    decision = judge(report(), safe(NOON - 2 * DAY, id_="b", case="KP-2", sms="discreet"), safe(), hearing())
    assert (decision.verdict, decision.discreet, decision.states_the_event) == (Verdict.SEND, True, False)


def test_what_ran_out_gives_way_to_a_record_made_after_it() -> None:
    old = safe(NOON - 30 * DAY, id_="b", case="KP-2", valid_until="2026-11-01", hours=[{"from": "9:00", "to": "9:30"}])
    assert judge(report(), old, safe(), hearing()).verdict is Verdict.SEND


def test_texts_are_suspended_until_safe_contact_is_recorded_again() -> None:
    withdrawn = fact("w", "victim.support_withdrawn.v1", at=NOON - DAY)
    news = hearing()
    assert judge(report(), safe(), withdrawn, news).rule == "2"
    resumed = fact("s", "victim.support_resumed.v1", at=NOON - 5 * HOUR)
    assert judge(report(), safe(), withdrawn, resumed, news).rule == "2"
    assert judge(report(), safe(), withdrawn, safe(NOON - 5 * HOUR, id_="again"), news).verdict is Verdict.SEND


# Whose number, which news -------------------------------------------------------------------------------------------


def test_nobody_under_18_is_texted_unless_a_safe_adult_was_confirmed() -> None:
    child = report(victim_age_band="under_18")
    assert judge(child, safe(), hearing()).rule == "1"
    assert judge(child, safe(), hearing(), points=[point(belongs_to="parent")]).rule == "1"
    confirmed = point(belongs_to="parent", adult_confirmed=True)
    assert judge(child, safe(), hearing(), points=[confirmed]).verdict is Verdict.SEND


def test_first_news_about_a_suspect_waits_for_the_officer() -> None:
    news = fact("news", "policing.suspect.arrested.v1", suspect_ref="S-1")
    by_text = fact("asked", "policing.contact.agreed.v1", at=NOON - 2 * DAY, channel="sms")
    held = judge(report(), safe(), by_text, news)
    assert (held.verdict, held.rule, held.until) == (Verdict.HOLD, "5", None)
    released = fact("rel", "policing.news.released.v1", victim=None, at=NOON - HOUR, event_id="news")
    assert judge(report(), safe(), by_text, released, news).verdict is Verdict.SEND
    assert judge(report(), safe(), released, news).rule == "5", "nobody asked for texts"
    phone = fact("agreed", "policing.contact.agreed.v1", at=NOON - DAY, channel="phone")
    assert judge(report(), safe(), by_text, phone, released, news).rule == "5"


def test_withheld_news_is_held_to_the_day_after_and_released_by_the_officer() -> None:
    news = hearing()
    held = fact("wh", "policing.news.withheld.v1", at=NOON - HOUR, victim=None, event_id="news", until="2026-11-17")
    decision = judge(report(), safe(), held, news)
    assert (decision.verdict, decision.rule) == (Verdict.HOLD, "5")
    assert decision.until == NOON + 12 * HOUR
    assert judge(report(), safe(), held, news, now=NOON + 21 * HOUR).verdict is Verdict.SEND
    released = fact("zrel", "policing.news.released.v1", at=NOON - HOUR, victim=None, event_id="news")
    assert judge(report(), safe(), held, released, news).verdict is Verdict.SEND


def test_a_person_tells_first_and_a_text_may_follow() -> None:
    news = fact("news", "policing.suspect.released.v1", suspect_ref="S-1", outcome="bail")
    assert judge(report(), safe(), news).rule == "5"
    assert judge(report(), safe(), news, purpose=Purpose.OFFER).verdict is Verdict.SEND
    assert judge(report(), safe(), news, purpose=Purpose.FOLLOW_UP).rule == "5"
    told = fact("c", "contact.made.v1", at=NOON - HOUR, **TOLD)
    assert judge(report(), safe(), told, news, purpose=Purpose.FOLLOW_UP).verdict is Verdict.SEND
    assert judge(report(), safe(), told, news, purpose=Purpose.OFFER).rule == "7"
    texted = fact("c", "contact.made.v1", at=NOON - HOUR, source="/waymark/texts", **TOLD)
    assert judge(report(), safe(), texted, news, purpose=Purpose.FOLLOW_UP).rule == "5"


def test_told_afterwards_by_a_link_counts() -> None:
    news = fact("news", "policing.suspect.released.v1", suspect_ref="S-1", outcome="bail")
    contact = fact("c", "contact.made.v1", at=NOON - HOUR, **CONTACT, outcome="reached")
    linked = fact("l", "contact.linked.v1", at=NOON, victim=None, event_id="c", informed_of=["news"])
    assert judge(report(), safe(), contact, linked, news, purpose=Purpose.FOLLOW_UP).verdict is Verdict.SEND


@pytest.mark.parametrize("type_", ["safeguarding.disclosure.made.v1", "support.sarc.attended.v1", "made.up.v1"])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_some_news_is_never_in_a_text(type_: str, purpose: Purpose) -> None:
    decision = judge(report(), safe(), fact("news", type_), purpose=purpose)
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "5")
    assert "in person" in str(decision.task)


def test_a_person_says_whom_to_tell_where_several_could_be_meant() -> None:
    other = fact("r2", REPORTED, at=NOON - 7 * DAY, victim="V-2", offence="stalking")
    news = fact("news", "court.hearing.listed.v1", victim=None, hearing_ref="H", kind="trial",
                starts_at="2026-12-08T10:00:00+00:00")  # fmt: skip
    assert judge(report(), safe(), other, news).rule == "5"
    assert judge(report(), safe(), news).verdict is Verdict.SEND
    said = fact("rel", "policing.news.released.v1", at=NOON - HOUR, event_id="news")
    assert judge(report(), safe(), other, said, news).verdict is Verdict.SEND


# Current, and not too many ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (timedelta(hours=48) - timedelta(seconds=1), Verdict.SEND),
        (timedelta(hours=48), Verdict.SEND),
        (timedelta(hours=48, seconds=1), Verdict.SUPPRESS),
    ],
)
def test_news_is_news_for_48_hours(age: timedelta, verdict: Verdict) -> None:
    assert judge(report(), safe(), hearing(NOON - age)).verdict is verdict


def test_a_corrected_event_is_not_texted() -> None:
    news = hearing()
    replacement = {
        "time": "2026-11-17T09:00:00+00:00",
        "data": {"victim_id": "V-1", "hearing_ref": "H-1", "starts_at": "2026-12-09T10:00:00+00:00", "kind": "trial"},
    }
    corrected = fact("k", "record.corrected.v1", victim=None, event_id="news", replacement=replacement, reason="typo")
    decision = judge(report(), safe(), corrected, news)
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "7")


def test_a_hearing_that_has_begun_is_no_news() -> None:
    assert judge(report(), safe(), hearing(starts_at="2026-11-17T12:00:00+00:00")).rule == "7"
    assert judge(report(), safe(), hearing(starts_at="2026-11-17T12:00:01+00:00")).verdict is Verdict.SEND


def test_what_is_recorded_before_go_live_makes_neither_text_nor_task() -> None:
    decision = judge(report(), safe(), hearing(), texts_from=NOON)
    assert (decision.verdict, decision.rule, decision.task) == (Verdict.SUPPRESS, "7", None)
    assert judge(report(), safe(), hearing(), texts_from=NOON - 2 * HOUR).verdict is Verdict.SEND


def test_no_more_than_one_text_a_day() -> None:
    earlier = EarlierText(NOON - HOUR, b"other words", "offer_call.v1")
    decision = judge(report(), safe(), hearing(), texts=[earlier])
    assert (decision.verdict, decision.rule) == (Verdict.HOLD, "8")
    assert decision.until == NOON + 20 * HOUR
    yesterday = EarlierText(NOON - DAY, b"other words", "offer_call.v1")
    assert judge(report(), safe(), hearing(), texts=[yesterday]).verdict is Verdict.SEND


def test_the_one_switch_holds_everything_and_makes_tasks() -> None:
    decision = judge(report(), safe(), hearing(), paused=True)
    assert (decision.verdict, decision.rule, decision.until) == (Verdict.HOLD, "switch", None)
    assert "paused" in str(decision.task)
