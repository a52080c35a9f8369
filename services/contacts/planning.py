"""Who sees a card, by when they must act, and when it is put in front of them: pure, over roster and safe hours.

`act_by` is the end of the last safe window before the deadline in which the person is at work: a duty due at midnight
is useless to somebody who may ring until 17:00 (alerts.md, "When"). Cards wait for the list of a shift; what cannot
wait, and what must never wait, interrupts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.contacts.addressee import COVER, WORKLISTS
from services.contacts.grade_cards import GRADED_FLAGS
from services.contacts.london import due_day
from services.contacts.roster import LOOK_AHEAD, Roster, Shift
from services.contacts.safe_contact import SafeContact
from services.contacts.safe_hours import ANY_TIME, Week, Window, windows
from services.provisions.working_days import add_days, london_date, london_time

REVIEW: Final = "review"
"""The kind of card that a supervisor looks at: a duty past due, a grade somebody disputes."""

GRADE: Final = "grade"
"""The kind of card that says what a contact was graded, for whoever recorded it."""

TASK: Final = "task"
"""The kind of card that stands for a text."""

_SUPERVISORS_LIST: Final = 7
"""The London hour of the supervisor's list: breaches go there, never to a telephone at midnight."""

_EVENING: Final = 20
"""By this London hour something is to be done where no safe window is left: on the day it is due, or the day before."""

AWAY: Final = timedelta(days=3)
"""Longer than this without a shift, and a card without a deadline does not wait for the person."""

_ASKED_ALONE: Final = timedelta(days=14)
"""A question only one person can answer waits this long for them."""

_IN_HAND: Final = timedelta(days=5)
"""Who has said that a card is in hand keeps it while they are at work again within this: the longest bank holiday."""

_LONG_ENOUGH: Final = timedelta(minutes=30)
"""A shorter window counts only where nobody has a longer one: two minutes are no time for such a call."""

_SEARCHED: Final = timedelta(days=21)
"""How long before a deadline the last window is looked for; a person away for longer than this is covered."""

WAITS: Final = timedelta(days=365)
"""How long a task that nothing is owed for waits for the victim's next card; meanwhile it stands on the worklist."""

GRADE_WAITS: Final = timedelta(days=5)
"""How long what a grade says waits for the victim's next card: it helps with the next call, and is for none by itself.

Within the week in which anybody is asked about a contact at all (``grade_cards.GRADED_SINCE``).
"""

_NEVER_ON_A_CALL: Final = frozenset({"grade", "link", "record", "set_aside", REVIEW})
"""Kinds that ask for no call: the victim's safe hours do not bound them."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do, as planning sees it. ``addressee`` looks after the victim, or is another agency's worklist.

    ``for_officer`` is the person who alone can answer, if there is one. ``is_short`` is true of duties with a limit of
    up to one Working Day, which are shown twice. ``never_interrupts``: of an advisory duty, or a task that may wait.
    ``allowed`` are the people who alone may see the case, None where it is not restricted. ``held_by`` has it on their
    list, and somebody has it in hand.
    """

    kind: str
    rule: str | None
    due_at: datetime | None
    raised_at: datetime
    addressee: str
    team: str | None = None
    for_officer: str | None = None
    urgent: bool = False
    never_interrupts: bool = False
    is_short: bool = False
    allowed: tuple[str, ...] | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class SafeTimes:
    """When this person may be rung: London hours by weekday, and days that are excluded."""

    week: Week = ANY_TIME
    not_on: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """To whom, by when, and when it is put in front of them; instants are UTC.

    ``show_at`` is the moment of a list, or of an interruption; ``again_at`` that of a second look.
    """

    to: str
    act_by: datetime | None
    show_at: datetime
    again_at: datetime | None = None
    interrupts: bool = False


def safe_times_of(safe: SafeContact) -> SafeTimes:
    """Return when somebody may be rung under these terms; never where the hours cannot be understood.

    Terms that have lapsed still bound it: the last that is known of when a call was safe beats no bound at all.
    """
    return SafeTimes(safe.week if safe.week is not None else ((),) * 7, safe.not_on)


