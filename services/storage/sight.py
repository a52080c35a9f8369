"""Which cases only certain people may see, and which nobody may, read from the record.

The record is read, not the assessment, so that nobody waits for one. Where that record cannot be read, nobody counts
as allowed: who may look is then for the officer in charge to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.sight import BEGINNING, OF_SIGHT, allowed_of, is_sealed
from services.journeys.event_types import KNOWLEDGE
from services.journeys.facts import Fact
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from services.storage.people import readable_facts_of_cases
from services.storage.sets import is_among
from services.storage.tables import case_key, facts

_WANTED: Final = OF_SIGHT | KNOWLEDGE

_log = structlog.get_logger(__name__)
_ever = (
    select(facts.c.case_key).where(is_among(facts.c.case_key, "keys"), facts.c.type.in_(sorted(BEGINNING))).distinct()
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Of some cases: who alone may see each that is restricted now, and which are sealed from everybody."""

    allowed: Mapping[bytes, tuple[str, ...]] = field(default_factory=dict)
    sealed: frozenset[bytes] = frozenset()

    def is_hidden(self, key: bytes, viewer: str | None) -> bool:
        """Whether a viewer may not see a case; None is whoever sits at this machine, from whom only seals keep it."""
        if key in self.sealed:
            return True
        return viewer is not None and key in self.allowed and viewer not in self.allowed[key]


async def kept_of(conn: AsyncConnection, keys: Collection[bytes], now: datetime) -> Kept:
    """Return who may see which of these cases, where not everybody may."""
    ever = {bytes(row.case_key) for row in await conn.execute(_ever, {"keys": sorted(set(keys))})}
    if not ever:
        return Kept()
    allowed: dict[bytes, tuple[str, ...]] = {}
    sealed: set[bytes] = set()
    readable, unreadable = await readable_facts_of_cases(conn, sorted(ever), _WANTED)
    allowed.update({case_key(case_id): () for case_id in unreadable})
    for case_id, known in readable.items():
        people, nobody = _read(known, now)
        if people is not None:
            allowed[case_key(case_id)] = people
        if nobody:
            sealed.add(case_key(case_id))
    return Kept(allowed, frozenset(sealed))


async def is_kept_from(conn: AsyncConnection, key: bytes, viewer: str | None, now: datetime) -> bool:
    """Whether a viewer may not see a case; None is whoever sits at this machine."""
    return (await kept_of(conn, [key], now)).is_hidden(key, viewer)


def _read(known: Sequence[Fact], now: datetime) -> tuple[tuple[str, ...] | None, bool]:
    """Return who alone may see a case of which these facts are known (None: everybody), and whether it is sealed."""
    try:
        happened = [fact for fact in put_right(known, None, read_replacement_of).happenings if fact.occurred_at <= now]
        return allowed_of(happened), is_sealed(happened)
    except Exception as failure:  # noqa: BLE001 - whatever one record raises, it hides that case and no other
        _log.error("restriction_not_read", error=type(failure).__name__)
        return (), False
