"""What each victim has not been told and a text could bring, offer a call about, or follow up (texts-to-victims.md)."""

from __future__ import annotations

from collections.abc import Iterator

from services.contacts.news import MAY_BRING, PERSON_FIRST, news_purpose
from services.journeys.assessment import News
from services.journeys.shapes import Scene

_IN_TEXTS = MAY_BRING | PERSON_FIRST


def news_for(scene: Scene) -> Iterator[News]:
    """The news of one victim who has reported; whether a text goes out is the gate's, at the moment of sending."""
    journey = scene.journey
    if not journey.reports:
        return
    for type_ in sorted(_IN_TEXTS & journey.case.by_type.keys()):
        for fact in journey.concerning(type_):
            told = scene.told.first([(fact, fact.occurred_at)]) is not None
            purpose = news_purpose(type_, told=told, data=fact.data)
            if purpose is not None:
                yield News(
                    journey.victim_id, fact.id, fact.source, type_, purpose.value, fact.occurred_at, fact.known_at
                )
