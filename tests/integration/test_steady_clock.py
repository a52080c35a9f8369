"""The guard of the clock process: a simulated clock may be moved, and nothing is announced while a clock jumps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from notifications.alerting import Alerts, keep_alerting
from services.assess_case import keep_assessing
from services.steady_clock import SteadyClock
from services.storage.clock_rows import advance_clock
from services.storage.rule_sets import adopt_rule_set
from tests.support.alerting import all_notices
from tests.support.app import NOW, announced, event, take_in, told_within
from tests.support.texting import bring_in, report, safe_contact

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


async def test_nobody_is_shown_anything_until_the_clock_is_steady(engine: AsyncEngine) -> None:
    looks = [True, True, False, False]
    seen: list[list[str]] = []

    async def is_steady() -> bool:
        return looks.pop(0) if looks else True

    async def wait(_seconds: float) -> None:
        seen.append([each.kind for each in await all_notices(engine)])
        if len(seen) == 3:
            raise Enough

    escaped = event("esc", "probation.offender.escaped.v1", time=NOW - timedelta(minutes=1), suspect_ref="S-1")
    await bring_in(engine, report(), safe_contact(), escaped)
    with pytest.raises(Enough):
        await keep_alerting(Alerts(engine), wait, is_steady)
    assert seen == [[], [], ["escalation", "interruption"]]
