"""Which contact told a victim of what: the contacts that reached them, and the events those named.

"Told" is a contact that reached the victim, not before the event, whose ``informed_of`` names it (victims-code.md
section 2). A contact graded attempt or tick-box tells nothing, whatever it names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from services.contacts.grading import MEANINGFUL
from services.journeys.assessment import GradedContact
from services.journeys.facts import Fact

_LETTERS = frozenset({"letter", "email"})
_UPDATE_AGENCIES = frozenset({None, "police", "wcu", "cps"})
_NOTHING: frozenset[str] = frozenset()


class Heard(msgspec.Struct, frozen=True, gc=False):
    """One conversation with the victim: the contact that stands for it, its grade and all it named."""

    fact: Fact
    grade: str
    named: frozenset[str]

    @property
    def is_meaningful(self) -> bool:
        """Whether it was a real update."""
        return self.grade == MEANINGFUL

    @property
    def closes_periods(self) -> bool:
        """Whether it is a real update by the police, the Witness Care Unit or the CPS (KENT-UPDATE)."""
        return self.grade == MEANINGFUL and self.fact.agency in _UPDATE_AGENCIES

    @property
    def may_tell(self) -> bool:
        """Whether it reached the victim in a way that discharges a duty to tell.

        A voicemail never does; a letter or e-mail counts from ``sent``, a text only once ``delivered``.
        """
        data = self.fact.data
        channel = data["channel"]
        if not self.is_meaningful or channel == "voicemail":
            return False
        outcome = data["outcome"]
        return outcome in ("reached", "delivered") or (outcome == "sent" and channel in _LETTERS)


class Told:
    """The contacts that can tell, found by what they named."""

    def __init__(self, heard: Sequence[Heard]) -> None:
        self._by_name: dict[str, list[Fact]] = {}
        self._unnamed: list[Fact] = []
        for each in heard:
            if each.grade != MEANINGFUL:
                continue
            if not each.named:
                self._unnamed.append(each.fact)
            elif each.may_tell:
                for name in each.named:
                    self._by_name.setdefault(name, []).append(each.fact)
        self._unnamed_at = [fact.occurred_at for fact in self._unnamed]

    def unnamed_since(self, since: datetime) -> Sequence[Fact]:
        """The real updates from an instant on that named no event, in order."""
        return self._unnamed[bisect_left(self._unnamed_at, since) :]

    def first(self, events: Iterable[tuple[Fact, datetime]]) -> Fact | None:
        """The first contact that named one of the events, each by its id from its own instant on, or by its type.

        Told counts from the court event itself, also where a link made later names the notification that came after
        the conversation; a type stands only for events that are not later than the contact.
        """
        best: Fact | None = None
        if not self._by_name:
            return best
        for event, counts_from in events:
            for name, since in ((event.id, counts_from), (event.type, max(counts_from, event.occurred_at))):
                for contact in self._by_name.get(name, ()):
                    if contact.occurred_at >= since:
                        if best is None or contact.order < best.order:
                            best = contact
                        break
        return best


def represented(
    contacts: Sequence[Fact], graded: Sequence[GradedContact], named: Sequence[Sequence[str]]
) -> list[Heard]:
    """One ``Heard`` a conversation, in order: records of the same conversation count for nothing beside it."""
    together: dict[str, frozenset[str]] = {}
    for grade, names in zip(graded, named, strict=True):
        if names:
            stands_for_it = grade.same_as or grade.event_id
            together[stands_for_it] = together.get(stands_for_it, _NOTHING).union(names)
    return [
        Heard(fact, grade.grade, together.get(grade.event_id, _NOTHING))
        for fact, grade in zip(contacts, graded, strict=True)
        if grade.same_as is None
    ]
