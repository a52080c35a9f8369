"""What the victim had already been told, and what the case already held, before a contact."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from services.contacts.grading_events import ends_waiting_for, is_news, topics_of
from services.contacts.grading_records import ATTEMPT, MEANINGFUL, CaseHappening, ContactRecord
from services.contacts.reading import Reading

_LONDON = ZoneInfo("Europe/London")
_NEAR_COPY = 0.75
_MOST_ALIKE_KEPT = 8


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
        ordered = sorted(happenings, key=lambda each: (each.occurred_at, each.event_id))
        self._by_name: dict[str, list[CaseHappening]] = {}
        for happening in ordered:
            self._by_name.setdefault(happening.event_id, []).append(happening)
            if happening.type != happening.event_id:
                self._by_name.setdefault(happening.type, []).append(happening)
        self._news = [each for each in ordered if is_news(each)]
        self._news_times = [each.occurred_at for each in self._news]
        self._last_told: datetime | None = None
        self._told: set[str] = set()
        self._fingerprints: set[str] = set()
        self._sketches: list[frozenset[int]] = []
        self._sketch_index: dict[int, deque[int]] = {}
        """By hash, the last few notes whose sketches hold it."""
        self.heard: set[int] = set()
        self.known_days: set[int] = set()

    def _untold_news(self, contact: ContactRecord) -> Iterator[CaseHappening]:
        """Yield the events the victim should have been told of, after the last contact that told anything."""
        first = bisect_right(self._news_times, self._last_told) if self._last_told is not None else 0
        last = bisect_right(self._news_times, contact.occurred_at)
        return (each for each in self._news[first:last] if each.event_id not in self._told)

    def has_untold_news(self, contact: ContactRecord) -> bool:
        """Say whether the case holds an event the victim should have been told of by then."""
        return any(True for _ in self._untold_news(contact))

    def untold_topics(self, contact: ContactRecord) -> frozenset[str]:
        """Return the topics of the events the victim should have been told of by then."""
        return frozenset(topic for each in self._untold_news(contact) for topic in topics_of(each.type))

    def has_arrived(self, contact: ContactRecord, awaited: AbstractSet[str]) -> bool:
        """Say whether something awaited on these topics had arrived by then, and the victim had not been told."""
        return any(awaited & ends_waiting_for(each.type) for each in self._untold_news(contact))

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
        if not reading.sketch:
            return False
        sketch = frozenset(reading.sketch)
        candidates: set[int] = set()
        candidates.update(*(self._sketch_index[value] for value in sketch & self._sketch_index.keys()))
        return any(_likeness(sketch, self._sketches[at]) >= _NEAR_COPY for at in candidates)

    def remember(self, contact: ContactRecord, judged: Judged) -> None:
        """Add a graded contact; one that reached nobody told nobody."""
        if judged.grade == ATTEMPT:
            return
        # Named before it happened is not told (victims-code.md 4.8): naming it again later is news.
        self._told |= {
            name
            for name in judged.told
            if any(each.occurred_at <= contact.occurred_at for each in self._by_name.get(name, ()))
        }
        if judged.grade == MEANINGFUL:
            self._last_told = contact.occurred_at
        reading = contact.reading
        if reading is None:
            return
        self.heard.update(reading.cues)
        self.known_days.update(reading.days)
        if reading.fingerprint and reading.fingerprint not in self._fingerprints:
            self._fingerprints.add(reading.fingerprint)
            place = len(self._sketches)
            self._sketches.append(frozenset(reading.sketch))
            for value in reading.sketch:
                alike = self._sketch_index.get(value)
                if alike is None:
                    alike = self._sketch_index[value] = deque(maxlen=_MOST_ALIKE_KEPT)
                alike.append(place)


def _likeness(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)) if _is_cut_short(one, other) else len(one | other))


def _is_cut_short(one: frozenset[int], other: frozenset[int]) -> bool:
    """A note that only leaves out what the earlier one added is a copy of it: the shorter is what counts."""
    return len(one) <= len(other)


def _london_day(moment: datetime) -> date:
    return moment.astimezone(_LONDON).date()
