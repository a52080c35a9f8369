"""Endless work side by side in one program, until one part ends or the program is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Sequence
from contextlib import suppress

import typer

from services.cli.speaking import FINDINGS


async def together(*endless: Awaitable[None]) -> None:
    """Run these side by side; when one ends, however it ends, the others are stopped and its failure is raised."""
    tasks = [asyncio.create_task(as_coroutine(each)) for each in endless]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def as_coroutine(work: Awaitable[None]) -> None:
    """Do the work: a task is made of a coroutine only."""
    await work


def stop_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    return stop


async def until_stopped(tasks: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Wait until told to stop or until a task ends, then cancel all and wait for them; a task's failure is raised.

    Every task here is endless: one that returns has failed as much as one that raises.
    """
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            if task not in ended:
                with suppress(asyncio.CancelledError):
                    await task
    for task in ended:
        task.result()
    if ended:
        raise typer.Exit(FINDINGS)
