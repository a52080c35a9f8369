"""Texts for the pages: what went, what waits and until when, what was not sent and why; the latest first, and bounded.

The words stand as they were recorded. They are opened with the victim's own key for the page alone; the words of a
person whose key was erased are gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.projections.page import counted
from services.projections.shown import SHOWN, Listed
from services.storage.sets import is_among
from services.storage.tables import case_key
from services.storage.tables_notify import cards, text_requests, text_switch
from services.storage.texts import read_with_words
from services.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class ShownText:
    """One text and its fate; ``why`` is what was written down with its last step, ``until`` when a held one is due."""

    text_id: str
    case_id: str
    case_key: bytes
    victim_id: str
    event_type: str
    purpose: str
    state: str
    rule: str | None
    why: str | None
    requested_at: datetime
    until: datetime | None
    sent_at: datetime | None
    task: str | None
    """What a person is asked to do instead, or after it, while that is open."""
    body: str | None
    is_sealed: bool
    """There are words, and they cannot be shown: their key was erased, or this process has none."""


@dataclass(frozen=True, slots=True)
class TextsShown:
    """All texts, by what became of them; ``paused``: the one switch stops every text."""

    went: Listed[ShownText]
    waiting: Listed[ShownText]
    not_sent: Listed[ShownText]
    paused: bool


_t = text_requests.c
_rows = select(
    _t.text_id,
    _t.case_id,
    _t.case_key,
    _t.victim_id,
    _t.event_id,
    _t.event_source,
    _t.event_type,
    _t.purpose,
    _t.state,
    _t.rule,
    _t.requested_at,
    _t.wake_at,
    _t.sent_at,
    _t.sealed_body,
    _t.history,
)
_tasks = select(cards.c.case_key, cards.c.victim_id, cards.c.about, cards.c.say).where(
    is_among(cards.c.case_key, "keys"), cards.c.closed_at.is_(None), text("cards.kind = 'task'")
)


class Fate(StrEnum):
    """What became of a text."""

    SENT = "sent"
    """It went, or may have gone."""
    WAITING = "waiting"
    """It is held, or still to be decided."""
    NOT_SENT = "not-sent"
    """It was not sent."""


_OF_FATE: Final = {
    Fate.SENT: "state NOT IN ('requested', 'held', 'suppressed', 'expired')",
    Fate.WAITING: "state IN ('requested', 'held')",
    Fate.NOT_SENT: "state IN ('suppressed', 'expired')",
}


async def read_texts(conn: AsyncConnection, vault: Vault | None, case_key: bytes) -> TextsShown:
    """Return the texts of one case; without a vault no words are shown."""
    return TextsShown(
        went=await read_fate(conn, vault, Fate.SENT, SHOWN, case_key),
        waiting=await read_fate(conn, vault, Fate.WAITING, SHOWN, case_key),
        not_sent=await read_fate(conn, vault, Fate.NOT_SENT, SHOWN, case_key),
        paused=await are_paused(conn),
    )


async def read_fate(
    conn: AsyncConnection, vault: Vault | None, fate: Fate, most: int, case_key: bytes | None = None
) -> Listed[ShownText]:
    """Return the texts with this fate, of one case or of all, the latest first."""
    query = _rows.where(text(_OF_FATE[fate]))
    if case_key is not None:
        query = query.where(_t.case_key == case_key)
    return await _read(conn, vault, query, most)


async def count_texts(conn: AsyncConnection, case_id: str | None = None) -> int:
    """Return how many texts there are, of one case or of all."""
    wanted = select(func.count()).select_from(text_requests)
    if case_id is not None:
        wanted = wanted.where(_t.case_key == case_key(case_id))
    return int((await conn.execute(wanted)).scalar_one())


async def are_paused(conn: AsyncConnection) -> bool:
    """Whether the one switch stops every text."""
    return bool((await conn.execute(select(text_switch.c.paused))).scalar())


async def _read(conn: AsyncConnection, vault: Vault | None, query: Select[Any], most: int) -> Listed[ShownText]:
    found = await read_with_words(conn, vault, query.order_by(_t.requested_at.desc(), _t.text_id).limit(most))
    rows = [row for row, _ in found]
    tasks = await _open_tasks(conn, rows)
    shown = tuple(_shown(row, tasks, body) for row, body in found)
    return Listed(shown, await counted(conn, query, rows, most))


async def _open_tasks(conn: AsyncConnection, rows: Sequence[Any]) -> dict[tuple[bytes, str | None, str], str]:
    keys = list({row.case_key for row in rows})
    return {
        (each.case_key, each.victim_id, each.about): each.say for each in await conn.execute(_tasks, {"keys": keys})
    }


def _shown(row: Any, tasks: Mapping[tuple[bytes, str | None, str], str], body: str | None) -> ShownText:
    history = row.history or [{}]
    # So a task is named by services.contacts.cards.text_task.
    about = f"text:{row.purpose}:{row.event_source}:{row.event_id}"
    return ShownText(
        text_id=str(row.text_id),
        case_id=row.case_id,
        case_key=row.case_key,
        victim_id=row.victim_id,
        event_type=row.event_type,
        purpose=row.purpose,
        state=row.state,
        rule=row.rule,
        why=history[-1].get("why"),
        requested_at=row.requested_at,
        until=row.wake_at,
        sent_at=row.sent_at,
        task=tasks.get((row.case_key, row.victim_id, about)),
        body=body,
        is_sealed=bool(row.sealed_body) and body is None,
    )
