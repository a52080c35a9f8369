"""Hashes of a note's words: equal for the same words, alike for near-copies, and readable by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from zlib import crc32

from services.contacts.reading_lexicon import read_leanings, read_word_lists
from services.contacts.reading_words import Sentence

_LEFT_OUT = read_word_lists()["left_out_of_sketch"]
SKETCH_SIZE = 32
HASH_MASK = 0xFFFF
"""Sixteen bits: many thousand pairs of words share each value, so that no pair can be told from it."""


def _code(word: str) -> int:
    """Return the hash of a word, nought for one that is left out."""
    return crc32(word.encode("utf-8", "surrogatepass")) if word not in _LEFT_OUT and word[0].isalpha() else 0


_KNOWN = {word: _code(word) for word in (*_LEFT_OUT, *read_word_lists()["plain"], *read_leanings())}
"""The hashes of the words officers use most, made beforehand."""


def fingerprint_of(note: str) -> str:
    """Return a hash that is equal for two notes of the same words, case and spacing aside; empty without words."""
    folded = " ".join(note.casefold().split())
    if not any(character.isalnum() for character in folded):
        return ""
    return blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def sketch_of(sentences: Sequence[Sentence]) -> tuple[int, ...]:
    """Return the smallest hashes of the note's neighbouring words, so that near-copies share most of them.

    Numbers, dates and pronouns are left out: a repeat with another date or pronoun is still a repeat.
    """
    known = _KNOWN
    words = [
        code
        for sentence in sentences
        for clause in sentence.clauses
        for word in clause.words
        if (code := known[word] if word in known else _code(word))
    ]
    pairs = {
        ((here ^ (before * 0x9E3779B1)) >> 8) & HASH_MASK for before, here in zip([0, *words], words, strict=False)
    }
    return tuple(sorted(pairs)[:SKETCH_SIZE])
