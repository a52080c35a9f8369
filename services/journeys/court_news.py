"""Which notification of the Witness Care Unit counts, and what telling of court news tells (victims-code.md 2)."""

from __future__ import annotations

from collections.abc import Iterator

from services.journeys import event_types as t
from services.journeys.facts import Fact
from services.journeys.journey import Journey

_HEARINGS = frozenset({t.HEARING_LISTED, t.HEARING_CHANGED})


class CourtNews:
    """For each court event that concerns one victim, the notification of it that counts: the first not before it."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._notified: dict[tuple[str, str], Fact] = {}
        for notification in journey.concerning(t.WCU_NOTIFIED):
            for event in journey.case.by_id.get(notification.data["about"], ()):
                if event.occurred_at <= notification.occurred_at and journey.case.concerns(event, journey.victim_id):
                    self._notified.setdefault((event.id, event.source), notification)

    def notification_of(self, event: Fact) -> Fact | None:
        """The notification that counts, or None while the unit has not been told."""
        return self._notified.get((event.id, event.source))

    def what_tells(self, event: Fact) -> Iterator[Fact]:
        """The events whose naming tells of this one: itself, its notification, and later dates of the same hearing."""
        yield from self._with_notification(event)
        if event.type in _HEARINGS:
            for later in self._journey.concerning_all(sorted(_HEARINGS)):
                if later.order > event.order and later.data["hearing_ref"] == event.data["hearing_ref"]:
                    yield from self._with_notification(later)

    def _with_notification(self, event: Fact) -> Iterator[Fact]:
        yield event
        notification = self.notification_of(event)
        if notification is not None:
            yield notification
