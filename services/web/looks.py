"""Reading a page for somebody: one transaction that reads, renders, and writes down the look before it is shown."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.projections.case_page import read_case
from services.projections.page import cases_on, read_standing, recent_contacts, undated_duties
from services.projections.shown import COUNTED, SHOWN, Listed
from services.projections.texts_shown import read_texts
from services.projections.worklist import WorklistItem, count_worklist, worklist
from services.storage.access_log import log_looks
from services.storage.clock_rows import ClockShown, show_clock
from services.storage.tables import case_key
from services.storage.vault import Vault
from services.web.shield import is_of_the_database
from services.web.showing import brief, key_url, slug
from services.web.words import full_moment

_log = structlog.get_logger(__name__)

_REMEMBERED: Final = 512
"""Of how many renderings it is remembered which cases they showed."""

_QUERY_LIMIT: Final = text("SET LOCAL statement_timeout = '10s'")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and the tag of what they hold already; None: they open the page."""

    name: str
    holds: str | None = None


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around the part of a page that changes."""

    heading: str
    page_url: str
    live_url: str


_FRONT: Final = _Around("What is owed, and what to do next", "/", "/live")


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


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One line of the worklist as the page shows it; ``id`` stays the same while the card does."""

    id: str
    case_id: str
    case_key: bytes
    victim_id: str | None
    due_at: datetime | None
    is_overdue: bool
    is_urgent: bool
    say: str
    to: str
    acknowledged_at: datetime | None


class Looks:
    """Shows pages and writes down who was shown which case.

    A page that refreshes itself shows the same cases again and again; what is written down of it is each case that the
    viewer did not hold already. The tag of what they hold is theirs alone: another's is worth nothing.
    """

    def __init__(self, engine: AsyncEngine, templates: Environment, vault: Vault | None) -> None:
        # One moment for all queries of a page: what is counted and what is listed must agree.
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._templates = templates
        self._vault = vault
        self._secret = secrets.token_bytes(32)
        self._held: OrderedDict[tuple[str, str], frozenset[bytes]] = OrderedDict()

    async def front(self, viewer: Viewer) -> Viewed:
        """Return the first page."""
        async with self._engine.begin() as conn:
            clock = await self._begin(conn)
            standing = await read_standing(conn)
            cards, cards_fail = await self._cards(conn, clock.now)
            keys = cases_on(cards.rows, standing.overdue.rows, standing.coming.rows)[:SHOWN]
            texts = await read_texts(conn, self._vault)
            contacts = await recent_contacts(conn, keys, clock.now)
            undated = await undated_duties(conn, keys)
            shown = cases_on(
                cards.rows,
                standing.overdue.rows,
                standing.coming.rows,
                standing.advisories.rows,
                texts.rows,
                standing.dead.rows,
                standing.set_aside.rows,
                standing.problems.rows,
            )
            summary = [
                ("cards open", cards, "cards"),
                ("overdue", standing.overdue, "overdue"),
                ("owed, not yet due", standing.coming, "coming"),
                ("texts sent", texts.went, "texts-went"),
                ("texts held or to be decided", texts.waiting, "texts-waiting"),
                ("texts not sent", texts.not_sent, "texts-not-sent"),
                ("dead letters", standing.dead, "dead"),
                ("cases set aside", standing.set_aside, "aside"),
                ("problems of the record", standing.problems, "problems"),
            ]
            content = {
                "standing": standing,
                "cards": cards,
                "cards_fail": cards_fail,
                "texts": texts,
                "contacts": contacts,
                "undated": undated,
                "summary": summary,
            }
            viewed = self._viewed(viewer, self._rendered("front_parts.html", content, clock), clock, _FRONT)
            await self._write_down(conn, viewer, viewed, "front page", shown)
            return viewed

    async def case(self, viewer: Viewer, key: bytes) -> Viewed | None:
        """Return the page of a case, or None where no case has this key; nothing is then written down."""
        async with self._engine.begin() as conn:
            clock = await self._begin(conn)
            case = await read_case(conn, key)
            if case is None:
                return None
            cards, cards_fail = await self._cards(conn, clock.now, case.case_id)
            content = {
                "case": case,
                "cards": cards,
                "cards_fail": cards_fail,
                "texts": await read_texts(conn, self._vault, key),
            }
            around = _Around(f"Case {brief(case.case_id, 200)}", key_url(key), f"/live{key_url(key)}")
            viewed = self._viewed(viewer, self._rendered("case_parts.html", content, clock), clock, around)
            await self._write_down(conn, viewer, viewed, "case page", [key])
            return viewed

    async def _begin(self, conn: AsyncConnection) -> ClockShown:
        await conn.execute(_QUERY_LIMIT)
        return await show_clock(conn)

    async def _cards(
        self, conn: AsyncConnection, now: datetime, case_id: str | None = None
    ) -> tuple[Listed[ShownCard], bool]:
        """Return the cards, and whether they could not be read: what fails in one case hides no other on the page."""
        try:
            items = await worklist(conn, case_id=case_id, limit=SHOWN)
            total = len(items) if len(items) < SHOWN else await count_worklist(conn, COUNTED, case_id)
        except Exception as failure:
            if is_of_the_database(failure):
                raise
            _log.error("worklist_not_shown", error=type(failure).__name__)
            return Listed((), 0), True
        return shown_cards(items, total, now), False

    def _rendered(self, template: str, content: Mapping[str, Any], clock: ClockShown) -> str:
        return self._templates.get_template(template).render(content, now=clock.now)

    def _viewed(self, viewer: Viewer, html: str, clock: ClockShown, around: _Around) -> Viewed:
        signed = f"{viewer.name}\0{around.live_url}\0{html}".encode(errors="surrogatepass")
        etag = f'"{hmac.digest(self._secret, signed, "sha256").hex()[:32]}"'
        moment = full_moment(clock.now)
        return Viewed(
            fragment=None if etag == viewer.holds else Markup(html),  # noqa: S704 - rendered with autoescape on
            etag=etag,
            moment=moment,
            time=moment.rpartition(", ")[2],
            is_simulated=clock.simulated,
            heading=around.heading,
            page_url=around.page_url,
            live_url=around.live_url,
        )

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


def shown_cards(items: Sequence[WorklistItem], total: int, now: datetime) -> Listed[ShownCard]:
    """Return the first lines of the worklist for the page; what is past its date now is overdue, whatever it was."""
    cards = []
    alike: dict[str, int] = {}
    for item in items[:SHOWN]:
        name = slug(repr((item.kind, item.case_id, item.victim_id, item.rule, item.event_id, item.to)))
        alike[name] = nth = alike.get(name, 0) + 1
        card = ShownCard(
            id=name if nth == 1 else f"{name}-{nth}",
            case_id=item.case_id,
            case_key=case_key(item.case_id),
            victim_id=item.victim_id,
            due_at=item.due_at,
            is_overdue=item.due_at is not None and item.due_at <= now,
            is_urgent=item.urgent,
            say=item.say,
            to=item.to,
            acknowledged_at=item.acknowledged_at,
        )
        cards.append(card)
    return Listed(tuple(cards), total)
