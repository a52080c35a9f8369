"""Every type has a model, a schema that is in step, and one believable example that reads cleanly."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from contracts import TYPES, CaseEvent, CaseEventBase, CaseRecord, Refused, UnknownEvent, read_record, write_event
from contracts.announcements import ANNOUNCEMENTS, PUBLISHED, Announcement, LedgerAnchor
from contracts.envelope import CaseData, CommonEvent, Strict, SuspectData, SuspectEvent, VictimEvent
from contracts.generate import EXAMPLES, SCHEMAS, schemas
from contracts.restored import StoreRestored
from tests.contracts.made_events import accepted, example, made_with, refused

EVERY_TYPE = [*TYPES, *PUBLISHED]


def data_model(name: str) -> type[CaseData]:
    model = TYPES[name].model_fields["data"].annotation
    assert isinstance(model, type)
    assert issubclass(model, CaseData)
    return model


def below(model: type[Any]) -> set[type[Any]]:
    return {model}.union(*(below(each) for each in model.__subclasses__()))


def test_every_model_is_in_the_registry_once() -> None:
    shared = {CaseEventBase, UnknownEvent, CommonEvent, VictimEvent, SuspectEvent}
    assert set(TYPES.values()) == below(CaseEventBase) - shared
    assert set(ANNOUNCEMENTS.values()) == below(Announcement) - {Announcement}
    assert len(TYPES) == 112


def test_no_two_models_share_a_name() -> None:
    """Two of one name would be told apart by module path in the AsyncAPI document."""
    names = [model.__name__ for model in below(Strict) | below(Announcement)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_types_follow_the_grammar_of_names(name: str) -> None:
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+){1,2}\.v1", name)


def test_checked_in_schemas_are_those_of_the_models() -> None:
    found = {file.stem: file.read_text(encoding="utf-8") for file in SCHEMAS.glob("*.json")}
    assert found == dict(schemas()), "run python -m contracts.generate and look at the difference"


def test_every_type_has_one_example() -> None:
    assert sorted(file.stem for file in EXAMPLES.glob("*.json")) == sorted(EVERY_TYPE)


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_examples_are_valid_by_their_schema(name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(example(name))


@pytest.mark.parametrize("name", TYPES)
def test_examples_read_cleanly_and_survive_being_written(name: str) -> None:
    event = accepted(example(name))
    assert type(event) is TYPES[name]
    assert read_record(write_event(event)) == event
    assert not event.model_extra
    assert not event.data.model_extra


@pytest.mark.parametrize("name", ANNOUNCEMENTS)
def test_announcements_survive_being_written(name: str) -> None:
    announced = ANNOUNCEMENTS[name].model_validate(example(name))
    assert ANNOUNCEMENTS[name].model_validate_json(announced.model_dump_json()) == announced
    assert announced.subject == announced.data.case_id


def test_an_anchor_survives_being_written() -> None:
    anchor = LedgerAnchor.model_validate(example("waymark.ledger.anchor.v1"))
    assert LedgerAnchor.model_validate_json(anchor.model_dump_json()) == anchor


def test_a_restore_survives_being_written() -> None:
    restored = StoreRestored.model_validate(example("waymark.store.restored.v1"))
    assert StoreRestored.model_validate_json(restored.model_dump_json()) == restored


@pytest.mark.parametrize("name", TYPES)
def test_examples_cover_every_field(name: str) -> None:
    fields = set(data_model(name).known_names)
    may_be_left_out = {"victim_id", "suspect_ref"} & set(CaseData.model_fields)
    assert fields - may_be_left_out <= set(example(name)["data"])


@pytest.mark.parametrize("name", TYPES)
def test_a_required_field_that_is_missing_null_or_empty_is_named(name: str) -> None:
    for key, field in data_model(name).model_fields.items():
        if field.is_required():
            missing = example(name)
            del missing["data"][key]
            for event in (missing, made_with(name, **{key: None}), made_with(name, **{key: ""})):
                assert refused(event).sentence == f"data.{key} is required and is missing, null or empty"
        else:
            accepted(made_with(name, **{key: None}))
            accepted(made_with(name, **{key: ""}))


@pytest.mark.parametrize("name", TYPES)
def test_a_field_of_the_wrong_kind_is_named(name: str) -> None:
    for key in example(name)["data"]:
        wrong: object = 5 if key in {"recorded_by", "replacement"} else {"a": [1]}
        assert refused(made_with(name, **{key: wrong})).field == f"data.{key}"


def test_annotations_tell_events_apart_as_reading_does() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(CaseEvent)
    for name, model in TYPES.items():
        assert type(adapter.validate_python(example(name))) is model
    assert type(adapter.validate_python(example("contact.made.v1") | {"type": "contact.made.v9"})) is UnknownEvent
    record: TypeAdapter[Any] = TypeAdapter(list[CaseRecord])
    read = [accepted(example("contact.made.v1")), Refused(sentence="it is wrong")]
    assert all(a is b for a, b in zip(record.validate_python(read), read, strict=True))


def test_nothing_in_an_example_is_personal() -> None:
    for file in EXAMPLES.glob("*.json"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"@|\b0[17][\d ]{8,}|\+44", text), file.name
        assert not re.search(r"\b(she|her|hers|he|his|him)\b", text), file.name


def test_only_events_about_a_suspect_require_one() -> None:
    required = {name for name in TYPES if issubclass(data_model(name), SuspectData)}
    assert {name.split(".")[1] for name in required} == {
        *("suspect", "decision", "charge", "case", "bail", "warrant", "verdict", "sentence", "appeal"),
    }
    assert get_args(TYPES["contact.made.v1"].model_fields["type"].annotation) == ("contact.made.v1",)
