"""Everything the send gate knows of one person: the facts of all their cases, their contact points, earlier texts.

No number stands here: a contact point is known by its reference, and what was said in a text by a keyed hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from services.contacts.news import is_update
from services.contacts.news_said import (
    CONTACT,
    RELEASED,
    TEXTS_SOURCE,
    is_spoken,
    said_of,
    telling_of,
    withheld_until,
    words_of,
)
from services.contacts.out_of_date import is_made_stale, is_moved_hearing
from services.contacts.safe_contact import (
    REPORTED,
    Custody,
    FactLike,
    SafeContact,
    custody_of,
    safe_contact_of,
)
from services.contacts.safe_hours import LONDON

WAIVED: Final = "policing.right.waived.v1"
RESUMED: Final = "policing.right.resumed.v1"
NEEDS: Final = "policing.needs.assessed.v1"
AGREED: Final = "policing.contact.agreed.v1"
REQUESTED: Final = "victim.update.requested.v1"

TOLD_ALREADY: Final = "they have been told already"

_ENGLISH: Final = frozenset({"en", "eng", "en-gb", "en_gb", "english"})
_BESIDE_READING: Final = frozenset({"none", "step-free access", "wheelchair access", "hearing loop", "parking"})
"""Adjustments that say nothing about whether a text can be read; any other word means that a person asks."""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A stored number as the gate sees it: by reference, never its digits.

    ``belongs_to`` is ``self`` for the person's own. ``adult_confirmed`` says that a person confirmed that the adult it
    belongs to is safe and is neither suspect nor witness. ``quarantine`` is why nothing may go there, if anything.
    ``same_as`` is a key of the number, equal for two points with one number, and never the number itself.
    """

    ref: str
    can_text: bool
    belongs_to: str
    confirmed_at: datetime | None
    quarantine: str | None = None
    stopped: bool = False
    adult_confirmed: bool = False
    has_cover: bool = False
    has_sender_name: bool = False
    same_as: bytes | None = None


@dataclass(frozen=True, slots=True)
class EarlierText:
    """A text that went, or may have gone, to this person; ``text_id`` as its report names it."""

    at: datetime
    words: bytes
    template: str
    facts: tuple[tuple[str, str], ...] = ()
    text_id: str | None = None


