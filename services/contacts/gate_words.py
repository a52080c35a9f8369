"""What a person is asked to do about a text that was not sent, in words for staff: kind, complete, not gendered."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from services.contacts.london import day_words, due_day
from services.contacts.news import COURTESY, URGENT, Purpose
from services.contacts.person import Person
from services.contacts.safe_hours import LONDON, Window


class _Why(Protocol):
    @property
    def rule(self) -> str:
        """The gate's rule."""

    @property
    def why(self) -> str:
        """What stands against the text."""


class _Asked(Protocol):
    @property
    def type(self) -> str:
        """The full event type."""

    @property
    def purpose(self) -> str:
        """What the text was for."""

    @property
    def due_at(self) -> datetime | None:
        """When the duty that the text would have served is due."""


def task_for(person: Person, topic: str, reason: _Why, window: Window | None, asked: _Asked) -> str:
    """Return what to do instead of the text, when, by when, and why there is no text."""
    safe = person.safe
    if reason.rule == "5" and reason.why.startswith("no text ever"):
        return f"No text is sent to {person.victim_id} about this. If they should hear of it, tell them in person."
    if asked.purpose == Purpose.FOLLOW_UP:
        return (
            f"{person.victim_id} has been told about {topic}, and no text follows: {reason.why}. Nothing is owed; when "
            "you next speak, ask whether they want to go over it."
        )
    due = f"; due {day_words(due_day(asked.due_at))}" if asked.due_at is not None else ""
    if safe.sms is None or safe.lapsed or safe.suspended_by is not None or safe.week is None:
        do = (
            f"Please find out from {person.victim_id} how it is safe to be in touch, record it, "
            f"and tell them about {topic}{due}."
        )
    elif asked.type in URGENT:
        do = f"Please ring {person.victim_id} now about {topic}: this does not wait for a safe hour to send a text."
    elif may_wait(asked):
        do = f"When you next speak with {person.victim_id}, tell them about {topic}."
    elif window is None:
        do = f"Please tell {person.victim_id} about {topic} in a way agreed with them{due}."
    else:
        do = f"Please ring {person.victim_id} {_between(window)} about {topic}{due}."
    return f"{do} No text: {reason.why}."


def may_wait(asked: _Asked) -> bool:
    """Whether a task that stands for a text waits for the next talk with the victim: nothing is owed by a date.

    One call about each text that a person without a number does not get would be a card a day (alerts.md).
    """
    return asked.due_at is None and (asked.purpose == Purpose.FOLLOW_UP or asked.type in COURTESY)


def _between(window: Window) -> str:
    opens, closes = window.opens.astimezone(LONDON), window.closes.astimezone(LONDON)
    return f"on {day_words(opens.date())} between {opens:%H:%M} and {closes:%H:%M}"
