"""When Waymark read each event of a case: for the question what it could have known, and by when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.tables import case_key, facts

_received = select(facts.c.source, facts.c.event_id, facts.c.received_at).where(
    facts.c.case_key == bindparam("key", type_=LargeBinary)
)


async def received_of_case(conn: AsyncConnection, case_id: str) -> dict[tuple[str, str], datetime]:
    """Return when each event of a case was received (UTC), by its source and id."""
    found = await conn.execute(_received, {"key": case_key(case_id)})
    return {(row.source, row.event_id): row.received_at for row in found}
