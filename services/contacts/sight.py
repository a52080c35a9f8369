"""Who may see a case: restricted to some people, or sealed from everybody until the victim reports (events.md).

Pure, over the facts of the case, put right. Pages and lists leave out what may not be seen; planning gives a card of a
restricted case to nobody who may not see it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.contacts.safe_contact import FactLike

RESTRICTED: Final = "policing.case.restricted.v1"
UNRESTRICTED: Final = "policing.case.unrestricted.v1"
ATTENDED: Final = "support.sarc.attended.v1"
REPORTED: Final = "policing.crime.reported.v1"

OF_SIGHT: Final = frozenset({RESTRICTED, UNRESTRICTED, ATTENDED, REPORTED})
"""The types of events on which it depends who may see a case."""

BEGINNING: Final = frozenset({RESTRICTED, ATTENDED})
"""Without one of these everybody may see a case who may see such cases at all."""


def allowed_of(happened: Iterable[FactLike]) -> tuple[str, ...] | None:
    """Return who alone may see a case, as the restriction names them, or None where it is not restricted.

    ``happened`` is what has happened so far, in order.
    """
    allowed: tuple[str, ...] | None = None
    for fact in happened:
        if fact.type == RESTRICTED:
            allowed = tuple(dict.fromkeys(map(str, fact.data.get("allowed") or ())))
        elif fact.type == UNRESTRICTED:
            allowed = None
    return allowed


def is_sealed(happened: Iterable[FactLike]) -> bool:
    """Whether a case holds a self-referral to a sexual assault referral centre, and nobody has reported in it yet.

    Such a case is shown to nobody. Once a victim of the case has reported, hiding all of it would silence what is owed
    to that victim; of the self-referral itself nothing is ever shown or owed.
    """
    known = list(happened)
    return any(_is_self_referral(fact) for fact in known) and not any(fact.type == REPORTED for fact in known)


def _is_self_referral(fact: FactLike) -> bool:
    return fact.type == ATTENDED and fact.data.get("self_referred") is True
