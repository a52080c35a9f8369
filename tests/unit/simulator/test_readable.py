"""Every invented event is one the contracts read, and nearly every type there is occurs."""

from __future__ import annotations

from collections import Counter

import pytest

from contracts import Refused, read_line
from contracts.registry import TYPES
from tests.unit.simulator.conftest import Year, year_of

NEVER: dict[str, str] = {}
"""Types that are never invented, and why: none at present."""


@pytest.mark.parametrize("seed", [0, 1, 2026])
def test_every_line_is_read_without_refusal(seed: int) -> None:
    refused = [read for line in year_of(150, seed).lines if isinstance(read := read_line(line), Refused)]
    assert not refused


def test_every_line_of_a_tenth_of_a_year_is_read(year: Year) -> None:
    assert not [read for line in year.lines if isinstance(read := read_line(line), Refused)]


def test_nearly_every_type_occurs_in_a_tenth_of_a_year(year: Year) -> None:
    seen = Counter(event["type"] for event in year.events)
    assert set(seen) <= set(TYPES)
    assert len(set(TYPES) - set(seen)) <= 8, "rare things may be missing from one seed, not more"


def test_every_type_occurs_in_some_year_or_is_said_never_to() -> None:
    seen: set[str] = set()
    for seed in (7, 12):
        seen |= {event["type"] for event in year_of(1_200, seed).events}
    assert set(TYPES) - seen == set(NEVER)


def test_ids_are_used_once_but_for_records_sent_twice(year: Year) -> None:
    times = Counter((event["source"], event["id"]) for event in year.events)
    twice = [identity for identity, count in times.items() if count > 1]
    assert twice
    assert len(set(year.lines)) == len(times), "what came twice is the same to the byte"
