"""What fills a template's fields, from the event and what is known of the case; None where it is not known.

Words for victims: plain, short, and never the offence, a name or a place (texts-to-victims.md, "Words").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from services.contacts.london import clock_words, long_day_words
from services.contacts.safe_contact import FactLike
from services.contacts.safe_hours import LONDON

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


def values_of(fact: FactLike, *, hear_by: date | None = None) -> dict[str, str | None]:
    """Return every field that this event can fill; ``hear_by`` is when the next update is due, London date."""
    data = fact.data
    starts_at = data.get("starts_at")
    hearing = datetime.fromisoformat(starts_at) if isinstance(starts_at, str) else None
    return {
        "officer_role": _ROLES.get(str(data.get("role"))),
        "service": _SERVICES.get(str(data.get("service"))),
        "hearing_kind": _HEARINGS.get(str(data.get("kind"))),
        "hearing_day": long_day_words(hearing.astimezone(LONDON).date()) if hearing else None,
        "hearing_time": clock_words(hearing) if hearing else None,
        "hear_by": long_day_words(hear_by) if hear_by else None,
    }
