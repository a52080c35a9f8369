"""The guard of the clock process: a simulated clock may be moved, and nothing is announced while a clock jumps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.assess_case import keep_assessing
from services.steady_clock import SteadyClock
from services.storage.clock_rows import advance_clock
from services.storage.rule_sets import adopt_rule_set
from tests.support.app import announced, event, take_in, told_within

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]


class Enough(BaseException):
    """Ends the endless."""


async def test_a_simulated_clock_that_is_moved_has_not_jumped(engine: AsyncEngine) -> None:
    steady = SteadyClock(engine)
    assert await steady.is_steady()
    async with engine.begin() as conn:
        await advance_clock(conn, timedelta(days=30))
    assert await steady.is_steady()


async def test_nothing_is_announced_until_the_clock_is_steady(engine: AsyncEngine) -> None:
    looks = [False, False, True, True]
    seen: list[int] = []

    async def is_steady() -> bool:
        if not looks:
            raise Enough
        return looks.pop(0)

    async def wait(_seconds: float) -> None:
        seen.append(len(await announced(engine)))

    rules = told_within()
    async with engine.begin() as conn:
        await adopt_rule_set(conn, rules.hash)
    await take_in(engine, event("arrest"))
    with pytest.raises(Enough):
        await keep_assessing(engine, rules, wait, is_steady=is_steady)
    assert seen[:2] == [0, 0]
    assert await announced(engine)
