"""Every rule says where it is written and names events that exist; every text exists in both languages and wordings."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from contracts.registry import TYPES
from notifications.template import LANGUAGES, Template, all_templates
from services.provisions.packs import PACKS_IN_SERVICE, names_of_packs, pack_text, read_pack
from services.provisions.rules import Clause, Rule, Shape
from tests.code_health.own_files import REPOSITORY

PACKS = sorted(names_of_packs())
EVERY_RULE = [rule for name in PACKS for rule in read_pack(pack_text(name), f"{name}.yaml")]
WHOLE_PACKS = {yaml.safe_load(pack_text(name))["citation"]["instrument"] for name in PACKS}
"""What a pack cites for all its rules: too wide a source for one of them without a place in it."""

_ID = [f"{rule.pack}-{rule.id}" for rule in EVERY_RULE]
_TEMPLATES = REPOSITORY / "notifications" / "templates"
NAMES = sorted({path.name.split(".")[0] for path in _TEMPLATES.glob("*.txt")})


SERVE_NO_EVENT = {"update_no_news"}
"""It goes with the end of a period without news, not with an event."""


def fields_of(type_: str) -> dict[str, Any]:
    """The fields of an event's data."""
    model = TYPES[type_].model_fields["data"].annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return dict(model.model_fields)


def test_every_pack_in_service_ships_and_the_draft_is_not_in_service() -> None:
    assert set(PACKS_IN_SERVICE) <= set(PACKS)
    assert not [name for name in PACKS_IN_SERVICE if name.endswith("-DRAFT")]


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_is_called_as_its_file_is(name: str) -> None:
    rules = read_pack(pack_text(name), f"{name}.yaml")
    assert {rule.pack for rule in rules} <= {name}
    assert pack_text(name).startswith(f"pack: {name}\n")


@pytest.mark.parametrize("rule", EVERY_RULE, ids=_ID)
def test_every_rule_has_its_citation_and_dates(rule: Rule) -> None:
    assert len(rule.citation.instrument) > 10
    assert rule.citation.place or rule.citation.instrument not in WHOLE_PACKS, "say where in the instrument"
    assert rule.citation.address.startswith("https://")
    assert isinstance(rule.citation.seen, date)
    assert isinstance(rule.in_force_from, date)
    assert rule.in_force_to is None or rule.in_force_from < rule.in_force_to
    assert rule.duty
    assert rule.owner


@pytest.mark.parametrize("rule", EVERY_RULE, ids=_ID)
def test_every_rule_names_events_that_exist(rule: Rule) -> None:
    assert rule.triggers or rule.shape is Shape.AT_CASE_END  # its trigger is the case's end
    for clause in (*rule.triggers, *rule.discharges):
        assert clause.type in TYPES


def odd_words(clause: Clause) -> list[str]:
    """Fields a clause asks for that such an event does not have, and words that are none of its field's."""
    fields = fields_of(clause.type)
    odd = [name for name in clause.where if name not in fields]
    for name in clause.where.keys() - odd:
        known = words_of(fields[name].annotation)
        odd += [f"{name}: {word}" for word in clause.where[name] if known and word not in known]
    return odd


def words_of(annotation: Any) -> set[Any]:
    """The words a field admits, where it is a list of words."""
    literals = [each for each in (annotation, *get_args(annotation)) if get_origin(each) is Literal]
    return {word for each in literals for word in get_args(each)}


@pytest.mark.parametrize("rule", EVERY_RULE, ids=_ID)
def test_every_rule_asks_for_words_that_its_events_can_hold(rule: Rule) -> None:
    assert not [odd for clause in (*rule.triggers, *rule.discharges) for odd in odd_words(clause)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_exists_in_both_languages_and_both_wordings(name: str, language: str) -> None:
    (found,) = [each for each in all_templates() if (each.name, each.language) == (name, language)]
    assert (_TEMPLATES / f"{name}.{language}.txt").is_file()
    assert found.plain
    assert found.discreet
    assert found.plain != found.discreet
    assert found.next_step.keys() == {"plain", "discreet"}


def terms(template: Template) -> tuple[Any, ...]:
    """What a template promises, whatever its language."""
    return (
        template.version, template.types, template.purpose, template.max_age, template.states_the_event,
        template.fields, template.if_unknown,
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_template_promises_the_same_in_every_language(name: str) -> None:
    promised = {terms(each) for each in all_templates() if each.name == name}
    assert len(promised) == 1


@pytest.mark.parametrize("template", all_templates(), ids=lambda each: f"{each.name}.{each.language}")
def test_every_template_serves_events_that_exist(template: Template) -> None:
    assert template.types <= TYPES.keys()
    assert template.types or template.name in SERVE_NO_EVENT
