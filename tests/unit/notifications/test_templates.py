"""The lint of every text's words, in every language and both wordings."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from notifications.encoding import size_of
from notifications.fields import hear_by_of, values_of
from notifications.person_view import view_of
from notifications.render import MOST_CHARACTERS, MOST_SEGMENTS, NotRenderedError, render
from notifications.template import (
    FIELDS,
    LANGUAGES,
    Template,
    TemplateError,
    all_templates,
    read_template,
    template_for,
)
from notifications.wording import JARGON, OFFENCES, TELLTALE, faults_of, reading_age
from services.contacts.news import MAY_BRING, OFFERED, PERSON_FIRST, Purpose
from tests.unit.gate_cases import NOON, fact, report

OLDEST_READER = 11

LONGEST = {
    "officer_role": "a witness care officer, who helps people through court",
    "service": "Victim Support, a free service with people you can talk to",
    "hearing_kind": "the sentencing hearing",
    "hearing_day": "Wednesday 30 September 2026",
    "hearing_time": "10:30am",
    "hear_by": "Wednesday 30 September",
    "awaited": "a decision on whether it goes to court",
    "awaited_from": "the Crown Prosecution Service",
}
"""The longest values that each field is filled with."""

EACH = pytest.mark.parametrize("template", all_templates(), ids=lambda each: f"{each.name}.{each.language}")
ENGLISH = pytest.mark.parametrize(
    "template", [each for each in all_templates() if each.language == "en"], ids=lambda each: each.name
)


def filled(template: Template, *, discreet: bool) -> str:
    return render(template, LONGEST, discreet=discreet, sender_name="Maximilian-Alexander").body


@EACH
def test_words_fit_two_segments_and_hold_nothing_forbidden(template: Template) -> None:
    for discreet in (False, True):
        body = filled(template, discreet=discreet)
        assert faults_of(body, discreet=discreet) == []
        assert len(body) <= MOST_CHARACTERS
        assert template.language != "en" or size_of(body).segments <= MOST_SEGMENTS
        assert template.language != "en" or size_of(body).encoding == "GSM-7"


@ENGLISH
def test_a_child_of_eleven_can_read_it(template: Template) -> None:
    for discreet in (False, True):
        assert reading_age(filled(template, discreet=discreet)) <= OLDEST_READER


@EACH
def test_each_wording_says_one_next_step(template: Template) -> None:
    assert template.plain.count(template.next_step["plain"]) == 1
    assert template.discreet.count(template.next_step["discreet"]) == 1
    asks = ("reply to this text",) if template.language == "en" else ("atebwch y neges hon", "Atebwch y neges hon")
    assert sum(template.plain.count(each) for each in asks) == 1


@ENGLISH
def test_discreet_wording_states_nothing_and_reads_as_a_friends(template: Template) -> None:
    assert template.discreet.startswith("Hi, it's {sender_name}.")
    assert "Hello, this is the police." not in template.discreet
    assert template.plain.startswith("Hello, this is the police.")


def test_every_template_is_there_in_both_languages_and_says_the_same_of_itself() -> None:
    by_name = Counter(each.name for each in all_templates())
    assert set(by_name.values()) == {len(LANGUAGES)}
    english = {each.name: each for each in all_templates() if each.language == "en"}
    for each in all_templates():
        same = english[each.name]
        assert (each.types, each.purpose, each.fields) == (same.types, same.purpose, same.fields)
        assert (each.states_the_event, each.max_age) == (same.states_the_event, same.max_age)


def test_a_language_without_a_translators_sign_off_is_never_sent() -> None:
    welsh = [each for each in all_templates() if each.language == "cy"]
    assert welsh
    assert not any(each.is_sendable for each in welsh)
    for type_, purpose in product(MAY_BRING | PERSON_FIRST, Purpose):
        assert template_for(type_, purpose, "cy") is None


@EACH
def test_only_news_may_be_stated(template: Template) -> None:
    if template.states_the_event:
        assert template.purpose is Purpose.NEWS
        assert template.types <= MAY_BRING
    if template.purpose is not Purpose.NEWS:
        assert template.types == OFFERED


@EACH
def test_all_discreet_wordings_of_one_language_differ(template: Template) -> None:
    assert [each.discreet for each in all_templates()].count(template.discreet) == 1


@pytest.mark.parametrize("word", [*OFFENCES, "https://example.org", "+447700900123", "KP-2026-000123"])
def test_forbidden_words_are_seen_in_discreet_wording(word: str) -> None:
    assert faults_of(f"Hi, it's Sam. Something about {word} today.", discreet=True)


@pytest.mark.parametrize("word", [*TELLTALE, "victim", "suspect", "abuse", "rape", "officers"])
def test_telltale_words_are_seen_in_discreet_wording_only(word: str) -> None:
    assert faults_of(f"Hi, it's Sam. Something about {word} today.", discreet=True)
    assert faults_of(f"Something about {word} today.", discreet=False) == (
        [f"the word {word}"] if word in OFFENCES else []
    )


@pytest.mark.parametrize("word", JARGON)
def test_jargon_is_seen(word: str) -> None:
    assert faults_of(f"You will hear from the {word} soon.", discreet=False)


def front(**changes: object) -> str:
    keys = {
        "template": "try",
        "version": 1,
        "language": "en",
        "types": "[policing.phone.returned.v1]",
        "purpose": "news",
        "max_age_hours": 48,
        "states_the_event": "true",
        "fields": "[]",
        "next_step": "{plain: reply, discreet: Text}",
        "if_unknown": "task",
        "signed_off": "null",
        **changes,
    }
    lines = [f"{key}: {value}" for key, value in keys.items() if value is not ...]
    return "---\n" + "\n".join(lines) + "\n---\n== plain\nHello. reply\n== discreet\nHi, {sender_name}. Text\n"


def test_a_good_template_is_read() -> None:
    assert read_template("try.en.txt", front()).plain == "Hello. reply"


@pytest.mark.parametrize(
    "text",
    [
        "no front matter",
        front(version=...),
        front(surprise=1),
        front(fields="[secret]"),
        front(fields="[hear_by]"),
        front(language="fr"),
        front(purpose="advert"),
        front(if_unknown="resend"),
        front(version="'1'"),
        front(types="all"),
        front(next_step="reply"),
        front().replace("{sender_name}", "Sam"),
        front().replace("Hello.", "Hello {hear_by}."),
        front().replace("Text\n", "Text {hear_by}\n"),
    ],
)
def test_a_template_with_a_hole_in_it_is_refused(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^The template try\.en\.txt "):
        read_template("try.en.txt", text)


def test_a_field_without_a_value_is_no_text() -> None:
    template = template_for("court.hearing.listed.v1", Purpose.NEWS)
    assert template is not None
    with pytest.raises(NotRenderedError, match="hearing day"):
        render(template, {**LONGEST, "hearing_day": None}, discreet=False)


NAMES_THAT_TELL = [None, "", " ", "Police", "Sam from 07700 900123", "A" * 21, "sam.example"]


@pytest.mark.parametrize("name", [*NAMES_THAT_TELL, "DC Sam", "PC Sam", "Det. Sam", "Policewoman Sam", "Sam-DI"])
def test_a_name_that_would_give_it_away_is_no_text(name: str | None) -> None:
    template = template_for("court.hearing.listed.v1", Purpose.NEWS)
    assert template is not None
    with pytest.raises(NotRenderedError):
        render(template, {}, discreet=True, sender_name=name)


def test_fields_are_filled_in_words() -> None:
    summer = fact("h", "court.hearing.listed.v1", starts_at="2026-07-01T09:30:00+00:00", kind="bail")
    values = values_of(summer)
    assert (values["hearing_day"], values["hearing_time"]) == ("Wednesday 1 July 2026", "10:30am")
    assert values.keys() <= FIELDS
    assert values_of(fact("r", "support.referral.made.v1", service="sarc"))["service"] is None


@pytest.mark.parametrize(
    ("starts_at", "day"),
    [
        ("2028-03-06T10:00:00+00:00", "Monday 6 March 2028"),
        ("9999-12-31T23:59:59.999999+00:00", None),
        ("2200-03-06T10:00:00+00:00", None),
        ("2027-03-08T00:00:00+00:00", None),
        ("2026-06-30T23:00:00+00:00", None),
        ("2026-07-01T00:00:00+00:00", "Wednesday 1 July 2026"),
    ],
)
def test_a_hearing_is_told_with_its_year_and_never_with_a_date_that_stands_for_none(
    starts_at: str, day: str | None
) -> None:
    values = values_of(fact("h", "court.hearing.listed.v1", starts_at=starts_at, kind="trial"))
    assert values["hearing_day"] == day
    assert (values["hearing_time"] is None) is (day is None)


UPDATE = {"rule": "KENT-UPDATE", "victim_id": "V-1", "due_on": "2026-11-24",
          "triggered_at": "2026-11-10T09:00:00+00:00"}  # fmt: skip


@pytest.mark.parametrize(
    ("agreed", "duties", "day"),
    [
        ({}, [UPDATE], date(2026, 12, 1)),
        ({"frequency_days": 7}, [UPDATE], date(2026, 11, 24)),
        ({"only_when_something_happens": True}, [UPDATE], None),
        ({"only_when_something_happens": False}, [UPDATE], date(2026, 12, 1)),
        ({"frequency_days": 7}, [], None),
        ({"frequency_days": 7}, [{**UPDATE, "victim_id": "V-2"}], None),
    ],
)
def test_a_text_names_the_date_that_is_owed_after_it(
    agreed: dict[str, Any], duties: list[dict[str, Any]], day: date | None
) -> None:
    agreement = fact("a", "policing.contact.agreed.v1", at=NOON - timedelta(days=3), channel="phone", **agreed)
    person = view_of("V-1", {"KP-1": [report(), agreement]}, [], [], NOON)
    assert hear_by_of(person, "KP-1", duties) == day
