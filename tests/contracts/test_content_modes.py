"""Both content modes of the CloudEvents Kafka binding, and headers of every kind."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from contracts import Refused, read_record
from tests.contracts.made_events import made, read, without

EVENT = made()
VALUE = json.dumps(EVENT).encode()
DATA = json.dumps(EVENT["data"]).encode()
ATTRIBUTES = [(f"ce_{name}", EVENT[name].encode()) for name in EVENT if name != "data"]

Header = tuple[str, bytes | None]

STRUCTURED: list[Sequence[Header]] = [
    (),
    [("content-type", b"application/cloudevents+json")],
    [("Content-Type", b"application/cloudevents+json; charset=UTF-8")],
    [("content-type", b"Application/CloudEvents+JSON;charset=utf-8")],
    [("content-type", b"application/cloudevents+json"), ("ce_id", b"not this one"), ("ce_time", None)],
    [("content-type", b"application/json")],
    [("content-type", None)],
    [("content-type", b"\xff")],
    [("traceparent", None), ("x", b"\xff\xfe"), ("", b"")],
]


@pytest.mark.parametrize("headers", STRUCTURED)
def test_structured_mode_is_read_whatever_other_headers_hold(headers: Sequence[Header]) -> None:
    assert read_record(VALUE, headers) == read(EVENT)


BINARY: list[Sequence[Header]] = [
    ATTRIBUTES,
    [*ATTRIBUTES, ("content-type", b"application/json")],
    [*ATTRIBUTES, ("content-type", None), ("x", b"\xff")],
    [(name.upper(), value) for name, value in ATTRIBUTES],
    [("ce_id", b"an earlier one"), *ATTRIBUTES],
    [("ce_data", b"not data"), *ATTRIBUTES],
    [*ATTRIBUTES, ("ce_\ud800", b"x"), ("ce_no name", None), ("ce_", b"")],
]


@pytest.mark.parametrize("headers", BINARY)
def test_binary_mode_takes_attributes_from_headers_and_data_from_the_value(headers: Sequence[Header]) -> None:
    assert read_record(DATA, headers) == read(EVENT)


def test_headers_may_come_as_a_mapping() -> None:
    assert read_record(DATA, dict(ATTRIBUTES)) == read(EVENT)
    assert read_record(DATA, {name: value.decode() for name, value in ATTRIBUTES}) == read(EVENT)


@pytest.mark.parametrize("value", [None, b""])
def test_binary_data_may_be_absent_where_nothing_is_required(value: bytes | None) -> None:
    event = without("data", "probation.offender.escaped.v1")
    headers = [(f"ce_{name}", held.encode()) for name, held in event.items()]
    assert read_record(value, headers) == read(event)
    assert read_record(value, [*headers, ("ce_data", b"{}")]) == read(event)


@pytest.mark.parametrize(
    ("value", "headers", "said", "field"),
    [
        (DATA, [*ATTRIBUTES, ("ce_time", None)], "header ce_time is null or not UTF-8", "ce_time"),
        (DATA, [*ATTRIBUTES, ("ce_source", b"\xff")], "header ce_source is null or not UTF-8", "ce_source"),
        (DATA, [*ATTRIBUTES, ("ce_mine", None)], "header ce_mine is null or not UTF-8", "ce_mine"),
        (DATA, ATTRIBUTES[:4], "subject is required", "subject"),
        (b"{", ATTRIBUTES, "not JSON", None),
        (b"[" * 64 + b"]" * 64, ATTRIBUTES, "deeper than 64", None),
        (None, ATTRIBUTES, "data is required", "data"),
        (b"[]", ATTRIBUTES, "data must be an object", "data"),
        (VALUE, [("content-type", b"application/cloudevents+avro")], "header content-type", "content-type"),
        (VALUE, [("content-type", b"application/cloudevents-batch+json")], "header content-type", "content-type"),
    ],
)
def test_what_cannot_be_read_is_refused_by_header_or_field(
    value: bytes | None, headers: Sequence[Header], said: str, field: str | None
) -> None:
    found = read_record(value, headers)
    assert isinstance(found, Refused)
    assert said in found.sentence
    assert found.field == field


def test_a_refusal_in_binary_mode_keeps_the_identity_of_the_headers() -> None:
    found = read_record(b"{", [*ATTRIBUTES, ("ce_time", None)])
    assert isinstance(found, Refused)
    assert (found.id, found.subject) == ("rms-0042", "KP-2026-000123")
