"""What a process lets others see of itself: at its metrics port where it runs alone, by the pages in `waymark up`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog
from prometheus_client.metrics_core import Metric

from consumers.progress import Progress
from infra.metrics import gauge
from services.web.serve import address_of, listen, serving
from services.web.watching import Watched, build_watching

if TYPE_CHECKING:
    from services.cli.ground import Ground

_NOBODY: Final = ()

_log = structlog.get_logger(__name__)


def watched_of(ground: Ground, *, measures_store: bool) -> Watched:
    """Return what there is to say about the processes that stand on this ground."""

    def problem() -> str | None:
        found = [ground.beats.problem(), None if ground.progress.is_alive() else ground.progress.says()]
        return " ".join(each for each in found if each is not None) or None

    def lag() -> Iterator[Metric]:
        return measure_progress(ground.progress)

    return Watched(problem, (ground.beats.measure, lag), measures_store)


def measure_progress(progress: Progress) -> Iterator[Metric]:
    """Yield the consumer's lag, once it was looked at: none for a process that consumes nothing."""
    if progress.lag is not None:
        yield gauge("waymark_consumer_lag_records", "Records on case.events that wait to be read.", {"": progress.lag})
        yield gauge(
            "waymark_consumer_partitions_standing",
            "Partitions in which records wait and nobody has read any for too long.",
            {"": len(progress.standing_now())},
        )


@asynccontextmanager
async def showing(ground: Ground) -> AsyncIterator[tuple[asyncio.Task[Any], ...]]:
    """Serve metrics and health at the metrics port while the block lasts; without a port nothing is served.

    What is given is the task that serves, if any: it ends only by a fault.

    Raises:
        PortTakenError: if the port is in use.
    """
    port = ground.settings.metrics_port
    if port is None:
        yield _NOBODY
        return
    listening = listen(ground.settings.web_host, port, may_choose=False)
    app = build_watching(ground.settings, ground.engine, watched_of(ground, measures_store=False))
    async with serving(app, listening) as task:
        _log.info("metrics_served", address=address_of(listening))
        yield (task,)
