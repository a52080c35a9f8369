"""Whatever the bytes, the JSON or the headers: reading gives an event or a refusal, and an event can be kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contracts import (
    TYPES,
    CaseEvent,
    Refused,
    content_hash,
    normalised_data,
    read_line,
    read_record,
    read_replacement,
    take_note,
    write_event,
)
from contracts.envelope import CaseData
from tests.contracts.made_events import example

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # half surrogate pairs and NUL too
INSTANTS = st.sampled_from(
    ["2026-11-10T14:20:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.9999999-12:00", "2026-02-30T00:00:00Z"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT
JSON = st.recursive(
    SCALARS | INSTANTS | st.just("") | st.just("2026-11-10"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
TYPE_NAMES = st.sampled_from([*TYPES, "policing.suspect.arrested.v2"])
HEADER_NAMES = st.sampled_from(["content-type", "ce_id", "ce_type", "ce_time", "CE_SUBJECT", "ce_source", "ce_x"])
HEADERS = st.lists(st.tuples(HEADER_NAMES | ANY_TEXT, st.none() | st.binary() | st.just(b"1.0")), max_size=8)


def can_be_kept(found: CaseEvent | Refused) -> None:
    """Check what storage does with whatever was read."""
    if isinstance(found, Refused):
        found.model_dump_json().encode()
        return
    assert len(content_hash(found)) == 32
    data, note = take_note(found)
    assert msgspec.json.decode(msgspec.json.encode(data)) == data
    assert "\ud800" not in (note or "")
    (note or "").encode()
    assert read_line(write_event(found)) == found


@given(st.none() | st.binary(), HEADERS)
def test_any_bytes_and_headers_are_read_or_refused(
    value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    can_be_kept(read_record(value, headers))


@given(ANY_TEXT)
def test_any_line_is_read_or_refused(line: str) -> None:
    can_be_kept(read_line(line))


@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    can_be_kept(read_line(json.dumps(value)))


@st.composite
def spoilt_examples(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the example of a type with some attributes and fields of its own, or unknown ones, replaced."""
    name = draw(TYPE_NAMES)
    event = example(name if name in TYPES else "contact.made.v1") | {"type": name}
    names = st.sampled_from(sorted({*event["data"], *CaseData.model_fields, "note"})) | ANY_TEXT
    event["data"] |= draw(st.dictionaries(names, JSON, max_size=3))
    return event | draw(st.dictionaries(st.sampled_from(sorted(event)) | ANY_TEXT, JSON, max_size=1))


@given(spoilt_examples())
def test_any_spoilt_event_is_read_or_refused(event: dict[str, Any]) -> None:
    can_be_kept(read_line(json.dumps(event)))


@given(spoilt_examples())
def test_both_modes_read_the_same_data(event: dict[str, Any]) -> None:
    clean = example("contact.made.v1") | {"data": event["data"], "type": event["type"]}
    if not isinstance(clean["type"], str) or not clean["type"].isascii():
        clean["type"] = "contact.made.v1"
    headers = [(f"ce_{name}", held.encode()) for name, held in clean.items() if name != "data"]
    assert read_record(json.dumps(clean["data"]).encode(), headers) == read_line(json.dumps(clean))


@given(TYPE_NAMES, st.dictionaries(st.sampled_from(["time", "data", "x"]), JSON | INSTANTS))
def test_any_replacement_is_read_or_refused(name: str, replacement: Mapping[str, Any]) -> None:
    can_be_kept(read_replacement(name, id="a", source="/s", subject="K", replacement=replacement))


@given(spoilt_examples())
def test_normalised_data_is_what_normalised_data_reads_as(event: dict[str, Any]) -> None:
    found = read_line(json.dumps(event))
    if isinstance(found, Refused):
        return
    data = normalised_data(found)
    again = read_line(json.dumps({**event, "data": data}))
    assert not isinstance(again, Refused)
    assert normalised_data(again) == data
