"""What one sentence of a note says, clause by clause.

Each clause is read with its neighbours: a fact that is denied, planned, asked about, remembered or kept back is not a
fact that was told, and what the victim said is not what the victim was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from services.contacts.reading_lexicon import read_lexicon, read_word_lists
from services.contacts.reading_phrases import Hit, PhraseFinder
from services.contacts.reading_words import Clause, Sentence

SPECIFIC = 2
"""Words of its own that a clause needs to be about something."""

PHRASES, _NAMES = read_lexicon()
_FINDER = PhraseFinder(PHRASES)
_NOT_HER = _NAMES["relative"] | {"machine", "answerphone", "voicemail", "reception"}
_PLAIN_WORDS = read_word_lists()["plain"]

_FACT = "fact "
_TOPIC = "topic "
_STEPS = frozenset({"support", "safeguarding", "practical"})
_SPOKEN = frozenset({"told_now", "answered"})
_TO_HER = frozenset({"told_now", "reached"})
_EMPTY_CLAUSE = frozenset({"nothing_new", "ongoing", "assured"})
_NOT_NEWS = frozenset({"question", "cut_short", "small_talk"})
_TELLS = frozenset({"support", "safeguarding", "practical", "answered", "awaited", "declined"})
_STANDING = frozenset(name for name in PHRASES if " " not in name) - _TELLS

_DENIALS = frozenset(
    {"not", "no", "never", "without", "hasnt", "havent", "isnt", "wasnt", "werent", "arent", "didnt", "dont", "yet"}
    | {"neither", "nor", "cant", "wont"}
)
_PLANS = frozenset(
    {"will", "ll", "be", "to", "if", "when", "once", "until", "whether", "may", "might", "could", "should", "would"}
    | {"before", "unless", "ever", "hope", "hoping", "going", "expect", "expected", "planned", "pending", "awaiting"}
    | {"await", "waiting", "about"}
)
_CONDITIONS = frozenset({"if", "when", "once", "unless", "should", "whenever", "in"})
_CLEAR_IN_DENIAL = frozenset({"decision", "court", "interview", "order", "footage", "forensic"})
"""Topics whose denial is itself the news: not guilty, no further action, no comment."""
_LOOK_BACK = 3
_UNMOVED = frozenset({"still"})
"""Before the prosecution's name: the case is where it was."""
_HERSELF = frozenset(
    {"she", "victim", "caller", "mum", "says", "said", "thinks", "wants", "asked", "asking", "reports", "feels"}
    | {"understands", "understood", "thanked", "happy", "pleased", "seemed"}
)
_ANSWERS = frozenset({"yes", "no"})


@dataclass(slots=True)
class Said:
    """What one sentence says.

    ``named`` are all topics it names, ``topics`` those it does not merely ask about, remember or keep back, ``facts``
    those on which it says that something happened. ``specifics`` counts words that are neither standing phrases nor
    plain words. ``is_scheduled`` where a topic stands beside a time.
    """

    concepts: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)
    steps: set[str] = field(default_factory=set)
    days: list[int] = field(default_factory=list)
    specifics: int = 0
    is_question: bool = False
    is_firm: bool = False
    is_awaiting: bool = False
    is_scheduled: bool = False
    has_time: bool = False
    has_other_time: bool = False
    has_next_contact_time: bool = False

    def drop_what_it_tells(self) -> None:
        """Keep how the sentence reads, and forget what it seemed to tell: the victim was not told it here."""
        self.topics.clear()
        self.facts.clear()
        self.steps.clear()
        self.specifics = 0
        self.is_firm = self.is_awaiting = self.is_scheduled = self.has_time = False


class _Voice(msgspec.Struct, frozen=True, gc=False):
    """How a clause is meant: ``is_empty`` where it says or asks nothing but form, ``is_hers`` where she speaks."""

    is_empty: bool
    is_asked: bool
    is_hers: bool
    is_condition: bool

    @property
    def tells(self) -> bool:
        return not (self.is_empty or self.is_hers or self.is_condition)


