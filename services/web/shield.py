"""What stands before every page: only hosts that are ours, headers that keep a page to itself, no failure in words.

The pages are read by a browser on the machine they run on, or behind a proxy that knows who is asking. A page of any
other site must not be able to read them by pointing its own name at this machine, so the host is looked at.
"""

from __future__ import annotations

import ipaddress
import traceback
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.settings import Settings

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    # To other sites nothing is said; our own forms have to say where they come from (services.web.guard).
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_log = structlog.get_logger(__name__)

ErrorPage = Callable[[int, str, str], Response]
"""Makes a page of a status, a heading and a sentence."""


def allowed_hosts(settings: Settings) -> frozenset[str] | None:
    """Return the host names that may be asked for, or None where a proxy in front decides (we listen to others)."""
    if not _is_loopback(settings.web_host):
        return None
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    return _LOOPBACK_NAMES | {settings.web_host.lower()} | ({public} if public else set())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Shield:
    """Wraps the application: refuses strange hosts, sets headers on every answer, and turns failures into pages."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None, error_page: ErrorPage) -> None:
        self._app = app
        self._hosts = hosts
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def guarded(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if self._hosts is not None and _host_of(scope) not in self._hosts:
            refusal = PlainTextResponse("This address is not one of Waymark's. Use the one it printed.", 421)
            await refusal(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except Exception as failure:
            if has_begun:
                raise
            await self._fail(failure)(scope, receive, guarded)

    def _fail(self, failure: Exception) -> Response:
        if is_of_the_database(failure):
            _log.warning("page_refused_without_database", error=type(failure).__name__)
            answer = self._error_page(
                503,
                "Waymark cannot show this just now",
                "The database does not answer, or takes too long. Nothing is lost: what arrives meanwhile is kept. "
                "Try again in a minute; if this stays, run waymark doctor.",
            )
            answer.headers["Retry-After"] = "10"
            return answer
        # Where it failed is written down, and never in its own words: those may hold what somebody wrote.
        where = traceback.extract_tb(failure.__traceback__)[-1]
        _log.error(
            "page_failed", error=type(failure).__name__, where=f"{where.filename.rsplit('/', 1)[-1]}:{where.lineno}"
        )
        return self._error_page(
            500,
            "This page could not be made",
            "Something on it could not be shown; the rest of Waymark goes on. Please tell whoever runs it.",
        )


def is_of_the_database(failure: BaseException) -> bool:
    """Whether the database, or the way to it, is why a page could not be made."""
    # The driver's own errors come bare where a connection is opened, and are known by where they are defined.
    is_bare = type(failure).__module__.startswith("asyncpg")
    return is_bare or isinstance(failure, SQLAlchemyError | OSError | TimeoutError)


def _host_of(scope: Scope) -> str:
    host = Headers(scope=scope).get("host", "")
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
