"""Which rule set is in force, and the lock that keeps its adoption apart from every assessment under way."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.tables import cases, rule_sets, wakes

_ADOPTION_LOCK = 0x5741_5952
"""Held shared by every assessment until its commit, and alone by an adoption ("WAYR")."""


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
    return (await conn.execute(select(rule_sets.c.hash).where(rule_sets.c.current))).scalar()


async def hold_rule_set(conn: AsyncConnection, carried: str) -> None:
    """Keep the rule set in force from changing until this transaction ends; the first process puts its own in force.

    Raises:
        RuleSetNotCurrentError: if another one is in force.
    """
    await conn.execute(select(func.pg_advisory_xact_lock_shared(_ADOPTION_LOCK)))
    current = await current_rule_set(conn)
    if current is None:
        await conn.execute(
            insert(rule_sets).values(hash=carried, current=True, adopted_at=func.waymark_now()).on_conflict_do_nothing()
        )
        # Another process may have been first, with another rule set: what stands now decides.
        current = await current_rule_set(conn)
    if current is not None and current != carried:
        raise RuleSetNotCurrentError(carried, current)


async def adopt_rule_set(conn: AsyncConnection, adopted: str) -> bool:
    """Put a rule set in force and wake every case for it; return False where it was in force already.

    Waits for the assessments under way, which may still be under the old one; all that follow are under the new.
    """
    await conn.execute(select(func.pg_advisory_xact_lock(_ADOPTION_LOCK)))
    if await current_rule_set(conn) == adopted:
        return False
    await conn.execute(update(rule_sets).where(rule_sets.c.current).values(current=False))
    statement = insert(rule_sets).values(hash=adopted, current=True, adopted_at=func.waymark_now())
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["hash"], set_={"current": True, "adopted_at": statement.excluded.adopted_at}
        )
    )
    await wake_every_case(conn, "ruleset")
    return True


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
