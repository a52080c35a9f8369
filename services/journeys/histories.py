"""Reads the histories of cases from lines of CloudEvents, as accepting them would: no server, nothing kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from contracts import Refused, content_hash, read_line
from services.journeys.fact_of import fact_of
from services.journeys.facts import Fact


@dataclass(slots=True)
class Histories:
    """The facts of each case, and what was refused, each with a sentence naming its line."""

    cases: dict[str, list[Fact]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)


def read_histories(lines: Iterable[tuple[str, bytes]]) -> Histories:
    """Read lines, each with the name of its place; the first line of an identity stands, a differing one is refused."""
    found = Histories()
    seen: dict[tuple[str, str], tuple[bytes, str]] = {}
    for place, line in lines:
        if not line.strip():
            continue
        event = read_line(line)
        if isinstance(event, Refused):
            found.refusals.append(f"{place}: {event.sentence}")
            continue
        content = content_hash(event)
        identity = (event.source, event.id)
        if identity not in seen:
            seen[identity] = content, event.subject
            found.cases.setdefault(event.subject, []).append(fact_of(event))
        elif seen[identity][1] != event.subject:
            found.refusals.append(
                f"{place}: the same id and source came before for another case; the first stays. "
                "Send this one under an id of its own, or retract the first."
            )
        elif seen[identity][0] != content:
            found.refusals.append(
                f"{place}: the same id and source came before with other content; the first stays. "
                "Put the record right with record.corrected.v1 instead."
            )
    return found
