"""Words on a person's list: by when to act, whether it may wait, whether a message may be left, who has it in hand."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.contacts.cards import CardKind
from services.contacts.london import due_day
from services.contacts.safe_hours import LONDON
from services.projections.person_cards import CardLine
from services.web.words import day

RESTRICTED: Final = "This case is restricted: ask the officer in charge."

KINDS: Final = {
    CardKind.APPROACHING: "Due soon",
    CardKind.FLAG: "To look at",
    CardKind.GRADE: "About a contact",
    CardKind.LINK: "Not linked",
    CardKind.TASK: "To do",
    CardKind.RECORD: "The record",
    CardKind.REVIEW: "To review",
    CardKind.SET_ASIDE: "Set aside",
}


def act_words(at: datetime | None, now: datetime) -> str:
    """Return by when to act, in as few words as can be read at a glance; a moment that has passed is said as such.

    >>> from datetime import UTC
    >>> act_words(datetime(2026, 11, 20, 16, 30, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC))
    'By 16:30 today'
    """
    if at is None:
        return "No date"
    return f"{'By' if now < at else 'Was to be done by'} {_glance(at, now)}"


def short_act_words(at: datetime | None, now: datetime) -> str:
    """Return the moment to act by for a line among many, such as `16:30 today`."""
    return "no date" if at is None else _glance(at, now)


def _glance(at: datetime, now: datetime) -> str:
    local = at.astimezone(LONDON)
    last = due_day(at)
    away = (last - now.astimezone(LONDON).date()).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(away)
    if last != local.date():
        return f"the end of {near or day(last, now)}"
    return f"{local:%H:%M} {near}" if near else f"{local:%H:%M} on {day(last, now)}"


def kind_of(line: CardLine, now: datetime) -> str:
    """Return what a line is, nothing where its own words begin with that.

    A duty whose date has come is overdue, though the assessment be a moment behind.
    """
    if line.kind == CardKind.OVERDUE:
        return ""
    if line.kind == CardKind.APPROACHING and line.due_at is not None and line.due_at <= now:
        return "Overdue"
    try:
        return KINDS[CardKind(line.kind)]
    except ValueError:
        return line.kind.replace("_", " ")


def voicemail_words(voicemail: bool | None) -> str:
    """Return whether a message may be left; where nobody has said, none may."""
    match voicemail:
        case True:
            return "a message may be left"
        case False:
            return "leave no message"
        case _:
            return "not asked: leave no message"
