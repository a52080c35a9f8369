"""What the victim had already been told, and what the case already held, before a contact."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from zoneinfo import ZoneInfo

import msgspec

from services.contacts.grading_events import ends_waiting_for, is_news, topics_of
from services.contacts.grading_records import ATTEMPT, MEANINGFUL, CaseHappening, ContactRecord
from services.contacts.reading import Reading

_LONDON = ZoneInfo("Europe/London")
_NEAR_COPY = 0.75
_MOST_ALIKE_TRIED = 8
"""For each hash, the last notes that hold it: what a note costs must not grow with the notes before it."""
_PROSECUTOR = "prosecutor"
_BY_TIME = attrgetter("occurred_at", "event_id")


class Judged(msgspec.Struct, frozen=True, gc=False):
    """What the grader concluded about one conversation."""

    grade: str
    reasons: tuple[str, ...]
    told: frozenset[str] = frozenset()
    thinly_evidenced: bool = False


class History:
    """Grows contact by contact; every question is about what was before the contact that asks."""

    def __init__(self, happenings: Sequence[CaseHappening]) -> None:
        """Take the case's events that concern the victim, in any order."""
        self._happenings = sorted(happenings, key=_BY_TIME)
        self._news = [each for each in self._happenings if is_news(each)]
        self._news_times = [each.occurred_at for each in self._news]
        self._first_news = 0
        """The place of the first event of the news after the last contact that told anything."""
        self._told: set[str] = set()
        self._fingerprints: set[str] = set()
        self._sketches: list[tuple[int, ...]] = []
        self._sketch_index: defaultdict[int, list[int]] = defaultdict(list)
        """By hash, the places of the notes whose sketches hold it."""
        self.heard: set[int] = set()
        self.known_days: set[int] = set()

    @cached_property
    def _by_name(self) -> dict[str, list[CaseHappening]]:
        """The events by what a contact may name: their ids and types. Most contacts name nothing."""
        found: dict[str, list[CaseHappening]] = {}
        for happening in self._happenings:
            found.setdefault(happening.event_id, []).append(happening)
            if happening.type != happening.event_id:
                found.setdefault(happening.type, []).append(happening)
        return found

    def _news_since_told(self, contact: ContactRecord) -> list[CaseHappening]:
        """Return the news by then, after the last contact that told anything."""
        return self._news[self._first_news : bisect_right(self._news_times, contact.occurred_at)]

    def has_untold_news(self, contact: ContactRecord) -> bool:
        """Say whether the case holds an event the victim should have been told of by then."""
        news = self._news_since_told(contact)
        return bool(news) and any(each.event_id not in self._told for each in news)

    def untold_topics(self, contact: ContactRecord) -> set[str]:
        """Return the topics of the events the victim should have been told of by then."""
        news = self._news_since_told(contact)
        if not news:
            return set()
        return {topic for each in news if each.event_id not in self._told for topic in topics_of(each.type)}

    def has_arrived(self, contact: ContactRecord, awaited: AbstractSet[str]) -> bool:
        """Say whether something awaited on these topics had arrived by then, and the victim had not been told."""
        return any(
            each.event_id not in self._told and awaited & ends_waiting_for(each.type)
            for each in self._news_since_told(contact)
        )

    def has_left_prosecutor(self, contact: ContactRecord) -> bool:
        """Say whether the last the victim was not told about the prosecutor is an answer: it is no longer there."""
        news = [each for each in self._news_since_told(contact) if _PROSECUTOR in topics_of(each.type)]
        return bool(news) and news[-1].event_id not in self._told and _PROSECUTOR in ends_waiting_for(news[-1].type)

    def types_of(self, event_ids: AbstractSet[str]) -> set[str]:
        """Return the types of the events with these ids."""
        return {each.type for event_id in event_ids for each in self._by_name.get(event_id, ())}

    def first_named(self, contact: ContactRecord, informed_of: Sequence[str]) -> frozenset[str]:
        """Return the ids of the events named in ``informed_of`` that the victim had not been told of before."""
        return frozenset(self._named(contact, informed_of)) - self._told if informed_of else frozenset()

    def _named(self, contact: ContactRecord, informed_of: Sequence[str]) -> Iterator[str]:
        day = _london_day(contact.occurred_at)
        for name in informed_of:
            for happening in self._by_name.get(name, ()):
                if happening.event_id == name:
                    if happening.occurred_at <= contact.occurred_at or _london_day(happening.occurred_at) <= day:
                        yield happening.event_id
                elif happening.occurred_at <= contact.occurred_at:
                    yield happening.event_id

    def is_copy(self, reading: Reading) -> bool:
        """Say whether a note that reached the victim before was the same but for tiny edits."""
        if reading.fingerprint and reading.fingerprint in self._fingerprints:
            return True
        sketch = frozenset(reading.sketch)
        known = sketch & self._sketch_index.keys()
        if len(known) < _NEAR_COPY * len(sketch) or not known:
            return False  # too much of it was in no note at all
        tried: set[int] = set()
        for value in known:
            for place in reversed(self._sketch_index[value][-_MOST_ALIKE_TRIED:]):
                if place not in tried:
                    tried.add(place)
                    if _likeness(sketch, self._sketches[place]) >= _NEAR_COPY:
                        return True
        return False

    def remember(self, contact: ContactRecord, judged: Judged) -> None:
        """Add a graded contact; one that reached nobody told nobody."""
        if judged.grade == ATTEMPT:
            return
        # Named before it happened is not told (victims-code.md 4.8): naming it again later is news.
        for name in judged.told:
            if any(each.occurred_at <= contact.occurred_at for each in self._by_name.get(name, ())):
                self._told.add(name)
        if judged.grade == MEANINGFUL:
            self._first_news = bisect_right(self._news_times, contact.occurred_at)
        reading = contact.reading
        if reading is None:
            return
        self.heard.update(reading.cues)
        self.known_days.update(reading.days)
        if reading.fingerprint and reading.fingerprint not in self._fingerprints:
            self._fingerprints.add(reading.fingerprint)
            place = len(self._sketches)
            self._sketches.append(reading.sketch)
            index = self._sketch_index
            for value in reading.sketch:
                index[value].append(place)


def _likeness(one: frozenset[int], other: tuple[int, ...]) -> float:
    """Return the share of hashes that both have; a note that only leaves out what the earlier one added is a copy."""
    both = len(one.intersection(other))
    is_cut_short = len(one) <= len(other)
    return both / max(1, len(one) if is_cut_short else len(one) + len(other) - both)


def _london_day(moment: datetime) -> date:
    return moment.astimezone(_LONDON).date()
