"""Asking the pages as a browser would, and reading what comes as a screen reader would."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.contacts.addressee import Addressee
from services.contacts.cards import Card, CardKind
from services.storage.cards import RaisedCard, raise_cards
from services.storage.officers import officer_key
from services.storage.tables import case_key, fact_key, victim_key
from services.storage.tables_alerts import officers
from services.storage.tables_notify import cards, text_requests
from services.storage.texts import body_identity
from services.web.app import build_web
from tests.support.app import NOW, vault

HEADER = "X-Forwarded-User"
"""In which the proxy of `signed_in` says who asks."""

HOUR = timedelta(hours=1)
NASTY = '<script>alert(1)</script>\u202e\u05e9\x00🙈 & "V"\''

_INLINE = frozenset({"bdi", "span", "strong", "a", "code", "time"})
_VOID = frozenset({"meta", "link", "br", "input", "img", "hr"})


def browser(app: FastAPI, *, host: str = "127.0.0.1:8080") -> httpx.AsyncClient:
    """Return a client that asks the application without a network."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


def web_settings(settings: Settings, **others: Any) -> Settings:
    """Return settings of a test's pages."""
    return settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:9", **others})


class Page(HTMLParser):
    """A page as its parts: tags with attributes, ids, text; unbalanced tags are an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _INLINE:
            self.words.append(" ")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"closed and never opened: {tag}"
        assert self._open.pop() == tag, f"closed out of turn: {tag}"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words, with single spaces between them."""
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        """Every id, in order."""
        return [attributes["id"] or "" for _, attributes in self.tags if "id" in attributes]

    @property
    def repeated_ids(self) -> list[str]:
        """Ids that stand on the page more than once."""
        return [id_ for id_, times in Counter(self.ids).items() if times > 1]


async def page_of(app: FastAPI, path: str = "/") -> Page:
    async with browser(app) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return Page(answer.text)


async def raise_card(engine: AsyncEngine, card: Card, case: str = "KP-1") -> None:
    async with engine.begin() as conn:
        await raise_cards(conn, [RaisedCard(case_key(case), case, card, Addressee("P-7"))])


def card(
    say: str,
    *,
    due_at: datetime | None = None,
    victim: str | None = "V-1",
    about: str = "x",
    kind: CardKind = CardKind.TASK,
    rule: str | None = None,
) -> Card:
    return Card(kind, about, victim, rule, "e", due_at, say, NOW - HOUR)


async def put_on_list(
    engine: AsyncEngine,
    card: Card,
    *,
    to: str = "P-7",
    case: str = "KP-1",
    act_by: datetime | None = None,
    shown_at: datetime | None = NOW - HOUR,
    interrupts: bool = False,
) -> None:
    """Raise a card, planned for somebody and put in front of them; ``shown_at`` None: it waits for a later list."""
    await raise_card(engine, card, case)
    planned = {"to_ref": to, "act_by": act_by, "planned_at": NOW - HOUR, "interrupts": interrupts}
    async with engine.begin() as conn:
        await conn.execute(
            update(cards)
            .where(cards.c.card_key == card.key(case))
            .values(**planned, shown_at=shown_at, show_at=shown_at or NOW + 20 * HOUR)
        )


async def put_officer(engine: AsyncEngine, ref: str, supervisor: str | None) -> None:
    """Put somebody on the roster, with a line supervisor."""
    async with engine.begin() as conn:
        await conn.execute(
            insert(officers).values(
                officer_key=officer_key(ref), officer_ref=ref, role="SOLO", supervisor_ref=supervisor, imported_at=NOW
            )
        )


def button_of(html: str, name: str) -> tuple[str, dict[str, str]]:
    """Return where the form around the first button of this name goes, and what it sends."""
    forms = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', html, re.DOTALL)
    action, inside = next(form for form in forms if name in form[1])
    return action, dict(re.findall(r'name="(\w+)" value="([^"]*)"', inside))


async def press(app: FastAPI, path: str, button: str, **headers: str) -> int:
    """Press the first button of this name on a page, as a browser would, and return what came back."""
    async with browser(app) as client:
        action, form = button_of((await client.get(path, headers=headers)).text, button)
        sent = {"Origin": str(client.base_url), "Sec-Fetch-Site": "same-origin", **headers}
        answer = await client.post(action, data=form, headers=sent)
        if answer.status_code == 303:
            assert (await client.get(answer.headers["Location"], headers=headers)).status_code == 200
        return answer.status_code


async def add_text(engine: AsyncEngine, state: str, *, body: str | None = None, why: str | None = None) -> None:
    text_id, event_id = uuid4(), str(uuid4())
    async with engine.begin() as conn:
        sealed = None
        if body is not None:
            (sealed,) = await vault.seal_many(conn, [("V-1", body_identity(text_id), body.encode())])
        await conn.execute(
            insert(text_requests).values(
                text_id=text_id,
                case_key=case_key("KP-1"),
                case_id="KP-1",
                victim_key=victim_key("V-1"),
                victim_id="V-1",
                fact_key=fact_key("/kent/rms", event_id),
                event_id=event_id,
                event_source="/kent/rms",
                event_type="court.hearing.listed.v1",
                purpose="news",
                occurred_at=NOW,
                known_at=NOW,
                state=state,
                rule="4",
                requested_at=NOW,
                wake_at=NOW + HOUR,
                sealed_body=sealed,
                history=[{"state": state, "why": why}],
            )
        )


@pytest.fixture
def app(store_settings: Settings, engine: AsyncEngine, at_noon: datetime) -> FastAPI:
    """The pages on this machine: whoever asks is local."""
    assert at_noon == NOW
    return build_web(web_settings(store_settings), engine, vault=vault)


@pytest.fixture
def signed_in(store_settings: Settings, engine: AsyncEngine, at_noon: datetime) -> FastAPI:
    """The pages behind a proxy that people sign in to, which says in HEADER who asks."""
    assert at_noon == NOW
    return build_web(web_settings(store_settings), engine, vault=vault, user_header=HEADER)
