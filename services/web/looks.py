"""Reading a page for somebody: one transaction that reads, renders, and writes down the look before it is shown."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.projections.people_list import ref_of
from services.storage.access_log import log_looks
from services.storage.clock_rows import ClockShown, show_clock
from services.web.contents import Contents
from services.web.lists import ListName
from services.web.viewing import Content, Viewer
from services.web.words import full_moment

_REMEMBERED: Final = 512
"""Of how many renderings it is remembered which cases they showed."""

_QUERY_LIMIT: Final = text("SET LOCAL statement_timeout = '10s'")


@dataclass(frozen=True, slots=True)
class Viewed:
    """What one person is shown: the part of a page that changes, and what stands around it.

    ``fragment`` is None where it is the same as the one they hold.
    """

    fragment: Markup | None
    etag: str
    moment: str
    time: str
    is_simulated: bool
    heading: str
    page_url: str
    live_url: str


class Looks:
    """Shows pages and writes down who was shown which case.

    A page that refreshes itself shows the same cases again and again; what is written down of it is each case that the
    viewer did not hold already. The tag of what they hold is theirs alone: another's is worth nothing.
    """

    def __init__(self, engine: AsyncEngine, templates: Environment, contents: Contents) -> None:
        # One moment for all queries of a page: what is counted and what is listed must agree.
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._templates = templates
        self._contents = contents
        self._secret = secrets.token_bytes(32)
        self._held: OrderedDict[tuple[str, str], frozenset[bytes]] = OrderedDict()

    async def front(self, viewer: Viewer) -> Viewed:
        """Return the first page."""
        async with self._engine.begin() as conn:
            clock = await _begin(conn)
            return await self._viewed(conn, viewer, await self._contents.front(conn, viewer, clock.now), clock)

    async def a_list(self, viewer: Viewer, name: ListName) -> Viewed:
        """Return the page of one list."""
        async with self._engine.begin() as conn:
            clock = await _begin(conn)
            return await self._viewed(conn, viewer, await self._contents.a_list(conn, viewer, clock.now, name), clock)

    async def person(self, viewer: Viewer, ref: str) -> Viewed | None:
        """Return somebody's list, or None where it is not for the viewer; nothing is then written down."""
        async with self._engine.begin() as conn:
            clock = await _begin(conn)
            content = await self._contents.person(conn, viewer, clock.now, ref)
            return None if content is None else await self._viewed(conn, viewer, content, clock)

    async def case(self, viewer: Viewer, key: bytes) -> Viewed | None:
        """Return the page of a case, or None where no case has this key; nothing is then written down."""
        async with self._engine.begin() as conn:
            clock = await _begin(conn)
            content = await self._contents.case(conn, viewer, clock.now, key)
            return None if content is None else await self._viewed(conn, viewer, content, clock)

    async def ref_of(self, key: bytes) -> str | None:
        """Return whose list has this key, or None where nobody's has."""
        async with self._engine.connect() as conn:
            return await ref_of(conn, key, self._contents.known.units)

    async def _viewed(self, conn: AsyncConnection, viewer: Viewer, content: Content, clock: ClockShown) -> Viewed:
        html = self._templates.get_template(content.template).render(content.values, now=clock.now)
        signed = f"{viewer.name}\0{content.live_url}\0{html}".encode(errors="surrogatepass")
        etag = f'"{hmac.digest(self._secret, signed, "sha256").hex()[:32]}"'
        moment = full_moment(clock.now)
        viewed = Viewed(
            fragment=None if etag == viewer.holds else Markup(html),  # noqa: S704 - rendered with autoescape on
            etag=etag,
            moment=moment,
            time=moment.rpartition(", ")[2],
            is_simulated=clock.simulated,
            heading=content.heading,
            page_url=content.page_url,
            live_url=content.live_url,
        )
        await self._write_down(conn, viewer, viewed, content.what, content.shown)
        return viewed

    async def _write_down(
        self, conn: AsyncConnection, viewer: Viewer, viewed: Viewed, what: str, shown: Sequence[bytes]
    ) -> None:
        # The tag of another viewer, passed on, must not keep a look from being written down.
        seen = frozenset() if viewer.holds is None else self._held.get((viewer.name, viewer.holds), frozenset())
        new = [key for key in shown if key not in seen]
        if viewed.fragment is not None and (new or viewer.holds is None):
            await log_looks(conn, viewer.name, what, new)
        mine = (viewer.name, viewed.etag)
        self._held[mine] = frozenset(shown)
        self._held.move_to_end(mine)
        while len(self._held) > _REMEMBERED:
            self._held.popitem(last=False)


async def _begin(conn: AsyncConnection) -> ClockShown:
    await conn.execute(_QUERY_LIMIT)
    return await show_clock(conn)
