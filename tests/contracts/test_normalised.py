"""The one form of an event's data, the fingerprint of its content, and where the note goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts import Refused, content_hash, normalised_data, read_line, read_replacement, take_note
from tests.contracts.made_events import accepted, example, made, made_with

CONTACT = "contact.made.v1"
CORRECTED = "record.corrected.v1"
BASE = made(data={"victim_id": "V-1", "suspect_ref": "S-1", "recorded_at": "2026-11-10T16:02:00+00:00", "x": 1})


def with_data(**data: Any) -> dict[str, Any]:
    return BASE | {"data": BASE["data"] | data}


@pytest.mark.parametrize(
    "same",
    [
        BASE | {"time": "2026-11-10T15:20:00+01:00"},
        BASE | {"time": "2026-11-10t14:20:00.000z"},
        BASE | {"comment": "not data"},
        BASE | {"data": dict(reversed(BASE["data"].items()))},
        with_data(recorded_at="2026-11-10T16:02:00Z"),
        with_data(recorded_at="2026-11-11T01:32:00+09:30"),
        with_data(x=1.0),
        with_data(agency=None, recorded_by=""),
        with_data(y=None, z=""),
    ],
)
def test_content_is_the_same_however_it_is_written(same: dict[str, Any]) -> None:
    assert content_hash(accepted(same)) == content_hash(accepted(BASE))


@pytest.mark.parametrize(
    "other",
    [
        BASE | {"type": "policing.suspect.interviewed.v1"},
        BASE | {"subject": "KP-2026-000124"},
        BASE | {"time": "2026-11-10T14:20:00.000001+00:00"},
        with_data(suspect_ref="S-2"),
        with_data(x="1"),
        with_data(x=True),
        with_data(x=1.5),
        with_data(x=None),
        with_data(y=0),
        with_data(y=[]),
        with_data(y=False),
        with_data(recorded_at="2026-11-10T16:02:00+01:00"),
    ],
)
def test_other_content_has_another_fingerprint(other: dict[str, Any]) -> None:
    assert content_hash(accepted(other)) != content_hash(accepted(BASE))


def test_who_sent_it_under_which_id_is_not_content() -> None:
    assert content_hash(accepted(BASE | {"id": "b", "source": "/other"})) == content_hash(accepted(BASE))


def test_instants_that_one_limit_stands_for_are_still_different_content() -> None:
    years = [
        "0001-01-01T00:00:00+05:00",
        "0001-01-01T00:00:00+04:00",
        "1850-01-01T00:00:00Z",
        "9999-12-31T23:59:59-08:00",
    ]
    assert len({content_hash(accepted(with_data(recorded_at=year))) for year in years}) == len(years)


def test_a_replacement_is_compared_like_the_data_it_stands_for() -> None:
    def corrected(**data: Any) -> bytes:
        return content_hash(accepted(made_with(CORRECTED, replacement={"time": "2026-11-09T14:20:00Z", "data": data})))

    assert corrected(starts_at="2026-11-10T10:00:00Z", x=2) == corrected(
        x=2.0, starts_at="2026-11-10T11:00:00+01:00", y=None
    )
    assert corrected(starts_at="2026-11-10T10:00:00Z") != corrected(starts_at="2026-11-10T10:00:01Z")
    assert corrected(starts_at="2026-02-30T10:00:00Z") != corrected(starts_at="2026-02-30T11:00:00+01:00")


def test_fingerprints_do_not_change_from_version_to_version() -> None:
    """They are stored: another one for the same content would make every redelivery an error shown on a case."""
    assert content_hash(accepted(BASE)).hex() == "bb4edaf0cc1d27645d566a9397c50d6e144579ee50922839b637a672aa803389"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-11-10T16:02:00+01:00", "2026-11-10T15:02:00+00:00"),
        ("2026-11-10T16:02:00.5Z", "2026-11-10T16:02:00.500000+00:00"),
        ("1900-01-01T00:00:01Z", "1900-01-01T00:00:01+00:00"),
        ("1899-12-31T23:59:59Z", "1900-01-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00+05:00", "1900-01-01T00:00:00+00:00"),
        ("2199-12-31T23:59:59Z", "2199-12-31T23:59:59+00:00"),
        ("2200-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+00:00"),
        ("9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_instants_are_stored_in_utc_and_within_limits(given: str, stored: str) -> None:
    assert normalised_data(accepted(with_data(recorded_at=given)))["recorded_at"] == stored


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("0987-06-05", "1900-01-01"),
        ("1899-12-31", "1900-01-01"),
        ("1900-01-02", "1900-01-02"),
        ("2199-12-31", "2199-12-31"),
        ("2200-01-01", "9999-12-31"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_dates_are_stored_within_limits(given: str, stored: str) -> None:
    event = accepted(made_with("policing.crime.reported.v1", offence_on=given))
    assert normalised_data(event)["offence_on"] == stored


def test_known_whole_numbers_are_stored_within_64_bits() -> None:
    assert normalised_data(accepted(made_with("court.sentence.passed.v1", months=10**30)))["months"] == 2**63 - 1
    assert normalised_data(accepted(made_with("court.sentence.passed.v1", months=-(10**30))))["months"] == 1 - 2**63


def test_absent_fields_are_gone_and_unknown_ones_stay_as_they_came() -> None:
    event = accepted(
        with_data(agency="", recorded_by=None, x_grade="meaningful", n=None, e="", at="2026-11-10T15:00:00+01:00")
    )
    assert normalised_data(event) == {
        "victim_id": "V-1",
        "suspect_ref": "S-1",
        "recorded_at": "2026-11-10T16:02:00+00:00",
        "x": 1,
        "x_grade": "meaningful",
        "n": None,
        "e": "",
        "at": "2026-11-10T15:00:00+01:00",
    }


def test_hours_keep_the_name_they_were_written_under() -> None:
    hours = [{"days": ["mon"], "from": "10:00", "to": "14:00"}]
    event = accepted(made_with("policing.safe_contact.recorded.v1", hours=hours))
    assert normalised_data(event)["hours"] == hours


def test_every_stored_text_can_be_encoded() -> None:
    event = accepted(with_data(suspect_ref="S\ud800", x={"k\udfff": ["\ud83d", "\x00", "\U0001f600"]}))
    data = normalised_data(event)
    assert data["suspect_ref"] == r"S\ud800"
    assert data["x"] == {r"k\udfff": [r"\ud83d", "\x00", "\U0001f600"]}
    json.dumps(data, ensure_ascii=False).encode()


def test_common_fields_of_an_unknown_type_are_fit_to_be_used_or_set_aside() -> None:
    data = {"victim_id": 7, "recorded_at": "2026-11-10T15:00:00+01:00", "agency": "kent", "suspect_ref": None, "x": [1]}
    assert normalised_data(accepted(made(type="a.b.v9", data=data))) == {
        "unread_victim_id": 7,
        "recorded_at": "2026-11-10T14:00:00+00:00",
        "unread_agency": "kent",
        "x": [1],
    }


@pytest.mark.parametrize(
    ("given", "stored"),
    [(None, {}), ("", {}), ({}, {}), ([1], {"value": [1]}), ("text", {"value": "text"}), (0, {"value": 0})],
)
def test_data_of_an_unknown_type_that_is_no_object_is_kept_as_a_value(given: object, stored: dict[str, Any]) -> None:
    assert normalised_data(accepted(made(type="a.b.v9", data=given))) == stored


def test_the_note_of_a_contact_is_taken_out_and_nothing_else() -> None:
    event = accepted(example(CONTACT))
    data, note = take_note(event)
    assert note == example(CONTACT)["data"]["note"]
    assert data == {name: held for name, held in normalised_data(event).items() if name != "note"}
    assert "note" in normalised_data(event)


def test_half_a_surrogate_pair_in_a_note_is_no_digit_and_nul_stays() -> None:
    _, note = take_note(accepted(made_with(CONTACT, note="No update.\x00 \ud83d")))
    assert note == "No update.\x00 \ufffd"


@pytest.mark.parametrize("note", [None, ""])
def test_a_contact_without_a_note_has_none(note: str | None) -> None:
    data, taken = take_note(accepted(made_with(CONTACT, note=note)))
    assert taken is None
    assert "note" not in data


def corrected(**data: Any) -> dict[str, Any]:
    return made_with(CORRECTED, replacement={"time": "2026-11-09T15:20:00+01:00", "data": data})


def test_the_note_of_a_replacement_is_taken_out_whatever_it_replaces() -> None:
    event = accepted(corrected(victim_id="V-1", note="Said that …", recorded_at="2026-11-09T15:20:00+01:00"))
    data, note = take_note(event)
    assert note == "Said that …"
    assert data["replacement"] == {
        "time": "2026-11-09T14:20:00+00:00",
        "data": {"victim_id": "V-1", "recorded_at": "2026-11-09T15:20:00+01:00"},
    }
    assert normalised_data(event)["replacement"]["data"]["note"] == "Said that …"


@pytest.mark.parametrize("note", [["Said that"], {"said": "that"}, 5, True])
def test_a_replacement_note_that_is_no_text_is_left_malformed_and_empty(note: object) -> None:
    contact = {name: held for name, held in example(CONTACT)["data"].items() if name != "note"}
    data, taken = take_note(accepted(corrected(**contact, note=note)))
    assert taken is None
    assert data["replacement"]["data"]["note"] is False
    applied = read_replacement(CONTACT, id="c", source="/s", subject="K", replacement=data["replacement"])
    assert isinstance(applied, Refused)
    assert applied.sentence == "replacement.data.note must be text"


def test_a_note_on_any_other_event_is_no_note_but_is_not_left_readable() -> None:
    for event in (with_data(note="said"), made(type="contact.made.v2", data={"note": "said"})):
        assert take_note(accepted(event))[1] == "said"
        assert "said" not in json.dumps(take_note(accepted(event))[0])
    assert "note" not in take_note(accepted(corrected() | {"data": corrected()["data"] | {"note": "said"}}))[0]


def test_taking_the_note_leaves_the_event_as_it_was() -> None:
    event = accepted(corrected(note="Said"))
    before = content_hash(event)
    take_note(event)
    assert content_hash(event) == before
    assert read_line(json.dumps(corrected(note="Said"))) == event
