"""Which cards a case's announcements raise, change and close: pure, over snapshots as they are announced.

One card an obligation: raised when it is announced as approaching, the same card when it is overdue, closed when it is
met, waived or withdrawn; once overdue, a second one is for the supervisor. A flag beside an obligation adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Protocol

from services.contacts import card_words as words
from services.contacts.addressee import POLICE, worklist_of
from services.contacts.london import due_day
from services.contacts.safe_contact import FactLike
from services.provisions.working_days import WorkingDays, add_days, end_of_day, london_date, london_time

SUPERVISOR: Final = "supervisor"
"""Whose duty a review is: found on the roster when it is planned."""

_SUPERVISORS_LIST: Final = 7
"""The London hour of the supervisor's list."""

QUIET_HOUR: Final = timedelta(hours=1)
"""Nothing is graded aloud in the first hour after a contact (alerts.md)."""

_URGENT_RULES: Final = frozenset({"KENT-PHONE-24H", "VC-R11-ESCAPE"})


class CardKind(StrEnum):
    """What a card is about."""

    APPROACHING = "approaching"
    """A duty will soon be due."""
    OVERDUE = "overdue"
    """A duty is past due and not met."""
    FLAG = "flag"
    """Something about the case that a person should see."""
    GRADE = "grade"
    """A contact told nothing; for whoever recorded it."""
    LINK = "link"
    """Contacts of one person may have told what is shown as overdue; for whoever recorded them."""
    TASK = "task"
    """A text was not sent, or has to be followed by a call."""
    RECORD = "record"
    """Something in the record has to be put right."""
    REVIEW = "review"
    """For the supervisor: a duty past due, or a grade that somebody disputes."""
    SET_ASIDE = "set_aside"
    """The case could not be assessed; it is shown as it last was."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a person should do or see next.

    ``about`` names the thing whose end closes the card. ``raised_at`` may lie ahead: the card is shown from then on.
    ``duty_of`` is an agency; ``for_officer`` the person it is for, where that does not follow from the case.
    ``is_short``: of a duty with a limit of up to one Working Day, which is shown twice. ``never_interrupts``: of an
    advisory duty, or a task that may wait for the victim's next card.
    """

    kind: CardKind
    about: str
    victim_id: str | None
    rule: str | None
    event_id: str | None
    due_at: datetime | None
    say: str
    raised_at: datetime
    duty_of: str = POLICE
    for_officer: str | None = None
    urgent: bool = False
    never_interrupts: bool = False
    is_short: bool = False

    def key(self, case_id: str) -> bytes:
        """Return the card's identity: the thing it is about, with the contact graded, or whoever is asked about it."""
        beside = {CardKind.GRADE: self.event_id, CardKind.LINK: self.for_officer}.get(self.kind)
        family = "duty" if self.kind in {CardKind.APPROACHING, CardKind.OVERDUE} else self.kind.value
        parts = (case_id, family, self.about, beside or "", self.victim_id or "")
        return sha256("\0".join(parts).encode(errors="surrogatepass")).digest()


class Announced(Protocol):
    """What this module reads of an announcement; ``services.journeys.changes.Announcement`` is one."""

    @property
    def thing(self) -> str:
        """Obligation, flag or news."""

    @property
    def id(self) -> str:
        """The thing's id."""

    @property
    def state(self) -> str:
        """What it is now."""

    @property
    def body(self) -> Mapping[str, Any]:
        """The snapshot."""


class TextAsked(Protocol):
    """What names a text: the fact, the victim and the purpose."""

    @property
    def victim_id(self) -> str:
        """For whom."""

    @property
    def event_id(self) -> str:
        """About which event."""

    @property
    def source(self) -> str:
        """The event's source."""

    @property
    def purpose(self) -> str:
        """Offer, news or follow_up."""


def cards_of(
    announcement: Announced,
    owed: frozenset[tuple[str, str]],
    facts: Mapping[str, FactLike],
    days: WorkingDays,
    now: datetime,
    *,
    is_correction: bool = False,
) -> list[Card]:
    """Return the cards that the thing announced calls for now; none means that its cards are closed.

    ``owed`` are the rules and victims of all obligations of the case; ``facts`` are the case's, put right, by id.
    ``is_correction``: what is announced came of a record put right, or of a contact linked to what it covered.
    """
    body = announcement.body
    match announcement.thing, announcement.state:
        case "obligation", "warned" if body["due_at"] is not None:
            return [_approaching(announcement, now)]
        case "obligation", "breached" if body["due_at"] is not None:
            return list(_overdue(announcement, facts, days, now, is_correction=is_correction))
        case "flag", "raised" if body["kind"] in words.FLAGS and not _is_beside(body, owed):
            return [_flag(announcement, facts, days, now)]
        case _:
            return []


def text_task(
    request: TextAsked,
    say: str,
    rule: str | None,
    now: datetime,
    *,
    due_at: datetime | None = None,
    urgent: bool = False,
    may_wait: bool = False,
) -> Card:
    """Return the task that stands for a text, or follows it: one for each fact, victim and purpose.

    One that ``may_wait`` opens no card: it comes with the victim's next one, or after some days.
    """
    return Card(
        kind=CardKind.TASK,
        about=f"text:{request.purpose}:{request.source}:{request.event_id}",
        victim_id=request.victim_id,
        rule=rule,
        event_id=request.event_id,
        due_at=due_at,
        say=say,
        raised_at=now,
        urgent=urgent,
        never_interrupts=may_wait,
    )