@dataclass(frozen=True, slots=True)
class Frequency:
    """Every how many days the person hears at the latest; None: only when something happens."""

    days: int | None


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One case as it is now known to have been: facts put right, and what was put right in it.

    ``links`` are the events that a contact told of, as confirmed afterwards, by the contact's id. ``corrected`` holds
    the ``(source, id)`` of facts that stand now in other words than they first came in. ``victims`` are the people
    the case names.
    """

    case_id: str
    facts: tuple[FactLike, ...]
    links: Mapping[str, Sequence[str]] = field(default_factory=dict)
    corrected: frozenset[tuple[str, str]] = frozenset()
    victims: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """One person over all their cases, at one moment."""

    victim_id: str
    now: datetime
    cases: Mapping[str, CaseRecord]
    points: tuple[ContactPoint, ...]
    texts: tuple[EarlierText, ...]
    safe: SafeContact
    custody: Custody

    def fact(self, case_id: str, source: str, event_id: str) -> FactLike | None:
        """Return the fact as it stands, or None where it was retracted or never known."""
        case = self.cases.get(case_id)
        facts = case.facts if case else ()
        return next((each for each in facts if each.id == event_id and each.source == source), None)

    def is_corrected(self, fact: FactLike) -> bool:
        """Whether the fact was put right after it came."""
        return (fact.source, fact.id) in self.cases[fact.case_id].corrected

    def is_under_18(self) -> bool:
        """Whether any report says that the person is, or was at the time, under 18."""
        return any(fact.data.get("victim_age_band") == "under_18" for fact in self._mine(REPORTED))

    def cannot_read_texts(self) -> str | None:
        """Return why a text in English may not be understood, or None."""
        latest: dict[str, tuple[str | None, tuple[str, ...]]] = {}
        for fact in self._mine(NEEDS):
            language, adjustments = latest.get(fact.case_id, (None, ()))
            latest[fact.case_id] = (
                fact.data.get("language") or language,
                _words(fact.data["adjustments"]) if "adjustments" in fact.data else adjustments,
            )
        for language, adjustments in latest.values():
            if language is not None and language.strip().lower() not in _ENGLISH:
                return "they do not read English, and no text in their language is signed off"
            if any(each not in _BESIDE_READING for each in adjustments):
                return "adjustments are recorded that may mean they cannot read a text"
        return None

    def has_waived(self, rule: str | None) -> bool:
        """Whether the person chose, in any case, not to hear updates, or not to be told what this rule tells.

        In each case the latest choice decides, and at one instant the wish to hear wins. A wish to have updates again
        lifts no waiver of what updates are not (victims-code.md section 4.9).
        """
        if any(self._latest_choices({"all", "updates"}, also_resumed=rule)):
            return True
        return rule is not None and any(self._latest_choices({"all", rule, *(["updates"] if is_update(rule) else [])}))

    def _latest_choices(self, scopes: set[str], also_resumed: str | None = None) -> list[bool]:
        """Return for each case in which these scopes were chosen about whether they are waived now."""
        choices: dict[str, tuple[datetime, bool]] = {}
        for fact in self._mine(WAIVED, RESUMED):
            waived, scope = fact.type == WAIVED, fact.data.get("scope")
            if scope not in scopes and (waived or scope is None or scope != also_resumed):
                continue
            before = choices.get(fact.case_id)
            if before is None or fact.occurred_at > before[0] or not waived:
                choices[fact.case_id] = (fact.occurred_at, waived)
        return [waived for _, waived in choices.values()]

    def agreed_channel(self, case_id: str) -> str | None:
        """Return how the person asked to hear in this case, if that was recorded."""
        agreed = [fact for fact in self._mine(AGREED) if fact.case_id == case_id]
        return agreed[-1].data.get("channel") if agreed else None

    def agreed_frequency(self, case_id: str) -> Frequency | None:
        """Return how often the person agreed to hear in this case, or None where nobody has said."""
        for fact in reversed(self._mine(AGREED)):
            days = fact.data.get("frequency_days")
            if fact.case_id == case_id and (days is not None or fact.data.get("only_when_something_happens") is True):
                return Frequency(days)
        return None

    def several_may_be_meant(self, fact: FactLike) -> bool:
        """Whether the event names nobody in a case of several victims, and no person has said whom to tell."""
        if fact.victim_id is not None or len(self.cases[fact.case_id].victims) <= 1:
            return False
        return not any(each.victim_id == self.victim_id for each in self._releases(fact))

    def withheld_until(self, fact: FactLike) -> tuple[bool, date | None]:
        """Return whether news of the event is withheld now, and the last day of that, if one was given."""
        return withheld_until(fact, self.victim_id, self._happened(self.cases[fact.case_id]), self.now)

    def is_released(self, fact: FactLike) -> bool:
        """Whether the officer has released this news to this person."""
        return bool(self._releases(fact))

    def is_told_by_a_person(self, fact: FactLike) -> bool:
        """Whether a person spoke with them and told them of the event: what lets a text follow."""
        return any(is_spoken(each, self.now) for each in self._telling(fact))

    def how_told(self, fact: FactLike) -> str | None:
        """Return how a contact that may have reached them claims to have told them: no text then brings it."""
        outcomes = {each.data.get("outcome") for each in self._telling(fact)}
        if outcomes & {"reached", "delivered"}:
            return TOLD_ALREADY
        return "a message may have told them already" if outcomes & {"sent", "voicemail_left"} else None

    def was_spoken_to_since(self, fact: FactLike) -> bool:
        """Whether a person has spoken with them since the event, whatever was said."""
        return any(each.occurred_at >= fact.occurred_at and is_spoken(each, self.now) for each in self._mine(CONTACT))

    def is_superseded(self, fact: FactLike) -> bool:
        """Whether a later event about the same thing has made this news stale."""
        return any(
            each.victim_id in (None, fact.victim_id, self.victim_id) and is_made_stale(fact, each)
            for each in self._happened(self.cases[fact.case_id])
        )

    def is_moved(self, fact: FactLike) -> bool:
        """Whether the event gives a hearing another date than it had."""
        return is_moved_hearing(fact, self.cases[fact.case_id].facts)

    def shares_its_id(self, fact: FactLike) -> bool:
        """Whether another event of the case has the same id: a contact that names the one names both (events.md)."""
        return sum(each.id == fact.id for each in self.cases[fact.case_id].facts) > 1

    def texts_on(self, day: date) -> int:
        """Return how many texts went, or may have gone, on a London day.

        Those that are known by their report alone count too: the store may have been restored since.
        """
        went = {each.text_id or f"{number}" for number, each in enumerate(self.texts) if _is_on(each.at, day)}
        reported = {
            fact.id for fact in self._mine(CONTACT) if fact.source == TEXTS_SOURCE and _is_on(fact.occurred_at, day)
        }
        return len(went | reported)

    def _releases(self, fact: FactLike) -> list[FactLike]:
        happened = self._happened(self.cases[fact.case_id])
        return list(said_of(fact, self.victim_id, happened, frozenset({RELEASED})))

    def _telling(self, fact: FactLike) -> list[FactLike]:
        case = self.cases[fact.case_id]
        return list(telling_of(fact, self.victim_id, self._happened(case), case.links))

    def _mine(self, *types: str) -> list[FactLike]:
        found = [
            fact
            for case in self.cases.values()
            for fact in self._happened(case)
            if fact.type in types and fact.victim_id == self.victim_id
        ]
        return sorted(found, key=lambda fact: (fact.occurred_at, fact.id, fact.source))

    def _happened(self, case: CaseRecord) -> list[FactLike]:
        return [fact for fact in case.facts if fact.occurred_at <= self.now]


def corrected_of(came: Iterable[FactLike], stand: Iterable[FactLike]) -> frozenset[tuple[str, str]]:
    """Return the (source, id) of facts that stand in other words, or no longer, after the record was put right."""
    standing = {(fact.source, fact.id): fact for fact in stand}
    return frozenset(
        (fact.source, fact.id)
        for fact in came
        if (now := standing.get((fact.source, fact.id))) is None
        or (now.occurred_at, now.victim_id, now.data) != (fact.occurred_at, fact.victim_id, fact.data)
    )


def person_at(
    victim_id: str,
    cases: Iterable[CaseRecord],
    points: Iterable[ContactPoint],
    texts: Iterable[EarlierText],
    now: datetime,
) -> Person:
    """Return what the gate knows of a person at a moment."""
    records = {case.case_id: case for case in cases}
    facts = [fact for case in records.values() for fact in case.facts]
    stored = sorted(points, key=lambda each: (each.belongs_to != "self", each.ref))
    return Person(
        victim_id=victim_id,
        now=now,
        cases=records,
        points=tuple(stored),
        texts=tuple(texts),
        safe=safe_contact_of(victim_id, facts, now),
        custody=custody_of(victim_id, facts, now, {each.ref: each.same_as for each in stored}),
    )


def _is_on(instant: datetime, day: date) -> bool:
    return instant.astimezone(LONDON).date() == day


def _words(value: Any) -> tuple[str, ...]:
    return tuple(part.strip().lower() for each in words_of(value) for part in each.split(",") if part.strip())
