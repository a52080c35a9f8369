from __future__ import annotations

from typing import Any

import pytest

from services.contacts.contacts_file import ContactsFileError, grade_case


def a_case(**fields: Any) -> dict[str, Any]:
    contact = {
        "contact_id": "c1",
        "occurred_at": "2026-05-01T10:00:00+01:00",
        "channel": "phone",
        "direction": "outbound",
        "outcome": "reached",
        "duration_seconds": 60,
        "recorded_by": "OIC",
        "note": "Charged today, court 21 May. Told victim.",
    }
    event = {"type": "suspect_charged", "occurred_at": "2026-05-01T08:00:00+01:00", "summary": "Charged"}
    case: dict[str, Any] = {"case_id": "x-1", "agreed_channel": "phone", "events": [event], "contacts": [contact]}
    for place, value in fields.items():
        if place in case:
            case[place] = value
        else:
            target = event if place.startswith("event_") else contact
            target[place.removeprefix("event_")] = value
    return case


def test_a_case_comes_back_contact_by_contact_in_the_order_of_the_file() -> None:
    first, second = a_case()["contacts"] * 2
    graded = grade_case(a_case(contacts=[first, {**second, "contact_id": "c0", "occurred_at": "2026-04-01T10:00:00Z"}]))
    assert [each["contact_id"] for each in graded] == ["c1", "c0"]
    assert list(graded[0]) == ["contact_id", "grade", "reasons", "why"]
    assert graded[0]["reasons"] == ["new_fact"] or "new_fact" in graded[0]["reasons"]


def test_an_event_of_the_file_contradicts_no_news() -> None:
    assert "contradicted" in grade_case(a_case(note="No update at this time."))[0]["reasons"]
    own = a_case(note="No update at this time.", event_type="account_taken")
    assert "contradicted" not in grade_case(own)[0]["reasons"]


def test_a_note_that_says_voicemail_was_agreed_is_taken_at_its_word_in_a_file() -> None:
    left = {"channel": "voicemail", "outcome": "voicemail_left"}
    told = "Full voicemail left as agreed with her: charged today, court 21 May, bail conditions unchanged."
    assert grade_case(a_case(note=told, **left))[0]["grade"] == "meaningful"
    assert grade_case(a_case(note="Voicemail left: charged today.", **left))[0]["grade"] == "attempt"


def test_a_contact_through_the_adviser_counts_where_that_is_the_agreed_channel() -> None:
    through = {"channel": "via_isva", "outcome": "sent"}
    assert grade_case(a_case(agreed_channel="via_isva", **through))[0]["grade"] == "meaningful"
    assert grade_case(a_case(**through))[0]["grade"] == "attempt"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"contacts": None}, "contacts must be a list"),
        ({"events": {}}, "events must be a list"),
        ({"events": ["arrest"]}, "events must be a list of JSON objects"),
        ({"contact_id": ""}, "contacts[0].contact_id is missing"),
        ({"occurred_at": "2026-05-01T10:00:00"}, "contacts[0].occurred_at must be a date and time with an offset"),
        ({"occurred_at": "soon"}, "contacts[0].occurred_at must be a date and time with an offset"),
        ({"occurred_at": "0001-01-01T00:00:00+05:00"}, "contacts[0].occurred_at must be a date and time"),
        ({"event_occurred_at": 4}, "events[0].occurred_at is missing or is not text"),
        ({"event_type": None}, "events[0].type is missing"),
        ({"channel": "pigeon"}, "contacts[0].channel must be one of email"),
        ({"direction": "up"}, "contacts[0].direction must be one of inbound, outbound"),
        ({"outcome": "ok"}, "contacts[0].outcome must be one of delivered"),
        ({"note": 5}, "contacts[0].note must be text"),
        ({"duration_seconds": "60"}, "contacts[0].duration_seconds must be a whole number"),
        ({"duration_seconds": True}, "contacts[0].duration_seconds must be a whole number"),
        ({"recorded_by": 7}, "contacts[0].recorded_by must be text"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place_and_without_its_value(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ContactsFileError) as refused:
        grade_case(a_case(**fields))
    assert str(refused.value).startswith(said)
    assert "pigeon" not in str(refused.value)


def test_a_line_that_is_no_object_is_refused() -> None:
    with pytest.raises(ContactsFileError, match="one JSON object"):
        grade_case([])  # type: ignore[arg-type]  # what a JSON line may hold
