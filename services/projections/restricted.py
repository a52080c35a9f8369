"""What a viewer may see of the cases on a page: a suspect or victim may be known to the force's own people (events.md).

Of a restricted case others see that it is one; of a sealed one nobody sees anything, not even that it is there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.projections.shown import Listed
from services.storage.sight import kept_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sight:
    """Which of the cases on a page are restricted, which of those whoever looks may not see, and which nobody may."""

    restricted: frozenset[bytes]
    hidden: frozenset[bytes]
    sealed: frozenset[bytes] = frozenset()

    def may_see(self, key: bytes | None) -> bool:
        """Whether the case with this key may be seen; what belongs to no case may."""
        return key is None or key not in self.hidden

    def of(self, listed: Listed[T]) -> Listed[T]:
        """Return a list without the rows of cases that may not be seen; how many those were stands in it.

        The rows of sealed cases are not counted either.
        """
        open_ = [row for row in listed.rows if _key_of(row) not in self.sealed]
        seen = tuple(row for row in open_ if self.may_see(_key_of(row)))
        return replace(
            listed,
            rows=seen,
            total=listed.total - len(listed.rows) + len(open_),
            withheld=listed.withheld + len(open_) - len(seen),
        )


async def sight_of(conn: AsyncConnection, viewer: str | None, keys: Collection[bytes]) -> Sight:
    """Return what ``viewer`` may see of these cases; None is whoever sits at this machine, who may see restricted ones.

    A viewer is known by the name that the proxy in front gives, which has to be the officer's reference.
    """
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    kept = await kept_of(conn, keys, now)
    hidden = {key for key in (*kept.allowed, *kept.sealed) if kept.is_hidden(key, viewer)}
    return Sight(frozenset(kept.allowed), frozenset(hidden), kept.sealed)


def _key_of(row: Any) -> bytes | None:
    key: bytes | None = getattr(row, "case_key", None)
    return key
