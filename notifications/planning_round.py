"""Plans items: who gets each, by when they must act, and when it is put in front of them.

One transaction a batch. An item that cannot be planned is shown at once to whoever looks after the victim: late is
worse than early, and its neighbours go on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.contacts.planning import Plan, SafeTimes, plan, safe_times_of
from services.contacts.roster import Roster
from services.storage.card_plans import Unplanned, take_elsewhere, take_unplanned, write_plans
from services.storage.card_shows import SETTLE
from services.storage.officers import load_roster
from services.storage.safe_terms import SafeTerms, safe_terms_of
from services.storage.sight import Kept, kept_of

_NEVER: Final = SafeTimes(week=((),) * 7)
"""For somebody whose record cannot be read: no hour is known to be safe."""

_NOT_YET: Final = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
_EPOCH: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")

_log = structlog.get_logger(__name__)


async def plan_items(engine: AsyncEngine, cover: str) -> int:
    """Plan a batch of items that have no plan; return how many there were."""
    async with engine.begin() as conn:
        found = await take_unplanned(conn)
        if not found:
            return 0
        now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
        roster = await load_roster(conn, cover, now)
        terms = await _terms_of(conn, {each.victim_id for each in found if each.victim_id is not None}, now)
        beside = await take_elsewhere(conn, found)
        kept = await kept_of(conn, {each.case_key for each in (*found, *beside)}, now)
        plans = [(each.card_key, _plan(each, kept, terms, roster, now)) for each in found]
        moved = [(each, _plan(each, kept, terms, roster, now)) for each in beside]
        # What the same people are owed in other cases, where the moment to act by has moved.
        plans += [(each.card_key, made) for each, made in moved if made.to == each.to and made.act_by != each.act_by]
        await write_plans(conn, plans)
    return len(found)


async def _terms_of(conn: AsyncConnection, people: set[str], now: datetime) -> dict[str, SafeTerms | None]:
    try:
        return await safe_terms_of(conn, people, now)
    except DBAPIError:
        raise
    except Exception as failure:  # noqa: BLE001 - one record that cannot be read must not leave the others unplanned
        _log.error("safe_contact_not_read", people=len(people), error=type(failure).__name__)
    found: dict[str, SafeTerms | None] = {}
    for each in sorted(people):
        try:
            found |= await safe_terms_of(conn, [each], now)
        except DBAPIError:
            raise
        except Exception:  # noqa: BLE001 - said above
            found[each] = None
    return found


def _plan(found: Unplanned, kept: Kept, terms: dict[str, SafeTerms | None], roster: Roster, now: datetime) -> Plan:
    allowed = kept.allowed.get(found.case_key)
    item = replace(found.item, raised_at=_floor(found.item.raised_at), allowed=allowed)
    if found.case_key in kept.sealed:
        # Nobody may see it. With the report that ends the seal it is planned anew.
        return Plan(item.addressee, None, _NOT_YET)
    try:
        return plan(item, _safe_times(found.victim_id, terms), roster, _floor(now))
    except Exception as failure:  # noqa: BLE001 - whatever one item raises stops that item alone
        _log.error("item_not_planned", card_key=found.card_key.hex(), error=type(failure).__name__)
        return Plan(item.for_officer or item.addressee, item.due_at, now, interrupts=item.urgent)


def _safe_times(victim_id: str | None, terms: dict[str, SafeTerms | None]) -> SafeTimes:
    if victim_id is None:
        return SafeTimes()
    known = terms.get(victim_id)
    return _NEVER if known is None else safe_times_of(known.safe)


def _floor(at: datetime) -> datetime:
    """Return the moment rounded down to a list's: what is warned of at 09:00 belongs to the list of 09:00."""
    step: timedelta = SETTLE
    return at - (at - _EPOCH) % step
