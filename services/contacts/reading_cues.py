"""The codes of which a reading is made: numbers, so that no word of a note is kept."""

from __future__ import annotations

from typing import Final


class Cue:
    """What a reader found in a note. The numbers are stored for good: never reuse one, only add.

    Plain numbers and no enum: grading looks dozens of them up for every contact, and an enum's member costs five times
    as much to look up.
    """

    # reaching the victim
    NOT_REACHED: Final = 1
    DELIVERY_FAILED: Final = 2
    AUTO_REPLY: Final = 3
    RELATIVE_ANSWERED: Final = 4
    NOMINATED_CONTACT: Final = 5
    ADVISER: Final = 6
    NOT_PASSED_ON: Final = 7
    PASSED_ON: Final = 8
    REACHED: Final = 9
    CALLED_BACK: Final = 10
    CUT_SHORT: Final = 11
    ASKS_TO_RING: Final = 12
    VOICEMAIL: Final = 13
    VOICEMAIL_AGREED: Final = 14
    LEFT_VOICEMAIL: Final = 15
    TOLD_NOW: Final = 16
    CALL_ENDED: Final = 17
    VOICEMAIL_REFUSED: Final = 18
    POST_RETURNED: Final = 19
    # saying nothing
    NOTHING_NEW: Final = 20
    ONGOING: Final = 21
    WILL_TELL: Final = 22
    ASSURED: Final = 23
    COMPLIANCE: Final = 24
    VAGUE_TIME: Final = 25
    SMALL_TALK: Final = 26
    HISTORY: Final = 27
    SIGNPOSTED: Final = 28
    NEXT_CONTACT: Final = 29
    NOT_TOLD: Final = 30
    ASKED: Final = 31
    TURNED_AWAY: Final = 32
    GENERIC: Final = 33
    ONLY_HEARD: Final = 34
    ANSWERED_INSTEAD: Final = 36
    WITH_PROSECUTOR: Final = 37
    # saying something
    FACT: Final = 40
    FIRM_FACT: Final = 41
    WAITING: Final = 42
    AWAITED: Final = 43
    AWAITED_WITH_TIME: Final = 44
    ANSWERED: Final = 45
    SUPPORT_STEP: Final = 46
    SAFEGUARDING_STEP: Final = 47
    PRACTICAL_STEP: Final = 48
    STATES_TIME: Final = 51
    SPECIFIC: Final = 54
    APOLOGY: Final = 55
    VERY_SPECIFIC: Final = 56
    REPORTED: Final = 57
    # found by the grader beside the reading, from the case and the contacts before
    TELLS_UNTOLD: Final = 60
    KNOWN_DAYS: Final = 61
    HEARD_FACTS: Final = 62


TOPICS: tuple[str, ...] = (
    "arrest",
    "interview",
    "release",
    "bail",
    "charge",
    "decision",
    "prosecutor",
    "court",
    "order",
    "forensic",
    "digital",
    "footage",
    "identification",
    "witness",
    "records",
    "search",
    "review",
    "location",
    "officer_change",
    "phone_back",
    "decision_maker",
    "translation",
    "file_building",
    "court_date",
)

_PLACE = {topic: place for place, topic in enumerate(TOPICS)}

FACT_OF = 100
"""Added to a topic's place in TOPICS: the note reports that something happened there."""
AWAITED_OF = 200
"""Added to a topic's place in TOPICS: the note says that something is awaited there."""
NAMED_OF = 300
"""Added to a topic's place in TOPICS: the note names it, in whatever way."""

_LEANING_OF: Final = 450
_FURTHEST: Final = 49

FACT_CUES = frozenset(range(FACT_OF, FACT_OF + len(TOPICS)))
"""Every code for "the note reports something that happened"."""
LEANINGS: dict[int, int] = {_LEANING_OF + points: points for points in range(-_FURTHEST, _FURTHEST + 1)}
"""The codes for which way a note's words lean, and their points: below nought towards form, above it towards news."""


def fact_cue(topic: str) -> int:
    """Return the code for "the note reports something that happened" on a topic."""
    return FACT_OF + _PLACE[topic]


def awaited_cue(topic: str) -> int:
    """Return the code for "the note says something is awaited" on a topic."""
    return AWAITED_OF + _PLACE[topic]


def named_cue(topic: str) -> int:
    """Return the code for "the note names this topic"."""
    return NAMED_OF + _PLACE[topic]


def leaning_cue(points: int) -> int:
    """Return the code for "the single words of the note lean this far", the furthest for all beyond it.

    >>> leaning_cue(-3), leaning_cue(1000)
    (447, 499)
    """
    return _LEANING_OF + max(-_FURTHEST, min(_FURTHEST, points))
