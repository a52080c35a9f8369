"""Tasks that wait for the next talk with a victim: closed once a person has spoken with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.cards import CardKind
from services.contacts.talks import is_talked_over
from services.storage.card_shows import IS_WAITING_TASK
from services.storage.cards import OpenCards, close_cards
from services.storage.case_work import Work
from services.storage.sets import is_among
from services.storage.tables_notify import cards

_c = cards.c

_waiting = select(_c.card_key, _c.case_key, _c.victim_id, _c.raised_at).where(
    is_among(_c.case_key, "keys"), _c.closed_at.is_(None), _c.due_at.is_(None), IS_WAITING_TASK
)


async def close_talked_over(conn: AsyncConnection, works: Mapping[bytes, Work], opened: Sequence[OpenCards]) -> None:
    """Close the tasks of these cases that waited for a talk which a contact now shows."""
    with_tasks = {alike.case_key for alike in opened if any(card.kind == CardKind.TASK for card in alike.cards)}
    if not with_tasks:
        return
    done = [
        row.card_key
        for row in await conn.execute(_waiting, {"keys": sorted(with_tasks)})
        if is_talked_over(row.victim_id, row.raised_at, works[bytes(row.case_key)].record.happenings)
    ]
    await close_cards(conn, done, "somebody has spoken with them since")
