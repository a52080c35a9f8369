"""The codes of which a reading is made: numbers, so that no word of a note is kept."""

from __future__ import annotations

from enum import IntEnum


class Cue(IntEnum):
    """What a reader found in a note. The numbers are stored for good: never reuse one, only add."""

    # reaching the victim
    NOT_REACHED = 1
    DELIVERY_FAILED = 2
    AUTO_REPLY = 3
    RELATIVE_ANSWERED = 4
    NOMINATED_CONTACT = 5
    ADVISER = 6
    NOT_PASSED_ON = 7
    PASSED_ON = 8
    REACHED = 9
    CALLED_BACK = 10
    CUT_SHORT = 11
    ASKS_TO_RING = 12
    VOICEMAIL = 13
    VOICEMAIL_AGREED = 14
    LEFT_VOICEMAIL = 15
    TOLD_NOW = 16
    CALL_ENDED = 17
    VOICEMAIL_REFUSED = 18
    POST_RETURNED = 19
    # saying nothing
    NOTHING_NEW = 20
    ONGOING = 21
    WILL_TELL = 22
    ASSURED = 23
    COMPLIANCE = 24
    VAGUE_TIME = 25
    SMALL_TALK = 26
    HISTORY = 27
    SIGNPOSTED = 28
    NEXT_CONTACT = 29
    NOT_TOLD = 30
    ASKED = 31
    TURNED_AWAY = 32
    # saying something
    FACT = 40
    FIRM_FACT = 41
    WAITING = 42
    AWAITED = 43
    AWAITED_WITH_TIME = 44
    ANSWERED = 45
    SUPPORT_STEP = 46
    SAFEGUARDING_STEP = 47
    PRACTICAL_STEP = 48
    STATES_TIME = 51
    SPECIFIC = 54
    APOLOGY = 55
    VERY_SPECIFIC = 56


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
)

_PLACE = {topic: place for place, topic in enumerate(TOPICS)}

FACT_OF = 100
"""Added to a topic's place in TOPICS: the note reports that something happened there."""
AWAITED_OF = 200
"""Added to a topic's place in TOPICS: the note says that something is awaited there."""
NAMED_OF = 300
"""Added to a topic's place in TOPICS: the note names it, in whatever way."""

FACT_CUES = frozenset(range(FACT_OF, FACT_OF + len(TOPICS)))
"""Every code for "the note reports something that happened"."""


def fact_cue(topic: str) -> int:
    """Return the code for "the note reports something that happened" on a topic."""
    return FACT_OF + _PLACE[topic]


def awaited_cue(topic: str) -> int:
    """Return the code for "the note says something is awaited" on a topic."""
    return AWAITED_OF + _PLACE[topic]


def named_cue(topic: str) -> int:
    """Return the code for "the note names this topic"."""
    return NAMED_OF + _PLACE[topic]
