"""What a person is asked to do about a text that was not sent, in words for staff: kind, complete, not gendered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Protocol

from services.contacts.decision import TAKEN_BACK
from services.contacts.london import day_words, due_day
from services.contacts.news import COURTESY, SAID_BY_ITS_DUTY, URGENT, NewsList, Purpose, news_list, rule_told, topic_of
from services.contacts.person import REQUESTED, TOLD_ALREADY, Person
from services.contacts.safe_contact import FactLike
from services.contacts.safe_hours import LONDON, NEVER, Window

DO_NOT_TELL: Final = "Do not tell"
"""How a task begins about what nobody may tell."""

_NOT_NOW: Final = f"{DO_NOT_TELL} this now: it is withheld"
_THEN: Final = ". Decide whether it may be released. "


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


def task_for(person: Person, fact: FactLike | None, reason: _Why, window: Window | None, asked: _Asked) -> str:
    """Return what to do instead of the text, when, by when, and why there is no text; ``fact`` is None once gone.

    What nobody may tell, or need tell, is said before anything else: a task that sends somebody to ring about news
    that is withheld is as bad as a text.
    """
    topic = topic_of(asked.type)
    due = f"; due {day_words(due_day(asked.due_at))}" if asked.due_at is not None else ""
    if (instead := _nothing_to_tell(person, fact, topic, asked)) is not None:
        return instead
    if asked.purpose == Purpose.FOLLOW_UP:
        return (
            f"{person.victim_id} has been told about {topic}, and no text follows: {reason.why}. Nothing is owed; when "
            "you next speak, ask whether they want to go over it."
        )
    if fact is not None and person.several_may_be_meant(fact):
        return (
            f"Please decide whether {person.victim_id} is to hear about {topic}: the case has several victims, and the "
            f"event names none of them, so a person must say whom to tell. If so, release the news for them{due}."
        )
    if fact is not None and asked.type not in URGENT and person.how_told(fact) == TOLD_ALREADY:
        return f"Please check that {person.victim_id} knows about {topic}{due}. A contact names it. No text goes."
    return f"{_what_to_do(person, window, asked, due)} No text: {reason.why}."


def is_waived(person: Person, asked: _Asked) -> bool:
    """Whether the victim chose not to hear of this, so that nobody rings about it.

    An escape or a release is told all the same, and so is what they asked for themselves.
    """
    return asked.type not in URGENT | {REQUESTED} and person.has_waived(rule_told(asked.type))


def _nothing_to_tell(person: Person, fact: FactLike | None, topic: str, asked: _Asked) -> str | None:
    v = person.victim_id
    if news_list(asked.type) is NewsList.NEVER:
        return f"No text is sent to {v} about this. If they should hear of it, tell them in person."
    if fact is None or fact.victim_id not in (None, v) or fact.type != asked.type:
        return f"{DO_NOT_TELL} {v} about {topic}: {TAKEN_BACK}, and no text goes. If they heard of it, put it right."
    withheld, last_day = person.withheld_until(fact)
    if withheld:
        return withheld_words(v, topic, last_day)
    if is_waived(person, asked):
        return f"{v} chose not to hear about {topic}: no text goes, and nobody need ring. If they ask, tell them."
    return None


def withheld_words(victim_id: str, topic: str, last_day: date | None) -> str:
    """Return what is said of news that is withheld, to whoever looks after the victim."""
    until = _until(last_day)
    return f"{DO_NOT_TELL} {victim_id} about {topic}: it is withheld{until}. Decide whether it may be released."


def with_withholding(say: str, last_day: date | None, *, withheld: bool) -> str:
    """Return the words of a duty to tell with, or without, the sentence before them that its news is withheld.

    >>> held = with_withholding("The arrest is news.", None, withheld=True)
    >>> held
    'Do not tell this now: it is withheld. Decide whether it may be released. The arrest is news.'
    >>> with_withholding(held, None, withheld=False)
    'The arrest is news.'
    """
    bare = say.partition(_THEN)[2] if say.startswith(_NOT_NOW) else say
    return f"{_NOT_NOW}{_until(last_day)}{_THEN}{bare}" if withheld else bare


def reach_words(victim_id: str, topic: str) -> str:
    """Return the words of what cannot wait, of which people are paged: nobody is sent ringing at an unsafe hour."""
    return (
        f"Please reach {victim_id} about {topic}: ring now where it is safe to, and otherwise ask the duty supervisor "
        "at once how to reach them."
    )


def _until(last_day: date | None) -> str:
    if last_day is None or last_day.year >= NEVER:
        return ""
    return f" until the end of {day_words(last_day)} {last_day.year}"


def _what_to_do(person: Person, window: Window | None, asked: _Asked, due: str) -> str:
    safe, v, topic = person.safe, person.victim_id, topic_of(asked.type)
    if safe.sms is None or safe.lapsed or safe.suspended_by is not None or safe.week is None:
        return f"Please find out from {v} how it is safe to be in touch, record it, and tell them about {topic}{due}."
    if asked.type in URGENT:
        return reach_words(v, topic)
    if asked.due_at is None and may_wait(asked):
        return f"When you next speak with {v}, tell them about {topic}."
    if window is None:
        return f"Please tell {v} about {topic} in a way agreed with them{due}."
    return f"Please ring {v} {_between(window)} about {topic}{due}."


def may_wait(asked: _Asked) -> bool:
    """Whether a task that stands for a text opens no card of its own.

    It waits for the next talk with the victim where nothing is owed by a date, and for the card of the duty where one
    is: a call about each text that a person without a number does not get would be a card a day (alerts.md).
    """
    if asked.due_at is not None:
        return asked.type in SAID_BY_ITS_DUTY
    return asked.purpose == Purpose.FOLLOW_UP or asked.type in COURTESY


def _between(window: Window) -> str:
    opens, closes = window.opens.astimezone(LONDON), window.closes.astimezone(LONDON)
    return f"on {day_words(opens.date())} between {opens:%H:%M} and {closes:%H:%M}"
