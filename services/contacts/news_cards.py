"""Which news a person must act on whatever becomes of its text: an escape or a release, and a record put right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from services.contacts.cards import Card, text_task
from services.contacts.decision import TextRequest
from services.contacts.gate_words import reach_words, withheld_words
from services.contacts.london import moment_words
from services.contacts.news import NOT_FROM_A_CORRECTION, URGENT, Purpose, topic_of
from services.contacts.news_said import withheld_until
from services.contacts.safe_contact import FactLike

PAGED_FOR: Final = timedelta(days=7)
"""For how long after it happened, or was written down, an escape or a release interrupts somebody.

A history that is loaded is full of old ones: each is a task with its date, and none rings a telephone at night.
"""


def news_task(
    asked: TextRequest,
    occurred_at: datetime,
    now: datetime,
    *,
    is_correction: bool,
    withheld: tuple[bool, date | None] = (False, None),
) -> Card | None:
    """Return the task of one piece of news, or None where only its text is to be decided about.

    Of an escape or a release people are paged, whatever the hour (texts-to-victims.md); how the victim is then
    reached stays a question of what is safe for them. ``withheld``: whether the news may not be told now, and until
    the end of which day; people are paged of it then too, and somebody decides. Instants are UTC.
    """
    if asked.purpose == Purpose.FOLLOW_UP:
        return None
    is_withheld, last_day = withheld
    if asked.type in URGENT:
        topic = f"{topic_of(asked.type)} ({moment_words(occurred_at)})"
        say = (
            f"{withheld_words(asked.victim_id, topic, last_day)} Ask the duty supervisor at once."
            if is_withheld
            else reach_words(asked.victim_id, topic)
        )
        is_new = max(occurred_at, asked.known_at) >= now - PAGED_FOR
        return text_task(asked, say, None, now, urgent=is_new)
    if is_correction:
        topic = topic_of(asked.type)
        say = (
            withheld_words(asked.victim_id, topic, last_day)
            if is_withheld
            else f"Please tell {asked.victim_id} about {topic}. No text: {NOT_FROM_A_CORRECTION}."
        )
        return text_task(asked, say, "7", now)
    return None


def withheld_task(
    asked: TextRequest, fact: FactLike, happenings: Sequence[FactLike], now: datetime, *, says_so: bool
) -> Card | None:
    """Return what an open task about this news must say instead: it is withheld, or is so no more; None: it may stay.

    ``says_so`` is whether the task says that it is withheld; ``happenings`` are the case's, put right. An urgent one
    stays urgent.
    """
    happened = [each for each in happenings if each.occurred_at <= now]
    withheld, last_day = withheld_until(fact, asked.victim_id, happened, now)
    if withheld is says_so:
        return None
    topic = topic_of(asked.type)
    say = f"The news of {topic} is withheld no longer. Please tell {asked.victim_id} where it is safe to."
    if withheld:
        say = withheld_words(asked.victim_id, topic, last_day)
    return text_task(asked, say, "5", now, urgent=asked.type in URGENT)
