"""Safe contact: on what terms this person may be texted, over all their cases, the strictest of each.

A record holds in its case until the next one there; over several cases the strictest word, the hours common to all,
every day that is excluded in any and the earliest last day hold (texts-to-victims.md, "The send gate").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from services.contacts.safe_hours import ANY_TIME, LONDON, Week, both, read_hours

REPORTED: Final = "policing.crime.reported.v1"
SAFE_CONTACT: Final = "policing.safe_contact.recorded.v1"
SUPPORT_WITHDRAWN: Final = "victim.support_withdrawn.v1"
PHONE_SEIZED: Final = "policing.phone.seized.v1"
PHONE_RETURNED: Final = "policing.phone.returned.v1"
PHONE_REPLACED: Final = "policing.phone.replacement_issued.v1"
PROPERTY_RETURNED: Final = "property.returned.v1"

SUSPENDING: Final = frozenset({REPORTED, SUPPORT_WITHDRAWN})
"""After one of these, safe contact must be recorded again before any text."""

_STRICTNESS: Final = ("allowed", "discreet", "never")


class FactLike(Protocol):
    """What this package reads of a fact; ``services.journeys.facts.Fact`` is one."""

    @property
    def id(self) -> str:
        """The event's id."""

    @property
    def source(self) -> str:
        """Who sent it."""

    @property
    def type(self) -> str:
        """The full event type."""

    @property
    def case_id(self) -> str:
        """The case it belongs to."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened, UTC."""

    @property
    def known_at(self) -> datetime:
        """When the source first wrote it down, UTC."""

    @property
    def victim_id(self) -> str | None:
        """Whom it names, if anyone."""

    @property
    def suspect_ref(self) -> str | None:
        """Which suspect it names, if any."""

    @property
    def data(self) -> Mapping[str, Any]:
        """The normalised data."""


@dataclass(frozen=True, slots=True)
class SafeContact:
    """The terms that hold now over all of a person's cases.

    ``sms`` is None where nothing was ever recorded. ``week`` is None where hours were recorded that cannot be
    understood. ``last_day`` is the last London day on which the terms hold. ``suspended_by`` is the type of the event
    after which nobody has recorded safe contact again.
    """

    sms: str | None
    week: Week | None
    not_on: frozenset[date]
    last_day: date | None
    lapsed: bool
    told_to_stop: bool
    suspended_by: str | None


@dataclass(frozen=True, slots=True)
class Custody:
    """Which numbers answer to a handset in police hands; ``unknown`` where a seizure does not say which number."""

    refs: frozenset[str] = frozenset()
    unknown: bool = False
    """A seizure does not say which number, or names one that is not stored: it may be any of them."""

    def holds(self, ref: str) -> bool:
        """Whether a text to this contact point could be read by whoever holds the handset."""
        return self.unknown or ref in self.refs


def safe_contact_of(victim_id: str, facts: Iterable[FactLike], now: datetime) -> SafeContact:
    """Return the terms on which this person may be texted now, from the facts of all their cases, put right.

    A record that ran out with ``allowed`` or ``discreet`` no longer ends texts once safe contact was recorded anew in
    any case after that day, and its hours count no longer; its wording and its excluded days do, as does all of one
    that says ``never`` or told to stop, until the next record of its own case. Of records of one instant all stand.
    """
    hers = [fact for fact in sorted(facts, key=_order) if fact.victim_id == victim_id and fact.occurred_at <= now]
    records = [fact for fact in hers if fact.type == SAFE_CONTACT]
    last_at = {fact.case_id: fact.occurred_at for fact in records}
    latest = [fact for fact in records if fact.occurred_at == last_at[fact.case_id]]
    newest = max(last_at.values(), default=None)
    suspending = [fact for fact in hers if fact.type in SUSPENDING and _suspends(fact, newest)]
    standing = [fact for fact in latest if not _gave_way(fact, newest)]
    return SafeContact(
        sms=max((_sms(fact) for fact in latest), key=_STRICTNESS.index, default=None),
        week=_common_week([fact.data.get("hours") or () for fact in standing]),
        not_on=frozenset(date.fromisoformat(day) for fact in latest for day in fact.data.get("not_on") or ()),
        last_day=min((day for fact in standing if (day := _last_day(fact)) is not None), default=None),
        lapsed=any(_is_past(fact, now) for fact in standing),
        told_to_stop=any(fact.data.get("told_to_stop") is True for fact in standing),
        suspended_by=suspending[-1].type if suspending else None,
    )


