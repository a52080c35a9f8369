"""Words for staff: what a state, a flag, a grade or an announcement is called on a page, and days and times in London.

"Overdue", "told late", "no news in this contact", never an accusation and nothing gendered (alerts.md, "Words for
staff"). What is not in a table here is shown as it is stored: a code nobody expected must not keep a page from coming.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from services.contacts.card_words import DUTIES, is_only_a_target
from services.contacts.grading_why import why
from services.contacts.london import day_words
from services.contacts.news import topic_of
from services.contacts.safe_hours import LONDON
from services.projections.shown import Announcement, Duty, SeenContact, ShownFlag
from services.projections.texts_shown import ShownText

QUIET_HOUR: Final = timedelta(hours=1)
"""Nothing is graded aloud in the first hour after a contact (alerts.md)."""

_TOLD: Final = frozenset(rule for rule, duty in DUTIES.items() if duty.owed == "{v} should be told")
"""Rules that are met by telling: what met them late was told late."""

_NEVER: Final = 2200
"""A date from this year on means until further notice (events.md)."""

OWNERS: Final[Mapping[str, str]] = {
    "police": "Police",
    "cps": "Crown Prosecution Service (CPS)",
    "wcu": "Witness Care Unit (WCU)",
    "court": "Court",
    "probation": "Probation",
    "support": "Support service",
    "victim": "The victim, in their own time",
}

STATES: Final[Mapping[str, str]] = {
    "pending": "Open",
    "warned": "Due soon",
    "satisfied": "Met",
    "satisfied_late": "Met late",
    "breached": "Overdue",
    "waived": "Not wanted: the victim chose not to have it",
}

FLAGS: Final[Mapping[str, str]] = {
    "phone_over_24h": "A phone has been kept for more than 24 hours",
    "no_meaningful_update": "No real update in the time agreed",
    "tick_box_run": "Two contacts in a row without news",
    "protection_ending": "Something that protects the victim is about to end",
    "cps_ping_pong": "The file has come back from the prosecution a second time",
    "no_solo": "No SOLO (sexual offences liaison officer) is assigned",
    "no_safe_contact": "No safe contact is recorded",
    "enhanced_flagged_late": "Enhanced rights were not assessed in time",
}

GRADES: Final[Mapping[str, str]] = {
    "meaningful": "A real update",
    "tick_box": "No news in this contact",
    "attempt": "Not reached",
}

AWAITED: Final[Mapping[str, str]] = {
    "prosecution.early_advice": "Early advice",
    "prosecution.decision": "The charging decision",
    "police.file": "The file, sent again",
    "court.hearing": "The court hearing",
    "phone": "The phone, to be returned",
    "review": "The outcome of the review",
    "complaint": "The answer to the complaint",
    "bail_end": "The end of police bail",
    "property": "What was taken, to be returned",
    "promised_call": "The call that was promised",
    "NAT-REVIEW-WINDOW": "Time to ask for a review",
    "NAT-LENIENT-SENTENCE": "Time to question the sentence as too lenient",
    "NAT-COMPENSATION-CLAIM": "Time to claim compensation",
}

TEXT_STATES: Final[Mapping[str, str]] = {
    "requested": "To be decided",
    "held": "Held",
    "sending": "On its way",
    "sent": "Sent",
    "delivered": "Delivered",
    "suppressed": "Not sent",
    "expired": "Not sent: it was held until it was news no longer",
    "permanent_failure": "Not delivered: the number cannot receive it",
    "temporary_failure": "Not delivered: the phone or network could not be reached",
    "technical_failure": "Not delivered: it was refused, or failed, on the way",
    "unknown": "May have been sent: no clear answer came, and it is not sent again",
}

PURPOSES: Final[Mapping[str, str]] = {
    "offer": "Offer to ring about",
    "news": "News of",
    "follow_up": "Follow-up to a call about",
}

PROBLEMS: Final[Mapping[str, str]] = {
    "same_identity_other_content": (
        "An event came again under the same id with other content. The first is kept; ask the source which is right."
    ),
    "same_identity_two_cases": (
        "One event id was used in two cases. The first one is kept; ask the source which case it belongs to."
    ),
}

_ANNOUNCED: Final[Mapping[str, str]] = {
    "obligation.raised": "Owed",
    "obligation.approaching": "Due soon",
    "obligation.satisfied": "Met",
    "obligation.satisfied_late": "Met late",
    "obligation.breached": "Overdue",
    "obligation.overdue": "Past its target date",
    "obligation.breach_withdrawn": "Said to be overdue or late: taken back",
    "obligation.overdue_withdrawn": "Said to be past its target date: taken back",
    "obligation.rescinded": "Not owed after all",
    "obligation.waived": "Not wanted by the victim",
    "obligation.reopened": "Open again",
    "obligation.waiver_withdrawn": "Owed again",
    "obligation.warning_withdrawn": "Not due soon any more",
    "obligation.amended": "Changed",
    "flag.raised": "Flag up",
    "flag.ended": "Flag ended",
    "flag.withdrawn": "Flag taken back",
    "flag.amended": "Flag changed",
    "news.to_tell": "Not told yet",
    "news.withdrawn": "Nothing to tell any more",
}

CAUSES: Final[Mapping[str, str]] = {
    "event": "an event",
    "time": "a date that came",
    "correction": "the record was put right",
    "repair": "a repair of what is stored",
    "ruleset": "other rules in force",
    "backfill": "before go-live, announced to nobody",
}


def owner_of(owner: str) -> str:
    """Return who owes something."""
    return OWNERS.get(owner.strip().lower(), owner)


def on(instant: datetime, now: datetime) -> str:
    """Return a moment, such as `Tue 10 Nov at 14:20`, with its year where that is not the present one."""
    local = instant.astimezone(LONDON)
    return f"{day(local.date(), now)} at {local:%H:%M}"


def day(when: date, now: datetime) -> str:
    """Return a day, such as `Tue 10 Nov`, with its year where that is not the present one."""
    year = "" if when.year == now.astimezone(LONDON).year else f" {when.year}"
    return f"{day_words(when)}{year}"


def by(due_at: datetime, now: datetime) -> str:
    """Return by when something is due; a London midnight is the end of the day before."""
    local = due_at.astimezone(LONDON)
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        ends = local.date() - timedelta(days=1)
        return f"the end of {_near(ends, now, '')}{day(ends, now)}"
    return f"{local:%H:%M} {_near(local.date(), now, 'on ')}{day(local.date(), now)}"


def _near(when: date, now: datetime, otherwise: str) -> str:
    """Return what a day close by is called, before its name."""
    away = (when - now.astimezone(LONDON).date()).days
    return {-1: "yesterday, ", 0: "today, ", 1: "tomorrow, "}.get(away, otherwise)


def expected(when: date | datetime | None, now: datetime) -> str:
    """Return when something awaited is expected."""
    if when is None:
        return "not known"
    if when.year >= _NEVER:
        return "no end set"
    return on(when, now) if isinstance(when, datetime) else day(when, now)


def full_moment(now: datetime) -> str:
    """Return the moment of the page, such as `Friday 20 November 2026, 12:00`."""
    local = now.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M}"


def owed(duty: Duty) -> tuple[str, str]:
    """Return what is owed as the words before and after the victim's reference; the second is empty without one."""
    words = DUTIES.get(duty.rule)
    before, _, after = (words.owed if words else "something is owed to {v}").partition("{v}")
    return before[:1].upper() + before[1:], after


