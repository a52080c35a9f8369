from __future__ import annotations

import json
import re
import sys
from time import process_time

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.contacts.grading_points import EMPTY
from services.contacts.lexicon_spelling import MONTHS
from services.contacts.reading import EDITION, Reading, read_note
from services.contacts.reading_cues import LEANINGS, TOPICS, Cue, awaited_cue, fact_cue, leaning_cue, named_cue
from services.contacts.reading_lexicon import phrases_of, read_leanings

WORDS = ["arrested", "no", "update", "VCOP", "21/05", "until", "court", "told", "her", "not", "“", '"', "?", ".", "1-"]


def test_the_same_words_have_the_same_fingerprint_whatever_case_and_spacing() -> None:
    assert read_note("VIC updated.\n No change").fingerprint == read_note("vic  UPDATED. no change ").fingerprint
    assert read_note("VIC updated").fingerprint != read_note("VIC informed").fingerprint


@pytest.mark.parametrize("note", ["", "   ", "...", "\x00", "\ud800", "🙂", "- - -"])
def test_a_note_without_words_has_no_fingerprint(note: str) -> None:
    assert read_note(note).fingerprint == ""


def test_a_reading_comes_back_from_json_as_it_went() -> None:
    reading = read_note("Bailed to 22/04, told VIC. File to CPS by 5 June. Next call Friday.")
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading
    assert reading.edition == EDITION
    assert hash(reading) == hash(read_note("Bailed to 22/04, told VIC. File to CPS by 5 June. Next call Friday."))


def test_days_are_kept_as_month_and_day() -> None:
    assert read_note("Court 06/03/26, then 4 June and June 21st; ring 24/7.").days == (306, 604, 621)


@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
@example("\x00\ud800\u202e\u0645\u0631\u062d\u0628\u0627 \U0001f642")
@example("\u2019\u2019''\"“”//&&--..1/2/3/4:5:6")
@example("²³ ١٢/٠٣ 1e400 13/13 00/00")
def test_any_string_is_read_and_none_raises(note: str) -> None:
    reading = read_note(note)
    assert reading.length == len(note)
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading


@given(st.lists(st.sampled_from([*WORDS, "length", "fingerprint", "sketch", "cues", "Marisol", "safeguarding"])))
@settings(max_examples=50)
def test_a_stored_reading_holds_no_word_of_the_note(words: list[str]) -> None:
    note = " ".join(words)
    stored = json.loads(msgspec.json.encode(read_note(note)))
    assert stored.pop() == EDITION
    kept = set(re.findall(r"[a-z]{4,}", json.dumps(stored).lower()))
    assert kept.isdisjoint(re.findall(r"[^\W\d_]{4,}", note.lower()))


@pytest.mark.parametrize(
    "unit", ["word ", "no update ", "told her not to ", "\ud800\x00 1-1-", "a", "1-", "-", "'", "a'", '"', "1/2/"]
)
def test_a_note_of_a_megabyte_is_read_within_a_second(unit: str) -> None:
    note = unit * (1_000_000 // len(unit))
    began = process_time()
    read_note(note)
    assert process_time() - began < (1 if sys.gettrace() is None else 5)  # measuring coverage is slow


def test_every_code_is_its_own() -> None:
    topics = [make(topic) for make in (fact_cue, awaited_cue, named_cue) for topic in TOPICS]
    codes = [*(code for name, code in vars(Cue).items() if name.isupper()), *topics]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("note", "cue"),
    [
        ("No answer x2.", Cue.NOT_REACHED),
        ("Called IP N/R LVM.", Cue.LEFT_VOICEMAIL),
        ("Mailbox unavailable, e-mail bounced.", Cue.DELIVERY_FAILED),
        ("Her husband picked up.", Cue.RELATIVE_ANSWERED),
        ("Nothing further to report.", Cue.NOTHING_NEW),
        ("Enquiries are ongoing.", Cue.ONGOING),
        ("Updated in line with VCOP.", Cue.COMPLIANCE),
        ("It could be a while.", Cue.VAGUE_TIME),
        ("He has been arrested.", Cue.FACT),
        ("Lab results expected by 5 June.", Cue.AWAITED),
        ("IDVA referral made with consent.", Cue.SUPPORT_STEP),
        ("Alarm fitted today.", Cue.SAFEGUARDING_STEP),
        ("Loan phone issued.", Cue.PRACTICAL_STEP),
        ("Explained how a trial works in general.", Cue.GENERIC),
        ("She told me of two more letters, noted on the log.", Cue.ONLY_HEARD),
        ("Her neighbour picked up.", Cue.ANSWERED_INSTEAD),
        ("The lawyers have it.", Cue.WITH_PROSECUTOR),
    ],
)
def test_a_note_gives_its_cue(note: str, cue: int) -> None:
    assert cue in read_note(note).cues


