"""The reading of a contact's log text: what the grader needs of it, and none of its words.

A note is read once, when it is accepted. The reading is kept instead of the note, so that an erased note keeps its
grade and an assessment never needs the words (contact-quality.md, "What it is for", point 0).
"""

from __future__ import annotations

from datetime import date

import msgspec

from services.contacts.reading_conclusions import cues_of
from services.contacts.reading_sketch import fingerprint_of, sketch_of
from services.contacts.reading_words import sentences_of

EDITION = "grader-2"
IN_FORCE_FROM = date.min
"""The London date from which contacts are graded by this edition: it is the first in service, and has no forerunner."""
READ_FOR_MEANING = 50_000
"""Characters read for cues, sketch and days; length and fingerprint are of the whole note."""


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """What one note says, as codes and hashes: no word of it can be read back.

    It is written as a JSON array, so that not even a field name stands in what is stored. ``length`` counts
    characters. ``fingerprint`` is equal for two notes of the same words, case and spacing aside, and empty where there
    are no words. ``sketch`` holds the smallest hashes of the note's word pairs, dates and pronouns left out, for
    telling near-copies. ``cues`` are the codes of ``reading_cues.Cue``, sorted. ``days`` are the days named in the
    note as month times 100 plus day, sorted; ``awaited_days`` those by which something awaited is expected.
    ``edition`` is the grader's edition whose reader made it.
    """

    length: int
    fingerprint: str
    sketch: tuple[int, ...]
    cues: tuple[int, ...]
    days: tuple[int, ...]
    awaited_days: tuple[int, ...]
    edition: str = EDITION


def read_note(note: str) -> Reading:
    """Return the reading of a contact's log text; any string is read, none raises.

    The time taken grows with the length of the note and with nothing else.
    """
    sentences, days = sentences_of(note[:READ_FOR_MEANING])
    cues, awaited_days = cues_of(sentences)
    return Reading(
        length=len(note),
        fingerprint=fingerprint_of(note),
        sketch=sketch_of(sentences),
        cues=cues,
        days=days,
        awaited_days=awaited_days,
    )
