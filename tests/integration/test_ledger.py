"""The ledger: whatever is changed, taken out or cut off in a chain is found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.projections.ledger import FIRST, Verdict, chained, link, verify_ledger
from services.storage.tables import case_key, cases, ledger, notes
from tests.support.app import NOW, assess_all, event, take_in, told_within

pytestmark = pytest.mark.usefixtures("at_noon")

ENTRIES_OF_ONE = [f"e{number}" for number in range(5)]
ONE = ledger.c.case_key == case_key("KP-1")


async def verdict(engine: AsyncEngine) -> Verdict:
    async with engine.connect() as conn:
        return await verify_ledger(conn)


@pytest.fixture(name="announced_store")
async def _announced_store(engine: AsyncEngine) -> AsyncEngine:
    await take_in(engine, *(event(id_, time=NOW - timedelta(days=2)) for id_ in ENTRIES_OF_ONE))
    await take_in(engine, event("b", case="KP-2"), event("w", "weather.changed.v1", case="KP-3"))
    await assess_all(engine, told_within())
    return engine


async def test_an_untouched_ledger_verifies_also_for_cases_without_entries(announced_store: AsyncEngine) -> None:
    assert await verdict(announced_store) == Verdict(cases=3, entries=6)


def test_each_link_rests_on_all_before_it() -> None:
    whole = chained(None, [b"one", b"two"])
    assert whole == [(b"one", FIRST, link(FIRST, b"one")), (b"two", whole[0][2], link(whole[0][2], b"two"))]
    assert chained(whole[0][2], [b"two"]) == whole[1:]


async def _changes_an_entry(conn: AsyncConnection) -> None:
    await conn.execute(update(ledger).where(ONE, ledger.c.sequence == 3).values(entry=b"{}"))


async def _changes_an_entry_and_its_hash(conn: AsyncConnection) -> None:
    previous = (await conn.execute(select(ledger.c.previous).where(ONE, ledger.c.sequence == 3))).scalar_one()
    forged = {"entry": b"{}", "hash": link(previous, b"{}")}
    await conn.execute(update(ledger).where(ONE, ledger.c.sequence == 3).values(**forged))


async def _takes_one_out(conn: AsyncConnection) -> None:
    await conn.execute(delete(ledger).where(ONE, ledger.c.sequence == 3))


async def _cuts_the_end_off(conn: AsyncConnection) -> None:
    await conn.execute(delete(ledger).where(ONE, ledger.c.sequence > 3))


async def _cuts_all_off(conn: AsyncConnection) -> None:
    await conn.execute(delete(ledger).where(ONE))


async def _forgets_the_head(conn: AsyncConnection) -> None:
    await conn.execute(update(cases).where(cases.c.case_key == case_key("KP-1")).values(ledger_head=FIRST))


@pytest.mark.parametrize(
    ("tampers", "says"),
    [
        (_changes_an_entry, "Entry 3 is not what was written"),
        (_changes_an_entry_and_its_hash, "Entry 4 does not follow"),
        (_takes_one_out, "Entry 3 is missing"),
        (_cuts_the_end_off, "announced 5 times and the ledger holds 3"),
        (_cuts_all_off, "announced 5 times and the ledger holds 0"),
        (_forgets_the_head, "not the one that the case's row knows"),
    ],
)
async def test_whatever_is_done_to_a_chain_is_found(
    announced_store: AsyncEngine, tampers: Callable[[AsyncConnection], Awaitable[None]], says: str
) -> None:
    async with announced_store.begin() as conn:
        await tampers(conn)
    found = await verdict(announced_store)
    assert found.case_id == "KP-1"
    assert found.problem is not None
    assert says in found.problem


async def test_a_case_that_was_taken_out_is_found(announced_store: AsyncEngine) -> None:
    async with announced_store.begin() as conn:
        await conn.execute(delete(cases).where(cases.c.case_key == case_key("KP-1")))
    assert "case's row is missing" in ((await verdict(announced_store)).problem or "")


async def test_erasing_every_note_leaves_the_ledger_as_it_was(engine: AsyncEngine) -> None:
    contact: dict[str, Any] = {
        "channel": "phone",
        "direction": "outbound",
        "outcome": "reached",
        "note": "Rang about the arrest.",
    }
    await take_in(engine, event("a"), event("c", "contact.made.v1", **contact))
    await assess_all(engine, told_within())
    before = await verdict(engine)
    async with engine.begin() as conn:
        entries = (await conn.execute(select(ledger.c.entry))).scalars().all()
        await conn.execute(delete(notes))
        await conn.execute(text("UPDATE facts SET reading = NULL"))
    assert not any(b"Rang about" in entry for entry in entries)
    assert await verdict(engine) == before
    assert before.problem is None
