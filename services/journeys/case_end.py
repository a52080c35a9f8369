"""When a case ends for a victim, and when it is opened again (victims-code.md, "When a case ends").

It opens with their first report, ends when every suspect that concerns them has a last word, and is reopened by a
live suspect or a new report. At one instant, steps and reports come before last words, and both before contacts.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from services.journeys import event_types as t
from services.journeys.facts import Fact
from services.journeys.journey import Journey

_DISCONTINUED = frozenset({"not_guilty", "discontinued"})
_LAST_WORDS = frozenset({
    t.VERDICT, t.SENTENCE, t.CASE_STOPPED, t.OUT_OF_COURT, t.NO_FURTHER_ACTION, t.NOT_INVESTIGATED,
})  # fmt: skip


def is_last_word(fact: Fact) -> bool:
    """Whether an event is the last word about its suspect, or (without one) about the case where nobody is live."""
    if fact.type == t.VERDICT:
        return fact.data["verdict"] in _DISCONTINUED
    return fact.type in _LAST_WORDS


def _follow(live: set[str | None], fact: Fact) -> None:
    """Keep who is live: a step makes a suspect live, a last word about them ends it."""
    if fact.type in t.STEPS:
        live.add(fact.suspect_ref)
    elif fact.suspect_ref is not None and is_last_word(fact):
        live.discard(fact.suspect_ref)


@dataclass(frozen=True, slots=True)
class CaseSpan:
    """From what opened the case for a victim until what ended it; ``ended_by`` is None while it is open."""

    opened_by: Fact
    ended_by: Fact | None

    @property
    def ended_at(self) -> datetime | None:
        """The instant of the end, or None."""
        return self.ended_by.occurred_at if self.ended_by is not None else None


class CaseSpans:
    """Every span in which the case was open for one victim, in order."""

    def __init__(self, journey: Journey) -> None:
        self.spans: list[CaseSpan] = []
        if not journey.reports:
            return
        events = journey.concerning_all((t.REPORTED, *t.STEPS, *_LAST_WORDS))
        events.sort(key=lambda fact: (fact.occurred_at, is_last_word(fact), fact.id, fact.source))
        live: set[str | None] = set()
        opened_by: Fact | None = None
        for fact in events:
            _follow(live, fact)
            if opened_by is None:
                # Before the first report nothing opens the case; after an end, a live suspect does too.
                if fact.type == t.REPORTED or (fact.type in t.STEPS and self.spans):
                    opened_by = fact
            elif is_last_word(fact) and not live:
                self.spans.append(CaseSpan(opened_by, fact))
                opened_by = None
        if opened_by is not None:
            self.spans.append(CaseSpan(opened_by, None))
        self._opened = [span.opened_by.occurred_at for span in self.spans]

    def is_open(self, at: datetime) -> bool:
        """Whether the case is open for the victim at an instant; at the end's own instant it is over."""
        span = self.at(at)
        return span is not None and (span.ended_at is None or at < span.ended_at)

    def at(self, at: datetime) -> CaseSpan | None:
        """The latest span opened by an instant, or None."""
        if not self.spans:
            return None
        index = bisect_right(self._opened, at)
        return self.spans[index - 1] if index else None

    def ends(self) -> list[Fact]:
        """What ended the case, each time."""
        return [span.ended_by for span in self.spans if span.ended_by is not None]

    def reopened_after(self, at: datetime) -> Fact | None:
        """What first reopened the case after an end at an instant (an end comes after a step of its instant)."""
        return next((span.opened_by for span in self.spans if span.opened_by.occurred_at > at), None)
