"""Cards about the grade of a contact: for whoever recorded it, and, where they dispute it, for their supervisor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from services.contacts import card_words as words
from services.contacts.cards import QUIET_HOUR, SUPERVISOR, Card, CardKind, next_list
from services.contacts.safe_contact import FactLike

GRADED_SINCE: Final = timedelta(days=7)
"""Contacts longer ago than this are history: whoever recorded them is not asked about them now."""

GRADED_FLAGS: Final = frozenset({"tick_box_run"})
"""Flags that say what contacts were graded: a card of one is for whoever recorded them, and for no colleague."""

OF_A_CONTACT: Final = "contact:"
"""With this begins what a card about the grade of a contact is about."""


class Graded(Protocol):
    """What this module reads of a graded contact."""

    @property
    def event_id(self) -> str:
        """The contact's event."""

    @property
    def victim_id(self) -> str:
        """Whom it reached."""

    @property
    def grade(self) -> str:
        """meaningful, tick_box or attempt."""

    @property
    def same_as(self) -> str | None:
        """The record that stands for the conversation, if another does."""

    @property
    def recorded_by(self) -> str | None:
        """Who recorded it."""


def grade_cards(
    contacts: Iterable[Graded], facts: Mapping[str, FactLike], announce_from: datetime | None, now: datetime
) -> Iterator[Card]:
    """Return a card for whoever recorded a recent contact that told nothing and that no real update has followed."""
    listed = [each for each in contacts if each.event_id in facts]
    for each in listed:
        if each.grade != "tick_box" or each.same_as is not None or not each.recorded_by:
            continue
        at = facts[each.event_id].occurred_at
        if now - at > GRADED_SINCE or (announce_from is not None and at < announce_from):
            continue
        if any(
            other.grade == "meaningful" and other.victim_id == each.victim_id and facts[other.event_id].occurred_at > at
            for other in listed
        ):
            continue
        yield Card(
            kind=CardKind.GRADE,
            about=f"{OF_A_CONTACT}{each.event_id}",
            victim_id=each.victim_id,
            rule=None,
            event_id=each.event_id,
            due_at=None,
            say=words.say_no_news(each.victim_id, at),
            raised_at=at + QUIET_HOUR,
            for_officer=each.recorded_by,
        )


def graded_without_news(contacts: Iterable[Graded], facts: Mapping[str, FactLike]) -> Iterator[str]:
    """Return what cards about the grade of a contact are about, of each that is still graded as told nothing."""
    for each in contacts:
        if each.grade == "tick_box" and each.same_as is None and each.event_id in facts:
            yield f"{OF_A_CONTACT}{each.event_id}"


def dispute_review(contact_id: str, victim_id: str | None, officer_ref: str, now: datetime) -> Card:
    """Return the supervisor's card of a grade that the person it is about disputes."""
    return Card(
        kind=CardKind.REVIEW,
        about=f"{OF_A_CONTACT}{contact_id}",
        victim_id=victim_id,
        rule=None,
        event_id=contact_id,
        due_at=None,
        say=words.say_disputed(victim_id),
        raised_at=next_list(now),
        duty_of=SUPERVISOR,
        for_officer=officer_ref,
    )
