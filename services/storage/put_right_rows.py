"""Tasks to put right with a victim what a text told them and the record no longer says.

One is raised when the event is corrected or taken back, and closed once a person has told the victim of that event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.cards import Card, CardKind
from services.contacts.news import topic_of
from services.contacts.person import corrected_of
from services.contacts.talks import is_told_by_a_person
from services.contacts.text_states import TextState
from services.journeys.event_types import KNOWLEDGE
from services.journeys.facts import Fact
from services.storage.cards import OpenCards, close_cards, raise_new_cards
from services.storage.case_work import Work
from services.storage.sets import is_among
from services.storage.tables_notify import cards, text_requests

_ABOUT: Final = "put_right:"

_t, _c = text_requests.c, cards.c
_told_by_text = select(_t.case_key, _t.event_source, _t.event_id, _t.victim_id, _t.event_type, _t.purpose).where(
    is_among(_t.case_key, "keys"),
    _t.states_the_event,
    _t.state.in_([TextState.SENDING, TextState.SENT, TextState.DELIVERED, TextState.UNKNOWN]),
)
_raised_at = select(_c.card_key, _c.event_id, _c.victim_id, _c.raised_at).where(is_among(_c.card_key, "keys"))


async def raise_put_right(conn: AsyncConnection, works: Sequence[Work]) -> None:
    """Raise an urgent task for each text that told of an event which was corrected or taken back since."""
    touched = {
        work.difference.case_key: (work, corrected_of(_happenings(work.difference.facts), work.record.happenings))
        for work in works
        if any(fact.type in KNOWLEDGE for fact in work.difference.facts)
    }
    if not touched:
        return
    raised = []
    for row in await conn.execute(_told_by_text, {"keys": list(touched)}):
        work, corrected = touched[row.case_key]
        if (row.event_source, row.event_id) in corrected:
            say = (
                f"A text told {row.victim_id} of {topic_of(row.event_type)}, and that was corrected or taken back "
                "since. Please put it right as soon as it is safe to ring them; no text does."
            )
            about = f"{_ABOUT}{row.event_source}:{row.event_id}"
            card = Card(CardKind.TASK, about, row.victim_id, None, row.event_id, None, say, work.now, urgent=True)
            raised.append(work.raised(card))
    await raise_new_cards(conn, raised)


async def close_put_right(conn: AsyncConnection, works: Mapping[bytes, Work], opened: Sequence[OpenCards]) -> None:
    """Close the tasks about events of which a person has told the victim since."""
    waiting = {
        card.key: works[alike.case_key] for alike in opened for card in alike.cards if card.about.startswith(_ABOUT)
    }
    if not waiting:
        return
    done = []
    for row in await conn.execute(_raised_at, {"keys": sorted(waiting)}):
        record = waiting[bytes(row.card_key)].record
        if is_told_by_a_person(row.event_id, row.victim_id, row.raised_at, record.happenings, record.links):
            done.append(bytes(row.card_key))
    await close_cards(conn, done, "a person has told them since")


def _happenings(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.type not in KNOWLEDGE]
