"""Finding phrases of the lexicon in a run of words.

A phrase is words with spaces between them. ``a|b`` is either word, ``word*`` any word that begins so, ``_`` any one
word and ``..`` up to three words. Phrases are found by their first two words, so that a word of a note costs a few
looks into tables, however many phrases could begin with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

_GAP = 3


@dataclass(frozen=True, slots=True)
class _Element:
    """One place of a phrase: the words and beginnings of words that fit it, after at most ``gap`` other words."""

    exact: frozenset[str]
    beginnings: tuple[str, ...]
    gap: int
    anything: bool = False

    def fits(self, word: str) -> bool:
        return self.anything or word in self.exact or (bool(self.beginnings) and word.startswith(self.beginnings))


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A phrase that was found: its concept, and the places of its first word and after its last."""

    concept: str
    start: int
    end: int


class _Continuation(NamedTuple):
    """How a phrase goes on: ``rest`` after a second word that stands behind at most ``gap`` others."""

    number: int
    concept: str
    gap: int
    rest: tuple[_Element, ...]


@dataclass(slots=True)
class _Opening:
    """The phrases that begin with one word: those that are no longer, and the others by their second word.

    ``seconds`` are the keys of ``by_second``. ``loose`` are the few whose second word is any or only begins in a
    certain way; their ``rest`` holds it.
    """

    whole: list[str] = field(default_factory=list)
    by_second: dict[str, list[_Continuation]] = field(default_factory=dict)
    seconds: set[str] = field(default_factory=set)
    loose: list[_Continuation] = field(default_factory=list)

    def add(self, number: int, concept: str, rest: tuple[_Element, ...]) -> None:
        """Add a phrase by what comes after its first word."""
        if not rest:
            self.whole.append(concept)
            return
        second = rest[0]
        if second.anything or second.beginnings:
            self.loose.append(_Continuation(number, concept, 0, rest))
            return
        continuation = _Continuation(number, concept, second.gap, rest[1:])
        self.seconds |= second.exact
        for word in second.exact:
            self.by_second.setdefault(word, []).append(continuation)


class PhraseFinder:
    """The phrases of a lexicon, indexed by the words they can begin with."""

    def __init__(self, lexicon: Mapping[str, Sequence[str]]) -> None:
        """Compile the lexicon: concept to phrases."""
        self._exact: dict[str, _Opening] = {}
        self._beginning: dict[str, _Opening] = {}
        phrases = [(concept, _compile(phrase)) for concept, phrases in lexicon.items() for phrase in phrases]
        for number, (concept, (first, *rest)) in enumerate(phrases):
            for word in first.exact:
                self._exact.setdefault(word, _Opening()).add(number, concept, tuple(rest))
            for beginning in first.beginnings:
                self._beginning.setdefault(beginning, _Opening()).add(number, concept, tuple(rest))
        self._openings = {
            word: (opening, *(other for start, other in self._beginning.items() if word.startswith(start)))
            for word, opening in self._exact.items()
        }
        self._shortest = min(map(len, self._beginning), default=0)
        self._beginnings: dict[str, list[str]] = {}
        for beginning in self._beginning:
            self._beginnings.setdefault(beginning[: self._shortest], []).append(beginning)

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Return every phrase found in the words, by the place of its first word."""
        hits: list[Hit] = []
        known, beginnings, shortest = self._openings, self._beginnings, self._shortest
        for start, word in enumerate(words):
            openings = known.get(word)
            if openings is not None:
                for opening in openings:
                    _follow(opening, words, start, hits)
                continue
            for beginning in beginnings.get(word[:shortest], ()):
                if word.startswith(beginning):
                    _follow(self._beginning[beginning], words, start, hits)
        return hits


def _follow(opening: _Opening, words: Sequence[str], start: int, hits: list[Hit]) -> None:
    """Add the phrases of an opening that are found at its place."""
    after = start + 1
    if opening.whole:
        hits += [Hit(concept, start, after) for concept in opening.whole]
    near = words[after : after + _GAP + 1]
    if not opening.seconds.isdisjoint(near):
        tried: set[int] = set()
        end = after
        for gap, word in enumerate(near):
            end += 1
            for number, concept, furthest, rest in opening.by_second.get(word, ()):
                # The nearest fit of the second word is taken; the phrase is not tried again with a later one.
                if gap <= furthest and number not in tried:
                    tried.add(number)
                    if not rest:
                        hits.append(Hit(concept, start, end))
                    elif last := _match(words, end, rest):
                        hits.append(Hit(concept, start, last))
    for _, concept, _, rest in opening.loose:
        if end := _match(words, after, rest):
            hits.append(Hit(concept, start, end))


def _compile(phrase: str) -> list[_Element]:
    elements: list[_Element] = []
    gap = 0
    for part in phrase.split():
        if part == "..":
            gap = _GAP
            continue
        choices = part.split("|")
        elements.append(
            _Element(
                exact=frozenset(choice for choice in choices if not choice.endswith("*")),
                beginnings=tuple(choice[:-1] for choice in choices if choice.endswith("*")),
                gap=gap,
                anything=part == "_",
            )
        )
        gap = 0
    return elements


def _match(words: Sequence[str], at: int, rest: tuple[_Element, ...]) -> int:
    """Return the place after the last word of the phrase, or 0; the nearest fit of each word is taken."""
    for element in rest:
        for word in words[at : at + element.gap + 1]:
            at += 1
            if element.fits(word):
                break
        else:
            return 0
    return at
