"""What each victim has not been told and a text could bring, offer a call about, or follow up (texts-to-victims.md)."""

from __future__ import annotations

from collections.abc import Iterator

from services.contacts.news import MAY_BRING, PERSON_FIRST, news_purpose
from services.contacts.out_of_date import CHANGED, LISTED, is_moved_hearing
from services.journeys import event_types as t
from services.journeys.assessment import News
from services.journeys.facts import Fact
from services.journeys.shapes import Scene

_IN_TEXTS = MAY_BRING | PERSON_FIRST


def news_for(scene: Scene) -> Iterator[News]:
    """The news of one victim who has reported; whether a text goes out is the gate's, at the moment of sending."""
    journey = scene.journey
    if not journey.reports:
        return
    by_type = journey.case.by_type
    for type_ in sorted(_IN_TEXTS & by_type.keys()):
        hearings = (*by_type.get(LISTED, ()), *by_type.get(CHANGED, ())) if type_ == LISTED else ()
        for fact in journey.concerning(type_):
            moved = is_moved_hearing(fact, hearings)
            purpose = news_purpose(type_, told=_is_told(scene, fact), data=fact.data, moved=moved)
            if purpose is not None:
                yield News(
                    journey.victim_id, fact.id, fact.source, type_, purpose.value, fact.occurred_at, fact.known_at
                )


def _is_told(scene: Scene, fact: Fact) -> bool:
    """Whether a contact told of it: of court news also by its notification, or by a later date of the hearing.

    A request for an update is answered by any real update since (KENT-REQUEST).
    """
    if fact.type == t.UPDATE_REQUESTED and any(
        each.is_meaningful and each.fact.occurred_at >= fact.occurred_at for each in scene.heard
    ):
        return True
    return scene.told.first(scene.news.what_tells(fact)) is not None
