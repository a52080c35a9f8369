"""Tasks about news that was withheld after they were raised: nobody must be sent to tell what nobody may tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Text, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.cards import Card, CardKind, text_task
from services.contacts.decision import TextRequest
from services.contacts.gate_words import DO_NOT_TELL
from services.contacts.news import Purpose
from services.contacts.news_cards import withheld_task
from services.contacts.news_said import RELEASED, WITHHELD
from services.journeys.facts import Fact
from services.storage.cards import OpenCards, RaisedCard, raise_cards
from services.storage.case_work import Work
from services.storage.escaped import unescape
from services.storage.sets import is_among
from services.storage.tables_notify import cards

_SAYS = frozenset({WITHHELD, RELEASED})
_c = cards.c
_words = select(_c.card_key, type_coerce(_c.say, Text).label("say")).where(is_among(_c.card_key, "keys"))


async def keep_withheld(conn: AsyncConnection, works: Mapping[bytes, Work], opened: Sequence[OpenCards]) -> None:
    """Change the open tasks about news that is withheld now, or that was released since they said so."""
    told: dict[bytes, tuple[Work, Fact, TextRequest]] = {}
    for alike in opened:
        work = works[alike.case_key]
        of_news = {card.about: card.key for card in alike.cards if card.kind == CardKind.TASK}
        if not of_news or alike.victim_id is None or not any(fact.type in _SAYS for fact in work.record.happenings):
            continue
        for fact in work.record.happenings:
            for purpose in Purpose:
                request = _request(fact, alike.victim_id, purpose)
                if (key := of_news.get(text_task(request, "", None, work.now).about)) is not None:
                    told[key] = (work, fact, request)
    if not told:
        return
    changed: list[RaisedCard] = []
    for row in await conn.execute(_words, {"keys": sorted(told)}):
        work, fact, request = told[bytes(row.card_key)]
        card: Card | None = withheld_task(
            request, fact, work.record.happenings, work.now, says_so=unescape(row.say).startswith(DO_NOT_TELL)
        )
        if card is not None:
            changed.append(work.raised(card))
    await raise_cards(conn, changed, only_change=True)


def _request(fact: Fact, victim_id: str, purpose: Purpose) -> TextRequest:
    return TextRequest(fact.case_id, victim_id, fact.id, fact.source, fact.type, purpose, fact.known_at)
