"""A clock that jumps announces nothing until one more look agrees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from services.steady_clock import LARGEST_JUMP, SteadyClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def looks(*seen: tuple[timedelta, float]) -> list[bool]:
    clock = SteadyClock(cast("Any", None))
    return [clock.agrees(NOON + ahead, at_s) for ahead, at_s in seen]


def test_a_clock_that_goes_on_as_this_machines_is_steady() -> None:
    assert looks((timedelta(), 0.0), (timedelta(seconds=1), 1.0), (timedelta(hours=1), 3600.0)) == [True, True, True]


def test_a_jump_either_way_is_not_believed_until_the_next_look() -> None:
    for jump in (timedelta(hours=2), -timedelta(hours=2)):
        assert looks((timedelta(), 0.0), (jump, 1.0), (jump + timedelta(seconds=1), 2.0)) == [True, False, True]


def test_a_clock_that_keeps_jumping_is_never_believed() -> None:
    assert looks(*((n * timedelta(hours=1), float(n)) for n in range(5))) == [True, False, False, False, False]


def test_small_steps_are_no_jump() -> None:
    assert looks((timedelta(), 0.0), (LARGEST_JUMP, 0.0)) == [True, True]
    assert looks((timedelta(), 0.0), (LARGEST_JUMP + timedelta(seconds=1), 0.0)) == [True, False]
