"""What a runbook tells an on-call person to ask the database can be asked."""

from __future__ import annotations

import re

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.code_health.own_files import own_files, text_of

_BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.DOTALL | re.MULTILINE)


async def test_every_query_of_a_runbook_runs(engine: AsyncEngine) -> None:
    blocks = [
        block
        for path in own_files()
        if path.parts[:2] == ("docs", "runbooks")
        for block in _BLOCK.findall(text_of(path))
    ]
    statements = [each for block in blocks for each in block.split(";") if each.strip()]
    assert len(statements) >= 3
    async with engine.connect() as conn:
        for statement in statements:
            await conn.execute(text(statement))
        await conn.rollback()
