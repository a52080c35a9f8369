"""The conventions of contact-quality.md, one table or test each."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from random import Random
from time import process_time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contacts.grading import CaseHappening, Circumstances, ContactRecord, Span, grade_contacts
from services.contacts.grading_why import why
from tests.unit.contacts.believable import (
    ADVISED,
    ALWAYS,
    ARRESTED,
    MORNING,
    NEWS,
    NO_NEWS,
    NOTHING_AGREED,
    RETURNED,
    SUBMITTED,
    contact,
    grades,
    happening,
    only_grade,
)


@pytest.mark.parametrize(
    ("channel", "direction", "outcome", "note", "expected"),
    [
        ("phone", "outbound", "reached", NEWS, "meaningful"),
        ("phone", "outbound", "reached", NO_NEWS, "tick_box"),
        ("phone", "outbound", "reached", None, "tick_box"),
        ("phone", "outbound", "no_answer", NEWS, "attempt"),
        ("phone", "outbound", "no_answer", None, "attempt"),
        ("phone", "outbound", "voicemail_left", NEWS, "attempt"),
        ("voicemail", "outbound", "reached", NEWS, "attempt"),
        ("voicemail", "inbound", "voicemail_left", "Voicemail from victim asking for a call.", "attempt"),
        ("phone", "outbound", "reached", "VCOP update completed - voicemail left.", "attempt"),
        ("sms", "outbound", "sent", NEWS, "attempt"),
        ("sms", "outbound", "delivered", NEWS, "meaningful"),
        ("sms", "outbound", "undelivered", NEWS, "attempt"),
        ("sms", "outbound", "delivered", "Please ring me on the office number when you can.", "tick_box"),
        ("email", "outbound", "sent", NEWS, "meaningful"),
        ("email", "outbound", "sent", "Update e-mailed, bounced straight back.", "attempt"),
        ("email", "outbound", "sent", None, "tick_box"),
        ("letter", "outbound", "sent", NEWS, "meaningful"),
        ("letter", "outbound", "sent", "Letter about the arrest, returned by post office, gone away.", "attempt"),
        (
            "phone",
            "outbound",
            "reached",
            "She answered, was at work and rang off. Not able to say anything.",
            "tick_box",
        ),
        ("phone", "outbound", "reached", "Her brother picked up, asked him to tell her we rang.", "attempt"),
        ("phone", "outbound", "reached", "Next contact 12/06.", "tick_box"),
        (
            "phone",
            "outbound",
            "reached",
            "No change. Waiting on the lab, results due 5 June, will ring her that day.",
            "meaningful",
        ),
        (
            "phone",
            "inbound",
            "reached",
            "VIC asked if he is still on bail. Told to ring OIC, who is on leave.",
            "tick_box",
        ),
        ("phone", "outbound", "reached", "NFA letter sent, told her.", "meaningful"),
    ],
)
def test_what_is_logged_and_written_decides_the_grade(
    channel: str, direction: str, outcome: str, note: str | None, expected: str
) -> None:
    assert only_grade(contact(note, channel=channel, direction=direction, outcome=outcome)).grade == expected


def test_a_voicemail_counts_only_where_it_was_agreed_and_while_that_holds() -> None:
    until = MORNING + timedelta(days=1)
    agreed = Circumstances(voicemail_agreed=(Span(MORNING - timedelta(days=9), until),))
    first = contact(name="a", channel="voicemail", outcome="voicemail_left")
    later = contact(
        "Bail was extended yesterday to 4 July.", name="b", days=2, channel="voicemail", outcome="voicemail_left"
    )
    graded = grades([first, later], (), agreed)
    assert (graded["a"].grade, graded["b"].grade) == ("meaningful", "attempt")


def test_an_adviser_counts_where_agreed_or_where_it_was_passed_on() -> None:
    through = contact(channel="via_adviser", outcome="sent")
    assert only_grade(through).grade == "attempt"
    assert only_grade(through, (), Circumstances(adviser_agreed=ALWAYS)).grade == "meaningful"
    passed_on = contact(channel="via_adviser", outcome="sent", passed_on_at=MORNING + timedelta(hours=3))
    assert only_grade(passed_on).grade == "meaningful"


def test_no_news_is_contradicted_by_an_event_since_the_last_real_update() -> None:
    arrested = happening(ARRESTED, days=2)
    graded = grades([contact(name="a"), contact(NO_NEWS, name="b", days=28)], [arrested])
    assert "contradicted" in graded["b"].reasons


@pytest.mark.parametrize("days", [-1.0, 28.1])
def test_an_event_before_the_last_real_update_or_after_the_contact_contradicts_nothing(days: float) -> None:
    graded = grades([contact(name="a"), contact(NO_NEWS, name="b", days=28)], [happening(ARRESTED, days=days)])
    assert "contradicted" not in graded["b"].reasons


def test_an_event_the_victim_took_part_in_contradicts_nothing() -> None:
    took_part = happening(ARRESTED, days=-1, she_took_part=True)
    statement = happening("policing.account.taken.v1", name="e2", days=-1)
    assert "contradicted" not in only_grade(contact(NO_NEWS), [took_part, statement]).reasons


def test_a_failed_attempt_tells_nobody() -> None:
    tried = contact("No answer. Wanted to tell her of the arrest.", name="a", days=3, outcome="no_answer")
    graded = grades([tried, contact(NO_NEWS, name="b", days=28)], [happening(ARRESTED, days=2)])
    assert "contradicted" in graded["b"].reasons


def test_waiting_for_what_has_arrived_is_contradicted() -> None:
    waiting = "Still waiting for the CPS, decision expected by 30 June."
    assert only_grade(contact(waiting), [happening(SUBMITTED, days=-9)]).grade == "meaningful"
    graded = only_grade(contact(waiting), [happening(ADVISED, days=-2)])
    assert graded.grade == "tick_box"
    assert "contradicted" in graded.reasons


def test_informed_of_makes_a_contact_meaningful_with_or_without_a_note() -> None:
    arrested = happening(ARRESTED, days=-1)
    bare = only_grade(contact(None, informed_of=("e1",)), [arrested])
    assert (bare.grade, bare.reasons, bare.thinly_evidenced) == ("meaningful", ("new_fact",), True)
    noted = only_grade(contact("VCOP update given.", informed_of=(ARRESTED,)), [arrested])
    assert (noted.grade, noted.thinly_evidenced) == ("meaningful", False)


def test_informed_of_against_a_note_that_nothing_was_told_is_contradicted() -> None:
    graded = only_grade(contact("Nothing to report.", informed_of=("e1",)), [happening(ARRESTED, days=-1)])
    assert (graded.grade, graded.reasons[0]) == ("tick_box", "contradicted")


def test_informed_of_with_a_note_that_nobody_was_reached_is_an_attempt() -> None:
    graded = only_grade(contact("No answer, left voicemail.", informed_of=("e1",)), [happening(ARRESTED, days=-1)])
    assert graded.grade == "attempt"


def test_an_event_is_told_once() -> None:
    records = [contact(None, name="a", informed_of=("e1",)), contact(None, name="b", days=9, informed_of=("e1",))]
    graded = grades(records, [happening(ARRESTED, days=-1)])
    assert (graded["a"].grade, graded["b"].grade) == ("meaningful", "tick_box")


@pytest.mark.parametrize("named", ["nowhere", SUBMITTED, RETURNED])
def test_informed_of_something_the_case_does_not_hold_yet_tells_nothing(named: str) -> None:
    later = happening(RETURNED, name="e2", days=2)
    assert only_grade(contact(None, informed_of=(named,)), [happening(ARRESTED, days=-1), later]).grade == "tick_box"


def test_with_the_prosecution_is_news_once() -> None:
    records = [
        contact("With the CPS now, could be a while.", name="a"),
        contact("It's with CPS still, might take some time.", name="b", days=28),
    ]
    graded = grades(records)
    assert (graded["a"].grade, graded["b"].grade) == ("meaningful", "tick_box")


def test_still_with_the_prosecution_is_contradicted_once_they_have_answered() -> None:
    first = contact("The file is with the CPS now.", name="a")
    still = contact("The lawyers still have it.", name="b", days=28)
    answered = happening(RETURNED, days=20)
    graded = grades([first, still], [happening(SUBMITTED, name="e0", days=-1), answered])
    assert graded["b"].grade == "tick_box"
    assert "contradicted" in graded["b"].reasons
    back = contact("The file went back to the CPS on Monday with what they asked for.", name="b", days=28)
    again = happening(SUBMITTED, name="e2", days=25)
    assert grades([first, back], [answered, again])["b"].grade == "meaningful"


def test_a_stranger_on_the_phone_is_nobody_reached_unless_the_victim_came_on_or_named_them() -> None:
    news = " Told her he was charged today with two counts."
    assert only_grade(contact("Her manager answered and took a message." + news)).grade == "attempt"
    assert only_grade(contact("Her sister answered and put her on." + news)).grade == "meaningful"
    assert only_grade(contact("Her mum answered, nominated contact." + news)).grade == "meaningful"


def test_a_missed_call_from_the_victim_reached_nobody() -> None:
    assert only_grade(contact("Missed her call.", direction="inbound", outcome="no_answer")).grade == "attempt"


def test_a_repeat_with_another_date_and_pronoun_is_a_copy() -> None:
    first = "We have asked the council for its tenancy records, and I visited her flat on 3 May to photograph the door."
    again = "We have asked the council for its tenancy records, and I visited his flat on 9 May to photograph the door."
    graded = grades([contact(first, name="a"), contact(again, name="b", days=28)])
    assert (graded["a"].grade, graded["b"].grade) == ("meaningful", "tick_box")
    assert "copy_of_earlier" in graded["b"].reasons


def test_a_repeat_of_what_never_arrived_is_no_copy() -> None:
    records = [
        contact(name="a", channel="sms", outcome="undelivered"),
        contact(name="b", days=1, channel="sms", outcome="delivered"),
    ]
    assert grades(records)["b"].grade == "meaningful"


def test_an_adviser_on_leave_has_not_passed_it_on_even_where_agreed() -> None:
    agreed = Circumstances(adviser_agreed=ALWAYS)
    stuck = contact("ISVA out of office until Monday. " + NEWS, channel="via_adviser", outcome="sent")
    assert only_grade(stuck, (), agreed).grade == "attempt"


def test_what_was_logged_and_not_passed_on_is_tick_box() -> None:
    kept = "File went to the CPS on Monday but have not told her, do not want to raise hopes. Said enquiries ongoing."
    assert only_grade(contact(kept)).grade == "tick_box"


def _seconds(records: list[ContactRecord], events: list[CaseHappening]) -> float:
    began = process_time()
    grade_contacts(records, events, NOTHING_AGREED)
    return process_time() - began


NOTES = (NEWS, NO_NEWS, "No answer.", "With the CPS now, could be a while.", "Updated.", "Alarm fitted today.", None)
RECORDS = st.lists(
    st.builds(
        contact,
        st.sampled_from(NOTES),
        name=st.sampled_from("abcdefgh"),
        minutes=st.integers(0, 60 * 24 * 40),
        channel=st.sampled_from(["phone", "sms", "email", "via_adviser"]),
        outcome=st.sampled_from(["reached", "delivered", "sent", "no_answer"]),
        officer=st.sampled_from([None, "P-1", "P-2"]),
        informed_of=st.sampled_from([(), ("e1",), (SUBMITTED,)]),
    ),
    max_size=8,
    unique_by=lambda record: record.event_id,
)
EVENTS = [
    happening(ARRESTED, days=3),
    happening(SUBMITTED, name="e2", days=11),
    happening(RETURNED, name="e3", days=20),
]


@given(RECORDS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_in_which_records_are_given_makes_no_difference(records: list[ContactRecord], random: Random) -> None:
    shuffled, events = list(records), list(EVENTS)
    random.shuffle(shuffled)
    random.shuffle(events)
    assert grade_contacts(records, EVENTS, NOTHING_AGREED) == grade_contacts(shuffled, events, NOTHING_AGREED)


@given(RECORDS, st.integers(0, 40))
@settings(max_examples=60)
def test_later_contacts_and_events_change_no_grade(records: list[ContactRecord], day: int) -> None:
    end = MORNING.replace(hour=0) - timedelta(hours=1) + timedelta(days=day)  # a London midnight in summer
    known = [record for record in records if record.occurred_at < end - timedelta(minutes=15)]
    hidden_nearby = any(end - timedelta(minutes=15) <= record.occurred_at < end for record in records)
    if hidden_nearby:
        return
    then = grade_contacts(known, [each for each in EVENTS if each.occurred_at < end], NOTHING_AGREED)
    now = grade_contacts(records, EVENTS, NOTHING_AGREED)
    assert now[: len(then)] == then


def test_every_reason_has_a_kind_sentence_that_names_no_gender() -> None:
    reasons = [
        "no_new_information",
        "boilerplate",
        "copy_of_earlier",
        "contradicted",
        "compliance_only",
        "vague_waiting",
    ]
    for reason in reasons:
        sentence = why("tick_box", (reason,))
        assert sentence.endswith(".")
        assert not {"she", "her", "he", "him"} & set(sentence.split())


def test_a_grade_does_not_read_the_clock() -> None:
    far = ContactRecord("c", "s", datetime(2099, 12, 31, tzinfo=UTC), "V-1", "phone", "outbound", "reached")
    assert only_grade(far).grade == "tick_box"


def test_facts_and_dates_already_told_are_no_news_again() -> None:
    records = [
        contact("He was bailed to 4 August with conditions, told her.", name="a"),
        contact(
            "Told her he is bailed to 4 August, conditions as they were, hopefully a decision eventually.",
            name="b",
            days=28,
        ),
    ]
    assert grades(records)["b"].grade == "tick_box"


def test_a_bail_extension_told_in_the_same_words_as_the_last_is_news_where_the_case_holds_it() -> None:
    extended = "policing.suspect.bail_changed.v1"
    records = [
        contact("Bail extended, same conditions.", name="a"),
        contact("Bail extended, same conditions.", name="b", days=90),
    ]
    events = [happening(extended, days=-1), happening(extended, name="e2", days=89)]
    assert [each.grade for each in grades(records, events).values()] == ["meaningful", "meaningful"]
    assert grades(records, events[:1])["b"].grade == "tick_box"


def test_a_promised_day_beside_something_awaited_is_until_when() -> None:
    waiting = contact("Still waiting on the lab for the swabs.")
    promised = msgspec.structs.replace(waiting, promised_by=date(2026, 6, 1))
    assert only_grade(waiting).grade == "tick_box"
    assert only_grade(promised).reasons == ("awaited_with_date",)


def test_grading_costs_some_microseconds_a_contact() -> None:
    notes = [NEWS, NO_NEWS, "Updated.", "Still waiting on the lab, due 5 June.", "No answer.", None]
    records = [contact(notes[at % len(notes)], name=f"c{at}", days=at) for at in range(300)]
    events = [happening(ARRESTED, name=f"e{at}", days=at) for at in range(0, 300, 3)]
    best = min(_seconds(records, events) for _ in range(5))
    assert best / len(records) < (60e-6 if sys.gettrace() is None else 1e-3)  # three times the aim; coverage is slow