def read_sentence(sentence: Sentence) -> Said:
    """Return what a sentence says; what it only asks, remembers or keeps back is dropped."""
    said = Said(is_question=sentence.is_question)
    is_hers = False
    for clause in sentence.clauses:
        is_hers = _read_clause(clause, said, is_hers=is_hers)
    is_kept_back = "not_told" in said.concepts and "late_told" not in said.concepts
    if said.is_question or is_kept_back or "history" in said.concepts:
        said.drop_what_it_tells()
    if "small_talk" in said.concepts and "told_now" not in said.concepts:
        said.specifics = 0
    return said


def _read_clause(clause: Clause, said: Said, *, is_hers: bool) -> bool:
    """Add what a clause says, and return whether it was still the victim who spoke or acted in it."""
    words = clause.words
    hits = [hit for hit in _FINDER.find(words) if not _is_about_a_relative(hit, words)]
    concepts = {hit.concept for hit in hits}
    if len(words) == 1 and words[0] in _ANSWERS:
        concepts.add("answered")
    said.concepts |= concepts
    voice = _voice(clause, hits, concepts, is_hers=is_hers)
    _add_times(clause, said, concepts, voice)
    for hit in hits:
        _add_hit(hit, clause, said, voice)
    if "awaited" in concepts and not voice.is_asked:
        said.is_awaiting = True
    if voice.tells and not concepts & _NOT_NEWS:
        said.specifics += _specifics(words, hits)
    return voice.is_hers


def _voice(clause: Clause, hits: Sequence[Hit], concepts: set[str], *, is_hers: bool) -> _Voice:
    words = clause.words
    is_asked = "question" in concepts and not concepts & _SPOKEN
    begins_with_her = words[0] in _HERSELF or any(hit.concept == "hers" and hit.start <= 1 for hit in hits)
    return _Voice(
        is_empty=is_asked or bool(concepts & _EMPTY_CLAUSE),
        is_asked=is_asked,
        is_hers=(is_hers or clause.quoted or begins_with_her) and not concepts & _SPOKEN,
        is_condition=words[0] in _CONDITIONS,
    )


def _add_times(clause: Clause, said: Said, concepts: set[str], voice: _Voice) -> None:
    if not clause.has_time:
        return
    said.days += clause.days
    said.has_other_time = said.has_other_time or clause.has_other_time
    if concepts & {"next_contact", "will_tell"}:
        said.has_next_contact_time = True
    elif "compliance" not in concepts and not voice.is_asked:
        said.has_time = True
        names_topic = any(concept.startswith(_TOPIC) for concept in concepts)
        if names_topic and not voice.is_empty and not voice.is_hers:
            said.is_scheduled = True


def _add_hit(hit: Hit, clause: Clause, said: Said, voice: _Voice) -> None:
    kind, _, topic = hit.concept.partition(" ")
    if topic:
        said.named.add(topic)
        said.topics.add(topic)
    if kind == "fact" and voice.tells and _is_fact(topic, hit, clause.words):
        said.facts.add(topic)
        said.is_firm = said.is_firm or clause.has_time
    elif kind in _STEPS and not voice.is_empty:
        said.steps.add(kind)


def _is_fact(topic: str, hit: Hit, words: Sequence[str]) -> bool:
    before = words[max(0, hit.start - _LOOK_BACK) : hit.start]
    if any(word in _PLANS for word in before) or (topic == "prosecutor" and not _UNMOVED.isdisjoint(before)):
        return False
    return topic in _CLEAR_IN_DENIAL or not any(word in _DENIALS for word in before)


def _is_about_a_relative(hit: Hit, words: Sequence[str]) -> bool:
    """Say whether the one told, or spoken to, was not the victim but a relative: "told her mother"."""
    return hit.concept in _TO_HER and any(word in _NOT_HER for word in words[hit.end : hit.end + 2])


def _specifics(words: Sequence[str], hits: Sequence[Hit]) -> int:
    """Return how many words are left when standing phrases and plain words are taken away."""
    covered: set[int] = set()
    for hit in hits:
        if hit.concept in _STANDING:
            covered.update(range(hit.start, hit.end))
    return sum(1 for at, word in enumerate(words) if at not in covered and word not in _PLAIN_WORDS)
