"""Cards about news that is withheld: nobody must be sent to tell what nobody may tell.

Of a task that stands for a text the words change; before those of a duty to tell stands a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Text, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.cards import Card, CardKind, text_task
from services.contacts.decision import TextRequest
from services.contacts.gate_words import DO_NOT_TELL, with_withholding
from services.contacts.news import Purpose
from services.contacts.news_cards import withheld_task
from services.contacts.news_said import RELEASED, WITHHELD, withheld_by_id
from services.journeys.facts import Fact
from services.storage.cards import OpenCards, RaisedCard, raise_cards
from services.storage.case_work import Work
from services.storage.escaped import unescape
from services.storage.sets import is_among
from services.storage.tables_notify import cards

_SAYS = frozenset({WITHHELD, RELEASED})
_c = cards.c
_duties = (
    select(_c.card_key, _c.case_key, _c.victim_id, _c.event_id, _c.say)
    .where(
        is_among(_c.case_key, "keys"),
        _c.closed_at.is_(None),
        _c.kind.in_([CardKind.APPROACHING.value, CardKind.OVERDUE.value]),
        _c.event_id.is_not(None),
    )
    .order_by(_c.card_key)
)
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


async def mark_withheld(conn: AsyncConnection, works: Mapping[bytes, Work]) -> None:
    """Say on every open duty of these cases whether its news is withheld; no date moves (events.md, news.withheld)."""
    touched = {key for key, work in works.items() if any(fact.type == WITHHELD for fact in work.difference.facts)}
    if not touched:
        return
    for row in (await conn.execute(_duties, {"keys": sorted(touched)})).all():
        work = works[bytes(row.case_key)]
        happened = [fact for fact in work.record.happenings if fact.occurred_at <= work.now]
        withheld, last_day = withheld_by_id(row.event_id, row.victim_id, happened, work.now)
        say = with_withholding(row.say, last_day, withheld=withheld)
        if say != row.say:
            await conn.execute(update(cards).where(_c.card_key == row.card_key).values(say=say))


def _request(fact: Fact, victim_id: str, purpose: Purpose) -> TextRequest:
    return TextRequest(fact.case_id, victim_id, fact.id, fact.source, fact.type, purpose, fact.known_at)
