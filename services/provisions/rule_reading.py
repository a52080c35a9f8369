"""Reads one rule of a pack; refused in a sentence that names file, rule and field where it does not say all it must."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypeVar

from services.provisions.clause_reading import fields_of, read_clauses, read_words, requires
from services.provisions.pack_error import PackError
from services.provisions.rules import NOT_KNOWN, Citation, Limit, Rule, Shape, Unit

UPDATE_RULE: Final = "KENT-UPDATE"
OPEN: Final = "open"
"""What stands under `in_force.to` of a rule that has no last day."""

NARROWED: Final[Mapping[str, frozenset[str]]] = {
    "within_twelve_months": frozenset({"policing.crime.reported.v1"}),
    "high_risk_domestic": frozenset({"policing.needs.assessed.v1"}),
    "high_risk_stalking": frozenset({"policing.needs.assessed.v1"}),
    "stalking_meeting": frozenset({"policing.needs.assessed.v1", "safeguarding.order.applied.v1"}),
    "scheme_choice": frozenset({"court.sentence.passed.v1", "probation.scheme.opted_in.v1"}),
}
"""What `trigger_by` may name (each is written in services/journeys/triggers.py), and the events it can narrow."""

_FIELDS: Final = frozenset({
    "id", "right", "owner", "duty", "shape", "triggers", "discharges", "limit", "confidence", "in_force", "advisory",
    "once", "before_too", "match", "about", "trigger_by", "ends_with_case", "ends_with_charge", "owner_from",
    "never_waived", "warn_hours", "warn_on_day", "to_confirm_where", "instrument", "place", "address", "seen",
})  # fmt: skip
_RIGHTS: Final = range(1, 13)
_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
_CONFIDENCES: Final = ("H", "M", "L")
_WITHOUT_DISCHARGES: Final = frozenset({Shape.TOLD, Shape.TOLD_BY_UNIT, Shape.ANSWERED, Shape.ROLLING})
_MAY_HAVE_NONE: Final = frozenset({*_WITHOUT_DISCHARGES, Shape.WINDOW})
_UNITS: Final[Mapping[Shape, frozenset[Unit | None]]] = {
    Shape.ROLLING: frozenset({Unit.DAYS}),
    Shape.GATE: frozenset({None}),
    Shape.BEFORE_LATER_EVENT: frozenset({None}),
    Shape.AT_CASE_END: frozenset({None}),
    Shape.PHONE: frozenset({Unit.HOURS}),
    Shape.ASSAULT_LIMIT: frozenset({Unit.MONTHS}),
    Shape.WINDOW: frozenset({Unit.DAYS, Unit.MONTHS}),
}
"""The units in which a shape can be limited, None for untimed; every other shape takes all."""

_LONGEST: Final = 10_000
_KINDS: Final[Mapping[type, str]] = {str: "text", bool: "true or false", int: "a whole number"}

_Word = TypeVar("_Word", Shape, Unit)
_Of = TypeVar("_Of")


def read_rule(raw: Any, pack: Mapping[str, Any], where: str) -> Rule:
    """The rule that an entry of `rules` states; raises PackError where it does not say, or misstates, something."""
    if not isinstance(raw, Mapping):
        raise PackError(f"{where}: a rule is a list of fields, such as {{id: VC-R6-ARREST, right: 6, …}}.")
    if unknown := sorted(str(name) for name in raw.keys() - _FIELDS):
        raise PackError(f"{where}: unknown field `{unknown[0]}`. Check its spelling.")
    for name in ("id", "owner", "duty", "shape", "confidence"):
        if not raw.get(name):
            raise PackError(f"{where}: the field `{name}` is missing. Every rule must say it.")
        _typed(raw, name, str, where)
    if not _ID.fullmatch(raw["id"]):
        raise PackError(f"{where}: `id` is capitals, digits and hyphens, such as VC-R6-ARREST.")
    if raw["confidence"] not in _CONFIDENCES:
        raise PackError(f"{where}: `confidence` must be H, M or L.")
    advisory = _flag(raw, "advisory", where)
    if raw["confidence"] == "L" and not advisory:
        raise PackError(f"{where}: a rule known from memory only (confidence L) must be `advisory: true`.")
    right = raw.get("right")
    if right is not None and (type(right) is not int or right not in _RIGHTS):
        raise PackError(f"{where}: `right` must be one of the Code's twelve, 1 to 12, or absent outside the Code.")
    shape = _one_of(Shape, raw["shape"], f"{where}: `shape`")
    triggers = read_clauses(raw.get("triggers", []), f"{where}: `triggers`")
    in_force_from, in_force_to = _in_force(raw.get("in_force", pack["in_force"]), where)
    never_waived = _flag({**pack, **raw}, "never_waived", where)
    rule = Rule(
        id=raw["id"],
        pack=pack["pack"],
        right=right,
        owner=raw["owner"],
        duty=raw["duty"],
        shape=shape,
        triggers=triggers,
        discharges=read_clauses(raw.get("discharges", []), f"{where}: `discharges`"),
        limit=_limit(raw.get("limit"), where),
        confidence=raw["confidence"],
        citation=_citation(raw, pack["citation"], where),
        in_force_from=in_force_from,
        in_force_to=in_force_to,
        advisory=advisory,
        once=_flag(raw, "once", where),
        before_too=_flag(raw, "before_too", where),
        match=_names(raw, "match", where),
        about=_flag(raw, "about", where),
        trigger_by=_optional(raw, "trigger_by", str, where),
        ends_with_case=_flag(raw, "ends_with_case", where),
        ends_with_charge=_flag(raw, "ends_with_charge", where),
        owner_from=_optional(raw, "owner_from", str, where),
        never_waived=never_waived,
        waived_with=frozenset() if never_waived else _waived_with(raw["id"], right, raw["owner"], shape),
        warn_hours=_optional(raw, "warn_hours", int, where),
        warn_on_day=_optional(raw, "warn_on_day", int, where),
        to_confirm_where=read_words(
            raw.get("to_confirm_where", {}), [clause.type for clause in triggers], f"{where}: `to_confirm_where`"
        ),
    )
    _check(rule, where)
    return rule


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
    for name in ("instrument", "address"):
        _typed(values, name, str, where)
    if not values["address"].startswith("https://"):
        raise PackError(f"{where}: `address` must be where the source can be read, beginning with https://.")
    if type(values["seen"]) is not date:
        raise PackError(f"{where}: `seen` must be the day on which the source was read, YYYY-MM-DD.")
    place = raw.get("place") or (f"Right {raw['right']}" if raw.get("right") else None)
    if not isinstance(place, str):
        raise PackError(
            f"{where}: the citation has no `place`. Say where in the instrument it stands (section, paragraph, Right), "
            f'or `place: "{NOT_KNOWN} …"` and why it could not be read.'
        )
    if place.startswith(NOT_KNOWN) and not place.removeprefix(NOT_KNOWN).strip():
        raise PackError(f"{where}: `place` says that it is not known, but not why. Add the reason.")
    return Citation(values["instrument"], place, values["address"], values["seen"])


def _in_force(raw: Any, where: str) -> tuple[date, date | None]:
    if not isinstance(raw, Mapping) or not raw.keys() <= {"from", "to"}:
        raise PackError(f"{where}: `in_force` says `from` and `to`, such as {{from: 2021-04-01, to: {OPEN}}}.")
    for name in ("from", "to"):
        if raw.get(name) is None:
            raise PackError(
                f"{where}: `in_force.{name}` is missing. Say the day, or `to: {OPEN}` where the rule has no last day."
            )
    first, last = _day(raw, "from", where), None if raw["to"] == OPEN else _day(raw, "to", where)
    if last is not None and last < first:
        raise PackError(f"{where}: `in_force.to` lies before `in_force.from`. Put the two right.")
    return first, last


def _day(raw: Mapping[str, Any], name: str, where: str) -> date:
    # YAML reads 2027-06-07T00:00 as an instant, which is a date to Python too: only the day itself is taken.
    if type(raw[name]) is not date:
        also = f", or {OPEN}" if name == "to" else ""
        raise PackError(f"{where}: `in_force.{name}` must be a day, YYYY-MM-DD{also}.")
    found: date = raw[name]
    return found


def _limit(raw: Any, where: str) -> Limit | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or raw.keys() != {"unit", "standard", "enhanced"}:
        raise PackError(f"{where}: `limit` says unit, standard and enhanced, and nothing else.")
    unit = _one_of(Unit, raw["unit"], f"{where}: `limit.unit`")
    for name in ("standard", "enhanced"):
        if type(raw[name]) is not int or not 0 <= raw[name] <= _LONGEST:
            raise PackError(f"{where}: `limit.{name}` must be a whole number, 0 to {_LONGEST}.")
    if raw["enhanced"] > raw["standard"]:
        raise PackError(f"{where}: the enhanced limit is longer than the standard one. Enhanced Rights never lengthen.")
    return Limit(unit, raw["standard"], raw["enhanced"])


def _check(rule: Rule, where: str) -> None:
    """Refuse what its shape cannot use: a duty that nothing could raise, meet or date as it is written."""
    if bool(rule.triggers) is (rule.shape is Shape.AT_CASE_END):
        raise PackError(f"{where}: `triggers` must name events; none only where the shape is {Shape.AT_CASE_END}.")
    if rule.discharges and rule.shape in _WITHOUT_DISCHARGES:
        raise PackError(f"{where}: `discharges` has no meaning where the shape is {rule.shape}: a contact meets it.")
    if not rule.discharges and rule.shape not in _MAY_HAVE_NONE:
        raise PackError(f"{where}: `discharges` must name the events that meet the duty.")
    unit = rule.limit.unit if rule.limit is not None else None
    if rule.shape in _UNITS and unit not in _UNITS[rule.shape]:
        units = " or ".join(str(each) for each in sorted(filter(None, _UNITS[rule.shape])))
        has = f"a `limit` in {units}" if units else "no `limit`"
        raise PackError(f"{where}: a rule of the shape {rule.shape} has {has}.")
    triggers, discharges = ({clause.type for clause in clauses} for clauses in (rule.triggers, rule.discharges))
    if rule.trigger_by is not None and not triggers <= NARROWED.get(rule.trigger_by, frozenset()):
        known = ", ".join(sorted(NARROWED))
        raise PackError(f"{where}: `trigger_by` must be one of: {known}; and each narrows events of its own only.")
    needed = {"about": ("about",) if rule.about else (), "shape": ("device_ref",) if rule.shape is Shape.PHONE else ()}
    for field, names in needed.items():
        _demand(names, discharges, f"{where}: `{field}`")
    _demand(needed["shape"] + ((rule.owner_from,) if rule.owner_from else ()), triggers, f"{where}: `owner_from`")
    for name in rule.match:
        if odd := sorted(each for each in triggers | discharges if name not in fields_of(each)):
            raise PackError(f"{where}: `match` names `{name}`, which the data of {odd[0]} does not have.")


def _demand(names: tuple[str, ...], types: set[str], where: str) -> None:
    for name in names:
        if odd := sorted(each for each in types if not requires(each, name)):
            raise PackError(f"{where} needs `{name}`, which an event {odd[0]} may be without.")


def _flag(raw: Mapping[str, Any], name: str, where: str) -> bool:
    _typed(raw, name, bool, where)
    return bool(raw.get(name, False))


def _optional(raw: Mapping[str, Any], name: str, kind: type[_Of], where: str) -> _Of | None:
    _typed(raw, name, kind, where)
    return raw.get(name)


def _names(raw: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    found = raw.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise PackError(f"{where}: `{name}` must be a list of field names, such as [device_ref].")
    return tuple(found)


def _typed(raw: Mapping[str, Any], name: str, kind: type, where: str) -> None:
    # YAML reads `yes` as a bool and a bool is an int to Python: exactly the kind is asked for.
    if raw.get(name) is not None and type(raw[name]) is not kind:
        raise PackError(f"{where}: `{name}` must be {_KINDS[kind]}.")


def _one_of(words: type[_Word], value: Any, where: str) -> _Word:
    try:
        return words(value)
    except ValueError:
        raise PackError(f"{where} must be one of: {', '.join(words)}.") from None
