"""To whom a card goes: the owner of the duty, and for the police the person who looks after the victim (alerts.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.contacts.safe_contact import FactLike
from services.contacts.sight import REPORTED, RESTRICTED, UNRESTRICTED, allowed_of

POLICE: Final = "police"
COVER: Final = "cover"
"""The worklist of last resort: a team that is there every day. No journey is without a live addressee."""

_ASSIGNED: Final = "policing.officer.assigned.v1"
_RELEASED: Final = "policing.officer.released.v1"
DECIDING: Final = frozenset({_ASSIGNED, _RELEASED, RESTRICTED, UNRESTRICTED, REPORTED})
"""The types of events on which it depends who gets a case's cards."""

_CHAIN: Final = ("SOLO", "DALO", "OIC", "supervisor")
_WORKLISTS: Final = {"wcu": "WCU", "cps": "CPS", "court": "court", "probation": "probation"}
WORKLISTS: Final = frozenset(_WORKLISTS.values())
"""The worklists of other agencies: each a unit's, and no person's."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """An officer's reference or the name of a worklist, and the team, where it is known."""

    ref: str
    team: str | None = None


def addressee_of(
    duty_of: str, for_officer: str | None, victim_id: str | None, facts: Iterable[FactLike], now: datetime
) -> Addressee:
    """Return who gets a card, from the facts of its case, put right.

    Other agencies' duties go to their worklists. Police duties go to the SOLO, else the DALO, else the officer in
    charge, else the supervisor who is assigned now and may see the case, else to the cover of last resort.
    """
    worklist = worklist_of(duty_of)
    happened = sorted(
        (fact for fact in facts if fact.occurred_at <= now), key=lambda each: (each.occurred_at, each.id, each.source)
    )
    team = next((str(fact.data["team"]) for fact in reversed(happened) if _names_team(fact)), None)
    if for_officer is not None:
        return Addressee(for_officer, team)
    if worklist is not None:
        return Addressee(worklist)
    allowed = allowed_of(happened)
    for role in _CHAIN:
        for ref, own_team in _assigned(role, victim_id, happened):
            if allowed is None or ref in allowed:
                return Addressee(ref, own_team or team)
    return Addressee(COVER, team)


def worklist_of(duty_of: str) -> str | None:
    """Return the worklist of the agency that owes something, None where the police look after it."""
    return _WORKLISTS.get(duty_of.strip().lower())


def _assigned(role: str, victim_id: str | None, happened: Iterable[FactLike]) -> list[tuple[str, str | None]]:
    """Return who has the role for this victim, the one assigned last first."""
    now: dict[str, str | None] = {}
    for fact in happened:
        if fact.type not in {_ASSIGNED, _RELEASED} or fact.data.get("role") != role:
            continue
        if victim_id is None or fact.victim_id in (None, victim_id):
            ref = str(fact.data.get("officer_ref"))
            now.pop(ref, None)
            if fact.type == _ASSIGNED:
                now[ref] = fact.data.get("team")
    return list(reversed(now.items()))


def _names_team(fact: FactLike) -> bool:
    return fact.type == REPORTED and bool(fact.data.get("team"))
