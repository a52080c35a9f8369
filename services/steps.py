"""The places between the steps of a use case, where a crash test may stop it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

At = Callable[[str], Awaitable[None]]
"""Called with the name of each step that has just been done; in service it does nothing."""


async def carry_on(step: str) -> None:
    """Do nothing and let the use case go on: what every use case is given outside of crash tests."""
