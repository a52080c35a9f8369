"""What a contact that reached the victim told, set against what was known before and what the case held."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime

from services.contacts.grading_events import topics_of
from services.contacts.grading_history import History, Judged
from services.contacts.grading_points import EMPTY, is_update
from services.contacts.grading_reach import REACHED, reach_of
from services.contacts.grading_records import ATTEMPT, MEANINGFUL, TICK_BOX, Circumstances, ContactRecord
from services.contacts.reading_cues import AWAITED_OF, FACT_CUES, FACT_OF, NAMED_OF, TOPICS, Cue, fact_cue

_NO_TOPICS: frozenset[str] = frozenset()
_NO_CUES: frozenset[int] = frozenset()
_WAITS = frozenset({Cue.NOTHING_NEW, Cue.ONGOING, Cue.AWAITED, Cue.WITH_PROSECUTOR})
_BOILERPLATE = frozenset({Cue.ASSURED, Cue.SIGNPOSTED, Cue.GENERIC})
_NOTHING_TOLD = frozenset({Cue.NOTHING_NEW, Cue.CALL_ENDED})
_STEPS = (
    (Cue.SUPPORT_STEP, "support_step"),
    (Cue.SAFEGUARDING_STEP, "safeguarding_step"),
    (Cue.PRACTICAL_STEP, "practical_step"),
)
_STEP_CUES = frozenset(cue for cue, _ in _STEPS)
_MORE_THAN_KNOWN = frozenset({Cue.WAITING, Cue.VERY_SPECIFIC})
_WITH_PROSECUTOR = fact_cue("prosecutor")
_AT_PROSECUTOR = frozenset({_WITH_PROSECUTOR})
_DECISION = fact_cue("decision")
_DAYS_AHEAD = 270
_DAYS_OF_MONTH = 31
_DAYS_OF_YEAR = 372
"""Twelve months of 31 days: near enough to say whether a day of the year lies ahead or behind."""


def judge(
    contact: ContactRecord, informed_of: tuple[str, ...], history: History, circumstances: Circumstances
) -> Judged:
    """Return grade and reasons of one conversation."""
    reading = contact.reading
    cues = frozenset(reading.cues) if reading is not None else _NO_CUES
    reach = reach_of(contact, cues, circumstances)
    if reach != REACHED:
        return Judged(ATTEMPT, (reach,))
    if reading is not None and _has_awaited_time(contact, reading.awaited_days):
        cues |= {Cue.AWAITED_WITH_TIME}
    is_copy = reading is not None and history.is_copy(reading)
    told = _told(contact, cues, history, is_copy=is_copy)
    newly_named = history.first_named(contact, informed_of)
    if newly_named and (told or cues.isdisjoint(_NOTHING_TOLD) or _names_one_of(newly_named, cues, history)):
        has_words = reading is not None and bool(reading.fingerprint)
        return Judged(MEANINGFUL, tuple(dict.fromkeys(["new_fact", *told])), newly_named, not has_words)
    if told:
        return Judged(MEANINGFUL, tuple(told))
    reasons = _empty_reasons(contact, cues, history, is_copy=is_copy)
    if newly_named:
        reasons = tuple(dict.fromkeys(["contradicted", *reasons]))
    return Judged(TICK_BOX, reasons)


def _told(contact: ContactRecord, cues: AbstractSet[int], history: History, *, is_copy: bool) -> list[str]:
    """Return the reasons for which the words were a real update; none where they were not."""
    if contact.reading is None or not _is_real(contact, cues, history, is_copy=is_copy):
        return []
    facts = cues & FACT_CUES
    told = []
    if Cue.ASKED in cues and Cue.ANSWERED in cues and Cue.TURNED_AWAY not in cues:
        told.append("question_answered")
    if facts:
        told.append("decision_explained" if _DECISION in facts else "new_fact")
    if Cue.AWAITED_WITH_TIME in cues:
        told.append("awaited_with_date")
    told.extend(reason for cue, reason in _STEPS if cue in cues)
    return told or ["new_fact"]


def _is_real(contact: ContactRecord, cues: AbstractSet[int], history: History, *, is_copy: bool) -> bool:
    """Say whether the words told something, and something that was not told before."""
    facts = cues & FACT_CUES
    untold = history.untold_topics(contact) if facts else _NO_TOPICS
    has_untold_fact = bool(untold) and any(TOPICS[cue - FACT_OF] in untold for cue in facts)
    if is_copy and not has_untold_fact and not _has_new_awaited_day(contact, history):
        return False
    if _is_said_to_be_there(cues, facts) and history.has_left_prosecutor(contact):
        return False
    cues |= frozenset(_in_the_case(contact, facts, history, has_untold_fact=has_untold_fact))
    is_by_convention = (
        _is_promised(contact, cues) or _is_first_with_prosecutor(cues, history) or _is_reported_news(cues)
    )
    if not is_by_convention and not is_update(cues, is_inbound=contact.direction == "inbound"):
        return False
    is_stale = _has_arrived(contact, cues, facts, history) or _is_known(contact, cues, facts, history)
    return has_untold_fact or not is_stale


def _in_the_case(
    contact: ContactRecord, facts: AbstractSet[int], history: History, *, has_untold_fact: bool
) -> Iterator[int]:
    """Return the cues that only the case and the contacts before can give."""
    if has_untold_fact:
        yield Cue.TELLS_UNTOLD
    if facts and facts <= history.heard:
        yield Cue.HEARD_FACTS
    days: tuple[int, ...] = contact.reading.days if contact.reading is not None else ()
    if days and history.known_days.issuperset(days):
        yield Cue.KNOWN_DAYS


def _is_promised(contact: ContactRecord, cues: AbstractSet[int]) -> bool:
    """Say whether something is awaited and the record itself says by when the victim hears of it."""
    return contact.promised_by is not None and Cue.AWAITED in cues


def _is_reported_news(cues: AbstractSet[int]) -> bool:
    """Say whether the note names the talk and then what was said in it, and nothing of that is empty.

    Nobody foresees all that can be news: where an officer writes "spoke to her: …", the benefit of the doubt is theirs.
    """
    return Cue.REPORTED in cues and cues.isdisjoint(EMPTY)


def _is_first_with_prosecutor(cues: AbstractSet[int], history: History) -> bool:
    """Say whether the victim hears for the first time that the case is with the prosecution: a new fact, once."""
    return _WITH_PROSECUTOR in cues and _WITH_PROSECUTOR not in history.heard and Cue.NOTHING_NEW not in cues


def _is_said_to_be_there(cues: AbstractSet[int], facts: AbstractSet[int]) -> bool:
    """Say whether the only news is that the case is with the prosecution."""
    return Cue.WITH_PROSECUTOR in cues and facts <= _AT_PROSECUTOR and cues.isdisjoint(_STEP_CUES)


def _has_arrived(contact: ContactRecord, cues: AbstractSet[int], facts: AbstractSet[int], history: History) -> bool:
    """Say whether the note only says that nothing happened, or that something is awaited, and the case holds the news.

    A waiting told with its date is contradicted too where "no change" is not true (contact-quality.md, contradicted).
    """
    if facts or cues & _STEP_CUES or Cue.AWAITED not in cues or Cue.ANSWERED in cues:
        return False
    if Cue.NOTHING_NEW in cues:
        return history.has_untold_news(contact)
    if Cue.WAITING not in cues:
        return False
    return history.has_arrived(contact, {TOPICS[cue - AWAITED_OF] for cue in cues if AWAITED_OF <= cue < NAMED_OF})


def _is_known(contact: ContactRecord, cues: AbstractSet[int], facts: AbstractSet[int], history: History) -> bool:
    """Say whether the words only restate facts and dates the victim already had.

    What is awaited and until when is news each time; a step, an answer or much of its own is no restatement.
    """
    reading = contact.reading
    if reading is None or not facts or not facts <= history.heard or cues & _STEP_CUES:
        return False
    has_known_days = bool(reading.days) and history.known_days.issuperset(reading.days)
    if Cue.AWAITED_WITH_TIME in cues:
        return has_known_days and cues.isdisjoint(_MORE_THAN_KNOWN) and Cue.AWAITED_WITH_TIME not in reading.cues
    return has_known_days or (Cue.VAGUE_TIME in cues and Cue.FIRM_FACT not in cues)


def _has_awaited_time(contact: ContactRecord, awaited_days: tuple[int, ...]) -> bool:
    if awaited_days and any(_is_ahead(contact.occurred_at, day) for day in awaited_days):
        return True
    return _is_promised(contact, frozenset(contact.reading.cues) if contact.reading else _NO_CUES)


def _has_new_awaited_day(contact: ContactRecord, history: History) -> bool:
    if contact.reading is None or not contact.reading.awaited_days:
        return False
    new = set(contact.reading.awaited_days) - history.known_days
    return any(_is_ahead(contact.occurred_at, day) for day in new)


def _is_ahead(moment: datetime, day: int) -> bool:
    """Say whether a day of the year (month times 100 plus day) is the moment's, or lies rather ahead than behind."""
    month, of_month = divmod(day, 100)
    ahead = (month - moment.month) * _DAYS_OF_MONTH + of_month - moment.day
    return ahead % _DAYS_OF_YEAR <= _DAYS_AHEAD


def _names_one_of(event_ids: AbstractSet[str], cues: AbstractSet[int], history: History) -> bool:
    """Say whether the note names the subject of an event it is said to have told."""
    topics = {topic for event_type in history.types_of(event_ids) for topic in topics_of(event_type)}
    return any(NAMED_OF + TOPICS.index(topic) in cues for topic in topics)


def _empty_reasons(
    contact: ContactRecord, cues: AbstractSet[int], history: History, *, is_copy: bool
) -> tuple[str, ...]:
    reasons = []
    if not cues.isdisjoint(_WAITS) and history.has_untold_news(contact):
        reasons.append("contradicted")
    if is_copy:
        reasons.append("copy_of_earlier")
    if Cue.VAGUE_TIME in cues or (Cue.AWAITED in cues and Cue.ASKED not in cues):
        reasons.append("vague_waiting")
    if not cues.isdisjoint(_BOILERPLATE):
        reasons.append("boilerplate")
    if Cue.COMPLIANCE in cues and Cue.NOTHING_NEW not in cues:
        reasons.append("compliance_only")
    return tuple(reasons) or ("no_new_information",)
