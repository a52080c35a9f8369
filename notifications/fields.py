"""What fills a template's fields, from the event and what is known of the case; None where it is not known.

Words for victims: plain, short, and never the offence, a name or a place (texts-to-victims.md, "Words").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from services.contacts.london import clock_words, long_day_words
from services.contacts.person import Person
from services.contacts.safe_contact import FactLike
from services.contacts.safe_hours import LONDON, NEVER

_UPDATE: Final = "KENT-UPDATE"

_ROLES: Final[Mapping[str, str]] = {
    "SOLO": "an officer of your own, who is there to support you",
    "DALO": "an officer of your own, who is there to support you",
    "OIC": "an officer in charge of your case",
    "WCU_officer": "a witness care officer, who helps people through court",
}

_SERVICES: Final[Mapping[str, str]] = {
    "victim_support": "Victim Support, a free service with people you can talk to",
    "isva": "a free adviser of your own, apart from the police",
    "idva": "a free adviser of your own, apart from the police",
    "isac": "a free adviser of your own, apart from the police",
    "other": "a free support service, apart from the police",
}
"""A referral to a centre for sexual assault has no words: its name alone would say too much."""

_HEARINGS: Final[Mapping[str, str]] = {
    "first": "the first hearing",
    "plea": "a hearing",
    "trial": "the trial",
    "sentence": "the sentencing hearing",
    "bail": "a hearing",
    "appeal": "an appeal hearing",
    "other": "a hearing",
}


def hear_by_of(person: Person, case_id: str, duties: Sequence[Mapping[str, Any]]) -> date | None:
    """Return the London day by which the victim is owed the next update once they have this text, if any is owed.

    A text that states news is an update: it ends the period that runs and begins one of the agreed length, so the date
    of the one that runs would be a promise that nobody keeps (victims-code.md, KENT-UPDATE). ``duties`` are the open
    obligations of the case as surfaces.md has them.
    """
    owed = [each for each in duties if each["rule"] == _UPDATE and each["victim_id"] == person.victim_id]
    runs = next((each for each in owed if each["due_on"] is not None), None)
    if runs is None:
        return None
    agreed = person.agreed_frequency(case_id)
    if agreed is None:
        started = datetime.fromisoformat(runs["triggered_at"]).astimezone(LONDON).date()
        days: int | None = (date.fromisoformat(runs["due_on"]) - started).days
    else:
        days = agreed.days
    return None if days is None else person.now.astimezone(LONDON).date() + timedelta(days=days)


def values_of(fact: FactLike, *, hear_by: date | None = None) -> dict[str, str | None]:
    """Return every field that this event can fill; ``hear_by`` is when the next update is due, London date."""
    data = fact.data
    hearing = _hearing_at(data.get("starts_at"))
    return {
        "officer_role": _ROLES.get(str(data.get("role"))),
        "service": _SERVICES.get(str(data.get("service"))),
        "hearing_kind": _HEARINGS.get(str(data.get("kind"))),
        "hearing_day": f"{long_day_words(hearing.date())} {hearing.year}" if hearing else None,
        "hearing_time": clock_words(hearing) if hearing else None,
        "hear_by": long_day_words(hear_by) if hear_by else None,
    }


def _hearing_at(starts_at: Any) -> datetime | None:
    """Return when a hearing starts, London time; None where the date is "never" or a midnight that stands for a day."""
    if not isinstance(starts_at, str):
        return None
    hearing = datetime.fromisoformat(starts_at).astimezone(LONDON)
    is_placeholder = hearing.year >= NEVER or hearing.time() == time()
    return None if is_placeholder else hearing