def is_about_the_victim(duty: Duty) -> bool:
    """Whether the sentence of ``owed`` names the victim."""
    words = DUTIES.get(duty.rule)
    return words is None or "{v}" in words.owed


def happened(duty: Duty, now: datetime) -> str:
    """Return what started the duty and when."""
    words = DUTIES.get(duty.rule)
    return f"{words.started() if words else 'Something happened in the case'} on {on(duty.triggered_at, now)}."


def next_step(duty: Duty) -> str:
    """Return what to say or do next."""
    words = DUTIES.get(duty.rule)
    return words.step(is_late=duty.state == "breached") if words else ""


def state_of(duty: Duty) -> str:
    """Return how a duty stands; an advisory one that was not met is past its target, and no more than that."""
    if duty.state == "breached" and duty.advisory:
        return "Past its target date"
    if duty.is_not_linked:
        return "Not linked"
    if duty.state == "satisfied_late" and duty.rule in _TOLD:
        return "Told late"
    return STATES.get(duty.state, duty.state)


def checked(duty: Duty) -> str:
    """Return how a duty without a date stands on the checklist."""
    return {"satisfied": "Done", "satisfied_late": "Done", "waived": "Not wanted"}.get(duty.state, "Open")


def remarks(duty: Duty) -> list[str]:
    """Return what has to be known beside a duty."""
    may_be_linked = duty.state == "breached" and bool(duty.linkable)
    is_target = is_only_a_target(duty.rule, advisory=duty.advisory)
    every = (
        (is_target, "Advisory: a target, not a right."),
        (duty.advisory and not is_target, "Advisory: the Code names no hours, and these are a target."),
        (duty.confidence != "H", "To be confirmed: the date rests on a reading of the rule."),
        (duty.provisional, "Provisional: the date rests on bank holidays that are not yet announced."),
        (may_be_linked, "A later contact may have covered it; whoever made it can link it."),
        (duty.quiet, "From before go-live: nobody was alerted."),
    )
    return [words for applies, words in every if applies]


def grade_of(contact: SeenContact, now: datetime) -> tuple[str, str]:
    """Return a contact's grade and why, kindly; in the first hour after it nothing is said of it."""
    if contact.at is not None and now - contact.at < QUIET_HOUR:
        return "Just made", "It is looked at an hour after it was made."
    name = GRADES.get(contact.grade, contact.grade)
    if contact.same_as is not None:
        return name, "This is another record of a conversation that is counted once."
    if not contact.reasons:
        return name, "A supervisor looked at it again and decided."
    try:
        said = why(contact.grade, contact.reasons)
    except KeyError:
        said = ""
    return name, said + (" There is little to go by." if contact.thinly_evidenced else "")


def announced(entry: Announcement) -> str:
    """Return what was announced."""
    return _ANNOUNCED.get(entry.what, entry.what.replace("_", " "))


def is_shown_yet(flag: ShownFlag, now: datetime) -> bool:
    """Whether a flag may be seen: one that rests on the grade of a contact, from an hour after that contact on."""
    return not _is_within_the_hour(flag.kind, flag.since, now)


def _is_within_the_hour(kind: str, since: datetime | None, now: datetime) -> bool:
    return kind == "tick_box_run" and since is not None and now - since < QUIET_HOUR


def about(entry: Announcement, now: datetime) -> str:
    """Return what an announcement is about; a type of event that is never texted is not named."""
    if entry.thing == "flag" and _is_within_the_hour(entry.about, entry.since, now):
        return "It is said an hour after the contact that it is about"
    match entry.thing:
        case "obligation":
            words = DUTIES.get(entry.about)
            return words.owed.format(v=_THE_VICTIM) if words else entry.about
        case "flag":
            return FLAGS.get(entry.about, entry.about)
        case _:
            return topic_of(entry.about)


_THE_VICTIM: Final = "the victim"


def text_about(text: ShownText) -> str:
    """Return what a text is about and for."""
    return f"{PURPOSES.get(text.purpose, text.purpose)} {topic_of(text.event_type)}"
