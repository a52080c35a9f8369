"""Safe contact in the words of a card."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.contacts.safe_contact import safe_contact_of
from services.contacts.safe_words import NOT_RECORDED, NOT_UNDERSTOOD, not_now_words, safe_hours_words, voicemail_of
from tests.unit.gate_cases import NOON, fact

DAY = timedelta(days=1)


def safe(id_: str = "s", days_ago: int = 3, **data: Any) -> Any:
    return fact(id_, "policing.safe_contact.recorded.v1", at=NOON - days_ago * DAY, sms="allowed", **data)


def words(*facts: Any) -> str:
    return safe_hours_words(safe_contact_of("V-1", facts, NOON), NOON.date())


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (None, "any day, any hour"),
        ([{"days": ["mon", "tue"], "from": "10:00", "to": "14:00"}], "Mon to Tue 10:00-14:00"),
        ([{"days": ["sat"]}], "Sat all day"),
        (
            [{"days": ["mon"], "from": "09:00", "to": "10:00"}, {"days": ["mon"], "from": "12:00", "to": "13:00"}],
            "Mon 09:00-10:00 and 12:00-13:00",
        ),
        ([{"days": ["whenever"]}], NOT_UNDERSTOOD),
    ],
)
def test_hours_are_said_by_weekday(hours: Any, said: str) -> None:
    assert words(safe(**({} if hours is None else {"hours": hours}))) == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, None),
        ({"hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "10:00", "to": "14:00"}]}, None),
        ({"hours": [{"days": ["tue"], "from": "15:00", "to": "23:00"}]}, "not now: from 15:00 today"),
        ({"hours": [{"days": ["wed"]}]}, "not now: from 08:00 tomorrow"),
        ({"hours": [{"days": ["mon"], "from": "09:00"}]}, "not now: from 09:00 on Mon 23 Nov"),
        ({"not_on": ["2026-11-17"]}, "not now: from 08:00 tomorrow"),
        ({"hours": [{"days": ["mon"], "from": "21:00", "to": "22:00"}]}, "not now, and at no hour in the next weeks"),
        ({"hours": [{"days": ["whenever"]}]}, None),
    ],
)
def test_an_hour_that_is_not_safe_is_said_with_the_next_one(data: dict[str, Any], said: str | None) -> None:
    found = not_now_words(safe_contact_of("V-1", [safe(**data)], NOON), NOON)
    assert (found or "")[: len(said or "")] == (said or "")
    assert (found is None) == (said is None)


def test_what_was_called_safe_at_night_is_safe_at_night() -> None:
    night = NOON + timedelta(hours=11)
    assert not_now_words(safe_contact_of("V-1", [safe()], night), night) is None
    assert not_now_words(safe_contact_of("V-1", [], night), night) is None


def test_excluded_days_are_said_while_they_lie_ahead() -> None:
    said = words(safe(not_on=["2026-11-01", "2026-12-08"]))
    assert said == "any day, any hour; not on Tue 8 Dec"


def test_terms_that_ran_out_or_were_overtaken_say_so() -> None:
    assert words(safe(valid_until=(NOON - DAY).date().isoformat())).endswith("this has run out: ask again")
    report = fact("r", "policing.crime.reported.v1", at=NOON - DAY, offence="stalking")
    assert words(safe(), report).endswith("something happened since: ask again")
    assert words() == NOT_RECORDED


def test_no_hour_common_to_all_cases_is_said() -> None:
    monday, sunday = ([{"days": [day]}] for day in ("mon", "sun"))
    facts = [safe(hours=monday), fact("t", "policing.safe_contact.recorded.v1", at=NOON - DAY, case="KP-2",
                                      sms="allowed", hours=sunday)]  # fmt: skip
    assert safe_hours_words(safe_contact_of("V-1", facts, NOON), date(2026, 11, 20)) == "at no hour"


def test_one_no_to_a_message_outweighs_every_yes() -> None:
    assert voicemail_of("V-1", []) is None
    assert voicemail_of("V-1", [safe()]) is None
    assert voicemail_of("V-1", [safe(voicemail=True)]) is True
    assert voicemail_of("V-1", [safe("a", 5, voicemail=False), safe("b", 2, voicemail=True)]) is True
    other = fact("o", "policing.safe_contact.recorded.v1", case="KP-2", sms="allowed", voicemail=False)
    assert voicemail_of("V-1", [safe(voicemail=True), other]) is False
