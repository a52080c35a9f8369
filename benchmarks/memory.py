"""What each process holds in memory once it has worked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.ground import Look, Place
from infra import clock

PROCESSES: Final = ("ingest", "clock", "relay", "notify", "web")
_MB: Final = 1024 * 1024
_PAGES: Final = ("", "lists/P-1044", "people/P-1044", "cases/KP-000001", "health/ready")
_LOOKS: Final = 5
_DECIDED: Final = "SELECT sum(jsonb_array_length(history)) FROM text_requests"


async def memory_mb(place: Place, look: Look, events: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Return the resident memory of each process, in MiB, after all of these events went through them.

    What several processes share of the interpreter's files counts in each.
    """
    with place.running(*PROCESSES) as running:
        wanted = await look.facts() + await place.publish(events)
        decided = await look.number(_DECIDED)

        async def is_done() -> bool:
            return (
                await look.facts() >= wanted
                and await look.has_no_wake()
                and await look.has_nothing_to_send()
                and await look.number(_DECIDED) > decided
            )

        await look.until(is_done, "everything is announced and a text decided about")
        await asyncio.to_thread(_look_at_pages, place.pages)
        return {name: sum(each.memory_info().rss for each in found) / _MB for name, found in running.items()}


def _look_at_pages(address: str) -> None:
    """Ask for some pages a few times; whether somebody may see them is no matter here."""
    give_up_at = clock.monotonic() + 10
    for page in _PAGES * _LOOKS:
        with suppress(URLError), urlopen(f"{address}/{page}", timeout=10) as answer:  # noqa: S310 - our own pages
            answer.read()
        if clock.monotonic() > give_up_at:
            return
