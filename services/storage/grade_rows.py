"""Cards about the grades of contacts, written with an assessment: raised, closed, and kept while one is disputed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.cards import CardKind
from services.contacts.grade_cards import OF_A_CONTACT, grade_cards, graded_without_news
from services.storage.cards import OpenCard, OpenCards, RaisedCard, close_cards, raise_new_cards
from services.storage.case_work import Work
from services.storage.text_wishes import NO_ALERT


async def write_grade_cards(
    conn: AsyncConnection, works: Iterable[Work], opened: Sequence[OpenCards], announce_from: datetime | None
) -> None:
    """Raise the cards that grades call for now, and close those that none does any more.

    A grade that somebody disputes stays before the supervisor, and its card suspended, for as long as the grade is
    what it was: neither time nor a later contact answers it. What a new rule set or a repair finds alerts nobody, then
    or later: it is written down as closed.
    """
    stand: set[bytes] = set()
    graded: set[tuple[bytes, str]] = set()
    new: list[RaisedCard] = []
    quiet: list[RaisedCard] = []
    for work in works:
        contacts = work.difference.assessment.contacts
        if not any(each.grade == "tick_box" for each in contacts):
            continue
        graded.update((work.difference.case_key, about) for about in graded_without_news(contacts, work.facts))
        for card in grade_cards(contacts, work.facts, announce_from, work.now):
            stand.add(card.key(work.difference.case_id))
            (quiet if work.difference.cause in NO_ALERT else new).append(work.raised(card))
    listed = [(alike.case_key, card) for alike in opened for card in alike.cards]
    disputed = {(key, card.about) for key, card in listed if _is_review(card)}
    gone = [
        card.key
        for key, card in listed
        if (card.kind == CardKind.GRADE or _is_review(card))
        and ((key, card.about) not in graded if (key, card.about) in disputed else card.key not in stand)
    ]
    await close_cards(conn, gone, "a later contact told something, or the grade was changed")
    await raise_new_cards(conn, new)
    open_now = {card.key for _, card in listed}
    unheard = [each for each in quiet if each.card.key(each.case_id) not in open_now]
    await raise_new_cards(conn, unheard)
    await close_cards(conn, (each.card.key(each.case_id) for each in unheard), "it came from a new rule set")


def _is_review(card: OpenCard) -> bool:
    return card.kind == CardKind.REVIEW and card.about.startswith(OF_A_CONTACT)
