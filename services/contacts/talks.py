"""Whether a person has spoken with a victim since a moment, and of what: so tasks end that waited for just that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.contacts.news_said import CONTACT, TEXTS_SOURCE
from services.contacts.safe_contact import FactLike


def is_talked_over(victim_id: str | None, since: datetime, facts: Iterable[FactLike]) -> bool:
    """Whether a person has spoken with the victim since a moment: a task that waited for just that is done."""
    return any(
        fact.type == CONTACT
        and fact.source != TEXTS_SOURCE
        and fact.data.get("outcome") == "reached"
        and fact.victim_id == victim_id
        and fact.occurred_at > since
        for fact in facts
    )


def is_told_by_a_person(
    event_id: str,
    victim_id: str | None,
    since: datetime,
    facts: Iterable[FactLike],
    links: Mapping[str, Sequence[str]],
) -> bool:
    """Whether a person has told the victim of an event since a moment, as the contact or a link (``links``) says."""
    return any(
        event_id in (*(fact.data.get("informed_of") or ()), *links.get(fact.id, ()))
        for fact in facts
        if is_talked_over(victim_id, since, (fact,))
    )
