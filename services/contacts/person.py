"""Everything the send gate knows of one person: the facts of all their cases, their contact points, earlier texts.

No number stands here: a contact point is known by its reference, and what was said in a text by a keyed hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from services.contacts.news import SAME_THING, SUPERSEDED_BY
from services.contacts.safe_contact import (
    REPORTED,
    Custody,
    FactLike,
    SafeContact,
    custody_of,
    safe_contact_of,
)
from services.contacts.safe_hours import LONDON

TEXTS_SOURCE: Final = "/waymark/texts"
"""The source of the contacts that our own texts report back; they are no person's."""

WITHHELD: Final = "policing.news.withheld.v1"
RELEASED: Final = "policing.news.released.v1"
WAIVED: Final = "policing.right.waived.v1"
RESUMED: Final = "policing.right.resumed.v1"
NEEDS: Final = "policing.needs.assessed.v1"
AGREED: Final = "policing.contact.agreed.v1"
CONTACT: Final = "contact.made.v1"
OFFICER_RELEASED: Final = "policing.officer.released.v1"

_ENGLISH: Final = frozenset({"en", "eng", "en-gb", "en_gb", "english"})
_BESIDE_READING: Final = frozenset({"none", "step-free access", "wheelchair access", "hearing loop", "parking"})
"""Adjustments that say nothing about whether a text can be read; any other word means that a person asks."""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A stored number as the gate sees it: by reference, never its digits.

    ``belongs_to`` is ``self`` for the person's own. ``adult_confirmed`` says that a person confirmed that the adult it
    belongs to is safe and is neither suspect nor witness. ``quarantine`` is why nothing may go there, if anything.
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


@dataclass(frozen=True, slots=True)
class EarlierText:
    """A text that went, or may have gone, to this person."""

    at: datetime
    words: bytes
    template: str
    facts: tuple[tuple[str, str], ...] = ()


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

        In each case the latest choice that covers it decides, and at one instant the wish to hear wins
        (victims-code.md section 4.9).
        """
        choices: dict[str, tuple[datetime, bool]] = {}
        for fact in self._mine(WAIVED, RESUMED):
            if fact.data.get("scope") not in {"updates", "all", rule}:
                continue
            waived = fact.type == WAIVED
            before = choices.get(fact.case_id)
            if before is None or fact.occurred_at > before[0] or not waived:
                choices[fact.case_id] = (fact.occurred_at, waived)
        return any(waived for _, waived in choices.values())

    def agreed_channel(self, case_id: str) -> str | None:
        """Return how the person asked to hear in this case, if that was recorded."""
        agreed = [fact for fact in self._mine(AGREED) if fact.case_id == case_id]
        return agreed[-1].data.get("channel") if agreed else None

    def several_may_be_meant(self, fact: FactLike) -> bool:
        """Whether the event names nobody in a case of several victims, and no person has said whom to tell."""
        case = self.cases[fact.case_id]
        if fact.victim_id is not None or len(case.victims) <= 1:
            return False
        return not any(
            each.type == RELEASED and each.data.get("event_id") == fact.id and each.victim_id == self.victim_id
            for each in self._happened(case)
        )

    def withheld_until(self, fact: FactLike) -> tuple[bool, date | None]:
        """Return whether news of the event is withheld now, and the last day of that, if one was given."""
        held, until = False, None
        for each in self._happened(self.cases[fact.case_id]):
            if each.data.get("event_id") != fact.id or each.victim_id not in (None, self.victim_id):
                continue
            if each.type == WITHHELD:
                last = each.data.get("until")
                until = date.fromisoformat(last) if last is not None else None
                held = until is None or self.now.astimezone(LONDON).date() <= until
            elif each.type == RELEASED:
                held, until = False, None
        return held, until if held else None

    def is_released(self, fact: FactLike) -> bool:
        """Whether the officer has released this news to this person."""
        return any(
            each.type == RELEASED and each.data.get("event_id") == fact.id and each.victim_id in (None, self.victim_id)
            for each in self._happened(self.cases[fact.case_id])
        )

    def is_told_by_a_person(self, fact: FactLike) -> bool:
        """Whether a person reached them and told them of the event: what lets a text follow."""
        return any(
            each.data.get("outcome") == "reached" and each.source != TEXTS_SOURCE for each in self._telling(fact)
        )

    def may_have_been_told(self, fact: FactLike) -> bool:
        """Whether any contact that could have reached them claims to have told them: no text then brings it."""
        return any(
            each.data.get("outcome") in {"reached", "delivered", "sent", "voicemail_left"}
            for each in self._telling(fact)
        )

    def is_superseded(self, fact: FactLike) -> bool:
        """Whether a later event about the same thing has made this news stale."""
        later = SUPERSEDED_BY.get(fact.type, frozenset())
        return any(
            each.type in later
            and each is not fact
            and (each.occurred_at, each.id) > (fact.occurred_at, fact.id)
            and each.victim_id in (None, fact.victim_id, self.victim_id)
            and _is_about_the_same(fact, each)
            for each in self._happened(self.cases[fact.case_id])
        )

    def texts_on(self, day: date) -> int:
        """Return how many texts went, or may have gone, on a London day."""
        return sum(1 for each in self.texts if each.at.astimezone(LONDON).date() == day)

    def _telling(self, fact: FactLike) -> Iterator[FactLike]:
        case = self.cases[fact.case_id]
        for each in self._happened(case):
            if each.type != CONTACT or each.victim_id != self.victim_id or each.occurred_at < fact.occurred_at:
                continue
            named = {*_words_of(each.data.get("informed_of")), *case.links.get(each.id, ())}
            if fact.id in named or fact.type in named:
                yield each

    def _mine(self, *types: str) -> list[FactLike]:
        found = [
            fact
            for case in self.cases.values()
            for fact in self._happened(case)
            if fact.type in types and fact.victim_id == self.victim_id
        ]
        return sorted(found, key=lambda fact: (fact.occurred_at, fact.id, fact.source))

    def _happened(self, case: CaseRecord) -> Iterator[FactLike]:
        return (fact for fact in case.facts if fact.occurred_at <= self.now)


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
    return Person(
        victim_id=victim_id,
        now=now,
        cases=records,
        points=tuple(sorted(points, key=lambda each: (each.belongs_to != "self", each.ref))),
        texts=tuple(texts),
        safe=safe_contact_of(victim_id, facts, now),
        custody=custody_of(victim_id, facts, now),
    )


def _is_about_the_same(fact: FactLike, later: FactLike) -> bool:
    named = [*SAME_THING, "officer_ref"] if later.type == OFFICER_RELEASED else SAME_THING
    return all(
        later.data.get(name) == fact.data.get(name) for name in named if name in later.data and name in fact.data
    )


def _words(value: Any) -> tuple[str, ...]:
    return tuple(part.strip().lower() for each in _words_of(value) for part in each.split(",") if part.strip())


def _words_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list | tuple) else ()
