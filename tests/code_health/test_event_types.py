"""Every event type is described, shown by an example, and read by a rule of ours or said to be shown only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from contracts.announcements import ANNOUNCEMENTS, PUBLISHED
from contracts.generate import EXAMPLES, SCHEMAS
from contracts.registry import TYPES
from services.journeys.entries import event_type
from services.provisions.packs import names_of_packs, pack_text, read_pack
from tests.code_health.own_files import python_files, text_of

READERS = ("services/journeys/", "services/contacts/", "notifications/")
"""Where events are thought about; a table of words for a page is no use of an event."""

ARROWS = Path("services/journeys/arrows.py")

ONLY_SHOWN = {
    "policing.crime.recorded.v1",
    "policing.case.reviewed.v1",
    "support.sarc.samples_stored.v1",
    "safeguarding.marac.referred.v1",
    "safeguarding.matac.referred.v1",
    "prosecution.meeting.offered.v1",
}
"""Kept and shown on the journey; nothing is concluded from them."""


def named_in(source: str) -> set[str]:
    """The event types a module names, with or without their version."""
    words = {each.value for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Constant)}
    return {name for name in TYPES if name in words or name.removesuffix(".v1") in words}


def types_read() -> set[str]:
    """The event types that the core, a pack or a template names."""
    in_code = (named_in(text_of(path)) for path in python_files() if str(path).startswith(READERS))
    clauses = (
        {clause.type for clause in (*rule.triggers, *rule.discharges)}
        for name in names_of_packs()
        for rule in read_pack(pack_text(name), name)
    )
    return set[str]().union(*in_code, *clauses)


@pytest.mark.parametrize("name", [*TYPES, *PUBLISHED])
def test_every_type_has_a_schema_and_an_example(name: str) -> None:
    assert (SCHEMAS / f"{name}.json").is_file()
    assert (EXAMPLES / f"{name}.json").is_file()


def test_every_schema_and_example_has_its_type() -> None:
    known = {*TYPES, *PUBLISHED}
    assert not {file.stem for folder in (SCHEMAS, EXAMPLES) for file in folder.iterdir()} - known


def test_every_type_is_read_by_somebody_or_said_to_be_shown_only() -> None:
    assert set(TYPES) - types_read() == ONLY_SHOWN


def test_every_announcement_is_one_that_an_arrow_makes() -> None:
    words = {each.value for each in ast.walk(ast.parse(text_of(ARROWS))) if isinstance(each, ast.Constant)}
    assert {name for name in ANNOUNCEMENTS if name in {event_type(str(word)) for word in words}} == set(ANNOUNCEMENTS)
