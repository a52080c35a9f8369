"""What the pages say: London days, kind words for every code there is, and text that cannot change its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from services.contacts.news import Purpose
from services.contacts.text_states import TextState
from services.journeys.arrows import FLAG_ARROWS, NEWS_ARROWS, OBLIGATION_ARROWS, Arrow
from services.projections.shown import Announcement, SeenContact
from services.web import words
from services.web.showing import brief, case_url, visible

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due_at", "said"),
    [
        ("2026-11-21T00:00:00+00:00", "the end of today, Fri 20 Nov"),
        ("2026-11-22T00:00:00+00:00", "the end of tomorrow, Sat 21 Nov"),
        ("2026-11-20T00:00:00+00:00", "the end of yesterday, Thu 19 Nov"),
        ("2026-11-20T14:30:00+00:00", "14:30 today, Fri 20 Nov"),
        ("2026-11-10T14:30:00+00:00", "14:30 on Tue 10 Nov"),
        ("2027-01-01T00:00:00+00:00", "the end of Thu 31 Dec"),
        ("2025-11-18T09:00:00+00:00", "09:00 on Tue 18 Nov 2025"),
        ("2026-07-01T23:00:00+00:00", "the end of Wed 1 Jul"),
        ("2026-07-01T00:00:00+00:00", "01:00 on Wed 1 Jul"),
    ],
)
def test_due_dates_are_london_days_and_a_midnight_ends_the_day_before(due_at: str, said: str) -> None:
    assert words.by(datetime.fromisoformat(due_at), NOW) == said


def test_an_expected_date_may_be_unknown_or_without_end() -> None:
    assert words.expected(None, NOW) == "not known"
    assert words.expected(date(9999, 12, 31), NOW) == "no end set"
    assert words.expected(date(2026, 12, 1), NOW) == "Tue 1 Dec"


def test_everything_that_can_be_announced_has_words() -> None:
    tables = (OBLIGATION_ARROWS, FLAG_ARROWS, NEWS_ARROWS)
    arrows = [each for table in tables for each in table.values() if isinstance(each, Arrow)]
    names = {name for arrow in arrows for name in (*arrow.names, *arrow.for_advisory().names)}
    for name in sorted(names):
        said = words.announced(Announcement(1, NOW, name, "flag", "x", "V-1", "event", advisory=False, since=None))
        assert "." not in said
        assert "breach" not in said.lower()


def test_every_state_of_a_text_and_every_purpose_has_words() -> None:
    assert {each.value for each in TextState} == set(words.TEXT_STATES)
    assert {each.value for each in Purpose} == set(words.PURPOSES)


def contact(age: timedelta, grade: str = "tick_box", reasons: tuple[str, ...] = ("boilerplate",)) -> SeenContact:
    return SeenContact("KP-1", b"", "c", "V-1", NOW - age, grade, reasons, None, thinly_evidenced=False)


def test_a_grade_is_said_an_hour_after_the_contact_and_not_before() -> None:
    assert words.grade_of(contact(timedelta(minutes=59)), NOW)[0] == "Just made"
    assert words.grade_of(contact(timedelta(minutes=60)), NOW)[0] == "No news in this contact"


def test_a_grade_a_supervisor_gave_or_with_a_reason_nobody_knows_still_has_words() -> None:
    assert "supervisor" in words.grade_of(contact(timedelta(days=1), reasons=()), NOW)[1]
    assert words.grade_of(contact(timedelta(days=1), reasons=("new reason",)), NOW) == ("No news in this contact", "")


def test_a_flag_that_rests_on_a_grade_waits_for_its_hour_in_the_ledger_too() -> None:
    entry = Announcement(1, NOW, "flag.raised", "flag", "tick_box_run", "V-1", "event", advisory=False, since=NOW)
    assert "news" not in words.about(entry, NOW + timedelta(minutes=59))
    assert "news" in words.about(entry, NOW + timedelta(minutes=60))


def test_a_type_of_event_that_is_never_texted_is_not_named() -> None:
    entry = Announcement(
        1, NOW, "news.to_tell", "news", "support.sarc.attended.v1", "V-1", "event", advisory=False, since=None
    )
    assert words.about(entry, NOW) == "what has happened in the case"


def test_nothing_on_the_pages_is_gendered_or_accuses() -> None:
    tables = (
        words.STATES,
        words.FLAGS,
        words.GRADES,
        words.AWAITED,
        words.TEXT_STATES,
        words.PURPOSES,
        words.PROBLEMS,
        words.CAUSES,
    )
    for table in tables:
        for said in table.values():
            spoken = {word.strip(",.:;()") for word in said.lower().split()}
            assert not spoken & {"she", "her", "he", "his", "him", "breach", "breached"}


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_becomes_text_that_can_be_sent_and_stays_so(given_text: str) -> None:
    seen = str(visible(given_text))
    seen.encode()
    assert visible(seen) == seen
    assert not any(sign in seen for sign in "\x00\u202e\u2066\u200f\ud800")


def test_markup_is_left_as_it_is() -> None:
    assert visible(Markup("<b>\n")) == Markup("<b>\n")


def test_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert brief("x" * 12_000, 5) == "xxxxx… (12,000 characters)"
    assert brief("short", 5) == "short"


@dataclass(frozen=True)
class Row:
    case_id: str
    case_key: bytes = b"\x01\x02"


@pytest.mark.parametrize("case_id", ["KP-2026-000123", "a.b", "...", "~x"])
def test_a_plain_id_stands_in_the_address(case_id: str) -> None:
    assert case_url(Row(case_id)) == f"/cases/{case_id}"


@pytest.mark.parametrize("case_id", [".", "..", "a/b", "a b", "é", "x" * 201, "", "a\n", "%2e"])
def test_an_id_that_an_address_cannot_hold_is_replaced_by_the_key(case_id: str) -> None:
    assert case_url(Row(case_id)) == "/case-keys/0102"
