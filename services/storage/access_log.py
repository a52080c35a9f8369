"""The log of looks: who was shown which case, when, and on which page. It is written before anything is shown."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.sets import insert_set
from services.storage.tables import access_log

_append = insert_set(access_log, ["officer_ref", "case_key", "what"], {"looked_at": func.waymark_now()})


async def log_looks(conn: AsyncConnection, officer_ref: str, what: str, keys: Sequence[bytes]) -> None:
    """Write down that this person was shown these cases; without any, that the page was opened and held none."""
    shown: list[bytes | None] = list(keys) or [None]
    await conn.execute(
        _append, {"officer_ref": [officer_ref] * len(shown), "case_key": shown, "what": [what] * len(shown)}
    )
