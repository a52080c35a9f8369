"""Templates: every word a text may hold, as files, one per template and language, each with both wordings.

A file is YAML front matter and two wordings. Everything in the front matter is required and nothing else is allowed:
a misspelt field would otherwise be a text with a hole in it. English is signed off by being in the repository and
reviewed; another language is sendable only with a translator's sign-off (texts-to-victims.md, "Words").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, NoReturn

import yaml

from services.contacts.decision import TemplateTerms
from services.contacts.news import OFFERED, Purpose

LANGUAGES: Final = ("en", "cy")
SENDER: Final = "sender_name"
"""The only field that discreet wording may hold: the name the victim chose."""

FIELDS: Final = frozenset({
    "officer_role", "service", "hearing_kind", "hearing_day", "hearing_time", "hear_by", "awaited", "awaited_from",
})  # fmt: skip
"""The fields that open wording may hold; ``notifications.fields`` fills them."""

_EVERY_PERSON_FIRST: Final = "person_first"
_KEYS: Final = frozenset({
    "template", "version", "language", "types", "purpose", "max_age_hours", "states_the_event", "fields", "next_step",
    "if_unknown", "signed_off",
})  # fmt: skip
_FILE: Final = re.compile(r"---\n(.*?)\n---\n== plain\n(.+?)\n== discreet\n(.+?)\n", re.DOTALL)
_FIELD: Final = re.compile(r"\{([a-z_]+)\}", re.ASCII)


class TemplateError(Exception):
    """A template file cannot be used; the sentence names the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class Template:
    """One template in one language, with both wordings.

    ``next_step`` holds the words of the one next step in each wording. ``if_unknown`` says what follows a text whose
    outcome stays unknown: ``task`` (a person asks) is the only policy there is so far. ``signed_off`` names the
    translator's sign-off, or is None where there is none; English needs none.
    """

    name: str
    version: int
    language: str
    types: frozenset[str]
    purpose: Purpose
    max_age: timedelta
    states_the_event: bool
    fields: frozenset[str]
    next_step: Mapping[str, str]
    if_unknown: Literal["task"]
    signed_off: str | None
    plain: str
    discreet: str

    @property
    def is_sendable(self) -> bool:
        """Whether the words may be sent to anyone."""
        return self.language == "en" or self.signed_off is not None

    @property
    def label(self) -> str:
        """The template and its version, as kept with every text."""
        return f"{self.name}.v{self.version}"

    def words(self, *, discreet: bool) -> str:
        """Return the wording, its fields unfilled."""
        return self.discreet if discreet else self.plain


def read_template(name: str, text: str) -> Template:
    """Read one template file.

    Raises:
        TemplateError: with a sentence saying which file and what is wrong.
    """
    parts = _FILE.fullmatch(text)
    if parts is None:
        _refuse(name, "needs front matter between --- lines, then == plain and == discreet with their words")
    front = yaml.safe_load(parts[1])
    if not isinstance(front, dict) or front.keys() != _KEYS:
        odd = sorted(set(front) ^ _KEYS) if isinstance(front, dict) else sorted(_KEYS)
        _refuse(name, f"must have exactly the known keys; missing or unknown: {', '.join(map(str, odd))}")
    plain, discreet = parts[2].strip(), parts[3].strip()
    fields = frozenset(_list_of(name, "fields", front["fields"]))
    if unknown := fields - FIELDS:
        _refuse(name, f"has fields nobody fills: {', '.join(sorted(unknown))}")
    if (used := frozenset(_FIELD.findall(plain))) != fields:
        _refuse(
            name, f"must use in == plain exactly the fields it lists; differing: {', '.join(sorted(used ^ fields))}"
        )
    if (odd_fields := frozenset(_FIELD.findall(discreet)) - {SENDER}) or SENDER not in discreet:
        _refuse(
            name, f"must use in == discreet the field {SENDER} and no other {', '.join(sorted(odd_fields))}".strip()
        )
    if front["language"] not in LANGUAGES or front["if_unknown"] != "task" or front["purpose"] not in set(Purpose):
        _refuse(name, "has a language, purpose or if_unknown that does not exist")
    if not isinstance(front["version"], int) or not isinstance(front["max_age_hours"], int):
        _refuse(name, "needs whole numbers for version and max_age_hours")
    steps = front["next_step"]
    if not isinstance(steps, dict) or steps.keys() != {"plain", "discreet"}:
        _refuse(name, "needs next_step with the words of the next step in plain and in discreet")
    return Template(
        name=str(front["template"]),
        version=front["version"],
        language=front["language"],
        types=_types(name, front["types"]),
        purpose=Purpose(front["purpose"]),
        max_age=timedelta(hours=front["max_age_hours"]),
        states_the_event=bool(front["states_the_event"]),
        fields=fields,
        next_step=steps,
        if_unknown="task",
        signed_off=front["signed_off"],
        plain=plain,
        discreet=discreet,
    )


@cache
def all_templates() -> tuple[Template, ...]:
    """Return every template of this version, in every language, read once.

    Raises:
        TemplateError: if a file cannot be used, or two serve the same news for the same purpose in one language.
    """
    folder = files("notifications") / "templates"
    found = tuple(
        read_template(each.name, each.read_text(encoding="utf-8"))
        for each in sorted(folder.iterdir(), key=lambda each: each.name)
        if each.name.endswith(".txt")
    )
    seen: set[tuple[str, Purpose, str]] = set()
    for template in found:
        for fact_type in template.types:
            serves = (fact_type, template.purpose, template.language)
            if serves in seen:
                _refuse(template.name, f"serves {fact_type}, which another template serves for the same purpose")
            seen.add(serves)
    return found


def template_for(fact_type: str, purpose: Purpose, language: str = "en") -> Template | None:
    """Return the sendable template for news of a type and a purpose, or None."""
    for each in all_templates():
        if each.language == language and each.purpose is purpose and fact_type in each.types and each.is_sendable:
            return each
    return None


def template_named(name: str, language: str = "en") -> Template:
    """Return the template of that name; raises KeyError where there is none."""
    return {(each.name, each.language): each for each in all_templates()}[name, language]


@cache
def gate_terms() -> Mapping[tuple[str, Purpose], TemplateTerms]:
    """Return what the gate must know of the templates that can be sent in English."""
    return {
        (fact_type, each.purpose): TemplateTerms(each.label, each.max_age, each.states_the_event)
        for each in all_templates()
        if each.language == "en" and each.is_sendable
        for fact_type in each.types
    }


def _types(name: str, given: Any) -> frozenset[str]:
    if given == _EVERY_PERSON_FIRST:
        return OFFERED
    return frozenset(_list_of(name, "types", given))


def _list_of(name: str, key: str, given: Any) -> Iterable[str]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        _refuse(name, f"needs a list of words for {key}")
    return given


def _refuse(name: str, what: str) -> NoReturn:
    raise TemplateError(f"The template {name} {what}.")
