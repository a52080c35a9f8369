"""What was said of a piece of news: who told the victim of it, and whether it is withheld or released.

Court news has two names, the event's and that of the Witness Care Unit's notification of it: it is told, withheld and
released by either (victims-code.md section 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from services.contacts.safe_contact import FactLike
from services.contacts.safe_hours import LONDON

TEXTS_SOURCE: Final = "/waymark/texts"
"""The source of the contacts that our own texts report back; they are no person's."""

CONTACT: Final = "contact.made.v1"
NOTIFIED: Final = "wcu.notified.v1"
WITHHELD: Final = "policing.news.withheld.v1"
RELEASED: Final = "policing.news.released.v1"

_SPOKEN: Final = frozenset({"phone", "in_person", "video"})
"""How a person speaks with another; what an adviser passes on counts from then on."""


def said_of(fact: FactLike, victim_id: str, happened: Sequence[FactLike], types: frozenset[str]) -> Iterator[FactLike]:
    """The events of these types that name this news, by either name, for this victim or for all, in order."""
    names = {fact.id, *(each.id for each in _notifications(fact, victim_id, happened))}
    return (
        each
        for each in happened
        if each.type in types and each.data.get("event_id") in names and each.victim_id in (None, victim_id)
    )


def withheld_until(
    fact: FactLike, victim_id: str, happened: Sequence[FactLike], now: datetime
) -> tuple[bool, date | None]:
    """Return whether this news is withheld now, and the last London day of that, if one was given."""
    held, until = False, None
    for each in said_of(fact, victim_id, happened, frozenset({WITHHELD, RELEASED})):
        if each.type == WITHHELD:
            last = each.data.get("until")
            until = date.fromisoformat(last) if last is not None else None
            held = until is None or now.astimezone(LONDON).date() <= until
        else:
            held, until = False, None
    return held, until if held else None


def withheld_by_id(
    event_id: str, victim_id: str | None, happened: Sequence[FactLike], now: datetime
) -> tuple[bool, date | None]:
    """Return whether the news that a duty is about is withheld now, and the last day of that.

    ``event_id`` is what triggered the duty: the event, or the notification of a court event.
    """
    named = [fact for fact in happened if fact.id == event_id]
    about = {fact.data.get("about") for fact in named if fact.type == NOTIFIED}
    news = [*named, *(fact for fact in happened if fact.id in about)]
    for fact in news:
        found = withheld_until(fact, victim_id or fact.victim_id or "", happened, now)
        if found[0]:
            return found
    return False, None


def telling_of(
    fact: FactLike, victim_id: str, happened: Sequence[FactLike], links: Mapping[str, Sequence[str]]
) -> Iterator[FactLike]:
    """The contacts with this victim, not before the event, that name it or its notification, by id or by type."""
    notified = list(_notifications(fact, victim_id, happened))
    names = {fact.id, fact.type, *(each.id for each in notified)}
    notified_at = min((each.occurred_at for each in notified), default=None)
    for each in happened:
        if each.type != CONTACT or each.victim_id != victim_id or each.occurred_at < fact.occurred_at:
            continue
        named = {*words_of(each.data.get("informed_of")), *links.get(each.id, ())}
        # A type stands only for what is not later than the contact.
        by_type = NOTIFIED in named and notified_at is not None and notified_at <= each.occurred_at
        if by_type or not names.isdisjoint(named):
            yield each


def is_spoken(contact: FactLike, now: datetime) -> bool:
    """Whether a person spoke with the victim, or an adviser has passed on by now what they were asked to."""
    channel, passed_on_at = contact.data.get("channel"), contact.data.get("passed_on_at")
    if contact.source == TEXTS_SOURCE or contact.data.get("outcome") != "reached":
        return False
    passed_on = isinstance(passed_on_at, str) and datetime.fromisoformat(passed_on_at) <= now
    return channel in _SPOKEN or (channel == "via_adviser" and passed_on)


def words_of(value: Any) -> tuple[str, ...]:
    """Return the texts of a field that holds one or a list of them."""
    if isinstance(value, str):
        return (value,)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list | tuple) else ()


def _notifications(fact: FactLike, victim_id: str, happened: Sequence[FactLike]) -> Iterator[FactLike]:
    return (
        each
        for each in happened
        if each.type == NOTIFIED and each.data.get("about") == fact.id and each.victim_id in (None, victim_id)
    )
