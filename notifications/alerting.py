"""The loops that alert staff: plan, show, send on, deliver; apart from texts, which never wait for them.

A step that fails is logged and tried again a little later; it stops neither the other steps nor anything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from notifications.delivering import Deliverer
from notifications.planning_round import plan_items
from notifications.showing_round import escalate_items, raise_weekly_test, show_items
from services.contacts.addressee import COVER
from services.steps import At, carry_on

LOOK_EVERY_S: Final = 1.0
"""How long something that is to be shown waits at most for a look."""

_LONGEST_BACK_OFF_S: Final = 30.0

Step = Callable[[], Awaitable[object]]
Wait = Callable[[float], Awaitable[object]]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alerts:
    """What planning and showing need. ``announce_from`` is go-live: no weekly test before it."""

    engine: AsyncEngine
    cover: str = COVER
    announce_from: datetime | None = None
    at: At = carry_on

    def steps(self) -> tuple[Step, ...]:
        """Return what a round does, in order; each step is a transaction of its own."""
        return (self.test, self.plan, self.show, self.escalate)

    async def test(self) -> object:
        """Raise the weekly test, if it is its time."""
        return await raise_weekly_test(self.engine, self.cover, self.announce_from)

    async def plan(self) -> object:
        """Plan every item that has no plan."""
        while await plan_items(self.engine, self.cover):
            await self.at("planned")
        return None

    async def show(self) -> object:
        """Put what is due in front of people."""
        shown = await show_items(self.engine, self.cover)
        await self.at("shown")
        return shown

    async def escalate(self) -> object:
        """Send on what nobody acknowledged."""
        return await escalate_items(self.engine, self.cover)

    async def round(self) -> None:
        """Do every step once; for tests and for whoever moves a clock by hand."""
        for step in self.steps():
            await step()


async def keep_alerting(
    alerts: Alerts, wait: Wait = asyncio.sleep, is_steady: Callable[[], Awaitable[bool]] | None = None
) -> None:
    """Plan and show until cancelled; while the clock is not steady (``is_steady``) nobody is shown anything."""
    await _keep_doing(alerts.steps(), wait, is_steady)


async def keep_delivering(deliverer: Deliverer, wait: Wait = asyncio.sleep) -> None:
    """Deliver notices until cancelled; apart from showing, which never waits for a mail server."""
    await _keep_doing((deliverer.deliver_due,), wait)


async def _keep_doing(
    steps: Sequence[Step], wait: Wait, is_steady: Callable[[], Awaitable[bool]] | None = None
) -> None:
    pause = LOOK_EVERY_S
    while True:
        failed = 0
        for step in steps:
            try:
                # Asked before each: whatever a round takes, a jump within it must not page anybody.
                if is_steady is not None and not await is_steady():
                    break
                await step()
            except Exception as failure:  # noqa: BLE001 - whatever a step raises, alerts go on, and texts above all
                failed += 1
                name = getattr(step, "__name__", "step")
                _log.error("alerting_interrupted", step=name, error=type(failure).__name__, again_in_s=pause)
        pause = min(pause * 2, _LONGEST_BACK_OFF_S) if failed else LOOK_EVERY_S
        await wait(pause)
