"""The file of contact points: numbers made alike, mistakes told by line and column, never by value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.clock import parse_start
from services.contacts.people_file import COLUMNS, PeopleFile, e164, read_people

GOOD = {
    "victim_id": "V-1",
    "contact_point_ref": "CP-1",
    "kind": "mobile",
    "value": "07700 900123",
    "belongs_to": "self",
    "confirmed_by": "P-1",
    "confirmed_at": "2026-11-10T14:20:00+00:00",
    "cover": "a friend from college",
    "sender_name": "Sam",
}


def read(*changes: dict[str, Any], in_service: bool = False) -> PeopleFile:
    lines = [",".join(COLUMNS), *(",".join({**GOOD, **each}[name] for name in COLUMNS) for each in changes)]
    return read_people(lines, parse_start, in_service=in_service)


def test_a_good_line_is_read() -> None:
    (row,) = read({}).rows
    assert (row.victim_id, row.ref, row.value, row.belongs_to) == ("V-1", "CP-1", "+447700900123", "self")
    assert row.confirmed_at == datetime(2026, 11, 10, 14, 20, tzinfo=UTC)
    assert "900123" not in repr(row)
    assert "Sam" not in repr(row)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("victim_id", ""),
        ("contact_point_ref", ""),
        ("kind", "pigeon"),
        ("value", "+999 5550 1234"),
        ("value", "55"),
        ("value", "not a number"),
        ("belongs_to", ""),
        ("confirmed_by", ""),
        ("confirmed_at", ""),
        ("confirmed_at", "yesterday at 9"),
        ("confirmed_at", "2026-11-11T15:21:00"),
        ("sender_name", "www.example.org"),
        ("sender_name", "A" * 21),
        ("sender_name", "DC Sam"),
        ("cover", "x" * 501),
    ],
)
def test_a_mistake_is_told_by_line_and_column_and_never_by_value(column: str, value: str) -> None:
    found = read({}, {"contact_point_ref": "CP-2", column: value}, {"contact_point_ref": "CP-3"})
    assert len(found.rows) == 2
    (sentence,) = found.refusals
    assert sentence.startswith(f"line 3, column {column}: ")
    assert not value or value not in sentence


def test_the_same_contact_point_twice_is_refused() -> None:
    found = read({}, {})
    assert len(found.rows) == 1
    assert found.refusals == ["line 3, column contact_point_ref: line 2 has the same contact point of the same victim."]


def test_any_number_is_taken_in_service_and_only_mobiles_are_texted() -> None:
    (row,) = read({"value": "01632 960123", "kind": "phone"}, in_service=True).rows
    assert not row.can_text
    assert read({"value": "01632 960123", "kind": "phone"}).refusals


@pytest.mark.parametrize("header", ["victim_id,value", ",".join([*COLUMNS, "07700900123"]), ""])
def test_a_header_that_is_wrong_is_told_without_its_strays(header: str) -> None:
    found = read_people([header], parse_start, in_service=False)
    assert found.refusals
    assert "07700900123" not in found.refusals[0]


def test_a_line_that_is_not_csv_is_told() -> None:
    found = read_people([",".join(COLUMNS), 'V-1,"CP'], parse_start, in_service=False)
    assert "not CSV" in found.refusals[0]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("07700 900000", "+447700900000"),
        ("+44 (0)7700-900999", "+447700900999"),
        ("00447700900123", "+447700900123"),
        ("7700900123", None),
        ("+4477009001234567", None),
        ("07700 9001x3", None),
    ],
)
def test_numbers_are_made_alike(value: str, number: str | None) -> None:
    assert e164(value) == number