def plan(item: Item, safe: SafeTimes, roster: Roster, now: datetime) -> Plan:
    """Return who gets the card, by when they must act, and when they see it.

    The person who looks after the victim gets it if they are at work in a safe window before the deadline; else the
    first of their cover, their supervisor and the cover of last resort who is. What is in hand stays where it is. Of a
    restricted case only those who may see it count.
    """
    at = max(item.raised_at, now)
    if item.kind in _NEVER_ON_A_CALL:
        safe = SafeTimes()
    if item.held_by is not None and _keeps(item, item.held_by, roster, at):
        return _in_hand(item, item.held_by, safe, roster, at)
    if item.kind == REVIEW or _is_graded(item):
        return _for_one(item, roster, at)
    chain = _chain(item, roster)
    to, act_by = _who_and_by_when(item, chain, safe, roster, at)
    if item.urgent:
        at_once = next((each for each in chain if roster.shift_at(each, at) is not None), _if_nobody(item, chain))
        return Plan(at_once, act_by, at, interrupts=True)
    list_at = _waits_until(item, to, act_by, roster, at) if may_wait(item) else _next_list(roster, to, at)
    if (
        act_by is not None
        and item.due_at is not None
        and at < item.due_at
        and act_by <= list_at
        and not item.never_interrupts
    ):
        coming = None if roster.shift_at(to, at) is not None else roster.next_shift(to, at)
        if coming is None or coming.starts_at >= act_by:
            return Plan(to, act_by, at, interrupts=True)
        # They are not at work, and will be in time: before the list of that shift, and not on a telephone at night.
        return Plan(to, act_by, coming.starts_at)
    return Plan(to, act_by, list_at, _again_at(item, to, act_by, list_at, roster))


def may_wait(item: Item) -> bool:
    """Whether an item opens no card: it comes with whatever is next for the victim.

    So does a task that nothing rests on, and what is said of a grade.
    """
    return item.kind == GRADE or (item.kind == TASK and item.never_interrupts and not item.urgent)


def _waits_until(item: Item, to: str, act_by: datetime | None, roster: Roster, at: datetime) -> datetime:
    """Return when an item that opens no card is shown at the latest: on the last list before it is to be done."""
    if item.due_at is None:
        return _next_list(roster, to, max(item.raised_at + WAITS, at))
    last = None if act_by is None or item.due_at <= at else _last_list(roster, to, at, act_by)
    return last or _next_list(roster, to, at)


def goes_on_to(to: str, team: str | None, allowed: tuple[str, ...] | None, roster: Roster, now: datetime) -> str | None:
    """Return to whom an interruption goes on that nobody acknowledged: a supervisor at work now, of the team first.

    None where nobody else may see the case: the control room is next, which is told its id alone.
    """
    supervisors = [roster.duty_supervisor(team, now), roster.supervisor_of(to, team)]
    if allowed is None:
        found = supervisors[0] or supervisors[1]
        return found if found is not None and found != to else roster.cover
    others = [each for each in dict.fromkeys([*supervisors, *allowed]) if each is not None and each != to]
    may_see = [each for each in others if each in allowed]
    at_work = (each for each in may_see if roster.shift_at(each, now) is not None)
    return next(at_work, may_see[0] if may_see else None)


def _keeps(item: Item, held_by: str, roster: Roster, at: datetime) -> bool:
    """Whether whoever has a card in hand keeps it: they may still see it, and are at work again soon."""
    may_see = item.allowed is None or held_by in item.allowed or held_by in WORKLISTS
    return may_see and _has_a_list_within(roster, held_by, at, _IN_HAND)


def _in_hand(item: Item, held_by: str, safe: SafeTimes, roster: Roster, at: datetime) -> Plan:
    """Return the plan of what somebody has in hand: only by when it is to be done can have moved."""
    if item.kind == REVIEW:
        return Plan(held_by, None, at)
    _, act_by = _who_and_by_when(item, [held_by], safe, roster, at)
    return Plan(held_by, act_by, at, _again_at(item, held_by, act_by, at, roster))


def _chain(item: Item, roster: Roster) -> list[str]:
    """Return who may get an item, in order; never empty. The worklists of other agencies are no person's."""
    first = item.for_officer or item.addressee
    if first == COVER:
        # Nobody looks after the victim: the team's supervisor does, and the last resort where there is none.
        first = (roster.supervisor_of_team(item.team) if item.team else None) or roster.cover
    chain = list(dict.fromkeys([first, *roster.stand_ins(first)]))
    if item.allowed is None:
        return chain
    may_see = [each for each in chain if each in item.allowed or each in WORKLISTS]
    return list(dict.fromkeys([*may_see, *item.allowed])) or [roster.cover]


def _is_graded(item: Item) -> bool:
    return item.for_officer is not None and (item.kind == GRADE or item.rule in GRADED_FLAGS)


def _for_one(item: Item, roster: Roster, at: datetime) -> Plan:
    """Return the plan of a review, or of a grade: that is for whoever recorded the contact, whenever they are back.

    On another's list it would say how a colleague was graded.
    """
    if _is_graded(item) and item.for_officer is not None:
        one = item.for_officer
        last = _last_list(roster, one, at, item.raised_at + GRADE_WAITS) if may_wait(item) else None
        return Plan(one, None, last or _next_list(roster, one, at))
    return Plan(_reviewer(item, roster, at), None, _next_seven(at))


