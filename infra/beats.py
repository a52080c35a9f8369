"""Whether a process lives, judged by what it gets done: each of its loops says so after every step and every wait.

A loop that waits for work beats as well, since none of them waits longer than a few seconds; one that hangs in a call,
or that has had no database for two minutes, does not. Whoever asks gives the process up and starts another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.metrics_core import Metric

from infra import clock
from infra.metrics import gauge

STANDS_AFTER_S: Final = 120.0
"""Longer than the longest statement and lock (80 s) and a broker's answer may take together."""


@dataclass(slots=True)
class Beat:
    """When one loop last got something done (monotonic seconds)."""

    name: str
    stands_after_s: float = STANDS_AFTER_S
    last: float = field(default_factory=clock.monotonic)

    async def at(self, step: str) -> None:  # noqa: ARG002 - the seam of a use case, which names its step
        """Take note of a step done: what a use case is given as its seam in service."""
        self.last = clock.monotonic()

    def after(self, wait: Callable[[float], Awaitable[object]]) -> Callable[[float], Awaitable[object]]:
        """Return the wait, which takes note whenever it ends."""

        async def noted(limit_s: float) -> object:
            heard = await wait(limit_s)
            self.last = clock.monotonic()
            return heard

        return noted

    def ago(self, now: float | None = None) -> float:
        """Return for how many seconds nothing got done."""
        return max((clock.monotonic() if now is None else now) - self.last, 0.0)


@dataclass(slots=True)
class Beats:
    """The loops of this process."""

    beats: dict[str, Beat] = field(default_factory=dict)

    def start(self, name: str) -> Beat:
        """Return the beat of a loop that begins now."""
        self.beats[name] = Beat(name)
        return self.beats[name]

    def problem(self, now: float | None = None) -> str | None:
        """Return a sentence about what stands still, or None while everything gets on."""
        standing = [each for each in self.beats.values() if each.ago(now) > each.stands_after_s]
        if not standing:
            return None
        return " ".join(f"{each.name} has got nothing done for {each.ago(now):.0f} s." for each in standing)

    def measure(self) -> Iterator[Metric]:
        """Yield how long ago each loop last got something done."""
        yield gauge(
            "waymark_loop_idle_seconds",
            "How long ago each loop of this process last finished a step or a wait.",
            {name: each.ago() for name, each in self.beats.items()},
            "loop",
        )
