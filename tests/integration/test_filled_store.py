"""A store filled for measuring holds what the product itself would have made of the same events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.core import assess_all
from benchmarks.filled import TABLES, fill, pattern_of, without_indexes
from benchmarks.invented import waiting_case
from services.projections.ledger import verify_ledger
from services.storage.tables import case_key
from tests.support.app import NOW, take_in

pytestmark = pytest.mark.usefixtures("at_noon")

MADE, TWIN, COPY = "KP-D000000", "KP-D000001", "KP-D000002"
REPORTED, ARRESTED = NOW - timedelta(days=60), NOW - timedelta(hours=26)
OF_ITS_OWN = {"content", "position", "received_at", "assessed_at", "at", "raised_at", "requested_at", "wake_at"}
"""Columns that tell when or as which record a case came, not what is said of it."""
ANY_ID = {"text_id", "history"}


@pytest_asyncio.fixture
async def connection(store_url: str) -> AsyncIterator[Any]:
    """A connection of the driver's own, as the benchmark uses one."""
    opened = await asyncpg.connect(store_url)
    yield opened
    await opened.close()


async def rows_of(connection: Any, case_id: str) -> dict[str, list[str]]:
    """What is stored of a case, the columns left out that cannot be the same, in an order of their own."""
    found = {}
    for table in TABLES:
        query = f"SELECT * FROM {table} WHERE case_key = $1"  # noqa: S608 - our own tables
        rows = await connection.fetch(query, case_key(case_id))
        found[table] = sorted(
            str({name: value for name, value in row.items() if name not in OF_ITS_OWN | ANY_ID}) for row in rows
        )
    return found


async def test_a_copied_case_is_what_the_product_makes_under_that_name(engine: AsyncEngine, connection: Any) -> None:
    await take_in(engine, *waiting_case(MADE, REPORTED, ARRESTED), *waiting_case(TWIN, REPORTED, ARRESTED))
    assert (await assess_all(engine)).assessed == 2
    pattern = await pattern_of(connection, MADE)
    (copied,) = pattern.copies([TWIN])
    of_the_twin = await rows_of(connection, TWIN)
    for table in sorted(set(TABLES) - {"ledger", "cases"}):
        made = [dict(zip(pattern.columns(table), row, strict=True)) for row in copied[table]]
        kept = sorted(
            str({name: value for name, value in row.items() if name not in OF_ITS_OWN | ANY_ID}) for row in made
        )
        assert kept == of_the_twin[table], table


async def test_the_product_finds_nothing_to_put_right_in_a_copied_case(engine: AsyncEngine, connection: Any) -> None:
    await take_in(engine, *waiting_case(MADE, REPORTED, ARRESTED))
    await assess_all(engine)
    async with without_indexes(connection):
        await fill(connection, await pattern_of(connection, MADE), [COPY])
    await connection.execute(
        "INSERT INTO wakes (case_key, case_id, cause) VALUES ($1, $2, 'repair')", case_key(COPY), COPY
    )
    done = await assess_all(engine)
    assert (done.assessed, done.announced) == (1, 0)
    async with engine.connect() as conn:
        verdict = await verify_ledger(conn)
    assert (verdict.cases, verdict.problem) == (2, None)


async def test_a_copy_has_every_index_again(connection: Any) -> None:
    query = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexdef"
    before = await connection.fetch(query)
    async with without_indexes(connection):
        assert len(await connection.fetch(query)) < len(before)
    assert await connection.fetch(query) == before


@pytest.mark.parametrize("id_of", ["obligations", "flags", "news"])
async def test_an_id_that_is_made_in_another_way_is_not_copied(
    engine: AsyncEngine, connection: Any, id_of: str
) -> None:
    await take_in(engine, *waiting_case(MADE, REPORTED, ARRESTED))
    await assess_all(engine)
    await connection.execute(f"UPDATE {id_of} SET id = reverse(id)")  # noqa: S608 - our own tables
    with pytest.raises(LookupError, match="not the hash it is taken for"):
        await pattern_of(connection, MADE)
