"""A dead letter is settled when its event comes after all, put right: only then, and nothing of it is deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.accept import accept
from services.contacts.reading import read_note
from services.storage.outgoing import erase_dead_letters
from services.storage.tables import dead_letters
from tests.support.app import event, record, take_in, vault

WRONG = {**event("e-1"), "time": "yesterday"}
"""An event whose id and source can be read, and nothing else of it."""


async def states(engine: AsyncEngine) -> list[tuple[str, str | None]]:
    """How each dead letter stands, in the order in which they came, and by what."""
    async with engine.connect() as conn:
        rows = await conn.execute(
            select(dead_letters.c.state, dead_letters.c.settled_by).order_by(dead_letters.c.offset)
        )
        return [(state, by) for state, by in rows]


@pytest.mark.parametrize("is_erased", [False, True])
async def test_an_event_sent_again_put_right_settles_what_was_refused_of_it_and_deletes_nothing(
    engine: AsyncEngine, *, is_erased: bool
) -> None:
    other = {**WRONG, "source": "/another/system"}
    await take_in(engine, WRONG, WRONG, other, b"not JSON")
    if is_erased:
        async with engine.begin() as conn:
            await erase_dead_letters(conn, timedelta(0), 10)
    left = ("erased", None) if is_erased else ("open", None)
    assert await states(engine) == [left] * 4
    assert (await take_in(engine, event("e-1"), event("e-2"))).stored == 2
    assert await states(engine) == [("settled", "event"), ("settled", "event"), left, left]
    async with engine.connect() as conn:
        kept = (await conn.execute(select(dead_letters.c.sealed, dead_letters.c.settled_at))).all()
    assert [row.sealed is not None for row in kept] == [not is_erased] * 4
    assert sum(row.settled_at is not None for row in kept) == 2


async def test_within_one_batch_only_what_was_refused_before_its_event_is_settled(engine: AsyncEngine) -> None:
    await take_in(engine, WRONG, event("e-1"), WRONG)
    assert await states(engine) == [("settled", "event"), ("open", None)]


async def test_what_contradicts_an_event_is_not_settled_by_that_event(engine: AsyncEngine) -> None:
    await take_in(engine, event("e-1"), event("e-1", suspect_ref="S-9"))
    await take_in(engine, event("e-1"), event("e-2"))
    assert await states(engine) == [("open", None)]


async def test_a_record_refused_after_its_event_was_stored_stays_open_whatever_is_delivered_again(
    engine: AsyncEngine,
) -> None:
    first, wrong = record(event("e-1")), record(WRONG)
    for batch in ([first], [wrong], [first, wrong]):
        await accept(engine, batch, vault=vault, read_note=read_note)
    assert await states(engine) == [("open", None)]
