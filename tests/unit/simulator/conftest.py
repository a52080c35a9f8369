"""One simulated tenth of a force's year, shared by the tests that only look at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from services.simulator.ordering import MemoryShelf, in_recorded_order, value_of
from services.simulator.simulation import Invented, Simulation

TENTH = 1_200


@dataclass(frozen=True)
class Year:
    """A run with its cases and its events in the order of recording."""

    simulation: Simulation
    cases: list[Invented]
    lines: list[bytes]
    events: list[dict[str, Any]]

    def by_case(self) -> dict[str, list[dict[str, Any]]]:
        """The events of each case, in the order of recording."""
        found: dict[str, list[dict[str, Any]]] = {}
        for event in self.events:
            found.setdefault(event["subject"], []).append(event)
        return found


def year_of(cases: int, seed: int) -> Year:
    simulation = Simulation(cases, seed)
    invented = list(simulation.run())
    lines = [
        value_of(line) for line in in_recorded_order(((each.start, each.lines) for each in invented), MemoryShelf())
    ]
    return Year(simulation, invented, lines, [json.loads(line) for line in lines])


@pytest.fixture(scope="session")
def year() -> Year:
    return year_of(TENTH, 7)


def at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["time"])


def recorded(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["data"]["recorded_at"])
