"""Asking the pages as a browser would, and reading what comes as a screen reader would."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import Any

import httpx
from fastapi import FastAPI

from infra.settings import Settings

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
