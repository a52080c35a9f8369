"""Reads the packs: the law as dated data, refused in a sentence where anything it must say is missing.

A pack is a YAML file of rules. Reading happens when a process starts, never inside an assessment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any, TypeVar

import yaml

from services.provisions.rules import Citation, Clause, Limit, Rule, Shape, Unit

PACKS_IN_SERVICE = ("VC2020", "NATIONAL", "KENT")
UPDATE_RULE = "KENT-UPDATE"
_CONFIDENCES = ("H", "M", "L")
_Word = TypeVar("_Word", Shape, Unit)
_RULE_FIELDS = {
    "id", "right", "owner", "duty", "shape", "triggers", "discharges", "limit", "confidence", "in_force", "advisory",
    "once", "before_too", "match", "about", "trigger_by", "ends_with_case", "ends_with_charge", "owner_from",
    "never_waived", "warn_hours", "warn_on_day", "to_confirm_where", "instrument", "place", "address", "seen",
}  # fmt: skip


class PackError(Exception):
    """A pack cannot be used: the message names the file, the field and what to do."""


def pack_text(name: str) -> str:
    """The text of a pack that ships with Waymark; raises PackError where there is none of that name."""
    found = files("services.provisions").joinpath("packs", f"{name}.yaml")
    if not found.is_file():
        known = ", ".join(sorted(names_of_packs()))
        raise PackError(f"There is no pack called {name!r}. Known packs: {known}.")
    return found.read_text(encoding="utf-8")


def names_of_packs() -> list[str]:
    """Every pack that ships, enabled or not."""
    folder = files("services.provisions").joinpath("packs")
    return [each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml")]


def read_pack(text: str, file: str) -> tuple[Rule, ...]:
    """The rules of one pack; raises PackError naming file and field where something is missing or unknown."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PackError(f"{file}: not readable as YAML ({error}). Mend the file.") from error
    for name in ("pack", "version", "citation", "in_force", "rules"):
        if not isinstance(content, dict) or name not in content:
            raise PackError(f"{file}: the pack says nothing under `{name}`. Add it.")
    rules = tuple(
        _rule(each, content, f"{file}, rule {each.get('id', number + 1)}")
        for number, each in enumerate(content["rules"])
    )
    if len({each.id for each in rules}) != len(rules):
        raise PackError(f"{file}: two rules have the same id. Ids stand for one duty each; rename one.")
    return rules


def _rule(raw: Mapping[str, Any], pack: Mapping[str, Any], where: str) -> Rule:
    if unknown := set(raw) - _RULE_FIELDS:
        raise PackError(f"{where}: unknown field `{min(unknown)}`. Check its spelling.")
    for name in ("id", "owner", "duty", "shape", "confidence"):
        if not raw.get(name):
            raise PackError(f"{where}: the field `{name}` is missing. Every rule must say it.")
    if raw["confidence"] not in _CONFIDENCES:
        raise PackError(f"{where}: `confidence` must be H, M or L.")
    in_force = raw.get("in_force", pack["in_force"])
    advisory = bool(raw.get("advisory", False))
    if raw["confidence"] == "L" and not advisory:
        raise PackError(f"{where}: a rule known from memory only (confidence L) must be `advisory: true`.")
    shape = _one_of(Shape, raw["shape"], f"{where}: `shape`")
    rule_id = str(raw["id"])
    never_waived = bool(raw.get("never_waived", pack.get("never_waived", False)))
    return Rule(
        id=rule_id,
        pack=pack["pack"],
        right=raw.get("right"),
        owner=raw["owner"],
        duty=raw["duty"],
        shape=shape,
        triggers=_clauses(raw.get("triggers", []), where),
        discharges=_clauses(raw.get("discharges", []), where),
        limit=_limit(raw.get("limit"), where),
        confidence=raw["confidence"],
        citation=_citation(raw, pack["citation"], where),
        in_force_from=_date(in_force, "from", where),
        in_force_to=in_force.get("to"),
        advisory=advisory,
        once=bool(raw.get("once", False)),
        before_too=bool(raw.get("before_too", False)),
        match=tuple(raw.get("match", ())),
        about=bool(raw.get("about", False)),
        trigger_by=raw.get("trigger_by"),
        ends_with_case=bool(raw.get("ends_with_case", False)),
        ends_with_charge=bool(raw.get("ends_with_charge", False)),
        owner_from=raw.get("owner_from"),
        never_waived=never_waived,
        waived_with=frozenset() if never_waived else _waived_with(rule_id, raw.get("right"), raw["owner"], shape),
        warn_hours=raw.get("warn_hours"),
        warn_on_day=raw.get("warn_on_day"),
        to_confirm_where={name: frozenset(words) for name, words in raw.get("to_confirm_where", {}).items()},
    )


def _waived_with(rule_id: str, right: int | None, owner: str, shape: Shape) -> frozenset[str]:
    """The scopes of `right.waived` that cover a rule (victims-code.md section 4.9)."""
    scopes = {rule_id}
    if rule_id == UPDATE_RULE:
        scopes |= {"updates", "all"}
    elif rule_id.startswith("VC-"):
        scopes.add("all")
        if right == 6 and owner == "police" and shape is Shape.TOLD:  # noqa: PLR2004 - Right 6 is its name
            scopes.add("updates")
    return frozenset(scopes)


def _citation(raw: Mapping[str, Any], pack: Mapping[str, Any], where: str) -> Citation:
    values = {name: raw.get(name, pack.get(name)) for name in ("instrument", "address", "seen")}
    for name, value in values.items():
        if not value:
            raise PackError(f"{where}: the citation has no `{name}`. A rule without a source is not law; add it.")
    place = raw.get("place") or (f"Right {raw['right']}" if raw.get("right") else "")
    return Citation(values["instrument"], place, values["address"], values["seen"])


def _clauses(raw: list[Mapping[str, Any]], where: str) -> tuple[Clause, ...]:
    for each in raw:
        if set(each) - {"type", "where", "only_if"} or "type" not in each:
            raise PackError(
                f"{where}: a trigger or discharge names a `type`, perhaps `where` and `only_if`, nothing else."
            )
    return tuple(
        Clause(
            f"{each['type']}.v1",
            {name: frozenset(words) for name, words in each.get("where", {}).items()},
            each.get("only_if"),
        )
        for each in raw
    )


def _limit(raw: Mapping[str, Any] | None, where: str) -> Limit | None:
    if raw is None:
        return None
    unit = _one_of(Unit, raw.get("unit"), f"{where}: `limit.unit`")
    for name in ("standard", "enhanced"):
        if not isinstance(raw.get(name), int):
            raise PackError(f"{where}: `limit.{name}` must be a whole number.")
    if raw["enhanced"] > raw["standard"]:
        raise PackError(f"{where}: the enhanced limit is longer than the standard one. Enhanced Rights never lengthen.")
    return Limit(unit, raw["standard"], raw["enhanced"])


def _date(raw: Mapping[str, Any], name: str, where: str) -> date:
    value = raw.get(name)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise PackError(f"{where}: `in_force.{name}` must be a date, YYYY-MM-DD.") from None


def _one_of(words: type[_Word], value: Any, where: str) -> _Word:
    try:
        return words(value)
    except ValueError:
        raise PackError(f"{where} must be one of: {', '.join(words)}.") from None
