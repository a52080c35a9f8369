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
_INBOUND_TURNED_AWAY = -5

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
    Cue.AWAITED_WITH_TIME: 6,
    Cue.STATES_TIME: 6,
    Cue.VERY_SPECIFIC: 6,
    Cue.TELLS_UNTOLD: 5,
    Cue.SAFEGUARDING_STEP: 4,
    Cue.SPECIFIC: 4,
    Cue.PRACTICAL_STEP: 3,
    Cue.SUPPORT_STEP: 3,
    Cue.SIGNPOSTED: -1,
    Cue.ASKS_TO_RING: -2,
    Cue.SMALL_TALK: -2,
    Cue.ASSURED: -3,
    Cue.HEARD_FACTS: -3,
    Cue.HISTORY: -3,
    Cue.KNOWN_DAYS: -3,
    Cue.TURNED_AWAY: -3,
    Cue.WAITING: -4,
    Cue.WILL_TELL: -4,
    Cue.ONGOING: -5,
    Cue.ONLY_HEARD: -5,
    Cue.VAGUE_TIME: -5,
    Cue.GENERIC: -6,
    Cue.NOTHING_NEW: -6,
    Cue.CUT_SHORT: -7,
    Cue.COMPLIANCE: -8,
}
_WEIGHED = frozenset(_POINTS)

EMPTY = frozenset(cue for cue, points in _POINTS.items() if points < 0 and cue not in LEANINGS) | {Cue.NOT_TOLD}
"""The cues that speak against a real update, but for the single words."""


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
