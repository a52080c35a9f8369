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
_MACHINE = frozenset({"machine", "voicemail", "mailbox"})
_NOT_HER = _NAMES["relative"] | _MACHINE | {"reception"}
_PLAIN_WORDS = read_word_lists()["plain"]

_KINDS = {name: (kind, topic) for name in PHRASES for kind, _, topic in [name.partition(" ")]}
"""What each concept is: a fact or a topic and what about, or a kind alone."""
_TOPICS_NAMED = frozenset(name for name, (kind, topic) in _KINDS.items() if kind == "topic" and topic)
_STEPS = frozenset({"support", "safeguarding", "practical"})
_COUNTED = frozenset(name for name, (kind, topic) in _KINDS.items() if topic or kind in _STEPS)
_SPOKEN = frozenset({"told_now", "answered"})
_TO_HER = frozenset({"told_now", "reached"})
_EMPTY_CLAUSE = frozenset({"nothing_new", "ongoing", "assured"})
_SEEM_EMPTY = _EMPTY_CLAUSE | {"history", "only_heard", "vague_time"}
_NOT_KEPT_BACK = frozenset({"late_told", "vague_time"})
_NOT_NEWS = frozenset({"question", "cut_short", "small_talk"})
_OTHERS_WHO_ANSWER = frozenset({"topic prosecutor", "topic forensic", "topic digital", "topic records"})
"""Where a clause names one of these, "no reply" is theirs."""
_NEXT_CALL = frozenset({"next_contact", "will_tell"})
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
_TO_MACHINE = 4
"""How far behind "told her" a machine may stand: "informed her via the machine"."""
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
    plain words. ``is_scheduled`` where a topic stands beside a time. ``is_told`` where it is neither
    kept back, nor of the log alone, nor remembered; ``is_reported`` where a talk with the victim is named and, behind a
    colon, what was said in it.
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
    is_kept_back: bool = False
    is_told: bool = True
    is_reported: bool = False

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
    tells: bool
    """Whether it may tell her something: it is not empty, not hers and not a condition."""


def read_sentence(sentence: Sentence) -> Said:
    """Return what a sentence says; what it only asks, remembers or keeps back is dropped."""
    said = Said(is_question=sentence.is_question)
    is_hers = False
    for clause in sentence.clauses:
        said.is_reported = said.is_reported or (clause.introduced and not _TO_HER.isdisjoint(said.concepts))
        is_hers = _read_clause(clause, said, is_hers=is_hers)
    concepts = said.concepts
    # "Cannot say how long" keeps nothing back.
    said.is_kept_back = "not_told" in concepts and concepts.isdisjoint(_NOT_KEPT_BACK)
    said.is_told = not said.is_kept_back and "history" not in concepts
    if not said.is_told or said.is_question or ("generic" in concepts and not said.is_firm):
        said.drop_what_it_tells()
    if "small_talk" in concepts and "told_now" not in concepts:
        said.specifics = 0
    return said


def _read_clause(clause: Clause, said: Said, *, is_hers: bool) -> bool:
    """Add what a clause says, and return whether it was still the victim who spoke or acted in it."""
    words = clause.words
    hits = [hit for hit in _FINDER.find(words) if hit.concept not in _TO_HER or not _is_about_a_relative(hit, words)]
    concepts = {hit.concept for hit in hits}
    if "neutral" in concepts:
        hits = _without_what_means_something_else(hits)
        concepts = {hit.concept for hit in hits}
    if len(words) == 1 and words[0] in _ANSWERS:
        concepts.add("answered")
    if said.is_reported:
        concepts.discard("relative_answered")  # of the case, not of who came to the telephone
    if "not_reached" in concepts and not concepts.isdisjoint(_OTHERS_WHO_ANSWER):
        concepts.discard("not_reached")
    said.concepts |= concepts
    voice = _voice(clause, hits, concepts, is_hers=is_hers)
    if clause.has_time:
        _add_times(clause, said, concepts, voice)
    for hit in hits:
        if hit.concept in _COUNTED:
            _add_hit(hit, clause, said, voice)
    if "awaited" in concepts and not voice.is_asked:
        said.is_awaiting = True
    if voice.tells and concepts.isdisjoint(_NOT_NEWS):
        said.specifics += _specifics(words, hits)
    return voice.is_hers


def _without_what_means_something_else(hits: Sequence[Hit]) -> list[Hit]:
    """Leave out what seems empty within a phrase that is not: "released under investigation" is no wait."""
    spans = [(hit.start, hit.end) for hit in hits if hit.concept == "neutral"]
    return [
        hit
        for hit in hits
        if hit.concept not in _SEEM_EMPTY or not any(start <= hit.start < end for start, end in spans)
    ]


def _voice(clause: Clause, hits: Sequence[Hit], concepts: set[str], *, is_hers: bool) -> _Voice:
    first = clause.words[0]
    is_told = not concepts.isdisjoint(_SPOKEN)
    is_asked = not is_told and "question" in concepts
    is_empty = is_asked or not concepts.isdisjoint(_EMPTY_CLAUSE)
    is_hers = not is_told and (is_hers or clause.quoted or first in _HERSELF or _begins_with_her(hits, concepts))
    return _Voice(is_empty, is_asked, is_hers, not (is_empty or is_hers or first in _CONDITIONS))


def _begins_with_her(hits: Sequence[Hit], concepts: set[str]) -> bool:
    return "hers" in concepts and any(hit.concept == "hers" and hit.start <= 1 for hit in hits)


def _add_times(clause: Clause, said: Said, concepts: set[str], voice: _Voice) -> None:
    said.days += clause.days
    said.has_other_time = said.has_other_time or clause.has_other_time
    if not concepts.isdisjoint(_NEXT_CALL):
        said.has_next_contact_time = True
    elif "compliance" not in concepts and not voice.is_asked:
        said.has_time = True
        if not (voice.is_empty or voice.is_hers) and not _TOPICS_NAMED.isdisjoint(concepts):
            said.is_scheduled = True


def _add_hit(hit: Hit, clause: Clause, said: Said, voice: _Voice) -> None:
    kind, topic = _KINDS[hit.concept]
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
    """Say whether the one told, or spoken to, was not the victim: "told her mother"."""
    after = words[hit.end : hit.end + _TO_MACHINE]
    return not (_NOT_HER.isdisjoint(after[:2]) and _MACHINE.isdisjoint(after))


def _specifics(words: Sequence[str], hits: Sequence[Hit]) -> int:
    """Return how many words are left when standing phrases and plain words are taken away."""
    covered = {place for hit in hits if hit.concept in _STANDING for place in range(hit.start, hit.end)}
    return len([word for at, word in enumerate(words) if word not in _PLAIN_WORDS and at not in covered])
