"""Reads the packs: the law as dated data, refused in a sentence where anything it must say is missing.

A pack is a YAML file of rules. Reading happens when a process starts, never inside an assessment.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, Final

import yaml

from services.provisions.pack_error import PackError
from services.provisions.rule_reading import UPDATE_RULE, read_rule
from services.provisions.rules import NOT_KNOWN, Citation, Rule

__all__ = [
    "PACKS_IN_SERVICE",
    "UPDATE_RULE",
    "Pack",
    "PackError",
    "names_of_packs",
    "pack_text",
    "read_pack",
    "read_whole_pack",
]

PACKS_IN_SERVICE: Final = ("VC2020", "NATIONAL", "KENT")
_NEEDED: Final = ("pack", "version", "title", "enabled", "in_force", "citation", "rules")
_FIELDS: Final = frozenset({*_NEEDED, "never_waived", "based_on"})


@dataclass(frozen=True, slots=True)
class Pack:
    """One file of the law: an edition of the Code, or clocks beside it."""

    name: str
    version: int
    title: str
    is_enabled: bool
    """Whether obligations may be raised under it; a draft is only set beside another pack."""
    rules: tuple[Rule, ...]
    based_on: str | None = None
    """The pack whose rules it takes over where it states none of its own."""
    why_based: str = ""
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The file as it was read, for the hash of a rule set."""

    @property
    def taken_over(self) -> tuple[Rule, ...]:
        """The rules it has from the pack it is based on, unchanged."""
        return tuple(rule for rule in self.rules if rule.taken_from is not None)


def pack_text(name: str) -> str:
    """The text of a pack that ships with Waymark; raises PackError where there is none of that name."""
    if name not in names_of_packs():
        known = ", ".join(sorted(names_of_packs()))
        raise PackError(f"There is no pack called {name!r}. Known packs: {known}.")
    return files("services.provisions").joinpath("packs", f"{name}.yaml").read_text(encoding="utf-8")


def names_of_packs() -> list[str]:
    """Every pack that ships, enabled or not."""
    folder = files("services.provisions").joinpath("packs")
    return [each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml")]


def read_pack(text: str, file: str) -> tuple[Rule, ...]:
    """The rules of one pack; raises PackError naming file and field where something is missing or unknown."""
    return read_whole_pack(text, file).rules


def read_whole_pack(text: str, file: str) -> Pack:
    """One pack; raises PackError naming file, rule and field where something is missing, unknown or misstated."""
    content = read_yaml(text, file)
    if not isinstance(content, Mapping):
        raise PackError(
            f"{file}: this is no pack. It says {', '.join(_NEEDED)}; `waymark rules list` shows those there are."
        )
    for name in _NEEDED:
        if content.get(name) is None:
            raise PackError(f"{file}: the pack says nothing under `{name}`. Add it.")
    if unknown := sorted(str(name) for name in content.keys() - _FIELDS):
        raise PackError(f"{file}: unknown field `{unknown[0]}`. Check its spelling.")
    _check_header(content, file)
    own = [_read(each, number, content, file) for number, each in enumerate(content["rules"], 1)]
    based_on, why = _base(content, file)
    ids = [rule.id for rule in own]
    if doubled := sorted({each for each in ids if ids.count(each) > 1}):
        raise PackError(f"{file}: two rules have the id {doubled[0]}. An id stands for one duty; rename one.")
    taken = [] if based_on is None else _taken_over(based_on, content, ids)
    return Pack(
        name=content["pack"],
        version=content["version"],
        title=content["title"],
        is_enabled=content["enabled"],
        rules=(*taken, *own),
        based_on=based_on,
        why_based=why,
        content=content,
    )


def read_yaml(text: str, file: str) -> Any:
    """What a YAML file says; raises PackError with the line where it cannot be read or says something twice."""
    try:
        return yaml.load(text, _OnceOnly)  # noqa: S506 - a subclass of the safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        line = f", line {mark.line + 1}" if mark is not None else ""
        problem = f" ({error.problem})" if isinstance(error, yaml.MarkedYAMLError) and error.problem else ""
        raise PackError(f"{file}{line}: not readable as YAML{problem}. Mend the file.") from None


class _OnceOnly(yaml.SafeLoader):
    """Reads YAML and refuses a field said twice: of two limits the last would silently count."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of a node."""
        seen: set[Any] = set()
        for key in (key for key, _value in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"`{key.value}` is said twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _check_header(content: Mapping[str, Any], file: str) -> None:
    for name, kind, words in (
        ("pack", str, "the name of the pack"),
        ("version", int, "a whole number"),
        ("title", str, "what the pack is"),
        ("enabled", bool, "true or false"),
        ("citation", dict, "the instrument, address and date seen that its rules share"),
        ("rules", list, "a list of rules"),
    ):
        if type(content[name]) is not kind:
            raise PackError(f"{file}: `{name}` must be {words}.")


def _read(raw: Any, number: int, content: Mapping[str, Any], file: str) -> Rule:
    named = raw.get("id") if isinstance(raw, Mapping) else None
    return read_rule(raw, content, f"{file}, rule {named or number}")


def _base(content: Mapping[str, Any], file: str) -> tuple[str | None, str]:
    raw = content.get("based_on")
    if raw is None:
        return None, ""
    says = isinstance(raw, Mapping) and all(isinstance(raw.get(name), str) for name in ("pack", "why"))
    if not says or raw.keys() != {"pack", "why"}:
        raise PackError(f"{file}: `based_on` says the `pack` whose rules are taken over, and `why`.")
    if raw["pack"] == content["pack"] or "based_on:" in pack_text(raw["pack"]):
        raise PackError(f"{file}: `based_on.pack` must be another pack that states its own rules.")
    return raw["pack"], raw["why"]


def _taken_over(base: str, content: Mapping[str, Any], own: list[str]) -> list[Rule]:
    """The rules of the base that the pack does not state itself: under its name and source, to be confirmed."""
    cited = content["citation"]
    found = []
    for rule in read_whole_pack(pack_text(base), f"{base}.yaml").rules:
        if rule.id in own:
            continue
        place = f"{NOT_KNOWN} taken over from {base}, {rule.citation.place}; {content['based_on']['why']}"
        citation = Citation(cited["instrument"], place, cited["address"], cited["seen"])
        confidence = "M" if rule.confidence == "H" else rule.confidence
        found.append(replace(rule, pack=content["pack"], citation=citation, confidence=confidence, taken_from=base))
    return found
