"""How much each cue speaks for or against a real update, in whole points.

The points were fitted (a logistic regression, rounded) on half of the labelled cases and on notes written for the
purpose, and checked case by case on what they were not fitted on; the sum must be above nought for an update. They
belong to edition grader-1: a change here is a change of the edition.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from services.contacts.reading_cues import Cue

_START = -5
_INBOUND = -1
_INBOUND_TURNED_AWAY = -4
_ANSWERED_QUESTION = 3

_ONLY_WAITING = -3
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
    Cue.SPECIFIC: 6,
    Cue.VERY_SPECIFIC: 4,
    Cue.STATES_TIME: 4,
    Cue.FACT: 3,
    Cue.FIRM_FACT: 2,
    Cue.AWAITED_WITH_TIME: 4,
    Cue.PRACTICAL_STEP: 3,
    Cue.SAFEGUARDING_STEP: 3,
    Cue.SUPPORT_STEP: 3,
    Cue.ANSWERED: 1,
    Cue.NOTHING_NEW: -5,
    Cue.COMPLIANCE: -4,
    Cue.WILL_TELL: -3,
    Cue.VAGUE_TIME: -3,
    Cue.ONGOING: -3,
    Cue.HISTORY: -3,
    Cue.ASSURED: -2,
    Cue.CUT_SHORT: -2,
    Cue.TURNED_AWAY: -3,
    Cue.ASKS_TO_RING: -1,
    Cue.SMALL_TALK: -2,
    Cue.NOT_TOLD: -1,
}
_WEIGHED = frozenset(_POINTS)


def is_update(cues: AbstractSet[int], *, is_inbound: bool) -> bool:
    """Say whether the words, taken together, tell more than they leave empty."""
    points = _START + sum(map(_POINTS.__getitem__, cues & _WEIGHED))
    if is_inbound:
        points += _INBOUND
        if Cue.TURNED_AWAY in cues:
            points += _INBOUND_TURNED_AWAY
    if Cue.ASKED in cues and Cue.ANSWERED in cues and Cue.TURNED_AWAY not in cues:
        points += _ANSWERED_QUESTION
    if Cue.AWAITED in cues and cues.isdisjoint(_MORE_THAN_WAITING):
        points += _ONLY_WAITING
    return points > 0
