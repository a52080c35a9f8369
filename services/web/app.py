"""The web application: one page of everything, one page a case, what they ask for live, and health.

Built by a function, so that a test, `waymark web` and `waymark up` each make their own. It reads projections only and
changes nothing but the log of looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from jinja2 import Environment
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from infra.settings import Settings
from services.projections.health import readiness
from services.storage.tables import case_key
from services.storage.vault import Vault
from services.web.looks import Looks, Viewed, Viewer
from services.web.shield import ErrorPage, Shield, allowed_hosts
from services.web.showing import STATIC, build_templates

Liveness = Callable[[], str | None]
"""Returns what stands still, in a sentence, or None while everything makes progress."""

LOCAL: Final = "local"
"""Who looks where nobody says who it is: whoever sits at this machine."""

_LONGEST_NAME: Final = 200
_KEY_DIGITS: Final = 64
_NO_CASE: Final = (
    "Waymark knows no case of this id. Check how it is written, capital letters too; "
    "one whose first event arrived a moment ago is here in a few seconds."
)


_NOBODY: Final = "Nobody is named in this request: sign in, and come by the address at which you sign in."


def build_web(
    settings: Settings,
    engine: AsyncEngine,
    *,
    vault: Vault | None = None,
    liveness: Liveness | None = None,
    user_header: str | None = None,
) -> FastAPI:
    """Return the application; the caller disposes of the engine.

    Without a ``vault`` the words of texts are not shown. ``user_header`` names the header in which a proxy that
    people sign in to says who is asking; a request without it is then refused. Only a proxy may be able to reach us
    in that case: anybody else could write the header.
    """
    templates = build_templates(texts_stay_here=settings.twilio_account_sid is None)
    app = FastAPI(title="Waymark", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    error_page = _error_pages(templates)
    _add_pages(app, _Pages(Looks(engine, templates, vault), templates, user_header))
    _add_health(app, settings, engine, liveness)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    async def refuse(_request: Request, refusal: Exception) -> Response:
        return _refusal(refusal, error_page)

    app.add_exception_handler(AnyHTTPException, refuse)
    app.add_middleware(Shield, hosts=allowed_hosts(settings), error_page=error_page)
    return app


class _Pages:
    """Answers what is asked for: pages whole, and their changing part live."""

    def __init__(self, looks: Looks, templates: Environment, user_header: str | None) -> None:
        self._looks = looks
        self._page = templates.get_template("live.html")
        self._user_header = user_header

    async def front(self, request: Request) -> Response:
        return self._whole(await self._looks.front(self._viewer(request)))

    async def front_live(self, request: Request) -> Response:
        return _fragment(await self._looks.front(self._live_viewer(request)))

    async def case_by_key(self, request: Request, key: str) -> Response:
        return await self._case(request, _key_of(key))

    async def case_by_id(self, request: Request) -> Response:
        # The whole rest of the path is the id: it may hold a slash, or end in one.
        case_id: str = request.scope["path"].removeprefix("/cases/")
        return await self._case(request, case_key(case_id))

    async def case_live(self, request: Request, key: str) -> Response:
        return _fragment(_found(await self._looks.case(self._live_viewer(request), _key_of(key))))

    async def _case(self, request: Request, key: bytes) -> Response:
        return self._whole(_found(await self._looks.case(self._viewer(request), key)))

    def _whole(self, viewed: Viewed) -> Response:
        html = self._page.render(
            title=viewed.heading,
            heading=viewed.heading,
            fragment=viewed.fragment,
            moment=viewed.moment,
            is_simulated=viewed.is_simulated,
            page_url=viewed.page_url,
            live_url=viewed.live_url,
            etag=viewed.etag,
        )
        return HTMLResponse(html)

    def _live_viewer(self, request: Request) -> Viewer:
        return replace(self._viewer(request), holds=request.headers.get("if-none-match", ""))

    def _viewer(self, request: Request) -> Viewer:
        if self._user_header is None:
            return Viewer(LOCAL)
        name = request.headers.get(self._user_header, "").strip()
        if not name or len(name) > _LONGEST_NAME:
            raise HTTPException(403, _NOBODY)
        return Viewer(name)


async def _no_icon() -> Response:
    return Response(status_code=204)


def _add_pages(app: FastAPI, pages: _Pages) -> None:
    for path, answer in (
        ("/", pages.front),
        ("/live", pages.front_live),
        ("/case-keys/{key}", pages.case_by_key),
        ("/live/case-keys/{key}", pages.case_live),
        ("/cases/{case_id:path}", pages.case_by_id),
        ("/favicon.ico", _no_icon),
    ):
        app.add_api_route(path, answer, methods=["GET"])


def _add_health(app: FastAPI, settings: Settings, engine: AsyncEngine, liveness: Liveness | None) -> None:
    @app.get("/health/live")
    async def live() -> Response:
        problem = liveness() if liveness is not None else None
        return JSONResponse({"live": problem is None, "problem": problem}, 200 if problem is None else 503)

    @app.get("/health/ready")
    async def ready() -> Response:
        found = await readiness(engine, settings.kafka_bootstrap_servers)
        return JSONResponse({"ready": found.is_ready, "problems": list(found.problems)}, 200 if found.is_ready else 503)


def _found(viewed: Viewed | None) -> Viewed:
    if viewed is None:
        raise HTTPException(404, _NO_CASE)
    return viewed


def _fragment(viewed: Viewed) -> Response:
    headers = {"ETag": viewed.etag, "Waymark-Moment": viewed.moment, "Waymark-Time": viewed.time}
    if viewed.fragment is None:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(str(viewed.fragment), headers=headers)


def _key_of(digits: str) -> bytes:
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(digits) != _KEY_DIGITS or len(key) * 2 != _KEY_DIGITS:
        raise HTTPException(404, _NO_CASE)
    return key


def _error_pages(templates: Environment) -> ErrorPage:
    def error_page(status: int, heading: str, sentence: str) -> Response:
        template = templates.get_template("message.html")
        html = template.render(title=heading, heading=heading, sentence=sentence, moment=None, live_url=None)
        return HTMLResponse(html, status)

    return error_page


_HEADINGS: Final = {403: "Not shown", 404: "Not found", 405: "Pages are only read"}
_SENTENCES: Final = {404: "There is no such page.", 405: "Nothing can be changed at this address."}


def _refusal(refusal: Exception, error_page: ErrorPage) -> Response:
    if not isinstance(refusal, AnyHTTPException):
        raise refusal
    status = refusal.status_code
    ours = refusal.detail if isinstance(refusal, HTTPException) else _SENTENCES.get(status, "This cannot be answered.")
    return error_page(status, _HEADINGS.get(status, "This cannot be answered"), str(ours))
