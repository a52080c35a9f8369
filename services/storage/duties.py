"""What is owed in a case, as last announced, for whoever words a text or a task about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.payloads import from_bytes
from services.storage.tables import obligations

_OPEN = ("pending", "warned", "breached")


async def open_duties(conn: AsyncConnection, case_key: bytes) -> list[dict[str, Any]]:
    """Return the obligations of a case that are owed and not met, each as surfaces.md has it."""
    rows = await conn.execute(
        select(obligations.c.body).where(obligations.c.case_key == case_key, obligations.c.state.in_(_OPEN))
    )
    return [from_bytes(row.body) for row in rows]


def due_of(duties: list[dict[str, Any]], victim_id: str, event_id: str, rule: str | None) -> datetime | None:
    """Return when telling this victim of this event is due, by the rule that it meets; None where nothing is owed."""
    dates = [
        datetime.fromisoformat(each["due_at"])
        for each in duties
        if (each["victim_id"], each["trigger_event_id"], each["rule"]) == (victim_id, event_id, rule)
        and each["due_at"] is not None
    ]
    return min(dates, default=None)