@pytest.mark.parametrize(
    "note",
    [
        "He has not been arrested yet.",
        "She asked whether he was arrested.",
        "Once he is arrested I will ring.",
        "Reminded her that he was arrested in March.",
        "Haven't told her he was arrested.",
        "He will be arrested in June.",
        "Was he arrested?",
    ],
)
def test_what_is_denied_asked_planned_remembered_or_kept_back_is_no_fact(note: str) -> None:
    assert Cue.FACT not in read_note(note).cues


@pytest.mark.parametrize(
    "note",
    [
        "He was arrested on Monday. Rang victim for welfare only, all fine.",
        "He was arrested on Monday. Called victim, told her enquiries continue.",
        "He was arrested on Monday. Saving that for when we meet.",
        "Explained that in theory he could be arrested and what an arrest is in general.",
    ],
)
def test_what_stands_in_the_log_and_was_not_told_is_no_fact(note: str) -> None:
    assert Cue.FACT not in read_note(note).cues


@pytest.mark.parametrize(
    "note",
    [
        "Told victim that he was released under investigation.",
        "Told victim that he gave a prepared statement and answered nothing else.",
        "Rang victim: the interpreter is booked, the same woman as before.",
    ],
)
def test_a_phrase_that_means_something_else_is_not_empty(note: str) -> None:
    assert EMPTY.isdisjoint(read_note(note).cues)


def test_what_stands_behind_the_name_of_a_talk_and_a_colon_was_said_in_it() -> None:
    assert Cue.REPORTED in read_note("Rang her and spoke to her: her bag was in the lost property office.").cues
    assert Cue.RELATIVE_ANSWERED not in read_note("Spoke to her: the message came through his cousin.").cues
    for other in ("Update: her bag was found.", "Spoke to her, her bag was found.", "Spoke to her mother: bag found."):
        assert Cue.REPORTED not in read_note(other).cues, other


def test_the_words_of_a_note_lean_once_each_and_to_a_limit() -> None:
    (once,) = LEANINGS.keys() & set(read_note("charged").cues)
    assert LEANINGS[once] > 0
    assert set(read_note("charged charged").cues) & LEANINGS.keys() == {once}
    (none,) = LEANINGS.keys() & set(read_note("Xyzzy plugh.").cues)
    assert LEANINGS[none] == 0
    assert leaning_cue(-1000) == min(LEANINGS)
    assert leaning_cue(1000) == max(LEANINGS)


def test_no_word_that_leans_is_a_month_or_a_number() -> None:
    assert not [word for word in read_leanings() if word in MONTHS or not word.isalpha()]


def test_words_before_the_first_section_of_a_lexicon_are_an_error() -> None:
    with pytest.raises(ValueError, match="before the first section"):
        phrases_of("x.txt", "a phrase", {}, {})


def test_months_before_days_and_days_that_do_not_exist() -> None:
    assert read_note("On May 4, on 2026-06-05 and on 31 of 40/40.").days == (504, 605)
