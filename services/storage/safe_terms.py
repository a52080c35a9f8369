"""When each of several people may be rung, from the facts of all their cases: one load, for planning and for pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.safe_contact import SAFE_CONTACT, SUSPENDING, SafeContact, safe_contact_of
from services.contacts.safe_words import voicemail_of
from services.journeys.event_types import KNOWLEDGE
from services.journeys.facts import Fact
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from services.storage.people import readable_facts_of_cases
from services.storage.sets import is_among
from services.storage.tables import case_key, case_victims, victim_key

_WANTED: Final = frozenset({SAFE_CONTACT, *SUSPENDING, *KNOWLEDGE})

_named = select(case_victims.c.victim_key, case_victims.c.case_key).where(is_among(case_victims.c.victim_key, "keys"))

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SafeTerms:
    """On what terms somebody may be rung now: the strictest of all their cases; None: nobody has said."""

    safe: SafeContact
    voicemail: bool | None


async def safe_terms_of(conn: AsyncConnection, victim_ids: Iterable[str], now: datetime) -> dict[str, SafeTerms | None]:
    """Return the terms of each of these people; None where their record cannot be read, which stops nobody else's."""
    people = set(victim_ids)
    if not people:
        return {}
    named = await conn.execute(_named, {"keys": sorted(victim_key(each) for each in people)})
    cases_of: dict[bytes, set[bytes]] = {}
    for row in named:
        cases_of.setdefault(bytes(row.victim_key), set()).add(bytes(row.case_key))
    wanted = sorted(set().union(*cases_of.values()))
    readable, unreadable = await readable_facts_of_cases(conn, wanted, _WANTED)
    right: dict[bytes, list[Fact] | None] = {case_key(case): None for case in unreadable}
    right |= {case_key(case): _put_right(case_key(case), each) for case, each in readable.items()}
    return {
        each: _terms(each, [right.get(key, []) for key in sorted(cases_of.get(victim_key(each), ()))], now)
        for each in people
    }


def _put_right(key: bytes, facts: Sequence[Fact]) -> list[Fact] | None:
    try:
        return put_right(facts, None, read_replacement_of).happenings
    except Exception as failure:  # noqa: BLE001 - whatever one record raises, the others are planned
        _log.error("safe_contact_not_read", case_key=key.hex(), error=type(failure).__name__)
        return None


def _terms(victim_id: str, cases: Sequence[list[Fact] | None], now: datetime) -> SafeTerms | None:
    facts: list[Fact] = []
    for each in cases:
        if each is None:
            return None
        facts += each
    try:
        happened = [fact for fact in facts if fact.occurred_at <= now]
        return SafeTerms(safe_contact_of(victim_id, happened, now), voicemail_of(victim_id, happened))
    except Exception as failure:  # noqa: BLE001 - the same
        _log.error("safe_contact_not_read", error=type(failure).__name__)
        return None
