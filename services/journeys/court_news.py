"""Which notification of the Witness Care Unit counts, and what telling of court news tells (victims-code.md 2).

A notification that names the victim concerns them whatever the court event says of others, so also where that event
named nobody and lies before their report (events.md: "unless an event names her"). A notification that names nobody
brings a victim only what concerns them: another victim's news must not reach them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from services.journeys import event_types as t
from services.journeys.facts import BY_ORDER, Fact
from services.journeys.journey import Journey
from services.provisions.rules import Clause

_HEARINGS = frozenset({t.HEARING_LISTED, t.HEARING_CHANGED})


class CourtNews:
    """For each court event that is one victim's news, the notification of it that counts: the first not before it."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._notified: dict[tuple[str, str], Fact] = {}
        for notification in journey.concerning(t.WCU_NOTIFIED):
            for event in journey.case.by_id.get(notification.data["about"], ()):
                if event.occurred_at <= notification.occurred_at and self._brings(notification, event):
                    self._notified.setdefault((event.id, event.source), notification)

    def notification_of(self, event: Fact) -> Fact | None:
        """The notification that counts, or None while the unit has not been told."""
        return self._notified.get((event.id, event.source))

    def notified_of(self, clauses: Iterable[Clause]) -> list[Fact]:
        """The court events of some kinds of which a notification counts, in order."""
        found = [
            fact
            for clause in clauses
            for fact in self._journey.case.by_type.get(clause.type, ())
            if clause.admits(fact.data) and self.notification_of(fact) is not None
        ]
        found.sort(key=BY_ORDER)
        return found

    def what_tells(self, event: Fact) -> Iterator[tuple[Fact, datetime]]:
        """The events whose naming tells of this one, and from when naming each counts: from its court event on.

        They are the event itself, its notification, and later dates of the same hearing.
        """
        yield from self._with_notification(event)
        if event.type in _HEARINGS:
            for type_ in sorted(_HEARINGS):
                for later in self._journey.case.by_type.get(type_, ()):
                    same = later.order > event.order and later.data["hearing_ref"] == event.data["hearing_ref"]
                    if same and self._is_news(later):
                        yield from self._with_notification(later)

    def _brings(self, notification: Fact, event: Fact) -> bool:
        names_them = notification.victim_id == self._journey.victim_id and event.victim_id is None
        return names_them or self._journey.case.concerns(event, self._journey.victim_id)

    def _is_news(self, event: Fact) -> bool:
        return self.notification_of(event) is not None or self._journey.case.concerns(event, self._journey.victim_id)

    def _with_notification(self, event: Fact) -> Iterator[tuple[Fact, datetime]]:
        yield event, event.occurred_at
        notification = self.notification_of(event)
        if notification is not None:
            yield notification, event.occurred_at