def _approaching(announcement: Announced, now: datetime) -> Card:
    body = announcement.body
    due_at = datetime.fromisoformat(body["due_at"])
    return Card(
        kind=CardKind.APPROACHING,
        about=announcement.id,
        victim_id=body["victim_id"],
        rule=body["rule"],
        event_id=body["trigger_event_id"],
        due_at=due_at,
        say=words.say_approaching(body["rule"], body["victim_id"], _triggered_at(body), due_at, body["confidence"]),
        raised_at=now,
        duty_of=body["owner"],
        urgent=body["rule"] in _URGENT_RULES,
        never_interrupts=body["advisory"],
        # Limits of up to one Working Day are warned of with the trigger, and no others (surfaces.md, warn_at).
        is_short=body["warn_at"] == body["triggered_at"],
    )


def _overdue(
    announcement: Announced, facts: Mapping[str, FactLike], days: WorkingDays, now: datetime, *, is_correction: bool
) -> Iterator[Card]:
    body = announcement.body
    due_at = datetime.fromisoformat(body["due_at"])
    linkable = body.get("possible_discharge") or []
    raised_at = now
    if linkable or is_correction:
        # Whoever made the contact is asked first; nobody hears of a breach before the end of the next Working Day, nor
        # does an answer about one duty bring forward what is heard of the others.
        raised_at = max(now, end_of_day(days.after(due_day(due_at), 1)))
    late = Card(
        kind=CardKind.OVERDUE,
        about=announcement.id,
        victim_id=body["victim_id"],
        rule=body["rule"],
        event_id=body["trigger_event_id"],
        due_at=due_at,
        say=words.say_overdue(
            body["rule"],
            body["victim_id"],
            _triggered_at(body),
            due_at,
            body["confidence"],
            may_be_linked=bool(linkable),
            advisory=body["advisory"],
        ),
        raised_at=raised_at,
        duty_of=body["owner"],
        urgent=body["rule"] in _URGENT_RULES,
        never_interrupts=body["advisory"],
    )
    yield late
    if not body["advisory"]:
        yield _review(late)
    yield from _links(body, announcement.id, due_at, [facts[each] for each in linkable if each in facts], now)


def _links(
    body: Mapping[str, Any], about: str, due_at: datetime, contacts: Sequence[FactLike], now: datetime
) -> Iterator[Card]:
    """Yield one question to each person who may have told of it: in a year somebody may make a dozen such contacts."""
    theirs: dict[str | None, list[FactLike]] = {}
    for contact in sorted(contacts, key=lambda each: (each.occurred_at, each.id)):
        officer = _recorder_of(contact)
        # Of a contact without a name, whoever looks after the victim is asked: somebody has to be.
        theirs.setdefault(officer or None, []).append(contact)
    for officer, made in theirs.items():
        first = made[0]
        yield Card(
            kind=CardKind.LINK,
            about=about,
            victim_id=body["victim_id"],
            rule=body["rule"],
            event_id=first.id,
            due_at=due_at,
            say=words.say_link(
                body["victim_id"], first.occurred_at, body["rule"], later=len(made) - 1, is_theirs=officer is not None
            ),
            raised_at=now,
            for_officer=officer,
        )


def _recorder_of(contact: FactLike | None) -> str | None:
    recorded_by = contact.data.get("recorded_by") if contact is not None else None
    return recorded_by.get("officer_ref") if isinstance(recorded_by, Mapping) else None


def _review(late: Card) -> Card:
    """Return the supervisor's card of a duty past due: on the list at 07:00, not on a telephone at midnight.

    What another agency owes is for that agency's worklist.
    """
    duty_of = SUPERVISOR if worklist_of(late.duty_of) is None else late.duty_of
    return replace(late, kind=CardKind.REVIEW, raised_at=next_list(late.raised_at), duty_of=duty_of, urgent=False)


def next_list(at: datetime) -> datetime:
    """Return the moment of the next supervisor's list, 07:00 London, at or after a moment."""
    day = london_date(at)
    seven = london_time(day, _SUPERVISORS_LIST)
    return seven if seven >= at else london_time(add_days(day, 1), _SUPERVISORS_LIST)


def _flag(announcement: Announced, facts: Mapping[str, FactLike], days: WorkingDays, now: datetime) -> Card:
    body = announcement.body
    kind, victim_id = body["kind"], body["victim_id"]
    event = facts.get(body["event_id"])
    since = datetime.fromisoformat(body["since"])
    raised_at, due_at, for_officer = now, None, None
    if kind == "no_safe_contact" and event is not None and event.occurred_at == since:
        # The officer has until the end of the first Working Day after the report before anything is said.
        raised_at = max(now, end_of_day(days.after(london_date(since), 1)))
    if kind == "tick_box_run":
        raised_at, for_officer = max(now, since + QUIET_HOUR), _recorder_of(event)
    if kind == "protection_ending" and event is not None and (ends_on := event.data.get("ends_on")) is not None:
        due_at = end_of_day(datetime.fromisoformat(ends_on).date())
    return Card(
        kind=CardKind.FLAG,
        about=announcement.id,
        victim_id=victim_id,
        rule=kind,
        event_id=body["event_id"],
        due_at=due_at,
        say=words.FLAGS[kind].format(v=victim_id),
        raised_at=raised_at,
        for_officer=for_officer,
    )


def _is_beside(body: Mapping[str, Any], owed: frozenset[tuple[str, str]]) -> bool:
    return (words.BESIDE_AN_OBLIGATION.get(body["kind"], ""), body["victim_id"]) in owed


def _triggered_at(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["triggered_at"])
