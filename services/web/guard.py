"""What may change something: a form of our own pages, sent from them. Anything that another site sends is refused.

There is no cookie that a strange page could make use of, but on this machine there is nobody to sign in either: a page
open in another tab could send a form here. Browsers say where a form comes from, and that is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import HTTPException, Request

_LONGEST_FORM: Final = 4096
_MOST_FIELDS: Final = 8
_FORM: Final = "application/x-www-form-urlencoded"

_STRANGE: Final = (
    "This was not sent from a page of Waymark, so nothing was changed. Open the page and press the button there."
)
_MALFORMED: Final = "This is not what a button of Waymark sends, so nothing was changed. Open the page again."


def refuse_strangers(request: Request, public_url: str | None) -> None:
    """Let pass what one of our own pages sent.

    Raises:
        HTTPException: 403, where the browser says that another site sent it, or nothing says who did.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise HTTPException(403, _STRANGE)
    # A browser that says neither is too old to be believed; a proxy may have renamed the host, but not our own address.
    if origin is None and site is None:
        raise HTTPException(403, _STRANGE)
    if origin is not None and _place(origin) not in _own_places(request, public_url):
        raise HTTPException(403, _STRANGE)


async def form_of(request: Request) -> Mapping[str, str]:
    """Return the fields of a small form.

    Raises:
        HTTPException: 400, where it is no form, too long, or names a field twice.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(400, _MALFORMED)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            raise HTTPException(400, _MALFORMED)
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, _MALFORMED) from None
    found = dict(fields)
    if len(found) != len(fields):
        raise HTTPException(400, _MALFORMED)
    return found


def malformed() -> HTTPException:
    """Return the refusal of a form with a field that no button of ours sends."""
    return HTTPException(400, _MALFORMED)


def _own_places(request: Request, public_url: str | None) -> set[str]:
    own = {request.headers.get("host", "").lower()}
    if public_url is not None:
        own.add(urlsplit(public_url).netloc.lower())
    return own - {""}


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
