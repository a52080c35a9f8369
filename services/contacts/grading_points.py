"""How much each cue speaks for or against a real update, in whole points.

The points were fitted together with those of the single words (a logistic regression, rounded; ADR 0008 says on what,
and how they did on writers left out); the sum must be above nought for an update. They belong to edition grader-2: a
change here is a change of the edition.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from services.contacts.reading_cues import LEANINGS, Cue

_START = -3
_INBOUND = -2
_INBOUND_TURNED_AWAY = -4

_ONLY_WAITING = -2
_MORE_THAN_WAITING = frozenset(
    {
        Cue.AWAITED_WITH_TIME,
        Cue.ANSWERED,
        Cue.FACT,
        Cue.SUPPORT_STEP,
        Cue.SAFEGUARDING_STEP,
        Cue.PRACTICAL_STEP,
        Cue.VERY_SPECIFIC,
    }
)

_POINTS: dict[int, int] = {
    **LEANINGS,
    Cue.FACT: 7,
    Cue.VERY_SPECIFIC: 7,
    Cue.STATES_TIME: 6,
    Cue.AWAITED_WITH_TIME: 5,
    Cue.SAFEGUARDING_STEP: 5,
    Cue.SPECIFIC: 5,
    Cue.TELLS_UNTOLD: 5,
    Cue.PRACTICAL_STEP: 4,
    Cue.SUPPORT_STEP: 2,
    Cue.WITH_PROSECUTOR: 1,
    Cue.ANSWERED: -1,
    Cue.ASKED: -1,
    Cue.ASKS_TO_RING: -1,
    Cue.CALL_ENDED: -1,
    Cue.NOT_TOLD: -1,
    Cue.TOLD_NOW: -1,
    Cue.SMALL_TALK: -2,
    Cue.TURNED_AWAY: -2,
    Cue.ASSURED: -3,
    Cue.HEARD_FACTS: -3,
    Cue.KNOWN_DAYS: -3,
    Cue.VAGUE_TIME: -4,
    Cue.WAITING: -4,
    Cue.WILL_TELL: -4,
    Cue.GENERIC: -5,
    Cue.HISTORY: -5,
    Cue.ONGOING: -5,
    Cue.ONLY_HEARD: -5,
    Cue.CUT_SHORT: -6,
    Cue.NOTHING_NEW: -6,
    Cue.COMPLIANCE: -8,
}
_WEIGHED = frozenset(_POINTS)


def is_update(cues: AbstractSet[int], *, is_inbound: bool) -> bool:
    """Say whether the words, taken together, tell more than they leave empty."""
    points = _START + sum(map(_POINTS.__getitem__, cues & _WEIGHED))
    if is_inbound:
        points += _INBOUND
        if Cue.TURNED_AWAY in cues:
            points += _INBOUND_TURNED_AWAY
    if Cue.AWAITED in cues and cues.isdisjoint(_MORE_THAN_WAITING):
        points += _ONLY_WAITING
    return points > 0
