"""What is read although it is odd: what the input contract allows, and where its limits lie."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts import Refused, UnknownEvent, read_line, read_replacement
from contracts.policing_suspect import SuspectArrested
from tests.contracts.made_events import accepted, example, made, made_with, read, refused, without

ARREST = "policing.suspect.arrested.v1"
REPORT = "policing.crime.reported.v1"
AGREED = "policing.contact.agreed.v1"
CONTACT = "contact.made.v1"
CORRECTED = "record.corrected.v1"

FINE: list[dict[str, Any]] = [
    made(time="2000-01-01T00:00:00Z"),
    made(time="2099-12-31T23:59:59Z"),
    made(time="2100-01-01T00:30:00+01:00"),
    made(time="2026-11-10t14:20:00z"),
    made(time="2026-11-10T14:20:00.1234567890-00:00"),
    made(time="2026-11-10T14:20:00+05:45"),
    without("specversion"),
    made(specversion=None),
    made(id="x" * 12_000, subject="K" * 500),
    made(comment="an unknown attribute"),
    without("data", "probation.offender.escaped.v1"),
    made("probation.offender.escaped.v1", data=None),
    made("probation.offender.escaped.v1", data={}),
    made_with(recorded_at="0987-01-01T00:00:00+05:30"),
    made_with(recorded_at="9999-12-31T23:59:59-08:00"),
    made_with(recorded_at="0001-01-01T00:00:00+08:00"),
    made_with(recorded_at=None, recorded_by="", agency=""),
    made_with(shape=[[[[1]]]], x_grade="meaningful"),
    made_with(suspect_ref="S\x00\ud800"),
    made_with(REPORT, offence_on="0001-01-01"),
    made_with(REPORT, offence_on="9999-12-31"),
    made_with(AGREED, frequency_days=366),
    made_with(AGREED, frequency_days=None, only_when_something_happens=None),
    made_with("court.sentence.passed.v1", months=10**30),
    made_with("victim.update.requested.v1"),
    made_with("policing.case.restricted.v1", allowed=[]),
    made_with(CONTACT, agency="probation"),
    made_with(CONTACT, note="Rang.\x00 Said \ud800 where. \u202e\U0001f600"),
    made_with(CONTACT, note="", promised_by=""),
    made_with(CORRECTED, replacement={"time": "2026-11-10T14:20:00Z", "data": {"agency": "nobody"}}),
    made_with("policing.report.acknowledged.v1", channel="by hand"),
]


@pytest.mark.parametrize("event", FINE)
def test_what_is_not_listed_as_malformed_is_read(event: dict[str, Any]) -> None:
    accepted(event)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_line(b"\xef\xbb\xbf" + json.dumps(made()).encode()) == read(made())


def test_of_a_name_that_stands_twice_the_last_counts() -> None:
    line = json.dumps(made()).replace('"id": "rms-0042"', '"id": "first", "id": "last"')
    found = read_line(line)
    assert not isinstance(found, Refused)
    assert found.id == "last"


@pytest.mark.parametrize(("levels", "read_as"), [(62, "event"), (63, "refusal")])
def test_the_sixty_fourth_level_is_the_last(levels: int, read_as: str) -> None:
    shape: list[Any] = []
    for _ in range(levels - 1):
        shape = [shape]
    found = read(made_with(shape=shape))
    assert isinstance(found, Refused) is (read_as == "refusal")


def test_brackets_inside_texts_are_no_nesting() -> None:
    accepted(made_with(CONTACT, note='he said "[[{{" and \\' * 5_000))


def test_an_unterminated_text_full_of_quotes_is_refused_at_once() -> None:
    found = read_line(b"[" * 65 + b'"' + b'\\"' * 1_000_000)
    assert isinstance(found, Refused)


def test_an_unknown_type_is_read_whatever_its_data() -> None:
    for data in ({"agency": "kent", "recorded_at": 5}, ["a"], "text", 5, None):
        assert isinstance(accepted(made(type="policing.suspect.arrested.v2", data=data)), UnknownEvent)
    assert isinstance(accepted(made(type="policing.suspect.arrested.v2", data_base64="e30=")), UnknownEvent)
    assert refused(made(type="policing.suspect.arrested.v2", time="soon")).field == "time"


def test_a_replacement_is_read_as_the_type_it_replaces() -> None:
    identity = {"id": "a", "source": "/kent/rms", "subject": "KP-1"}
    right = {"time": "2026-11-09T10:00:00Z", "data": {"suspect_ref": "S-2"}}
    found = read_replacement(ARREST, **identity, replacement=right)
    assert isinstance(found, SuspectArrested)
    assert (found.id, found.type, found.data.suspect_ref) == ("a", ARREST, "S-2")
    wrong = read_replacement(CONTACT, **identity, replacement=right)
    assert isinstance(wrong, Refused)
    assert wrong.field == "replacement.data.victim_id"
    support = example(CONTACT)["data"] | {"agency": "support"}
    theirs = read_replacement(CONTACT, **identity, replacement={"time": "2026-11-09T10:00:00Z", "data": support})
    assert isinstance(theirs, Refused)
    assert "replacement.data.agency must not be support" in theirs.sentence
    assert isinstance(read_replacement(ARREST, **identity, replacement={}), Refused)
