"""Finding phrases of the lexicon in a run of words.

A phrase is words with spaces between them. ``a|b`` is either word, ``word*`` any word that begins so, ``_`` any one
word and ``..`` up to three words. Each word of a note is looked up once; only words that can begin a phrase cost more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_GAP = 3
_SHORTEST_BEGINNING = 2


@dataclass(frozen=True, slots=True)
class _Element:
    """One place of a phrase: the words and beginnings of words that fit it, after at most ``gap`` other words."""

    exact: frozenset[str]
    beginnings: tuple[str, ...]
    gap: int
    anything: bool = False

    def fits(self, word: str) -> bool:
        return self.anything or word in self.exact or (bool(self.beginnings) and word.startswith(self.beginnings))


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was found: its concept, and the places of its first word and after its last."""

    concept: str
    start: int
    end: int


class PhraseFinder:
    """The phrases of a lexicon, indexed by the words they can begin with."""

    def __init__(self, lexicon: Mapping[str, Sequence[str]]) -> None:
        """Compile the lexicon: concept to phrases."""
        self._exact: dict[str, list[tuple[str, tuple[_Element, ...]]]] = {}
        self._beginning: dict[str, list[tuple[str, tuple[_Element, ...]]]] = {}
        for concept, phrases in lexicon.items():
            for phrase in phrases:
                first, *rest = _compile(phrase)
                entry = (concept, tuple(rest))
                for word in first.exact:
                    self._exact.setdefault(word, []).append(entry)
                for beginning in first.beginnings:
                    self._beginning.setdefault(beginning, []).append(entry)
        self._longest = max(map(len, self._beginning), default=0)

    def find(self, words: Sequence[str]) -> Iterator[Hit]:
        """Yield every phrase found in the words, by the place of its first word."""
        seen: dict[str, list[tuple[str, tuple[_Element, ...]]]] = {}
        for start, word in enumerate(words):
            entries = seen.get(word)
            if entries is None:
                entries = seen[word] = self._entries_for(word)
            for concept, rest in entries:
                end = _match(words, start + 1, rest)
                if end:
                    yield Hit(concept, start, end)

    def _entries_for(self, word: str) -> list[tuple[str, tuple[_Element, ...]]]:
        entries = list(self._exact.get(word, ()))
        for length in range(_SHORTEST_BEGINNING, min(len(word), self._longest) + 1):
            entries.extend(self._beginning.get(word[:length], ()))
        return entries


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
        for place in range(at, min(at + element.gap + 1, len(words))):
            if element.fits(words[place]):
                at = place + 1
                break
        else:
            return 0
    return at
