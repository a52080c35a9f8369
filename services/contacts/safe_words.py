"""Safe contact in words, for whoever is about to ring: hours by weekday, days that are excluded, voicemail or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from typing import Final

from services.contacts.london import day_words
from services.contacts.safe_contact import SAFE_CONTACT, FactLike, SafeContact
from services.contacts.safe_hours import ANY_TIME, LONDON, Span, Week, windows

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WHOLE_DAY: Final = (0, 24 * 60)

NOT_RECORDED: Final = "No safe hours are recorded: ask when it is safe to ring."
NOT_UNDERSTOOD: Final = "The safe hours recorded cannot be understood: ask again, and record them."


def safe_hours_words(safe: SafeContact, today: date) -> str:
    """Return when it is safe to ring, in London time, such as `Mon to Fri 10:00-14:00; not on Tue 8 Dec`."""
    if safe.sms is None:
        return NOT_RECORDED
    if safe.week is None:
        return NOT_UNDERSTOOD
    parts = [week_words(safe.week)]
    parts += [f"not on {day_words(day)}" for day in sorted(safe.not_on) if day >= today]
    if safe.lapsed:
        parts.append("this has run out: ask again")
    elif safe.suspended_by is not None:
        parts.append("something happened since: ask again")
    return "; ".join(parts)


def not_now_words(safe: SafeContact, now: datetime) -> str | None:
    """Return that it is not safe to ring now and when it next is, London time; None where it is safe, or not known.

    What the victim called safe is safe at night as well; the next hours named lie between 08:00 and 20:00.
    """
    if safe.sms is None or safe.week is None:
        return None
    local = now.astimezone(LONDON)
    minute = local.hour * 60 + local.minute
    if local.date() not in safe.not_on and any(start <= minute < end for start, end in safe.week[local.weekday()]):
        return None
    coming = next(windows(safe.week, now, safe.not_on, None), None)
    if coming is None:
        return "not now, and at no hour in the next weeks: ask the duty supervisor"
    opens = coming.opens.astimezone(LONDON)
    days_ahead = (opens.date() - local.date()).days
    when = {0: "today", 1: "tomorrow"}.get(days_ahead, f"on {day_words(opens.date())}")
    return f"not now: from {opens:%H:%M} {when}"


def week_words(week: Week) -> str:
    """Return the hours of a week.

    >>> week_words((((600, 840),), ((600, 840),), (), (), (), ((0, 1440),), ()))
    'Mon to Tue 10:00-14:00, Sat all day'
    """
    if week == ANY_TIME:
        return "any day, any hour"
    parts = []
    for spans, days in groupby(range(7), key=lambda day: week[day]):
        named = list(days)
        if spans:
            first, last = _DAYS[named[0]], _DAYS[named[-1]]
            parts.append(f"{first if first == last else f'{first} to {last}'} {_spans_words(spans)}")
    return ", ".join(parts) or "at no hour"


def voicemail_of(victim_id: str, facts: Iterable[FactLike]) -> bool | None:
    """Return whether a message may be left, from the latest record of each case; None where nobody has said.

    One "no" outweighs every "yes": another case may know of somebody who listens.
    """
    latest: dict[str, FactLike] = {}
    for fact in sorted(facts, key=lambda each: (each.occurred_at, each.id, each.source)):
        if fact.type == SAFE_CONTACT and fact.victim_id == victim_id:
            latest[fact.case_id] = fact
    said = [fact.data.get("voicemail") for fact in latest.values()]
    if any(each is False for each in said):
        return False
    return True if any(each is True for each in said) else None


def _spans_words(spans: Iterable[Span]) -> str:
    return " and ".join("all day" if span == _WHOLE_DAY else f"{_clock(span[0])}-{_clock(span[1])}" for span in spans)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
