"""Cutting a note into sentences, clauses and words, and finding the days it names.

Everything here runs once over the text from left to right: a note of any length and any content costs in proportion
to its length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.contacts.lexicon_spelling import MONTHS, NUMBER_WORDS, SPANS, SPELLINGS, WEEKDAYS

_TOKEN = re.compile(
    r"""
    (?P<number>\d(?:[\d/.:-]{0,12}\d)?(?:st|nd|rd|th|am|pm|hrs|k)?(?![^\W_]))
    | (?P<word>[^\W_]+(?:['\u2019/&][^\W_]+)*/?)
    | (?P<end>[.?!;\n\u2022]+)
    | (?P<pause>[,:()\u2013\u2014|-]+)
    | (?P<quote>["\u201c\u201d])
    """,
    re.VERBOSE,
)
_STOPS = {".": "end", "?": "end", "!": "end", ";": "end", ",": "pause", ":": "pause", ")": "pause"}
"""The kinds of token of the marks that most often stand behind a word."""
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})(?:/\d{2,4})?\Z")
_ISO = re.compile(r"\d{4}-(\d{2})-(\d{2})\Z")
_CLOCK = re.compile(
    r"(?:[01]?\d|2[0-3])(?:[.:][0-5]\d)?(?:am|pm)\Z|(?:[01]?\d|2[0-3])[.:][0-5]\d\Z|(?:[01]\d|2[0-3])[0-5]\d(?:hrs)?\Z"
)
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)\Z")
_NEW_CLAUSE = frozenset({"but", "however", "although", "though", "whereas", "then"})
_PART_OF_MONTH = frozenset(
    {"in", "end", "by", "mid", "early", "late", "until", "of", "beginning", "start", "before", "for"}
)
_COMING = frozenset({"next", "this", "by", "on", "until", "from", "coming", "every"})
_DAY_NAMES = WEEKDAYS | {"tomorrow", "tonight", "fortnight"}
_WEEKEND = frozenset({"sat", "sun"})
_MAYBE_A_TIME = _DAY_NAMES | _WEEKEND | MONTHS.keys() | SPANS
_LAST_MONTH = 12
_LAST_DAY = 31

ALL_DAY_NUMBERS = 24, 7


@dataclass(slots=True)
class Clause:
    """A run of words between pauses; ``quoted`` where it began inside quotation marks, ``introduced`` by a colon."""

    words: list[str]
    quoted: bool = False
    introduced: bool = False
    days: Sequence[int] = ()
    has_time: bool = False
    has_other_time: bool = False


@dataclass(slots=True)
class Sentence:
    """A run of clauses that ended with a full stop, question mark, semicolon or new line."""

    clauses: list[Clause]
    is_question: bool = False


def sentences_of(note: str) -> tuple[list[Sentence], tuple[int, ...]]:
    """Return the sentences of a note and the days it names (month times 100 plus day), sorted."""
    cutter = _Cutter()
    for chunk in note.lower().split(" "):  # no token has a space in it, and most chunks are one plain word
        if chunk.isalpha():
            word = SPELLINGS.get(chunk, chunk)
            if word in _NEW_CLAUSE:
                cutter.pause()
            cutter.words.append(word)
        elif chunk[-1:] in _STOPS and chunk[:-1].isalpha():  # a plain word with its full stop or comma
            cutter.add_token("word", chunk[:-1])
            cutter.add_token(_STOPS[chunk[-1]], chunk[-1])
        elif chunk:
            for match in _TOKEN.finditer(chunk):
                cutter.add_token(match.lastgroup, match[0])
    sentences = cutter.end("")
    days: set[int] = set()
    for sentence in sentences:
        for clause in sentence.clauses:
            _find_times(clause)
            days.update(clause.days)
    return sentences, tuple(sorted(days))


class _Cutter:
    """Puts words together to clauses and sentences; those without a word are dropped."""

    def __init__(self) -> None:
        self._sentences: list[Sentence] = []
        self._clauses: list[Clause] = []
        self.words: list[str] = []
        """The words of the clause that is not ended yet."""
        self._quoted = False
        self._introduced = False

    def add_token(self, kind: str | None, text: str) -> None:
        """Add what the pattern of tokens found."""
        if kind == "word":
            for word in (SPELLINGS.get(text, text),) if text.isalnum() else _spelt_out(text):
                if word in _NEW_CLAUSE:
                    self.pause()
                self.words.append(word)
        elif kind == "number":
            self.words.append(text)
        elif kind == "pause":
            self.pause()
            self._introduced = ":" in text
        elif kind == "end":
            self.end(text)
        else:
            self.pause()
            self._quoted = not self._quoted

    def pause(self) -> None:
        """End the clause."""
        if self.words:
            self._clauses.append(Clause(self.words, self._quoted, self._introduced))
            self.words = []
            self._introduced = False

    def end(self, ending: str) -> list[Sentence]:
        """End the sentence, and return all sentences so far."""
        self.pause()
        if self._clauses:
            self._sentences.append(Sentence(self._clauses, is_question="?" in ending))
            self._clauses = []
        return self._sentences


def _spelt_out(text: str) -> Sequence[str]:
    """Return the words that stand in one with an apostrophe, a stroke or an ampersand, each in its full spelling."""
    whole = SPELLINGS.get(text)
    if whole is not None:
        return (whole,)
    text = text.rstrip("/").replace("\u2019", "'")
    if "'" in text:
        if text.endswith("n't"):
            return (text.replace("'", ""),)
        head, _, tail = text.partition("'")
        return (SPELLINGS.get(head, head), tail) if tail != "s" else (SPELLINGS.get(head, head),)
    if "/" in text or "&" in text:
        return tuple(SPELLINGS.get(part, part) for part in re.split("[/&]", text))
    return (SPELLINGS.get(text, text),)


def _find_times(clause: Clause) -> None:
    words = clause.words
    days: list[int] = []
    for at in [at for at, word in enumerate(words) if word in _MAYBE_A_TIME or word[0].isdigit()]:
        word = words[at]
        is_number = word[0].isdigit()
        before = words[at - 1] if at else ""
        after = words[at + 1] if at + 1 < len(words) else ""
        day = _day_of_number(word, before, after) if is_number else 0
        if day:
            days.append(day)
        elif _is_a_time_of_number(word, after) if is_number else _is_a_time_in_words(word, before, after):
            clause.has_other_time = True
    clause.days = days
    clause.has_time = clause.has_other_time or bool(days)


def _is_a_time_of_number(word: str, after: str) -> bool:
    return bool(_CLOCK.match(word) or _ORDINAL.match(word)) or after in SPANS


def _is_a_time_in_words(word: str, before: str, after: str) -> bool:
    """Say whether a month, a weekday or a span is meant as a time: "in May", "Tuesday", "next week", not "may"."""
    if word in MONTHS:
        is_of_a_day = before[:1].isdigit() or after[:1].isdigit()
        return not is_of_a_day and (word not in {"may", "mar"} or before in _PART_OF_MONTH)
    if word in _WEEKEND:
        return before in _COMING or after[:1].isdigit()
    return word in _DAY_NAMES or before in {"next", "this", "coming"} or before in NUMBER_WORDS


def _day_of_number(word: str, before: str, after: str) -> int:
    named = _DATE.match(word)
    if named:
        return _day(int(named[2]), int(named[1])) if (int(named[1]), int(named[2])) != ALL_DAY_NUMBERS else 0
    named = _ISO.match(word)
    if named:
        return _day(int(named[1]), int(named[2]))
    number = _ORDINAL.match(word)
    day = int(number[1]) if number else int(word) if word.isdecimal() and len(word) <= len("31") else 0
    if after in MONTHS:
        return _day(MONTHS[after], day)
    if before in MONTHS:
        return _day(MONTHS[before], day)
    return 0


def _day(month: int, day: int) -> int:
    return month * 100 + day if 1 <= month <= _LAST_MONTH and 1 <= day <= _LAST_DAY else 0
