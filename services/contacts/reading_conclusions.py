"""From what the sentences of a note say to the codes that are kept of it."""

from __future__ import annotations

from collections.abc import Sequence

from services.contacts.reading_clauses import SPECIFIC, Said, read_sentence
from services.contacts.reading_cues import Cue, awaited_cue, fact_cue, named_cue
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
_CALLING = frozenset({"rang_her", "told_now"})
_HOLLOW = frozenset({"welfare_only", "nothing_new", "ongoing"})
_STEPS = {
    "support": Cue.SUPPORT_STEP,
    "safeguarding": Cue.SAFEGUARDING_STEP,
    "practical": Cue.PRACTICAL_STEP,
}


def cues_of(sentences: Sequence[Sentence]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the codes of what the sentences say, and the days by which something awaited is expected; both sorted."""
    said = _without_the_log(list(map(read_sentence, sentences)))
    cues: set[int] = set()
    awaited_days: set[int] = set()
    for sentence in said:
        _add_cues(sentence, cues)
    specifics = sum(sentence.specifics for sentence in said)
    if specifics >= SPECIFIC:
        cues.add(Cue.SPECIFIC)
    if specifics >= _VERY_SPECIFIC:
        cues.add(Cue.VERY_SPECIFIC)
    _add_awaited(said, cues, awaited_days)
    return tuple(sorted(cues)), tuple(sorted(awaited_days))


def _without_the_log(said: list[Said]) -> list[Said]:
    """Drop what only the log holds, where the note says that the victim was told nothing of it.

    "Exhibits to the lab. Statements reviewed. Rang victim, told ongoing": only what the victim was told counts.
    """
    for at, sentence in enumerate(said):
        concepts = sentence.concepts
        is_all = "not_told" in concepts and "late_told" not in concepts and not sentence.named
        if is_all or _is_empty_call(sentence):
            before = said[:at]
            if all(each.concepts.isdisjoint(_TELLING) for each in before):
                for each in before:
                    each.drop_what_it_tells()
    told = [sentence for sentence in said if not sentence.concepts.isdisjoint(_TELLING)]
    if not told or told[0].concepts.isdisjoint(_NOTHING) or any(each.facts or each.steps for each in told):
        return said
    for sentence in said[: said.index(told[0])]:
        sentence.drop_what_it_tells()
    return said


def _is_empty_call(sentence: Said) -> bool:
    """Say whether a sentence says that the victim was rung, and of the talk only that there was nothing in it."""
    concepts = sentence.concepts
    is_call = not concepts.isdisjoint(_CALLING)
    return is_call and not concepts.isdisjoint(_HOLLOW) and not (sentence.facts or sentence.steps or sentence.has_time)


def _add_cues(sentence: Said, cues: set[int]) -> None:
    concepts = sentence.concepts
    cues.update([_NAMED[name] for name in concepts if name in _NAMED])
    if "not_passed_on" in concepts:
        cues.discard(Cue.PASSED_ON)
    if "not_nominated" in concepts:
        cues.discard(Cue.NOMINATED_CONTACT)
        cues.add(Cue.RELATIVE_ANSWERED)
    if "not_told" in concepts and "late_told" not in concepts:
        cues.add(Cue.NOT_TOLD)
    if sentence.named:
        cues.update(map(named_cue, sentence.named))
    if sentence.facts:
        cues.update(map(fact_cue, sentence.facts))
        cues.add(Cue.FACT)
    if sentence.steps:
        cues.update([_STEPS[step] for step in sentence.steps])
    if sentence.is_firm:
        cues.add(Cue.FIRM_FACT)
    if sentence.has_time:
        cues.add(Cue.STATES_TIME)


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