def custody_of(
    victim_id: str, facts: Sequence[FactLike], now: datetime, numbers: Mapping[str, bytes | None]
) -> Custody:
    """Return which of this person's numbers answer to a handset the police hold now.

    From the seizure until the return of that device (or of everything taken), or until a replacement with the same
    number; one logged earlier on the London day of the seizure counts as given with it (victims-code.md, "Phones").
    ``numbers`` are their stored contact points, each with a key of its number: all that share one are held with it. A
    seizure that names a stored one is heeded whosever the phone is said to be.
    """
    hers = [fact for fact in facts if fact.victim_id == victim_id and fact.occurred_at <= now]
    named: set[str | None] = {
        fact.data.get("contact_point_ref")
        for fact in hers
        if fact.type == PHONE_SEIZED
        and (fact.suspect_ref is None or fact.data.get("contact_point_ref") in numbers)
        and not any(_gives_back(fact, each) for each in hers)
    }
    stored = {ref for ref in named if ref is not None and ref in numbers}
    shared = {number for ref in stored if (number := numbers[ref]) is not None}
    same = {ref for ref, number in numbers.items() if number in shared}
    return Custody(frozenset(stored | same), unknown=len(stored) < len(named))


def _suspends(fact: FactLike, newest: datetime | None) -> bool:
    """Whether safe contact has to be recorded again after this event.

    A record made at the very instant of a report was made with it; support withdrawn at that instant outweighs it.
    """
    if newest is None or fact.occurred_at > newest:
        return True
    return fact.type == SUPPORT_WITHDRAWN and fact.occurred_at == newest


def _gives_back(seized: FactLike, later: FactLike) -> bool:
    if later.case_id != seized.case_id:
        return False
    after = later.occurred_at >= seized.occurred_at
    if later.type == PROPERTY_RETURNED:
        return after and later.data.get("item_ref") is None
    if later.data.get("device_ref") != seized.data.get("device_ref"):
        return False
    if later.type == PHONE_RETURNED:
        return after
    same_day = _london_day(later.occurred_at) == _london_day(seized.occurred_at)
    return later.type == PHONE_REPLACED and later.data.get("same_number") is True and (after or same_day)


def _gave_way(record: FactLike, newest: datetime | None) -> bool:
    """Whether a record that ran out was followed, after its last day, by a record in another case."""
    last_day = _last_day(record)
    return (
        last_day is not None
        and newest is not None
        and _london_day(newest) > last_day
        and newest > record.occurred_at
        and _sms(record) != "never"
        and record.data.get("told_to_stop") is not True
    )


def _common_week(recorded: list[Sequence[Mapping[str, Any]]]) -> Week | None:
    week: Week = ANY_TIME
    for hours in recorded:
        read = read_hours(hours) if hours else ANY_TIME
        if read is None:
            return None
        week = both(week, read)
    return week


def _sms(record: FactLike) -> str:
    word = str(record.data.get("sms"))
    return word if word in _STRICTNESS else "never"


def _last_day(record: FactLike) -> date | None:
    value = record.data.get("valid_until")
    return date.fromisoformat(value) if value is not None else None


def _is_past(record: FactLike, now: datetime) -> bool:
    last_day = _last_day(record)
    return last_day is not None and _london_day(now) > last_day


def _london_day(instant: datetime) -> date:
    return instant.astimezone(LONDON).date()


def _order(fact: FactLike) -> tuple[datetime, str, str]:
    return (fact.occurred_at, fact.id, fact.source)