def _reviewer(item: Item, roster: Roster, at: datetime) -> str:
    """Return who reviews: a supervisor at work within days, never the person whom it is about; else the last resort.

    What another agency owes is for its own worklist.
    """
    if item.addressee in WORKLISTS:
        return item.addressee
    about = {item.addressee, item.for_officer}
    line = roster.supervisor_of(item.for_officer or item.addressee, item.team)
    cover = roster.cover_of(line) if line is not None else None
    named = [line, cover, roster.supervisor_of_team(item.team), roster.duty_supervisor(item.team, at)]
    may = [each for each in dict.fromkeys([*named, *roster.supervisors]) if each is not None and each not in about]
    if item.allowed is not None:
        may = [each for each in dict.fromkeys([*may, *item.allowed]) if each in item.allowed and each not in about]
    otherwise = may[0] if item.allowed is not None and may else roster.cover
    return next((each for each in may if _has_a_list_within(roster, each, at, AWAY)), otherwise)


def _if_nobody(item: Item, chain: list[str]) -> str:
    """Return who gets an item that none of those who may get it is at work for: the last resort, if it may see it."""
    return chain[-1] if item.allowed is None else chain[0]


def _who_and_by_when(
    item: Item, chain: list[str], safe: SafeTimes, roster: Roster, at: datetime
) -> tuple[str, datetime | None]:
    if item.due_at is None or item.due_at <= at:
        patience = _ASKED_ALONE if item.for_officer else AWAY
        within = (each for each in chain if _has_a_list_within(roster, each, at, patience))
        to = next(within, _if_nobody(item, chain))
        if item.due_at is None:
            return to, None
        seen_at = at if item.urgent else _next_list(roster, to, at)
        soonest = next(_windows_at_work(roster, to, safe, seen_at, seen_at + AWAY), None)
        return to, soonest.closes if soonest is not None else _evening_of(seen_at)
    starts = max(at, item.due_at - _SEARCHED)
    for least in (_LONG_ENOUGH, timedelta()):
        for each in chain:
            fitting = [
                window.closes
                for window in _windows_at_work(roster, each, safe, starts, item.due_at)
                if window.closes - window.opens >= least
            ]
            if fitting:
                return each, fitting[-1]
    # No window is safe before the deadline: whoever is there first asks how to be in touch.
    at_work = (each for each in chain if next(roster.shifts_of(each, at, item.due_at), None) is not None)
    return next(at_work, _if_nobody(item, chain)), _evening_before(item.due_at, at)


def _windows_at_work(roster: Roster, ref: str, safe: SafeTimes, start: datetime, end: datetime) -> Iterator[Window]:
    """Return the stretches in which the victim may be rung and this person is at work, in order."""
    shifts = list(roster.shifts_of(ref, start, end))
    for window in windows(safe.week, start, safe.not_on, None):
        if window.opens >= end:
            return
        for shift in shifts:
            opens, closes = max(window.opens, shift.starts_at, start), min(window.closes, shift.ends_at, end)
            if opens < closes:
                yield Window(opens, closes)


def _has_a_list_within(roster: Roster, ref: str, at: datetime, patience: timedelta) -> bool:
    return any(shift.list_at >= at for shift in roster.shifts_of(ref, at, at + patience))


def _next_list(roster: Roster, ref: str, at: datetime) -> datetime:
    """Return the moment of the next list of this person, this shift's own if it is still to come."""
    coming = (shift.list_at for shift in roster.shifts_of(ref, at, at + LOOK_AHEAD))
    return next((moment for moment in coming if moment >= at), at)


def _last_list(roster: Roster, ref: str, at: datetime, before: datetime) -> datetime | None:
    """Return the moment of the last list of this person before another moment, if there is one still to come."""
    in_time = [shift.list_at for shift in roster.shifts_of(ref, at, before) if at <= shift.list_at < before]
    return in_time[-1] if in_time else None


def _again_at(item: Item, to: str, act_by: datetime | None, list_at: datetime, roster: Roster) -> datetime | None:
    """Return the start of the last shift before a short limit, if the card was shown in an earlier one."""
    if not item.is_short or act_by is None:
        return None
    last: Shift | None = None
    for last in roster.shifts_of(to, list_at, act_by):  # noqa: B007 - the last one is wanted
        pass
    return last.list_at if last is not None and list_at < last.list_at < act_by else None


def _next_seven(at: datetime) -> datetime:
    today = london_date(at)
    seven = london_time(today, _SUPERVISORS_LIST)
    return seven if seven >= at else london_time(add_days(today, 1), _SUPERVISORS_LIST)


def _evening_of(at: datetime) -> datetime:
    """Return 20:00 London of that day, or of the next where that has passed: never a moment that lies behind."""
    today = london_date(at)
    evening = london_time(today, _EVENING)
    return evening if evening > at else london_time(add_days(today, 1), _EVENING)


def _evening_before(due_at: datetime, at: datetime) -> datetime:
    """Return 20:00 London before a deadline, or the deadline itself where that has passed."""
    day = due_day(due_at)
    evening = london_time(day, _EVENING)
    evening = evening if evening < due_at else london_time(add_days(day, -1), _EVENING)
    return evening if evening > at else due_at
