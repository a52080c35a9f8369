"""Which rule set is in force, and the lock that keeps its adoption apart from every assessment under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.payloads import from_bytes, to_bytes
from services.storage.tables import cases, rule_sets, wakes
from services.storage.tables_adoptions import rule_set_adoptions

_ADOPTION_LOCK = 0x5741_5952
"""Held shared by every assessment until its commit, and alone by an adoption ("WAYR")."""

FIRST_PROCESS: Final = "the first process"
"""Who put the rule set in force where there was none: whichever process assessed first."""

_a = rule_set_adoptions.c
_hold = select(func.pg_advisory_xact_lock_shared(_ADOPTION_LOCK))
_current = select(rule_sets.c.hash).where(rule_sets.c.current)


@dataclass(frozen=True, slots=True)
class Adoption:
    """One coming into force of a rule set; ``adopted_at`` is the store's time.

    ``parts``: what its hash was made of (packs with their versions, holidays, zone, grader, core), each digested.
    ``summary``: what it was foreseen to change (services.adopt), None where nobody looked before.
    """

    hash: str
    previous: str | None
    adopted_at: datetime
    adopted_by: str
    parts: Mapping[str, Any]
    summary: Mapping[str, Any] | None


class RuleSetNotCurrentError(Exception):
    """This process carries another rule set than the one in force, so it refuses to write.

    Two rule sets at work at once would announce and withdraw each other's breaches. Either stop this process, or put
    its rule set in force with `waymark rules adopt`.
    """

    def __init__(self, carried: str, current: str) -> None:
        super().__init__(
            f"This process carries rule set {carried[:12]} and {current[:12]} is in force, so it writes nothing. "
            "Start the version that carries the one in force, or put this one in force with `waymark rules adopt`."
        )
        self.carried = carried
        self.current = current


async def current_rule_set(conn: AsyncConnection) -> str | None:
    """Return the hash of the rule set in force, or None in a store where nothing was ever assessed."""
    return (await conn.execute(_current)).scalar()


async def hold_rule_set(conn: AsyncConnection, carried: str, parts: Mapping[str, Any] | None = None) -> None:
    """Keep the rule set in force from changing until this transaction ends; the first process puts its own in force.

    ``parts`` (see ``Adoption``) are written down then, so that a pack changed later under its version is noticed.

    Raises:
        RuleSetNotCurrentError: if another one is in force.
    """
    await conn.execute(_hold)
    current = await current_rule_set(conn)
    if current is None:
        put = await conn.execute(
            insert(rule_sets).values(hash=carried, current=True, adopted_at=func.waymark_now()).on_conflict_do_nothing()
        )
        if put.rowcount:
            first = {"previous": None, "adopted_by": FIRST_PROCESS, "summary": None}
            await _write_down(conn, hash=carried, parts=parts or {}, **first)
        # Another process may have been first, with another rule set: what stands now decides.
        current = await current_rule_set(conn)
    if current is not None and current != carried:
        raise RuleSetNotCurrentError(carried, current)


async def adopt_rule_set(
    conn: AsyncConnection,
    adopted: str,
    *,
    by: str = "",
    parts: Mapping[str, Any] | None = None,
    summary: Mapping[str, Any] | None = None,
) -> bool:
    """Put a rule set in force, write down who did and wake every case for it; return False where it was in force.

    Waits for the assessments under way, which may still be under the old one; all that follow are under the new.
    ``parts`` and ``summary``: see ``Adoption``.
    """
    await conn.execute(select(func.pg_advisory_xact_lock(_ADOPTION_LOCK)))
    previous = await current_rule_set(conn)
    if previous == adopted:
        return False
    await conn.execute(update(rule_sets).where(rule_sets.c.current).values(current=False))
    statement = insert(rule_sets).values(hash=adopted, current=True, adopted_at=func.waymark_now())
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["hash"], set_={"current": True, "adopted_at": statement.excluded.adopted_at}
        )
    )
    await _write_down(conn, hash=adopted, previous=previous, adopted_by=by, parts=parts or {}, summary=summary)
    await wake_every_case(conn, "ruleset")
    return True


async def adoptions(conn: AsyncConnection) -> list[Adoption]:
    """Return every adoption there was, the first one first."""
    rows = await conn.execute(select(rule_set_adoptions).order_by(_a.number))
    return [
        Adoption(
            row.hash,
            row.previous,
            row.adopted_at,
            row.adopted_by,
            from_bytes(row.parts),
            None if row.summary is None else from_bytes(row.summary),
        )
        for row in rows
    ]


async def _write_down(conn: AsyncConnection, **adoption: Any) -> None:
    adoption["parts"] = to_bytes(adoption["parts"])
    if adoption["summary"] is not None:
        adoption["summary"] = to_bytes(adoption["summary"])
    await conn.execute(insert(rule_set_adoptions).values(adopted_at=func.waymark_now(), **adoption))


async def wake_every_case(conn: AsyncConnection, cause: str) -> int:
    """Mark every known case to be assessed anew, for this cause; return how many."""
    woken = await conn.execute(
        insert(wakes).from_select(
            ["case_key", "case_id", "cause"],
            select(cases.c.case_key, cases.c.case_id, bindparam("cause", cause)).order_by(cases.c.case_key),
        )
    )
    await conn.execute(text("SELECT pg_notify('waymark_wakes', '')"))
    return woken.rowcount
