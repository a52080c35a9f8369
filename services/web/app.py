"""The web application: the first page, lists, a page a person and a case, what is answered there, what machines ask.

Built by a function, so that a test, `waymark web` and `waymark up` each make their own. Pages are read from
projections; what can be changed here is the log of looks and what people answer to their cards (services.web.answers).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from jinja2 import Environment
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from infra.settings import Settings
from services.storage.tables import case_key
from services.storage.vault import Vault
from services.web.answers import Answer, Answers
from services.web.contents import Contents
from services.web.guard import form_of, refuse_strangers
from services.web.lists import ListName
from services.web.looks import Looks, Viewed
from services.web.shield import ErrorPage, Shield, allowed_hosts
from services.web.showing import STATIC, build_templates
from services.web.viewing import LOCAL, Viewer, known_of
from services.web.watching import Watched, add_watching

_LONGEST_NAME: Final = 200
_KEY_DIGITS: Final = 64
_NO_CASE: Final = (
    "Waymark knows no case of this id. Check how it is written, capital letters too; "
    "one whose first event arrived a moment ago is here in a few seconds."
)
_NO_LIST: Final = "Waymark knows no list of this name."
_NOT_YOURS: Final = (
    "This is another person's list. It is for the person it belongs to and for their line supervisor, as the roster "
    "names them."
)
_NOBODY: Final = "Nobody is named in this request: sign in, and come by the address at which you sign in."


def build_web(
    settings: Settings,
    engine: AsyncEngine,
    *,
    vault: Vault | None = None,
    watched: Watched = Watched(),  # noqa: B008 - frozen and empty: one will do for all
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
    known = known_of(settings)
    looks = Looks(engine, templates, Contents(known, vault))
    _add_pages(app, _Pages(looks, templates, user_header))
    _add_buttons(app, _Buttons(Answers(engine, known.units), user_header, settings.public_url))
    add_watching(app, settings, engine, watched)
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
        self._header = user_header

    async def front(self, request: Request) -> Response:
        return self._whole(await self._looks.front(self._viewer(request)))

    async def front_live(self, request: Request) -> Response:
        return _fragment(await self._looks.front(self._live_viewer(request)))

    async def a_list(self, request: Request, name: str) -> Response:
        return self._whole(await self._looks.a_list(self._viewer(request), _list_of(name)))

    async def list_live(self, request: Request, name: str) -> Response:
        return _fragment(await self._looks.a_list(self._live_viewer(request), _list_of(name)))

    async def person_by_ref(self, request: Request) -> Response:
        # The whole rest of the path is the reference, as with cases.
        ref: str = request.scope["path"].removeprefix("/people/")
        return self._whole(_own(await self._looks.person(self._viewer(request), ref)))

    async def person_by_key(self, request: Request, key: str) -> Response:
        return self._whole(_own(await self._looks.person(self._viewer(request), await self._ref(key))))

    async def person_live(self, request: Request, key: str) -> Response:
        return _fragment(_own(await self._looks.person(self._live_viewer(request), await self._ref(key))))

    async def _ref(self, key: str) -> str:
        ref = await self._looks.ref_of(_key_of(key, _NO_LIST))
        if ref is None:
            raise HTTPException(404, _NO_LIST)
        return ref

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
        return _viewer_of(request, self._header)


class _Buttons:
    """Takes what the buttons on our own pages send, and sends the browser back to the list."""

    def __init__(self, answers: Answers, user_header: str | None, public_url: str | None) -> None:
        self._answers = answers
        self._header = user_header
        self._public_url = public_url

    async def acknowledge(self, request: Request, key: str) -> Response:
        return await self._answered(request, key, self._answers.acknowledge)

    async def dispute(self, request: Request, key: str) -> Response:
        return await self._answered(request, key, self._answers.dispute)

    async def uphold(self, request: Request, key: str) -> Response:
        return await self._answered(request, key, self._answers.uphold)

    async def _answered(self, request: Request, key: str, take: Callable[[Answer], Awaitable[str]]) -> Response:
        refuse_strangers(request, self._public_url)
        viewer = _viewer_of(request, self._header)
        back = await take(Answer(_key_of(key), viewer, await form_of(request)))
        return Response(status_code=303, headers={"Location": back})


def _viewer_of(request: Request, header: str | None) -> Viewer:
    if header is None:
        return Viewer(LOCAL)
    name = request.headers.get(header, "").strip()
    if not name or len(name) > _LONGEST_NAME:
        raise HTTPException(403, _NOBODY)
    return Viewer(name, is_local=False)


async def _no_icon() -> Response:
    return Response(status_code=204)


def _add_pages(app: FastAPI, pages: _Pages) -> None:
    for path, answer in (
        ("/", pages.front),
        ("/live", pages.front_live),
        ("/lists/{name}", pages.a_list),
        ("/live/lists/{name}", pages.list_live),
        ("/people/{ref:path}", pages.person_by_ref),
        ("/people-keys/{key}", pages.person_by_key),
        ("/live/people-keys/{key}", pages.person_live),
        ("/case-keys/{key}", pages.case_by_key),
        ("/live/case-keys/{key}", pages.case_live),
        ("/cases/{case_id:path}", pages.case_by_id),
        ("/favicon.ico", _no_icon),
    ):
        app.add_api_route(path, answer, methods=["GET"])


def _add_buttons(app: FastAPI, buttons: _Buttons) -> None:
    for path, answer in (
        ("/case-keys/{key}/acknowledge", buttons.acknowledge),
        ("/case-keys/{key}/dispute", buttons.dispute),
        ("/case-keys/{key}/uphold", buttons.uphold),
    ):
        app.add_api_route(path, answer, methods=["POST"])


def _list_of(name: str) -> ListName:
    try:
        return ListName(name)
    except ValueError:
        raise HTTPException(404, _NO_LIST) from None


def _own(viewed: Viewed | None) -> Viewed:
    if viewed is None:
        raise HTTPException(403, _NOT_YOURS)
    return viewed


def _found(viewed: Viewed | None) -> Viewed:
    if viewed is None:
        raise HTTPException(404, _NO_CASE)
    return viewed


def _fragment(viewed: Viewed) -> Response:
    headers = {"ETag": viewed.etag, "Waymark-Moment": viewed.moment, "Waymark-Time": viewed.time}
    if viewed.fragment is None:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(str(viewed.fragment), headers=headers)


def _key_of(digits: str, otherwise: str = _NO_CASE) -> bytes:
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(digits) != _KEY_DIGITS or len(key) * 2 != _KEY_DIGITS:
        raise HTTPException(404, otherwise)
    return key


def _error_pages(templates: Environment) -> ErrorPage:
    def error_page(status: int, heading: str, sentence: str) -> Response:
        template = templates.get_template("message.html")
        html = template.render(title=heading, heading=heading, sentence=sentence, moment=None, live_url=None)
        return HTMLResponse(html, status)

    return error_page


_HEADINGS: Final = {403: "Not shown", 404: "Not found", 405: "Nothing to change here"}
_SENTENCES: Final = {404: "There is no such page.", 405: "Nothing can be changed at this address."}


def _refusal(refusal: Exception, error_page: ErrorPage) -> Response:
    if not isinstance(refusal, AnyHTTPException):
        raise refusal
    status = refusal.status_code
    ours = refusal.detail if isinstance(refusal, HTTPException) else _SENTENCES.get(status, "This cannot be answered.")
    return error_page(status, _HEADINGS.get(status, "This cannot be answered"), str(ours))
