"""Which cases only certain people may see: a suspect or victim known to the force's own people (events.md).

The record is read, not the assessment, so that a page never waits for one. Where that record cannot be read, nobody
counts as allowed: who may look is then for the officer in charge to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import String, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.journeys.event_types import KNOWLEDGE
from services.journeys.facts import Fact
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from services.projections.shown import Listed
from services.storage.people import facts_of_cases
from services.storage.sets import is_among
from services.storage.tables import case_key, facts

_RESTRICTED: Final = "policing.case.restricted.v1"
_UNRESTRICTED: Final = "policing.case.unrestricted.v1"
_WANTED: Final = frozenset({_RESTRICTED, _UNRESTRICTED, *KNOWLEDGE})

_log = structlog.get_logger(__name__)
_ever = (
    select(facts.c.case_key)
    .where(is_among(facts.c.case_key, "keys"), facts.c.type == bindparam("type", _RESTRICTED, type_=String))
    .distinct()
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sight:
    """Which of the cases on a page are restricted, and which of those whoever looks may not see."""

    restricted: frozenset[bytes]
    hidden: frozenset[bytes]

    def may_see(self, key: bytes | None) -> bool:
        """Whether the case with this key may be seen; what belongs to no case may."""
        return key is None or key not in self.hidden

    def of(self, listed: Listed[T]) -> Listed[T]:
        """Return a list without the rows of cases that may not be seen; how many those were stands in it."""
        seen = tuple(row for row in listed.rows if self.may_see(_key_of(row)))
        return replace(listed, rows=seen, withheld=listed.withheld + len(listed.rows) - len(seen))


async def sight_of(conn: AsyncConnection, viewer: str | None, keys: Collection[bytes]) -> Sight:
    """Return what ``viewer`` may see of these cases; None is whoever sits at this machine, who may see all of them.

    A viewer is known by the name that the proxy in front gives, which has to be the officer's reference.
    """
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    allowed = await _restrictions(conn, keys, now)
    hidden = (key for key, people in allowed.items() if viewer is not None and viewer not in people)
    return Sight(frozenset(allowed), frozenset(hidden))


async def _restrictions(conn: AsyncConnection, keys: Collection[bytes], now: datetime) -> dict[bytes, frozenset[str]]:
    """Return who alone may see each of these cases that is restricted now."""
    ever = {bytes(row.case_key) for row in await conn.execute(_ever, {"keys": sorted(set(keys))})}
    if not ever:
        return {}
    by_case = await facts_of_cases(conn, sorted(ever), _WANTED)
    found = {case_key(case): _allowed(each, now) for case, each in by_case.items()}
    return {key: people for key, people in found.items() if people is not None}


def _allowed(known: Sequence[Fact], now: datetime) -> frozenset[str] | None:
    """Return who alone may see a case of which these facts are known, or None where it is not restricted."""
    try:
        happened = put_right(known, None, read_replacement_of).happenings
        return _last(fact for fact in happened if fact.occurred_at <= now)
    except Exception as failure:  # noqa: BLE001 - whatever one record raises, it hides that case and no other
        _log.error("restriction_not_read", error=type(failure).__name__)
        return frozenset()


def _last(happened: Iterable[Fact]) -> frozenset[str] | None:
    allowed: frozenset[str] | None = None
    for fact in happened:
        if fact.type == _RESTRICTED:
            allowed = frozenset(map(str, fact.data.get("allowed") or ()))
        elif fact.type == _UNRESTRICTED:
            allowed = None
    return allowed


def _key_of(row: Any) -> bytes | None:
    key: bytes | None = getattr(row, "case_key", None)
    return key
