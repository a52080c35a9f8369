"""Which news a person must act on whatever becomes of its text: an escape or a release, and a record put right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from services.contacts.cards import Card, text_task
from services.contacts.decision import TextRequest
from services.contacts.london import moment_words
from services.contacts.news import NOT_FROM_A_CORRECTION, URGENT, Purpose, topic_of

PAGED_FOR: Final = timedelta(days=7)
"""For how long after it happened, or was written down, an escape or a release interrupts somebody.

A history that is loaded is full of old ones: each is a task with its date, and none rings a telephone at night.
"""


def news_task(asked: TextRequest, occurred_at: datetime, now: datetime, *, is_correction: bool) -> Card | None:
    """Return the task of one piece of news, or None where only its text is to be decided about.

    Of an escape or a release people are paged, whatever the hour (texts-to-victims.md); how the victim is then
    reached stays a question of what is safe for them. Instants are UTC.
    """
    if asked.purpose == Purpose.FOLLOW_UP:
        return None
    if asked.type in URGENT:
        say = (
            f"Please reach {asked.victim_id} about {topic_of(asked.type)} ({moment_words(occurred_at)}): ring now "
            "where it is safe to, and otherwise ask the duty supervisor at once how to reach them."
        )
        is_new = max(occurred_at, asked.known_at) >= now - PAGED_FOR
        return text_task(asked, say, None, now, urgent=is_new)
    if is_correction:
        say = f"Please tell {asked.victim_id} about {topic_of(asked.type)}. No text: {NOT_FROM_A_CORRECTION}."
        return text_task(asked, say, "7", now)
    return None
