"""How far the demo's cases have come: read by `waymark up --demo`, which waits for them and loads none twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.tables import case_key, cases, facts, wakes
from services.storage.tables_notify import cards

_woken = select(wakes.c.case_key)

SIMULATED = "SIM"
"""With this the id of every simulated case begins."""

HAND_TOLD = "DEMO-0001"
"""A case that every demo has, sent before the others."""


@dataclass(frozen=True, slots=True)
class DemoCases:
    """Simulated cases in the store: of this day's name, and of any other."""

    of_today: int
    others: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What has been done: facts stored and cases assessed of one name; and cases and cards of all that still wait."""

    facts: int
    assessed: int
    waiting: int
    unplanned: int


async def demo_day(conn: AsyncConnection) -> date | None:
    """Return the London day whose demo the store holds, or None; the cases of `waymark simulate` make none."""
    if (await conn.execute(select(cases.c.case_key).where(cases.c.case_key == case_key(HAND_TOLD)))).first() is None:
        return None
    of_a_day = cases.c.case_id.regexp_match(f"^{SIMULATED}[0-9]{{8}}-")
    name = (await conn.execute(select(func.min(cases.c.case_id)).where(of_a_day))).scalar_one_or_none()
    try:
        return None if name is None else date.fromisoformat(name[len(SIMULATED) :][:8])
    except ValueError:
        return None


async def demo_cases(conn: AsyncConnection, name: str) -> DemoCases:
    """Return how many simulated cases the store holds whose ids begin with ``name``, and how many others."""
    is_of_today = cases.c.case_id.startswith(name, autoescape=True)
    of_today, all_of_them = (
        await conn.execute(
            select(func.count().filter(is_of_today), func.count())
            .select_from(cases)
            .where(cases.c.case_id.startswith(SIMULATED, autoescape=True))
        )
    ).one()
    return DemoCases(of_today, all_of_them - of_today)


async def standing_of(conn: AsyncConnection, name: str) -> Standing:
    """Return how far the cases have come whose ids begin with ``name``."""
    now = select(func.waymark_now()).scalar_subquery()
    is_assessed = cases.c.case_id.startswith(name, autoescape=True) & cases.c.assessed_at.is_not(None)
    is_unplanned = cards.c.closed_at.is_(None) & cards.c.planned_at.is_(None)
    counts = (
        select(func.count()).select_from(facts).where(facts.c.case_id.startswith(name, autoescape=True)),
        select(func.count()).select_from(cases).where(is_assessed),
        select(func.count()).select_from(cases).where(or_(cases.c.due_at <= now, cases.c.case_key.in_(_woken))),
        select(func.count()).select_from(cards).where(is_unplanned),
    )
    found = (await conn.execute(select(*(each.scalar_subquery() for each in counts)))).one()
    return Standing(*found)
