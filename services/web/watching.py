"""What machines ask a process: does it live, is it ready, and its figures. Beside the pages, or at a port of its own.

None of it needs anybody to be signed in, and none of it holds an id or anything personal; a proxy that faces people
should still pass on the pages alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.metrics import CONTENT_TYPE, Measure, exposition
from infra.settings import Settings
from services.projections.gauges import gauges
from services.projections.health import readiness
from services.web.shield import Shield, allowed_hosts

Liveness = Callable[[], str | None]
"""Returns what stands still, in a sentence, or None while everything makes progress."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What there is to say about this process: whether it gets on, and what it measures of itself.

    ``measures_store``: the gauges of the store as well. One process does that for all of them.
    """

    liveness: Liveness | None = None
    measures: Sequence[Measure] = ()
    measures_store: bool = True


def add_watching(app: FastAPI, settings: Settings, engine: AsyncEngine, watched: Watched) -> None:
    """Add ``/health/live``, ``/health/ready`` and ``/metrics``."""

    @app.get("/health/live")
    async def live() -> Response:
        problem = watched.liveness() if watched.liveness is not None else None
        return JSONResponse({"live": problem is None, "problem": problem}, 200 if problem is None else 503)

    @app.get("/health/ready")
    async def ready() -> Response:
        found = await readiness(engine, settings.kafka_bootstrap_servers)
        answer = {"ready": found.is_ready, "problems": list(found.problems), "complaints": list(found.complaints)}
        return JSONResponse(answer, 200 if found.is_ready else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        families = [family for measure in watched.measures for family in measure()]
        if watched.measures_store:
            families += await gauges(engine, settings.sources)
        return Response(exposition(families), media_type=CONTENT_TYPE)


def build_watching(settings: Settings, engine: AsyncEngine, watched: Watched) -> FastAPI:
    """Return the application of a process that has no pages: these three addresses and nothing else."""
    app = FastAPI(title="Waymark", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    add_watching(app, settings, engine, watched)

    def plain(status: int, _heading: str, sentence: str) -> Response:
        return PlainTextResponse(sentence, status)

    app.add_middleware(Shield, hosts=allowed_hosts(settings), error_page=plain)
    return app
