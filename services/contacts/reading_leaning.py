"""Which way the single words of a note lean: towards news, or towards form.

Phrases find what they know; a note in words that no phrase foresaw is still made of words that other officers used when
they had something to tell, or had not. Each word of a list has whole points, and what is kept of a note is their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from services.contacts.reading_cues import leaning_cue
from services.contacts.reading_lexicon import read_leanings
from services.contacts.reading_words import Sentence

_POINTS = read_leanings()
_LISTED = frozenset(_POINTS)


def leaning_of(sentences: Sequence[Sentence]) -> int:
    """Return the code of the sum of the points of the sentences' words; a word said twice counts once.

    The caller leaves out what the victim was not told here: a fact kept back leans towards news, and is none.
    """
    words = chain.from_iterable([clause.words for sentence in sentences for clause in sentence.clauses])
    return leaning_cue(sum(map(_POINTS.__getitem__, _LISTED.intersection(words))))
