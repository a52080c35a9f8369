"""Reads what of the Code and of the clocks beside it is implemented, untimed or out of scope, and why.

The file says it of each Right and duty in our own words; tests hold it against the packs and the event types, so that
no duty, rule or event is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

from services.provisions.pack_error import PackError
from services.provisions.packs import read_yaml

FILE: Final = "coverage.yaml"
_CONFIDENCES: Final = ("H", "M", "L")
_FIELDS: Final = frozenset({"duty", "confidence", "status", "rules", "why"})


class Status(StrEnum):
    """What Waymark does with a duty."""

    IMPLEMENTED = "implemented"
    """A rule dates it."""
    UNTIMED = "untimed"
    """A rule shows it until it is met; the Code gives it no date."""
    OUT_OF_SCOPE = "out_of_scope"
    """No rule; the entry says why."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that the Code, a statute or a local commitment asks for, in our own words."""

    says: str
    confidence: str
    status: Status
    rules: tuple[str, ...]
    why: str

    def as_json(self) -> dict[str, Any]:
        """The duty as `waymark rules coverage --json` has it."""
        return {
            "duty": self.says,
            "confidence": self.confidence,
            "status": self.status.value,
            "rules": list(self.rules),
            "why": self.why or None,
        }


@dataclass(frozen=True, slots=True)
class Part:
    """One Right of the Code, or one pack beside it, with its duties."""

    name: str
    title: str
    right: int | None
    duties: tuple[Duty, ...]

    def as_json(self) -> dict[str, Any]:
        """The part as `waymark rules coverage --json` has it."""
        duties = [each.as_json() for each in self.duties]
        return {"part": self.name, "right": self.right, "title": self.title, "duties": duties}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Everything that is asked for, and the events that no rule rests on with what becomes of each."""

    parts: tuple[Part, ...]
    events: Mapping[str, str]

    def duties(self) -> Iterator[Duty]:
        """Every duty, part by part."""
        return (duty for part in self.parts for duty in part.duties)

    def count(self, status: Status) -> int:
        """How many duties have a status."""
        return sum(duty.status is status for duty in self.duties())


def load_coverage() -> Coverage:
    """The coverage that ships with Waymark; raises PackError naming entry and field where it does not say all."""
    return read_coverage(files("services.provisions").joinpath(FILE).read_text(encoding="utf-8"))


def read_coverage(text: str, file: str = FILE) -> Coverage:
    """The coverage that a text states; raises PackError naming entry and field where it does not say all it must."""
    content = read_yaml(text, file)
    if not isinstance(content, Mapping) or content.keys() != {"rights", "packs", "events"}:
        raise PackError(f"{file}: it has three parts: rights, packs and events.")
    rights = [_part(each, "right", f"{file}, Right {number}") for number, each in enumerate(content["rights"], 1)]
    packs = [_part(each, "pack", f"{file}, pack {number}") for number, each in enumerate(content["packs"], 1)]
    silent = sorted(str(name) for name, fate in content["events"].items() if not fate)
    if silent:
        raise PackError(f"{file}: the event {silent[0]} has no word on what becomes of it. Add it.")
    events = {f"{name}.v1": str(fate) for name, fate in content["events"].items()}
    return Coverage((*rights, *packs), events)


def _part(raw: Any, kind: str, where: str) -> Part:
    if not isinstance(raw, Mapping) or raw.keys() != {kind, "title", "duties"} or not raw["duties"]:
        raise PackError(f"{where}: it says {kind}, title and at least one of duties.")
    right = raw["right"] if kind == "right" else None
    name = f"Right {right}" if right is not None else str(raw[kind])
    duties = [_duty(each, f"{where}, duty {number}") for number, each in enumerate(raw["duties"], 1)]
    return Part(name, raw["title"], right, tuple(duties))


def _duty(raw: Any, where: str) -> Duty:
    if not isinstance(raw, Mapping) or not raw.keys() <= _FIELDS or not raw.get("duty"):
        raise PackError(f"{where}: it says {', '.join(sorted(_FIELDS))}, and `duty` is what is asked for.")
    if raw.get("confidence") not in _CONFIDENCES:
        raise PackError(f"{where}: `confidence` must be H, M or L.")
    if raw.get("status") not in list(Status):
        raise PackError(f"{where}: `status` must be one of: {', '.join(Status)}.")
    status = Status(raw["status"])
    rules = tuple(raw.get("rules", ()))
    if bool(rules) is (status is Status.OUT_OF_SCOPE):
        raise PackError(f"{where}: `rules` names the rules that do it; out of scope has none.")
    why = raw.get("why", "")
    if status is Status.OUT_OF_SCOPE and not why:
        raise PackError(f"{where}: out of scope, and `why` does not say why. Add the reason.")
    return Duty(raw["duty"], raw["confidence"], status, rules, why)
