"""From what the sentences of a note say to the codes that are kept of it."""

from __future__ import annotations

from collections.abc import Sequence

from services.contacts.reading_clauses import SPECIFIC, Said, read_sentence
from services.contacts.reading_cues import Cue, awaited_cue, fact_cue, named_cue
from services.contacts.reading_leaning import leaning_of
from services.contacts.reading_words import Sentence

_VERY_SPECIFIC = 5
_NAMED = {
    "not_reached": Cue.NOT_REACHED,
    "delivery_failed": Cue.DELIVERY_FAILED,
    "post_returned": Cue.POST_RETURNED,
    "auto_reply": Cue.AUTO_REPLY,
    "relative_answered": Cue.RELATIVE_ANSWERED,
    "nominated": Cue.NOMINATED_CONTACT,
    "adviser": Cue.ADVISER,
    "not_passed_on": Cue.NOT_PASSED_ON,
    "passed_on": Cue.PASSED_ON,
    "reached": Cue.REACHED,
    "called_back": Cue.CALLED_BACK,
    "cut_short": Cue.CUT_SHORT,
    "call_ended": Cue.CALL_ENDED,
    "asks_to_ring": Cue.ASKS_TO_RING,
    "voicemail": Cue.VOICEMAIL,
    "voicemail_agreed": Cue.VOICEMAIL_AGREED,
    "voicemail_refused": Cue.VOICEMAIL_REFUSED,
    "left_voicemail": Cue.LEFT_VOICEMAIL,
    "told_now": Cue.TOLD_NOW,
    "waiting": Cue.WAITING,
    "late_told": Cue.APOLOGY,
    "nothing_new": Cue.NOTHING_NEW,
    "ongoing": Cue.ONGOING,
    "will_tell": Cue.WILL_TELL,
    "assured": Cue.ASSURED,
    "compliance": Cue.COMPLIANCE,
    "vague_time": Cue.VAGUE_TIME,
    "small_talk": Cue.SMALL_TALK,
    "history": Cue.HISTORY,
    "signposted": Cue.SIGNPOSTED,
    "next_contact": Cue.NEXT_CONTACT,
    "question": Cue.ASKED,
    "turned_away": Cue.TURNED_AWAY,
    "answered": Cue.ANSWERED,
    "answered_instead": Cue.ANSWERED_INSTEAD,
    "with_prosecutor": Cue.WITH_PROSECUTOR,
    "generic": Cue.GENERIC,
    "only_heard": Cue.ONLY_HEARD,
}
_TELLING = frozenset({"told_now", "answered", "late_told"})
_NOTHING = frozenset({"nothing_new", "ongoing"})
_NAMES = frozenset(_NAMED)
_PASSING = frozenset({"passed_on", "not_passed_on"})
_CALLING = frozenset({"rang_her", "told_now"})
_HOLLOW = frozenset({"welfare_only", "nothing_new", "ongoing"})
_HOLDS_BACK = _HOLLOW | {"not_told"}
"""Without one of these no sentence says that there was nothing to tell."""
_STEPS = {
    "support": Cue.SUPPORT_STEP,
    "safeguarding": Cue.SAFEGUARDING_STEP,
    "practical": Cue.PRACTICAL_STEP,
}


def cues_of(sentences: Sequence[Sentence]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the codes of what the sentences say, and the days by which something awaited is expected; both sorted."""
    said = list(map(read_sentence, sentences))
    concepts: set[str] = set().union(*[sentence.concepts for sentence in said])
    if not concepts.isdisjoint(_HOLDS_BACK):
        _drop_the_log(said)
    cues = set(map(_NAMED.__getitem__, concepts & _NAMES))
    if "not_passed_on" in concepts and _is_not_passed_on(said):
        cues.discard(Cue.PASSED_ON)
    if "not_nominated" in concepts:
        cues.discard(Cue.NOMINATED_CONTACT)
        cues.add(Cue.RELATIVE_ANSWERED)
    specifics = 0
    for sentence in said:
        specifics += sentence.specifics
        _add_cues(sentence, cues)
    if specifics >= SPECIFIC:
        cues.add(Cue.SPECIFIC)
        if specifics >= _VERY_SPECIFIC:
            cues.add(Cue.VERY_SPECIFIC)
    awaited_days: set[int] = set()
    _add_awaited(said, cues, awaited_days)
    leaning = leaning_of([sentence for sentence, each in zip(sentences, said, strict=True) if each.is_told])
    return (*sorted(cues), leaning), tuple(sorted(awaited_days))


def _is_not_passed_on(said: Sequence[Said]) -> bool:
    """Say whether the last that is said of passing it on is that it was not."""
    (*_, last) = [each for each in said if not each.concepts.isdisjoint(_PASSING)]
    return "not_passed_on" in last.concepts


def _drop_the_log(said: Sequence[Said]) -> None:
    """Drop what only the log holds, where the note says that the victim was told nothing of it.

    "Exhibits to the lab. Statements reviewed. Rang victim, told ongoing": only what the victim was told counts.
    """
    told = [at for at, sentence in enumerate(said) if not sentence.concepts.isdisjoint(_TELLING)]
    first = told[0] if told else len(said)
    hollow = 0
    for at, sentence in enumerate(said[: first + 1]):
        if (sentence.is_kept_back and not sentence.named) or _is_empty_call(sentence):
            hollow = at
    if told and not (said[first].concepts.isdisjoint(_NOTHING) or any(said[at].facts or said[at].steps for at in told)):
        hollow = first
    for sentence in said[:hollow]:
        sentence.drop_what_it_tells()
        sentence.is_told = False


def _is_empty_call(sentence: Said) -> bool:
    """Say whether a sentence says that the victim was rung, and of the talk only that there was nothing in it."""
    concepts = sentence.concepts
    is_call = not concepts.isdisjoint(_CALLING)
    return is_call and not concepts.isdisjoint(_HOLLOW) and not (sentence.facts or sentence.steps or sentence.has_time)


def _add_cues(sentence: Said, cues: set[int]) -> None:
    if sentence.is_kept_back:
        cues.add(Cue.NOT_TOLD)
    if sentence.named:
        cues.update(map(named_cue, sentence.named))
        if sentence.facts:
            cues.update(map(fact_cue, sentence.facts))
            cues.add(Cue.FACT)
            if sentence.is_firm:
                cues.add(Cue.FIRM_FACT)
    if sentence.steps:
        cues.update([_STEPS[step] for step in sentence.steps])
    if sentence.has_time:
        cues.add(Cue.STATES_TIME)
    if sentence.is_reported and sentence.is_told:
        cues.add(Cue.REPORTED)


def _add_awaited(said: Sequence[Said], cues: set[int], awaited_days: set[int]) -> None:
    """Find what is awaited, and until when: a time in the same sentence, or that of the next call there or just after.

    A time without a thing awaited is only the next call (contact-quality.md, Conventions).
    """
    for at, sentence in enumerate(said):
        is_awaited = sentence.is_awaiting and (bool(sentence.topics) or sentence.specifics >= SPECIFIC)
        if not is_awaited and not sentence.is_scheduled:
            continue
        cues.add(Cue.AWAITED)
        cues.update(map(awaited_cue, sentence.topics))
        timed = [
            each for each in said[at : at + 2] if each.has_next_contact_time or (each is sentence and each.has_time)
        ]
        awaited_days.update(day for each in timed for day in each.days)
        if any(each.has_other_time for each in timed):
            cues.add(Cue.AWAITED_WITH_TIME)
