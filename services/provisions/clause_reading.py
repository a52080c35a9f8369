"""Reads the triggers and discharges of a rule, and refuses what no event could ever be.

A misspelt event type, field or word would raise nothing and discharge nothing, and nobody would see why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.registry import TYPES
from services.provisions.pack_error import PackError
from services.provisions.rules import Clause

CONDITIONS: Final = frozenset({"other_service_is_specialist", "says_how_often"})
"""What `only_if` may name; each is a test written in services/journeys."""

_FIELDS: Final = frozenset({"type", "where", "only_if"})


def read_clauses(raw: Any, where: str) -> tuple[Clause, ...]:
    """The clauses under `triggers` or `discharges`; raises PackError naming what cannot be meant."""
    if not isinstance(raw, list):
        raise PackError(f"{where} must be a list, such as [{{type: policing.suspect.arrested}}].")
    return tuple(_clause(each, f"{where}, entry {number}") for number, each in enumerate(raw, 1))


def _clause(raw: Any, where: str) -> Clause:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("type"), str) or not raw.keys() <= _FIELDS:
        raise PackError(f"{where}: it names a `type`, perhaps `where` and `only_if`, nothing else.")
    type_ = f"{raw['type']}.v1"
    if type_ not in TYPES:
        raise PackError(
            f"{where}: there is no event type `{raw['type']}`. Write it without its version; see contracts/."
        )
    condition = raw.get("only_if")
    if condition is not None and (not isinstance(condition, str) or condition not in CONDITIONS):
        raise PackError(f"{where}: `only_if` must be one of: {', '.join(sorted(CONDITIONS))}.")
    return Clause(type_, read_words(raw.get("where", {}), [type_], f"{where}: `where`"), condition)


def read_words(raw: Any, types: Iterable[str], where: str) -> Mapping[str, frozenset[Any]]:
    """For each named field of these events the words that are meant, checked against what such a field can hold."""
    if not isinstance(raw, Mapping) or not all(isinstance(words, list) and words for words in raw.values()):
        raise PackError(f"{where} gives for each field the words that are meant, such as {{decision: [no_charge]}}.")
    for name, words in raw.items():
        for type_ in types:
            field = fields_of(type_).get(str(name))
            if field is None:
                raise PackError(f"{where}: the data of {type_.removesuffix('.v1')} has no field `{name}`.")
            known = words_of(field.annotation)
            odd = [word for word in words if not _can_be(word, known)]
            if odd:
                raise PackError(
                    f"{where}: `{name}` is never {odd[0]!r}. It can be: {', '.join(map(str, sorted(known)))}."
                )
    return {str(name): frozenset(words) for name, words in raw.items()}


def fields_of(type_: str) -> dict[str, FieldInfo]:
    """The fields of an event's data, by name."""
    model = TYPES[type_].model_fields["data"].annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {}
    return dict(model.model_fields)


def requires(type_: str, name: str) -> bool:
    """Whether every event of a type holds a field."""
    field = fields_of(type_).get(name)
    return field is not None and field.is_required()


def words_of(annotation: Any) -> set[Any]:
    """The words a field admits, where it is a list of words or a bool; empty where it is free."""
    if annotation is bool or bool in get_args(annotation):
        return {True, False}
    return set(_literals(annotation))


def _literals(annotation: Any) -> Iterator[Any]:
    for each in (annotation, *get_args(annotation)):
        if get_origin(each) is Literal:
            yield from get_args(each)


def _can_be(word: Any, known: set[Any]) -> bool:
    if not isinstance(word, str | bool | int):
        return False
    return not known or any(type(word) is type(each) and word == each for each in known)
