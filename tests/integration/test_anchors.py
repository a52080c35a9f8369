"""Anchors: each minute one over what had grown, made once and whole, by however many processes."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.announcements import LedgerAnchor
from services.anchor import EVERY, SILENCE, Anchoring, keep_anchoring, make_anchor
from services.projections.anchors import FIRST, anchor_hash, merkle_root
from services.storage.anchors import Leaf
from services.storage.tables import case_key, ledger, outbox
from services.storage.tables_anchor import anchor_leaves, anchors
from tests.support.anchored import anchored, announce, pass_time, published_lines, three_anchors, verdict
from tests.support.app import StoppedHere, counts, stop_at

pytestmark = pytest.mark.usefixtures("at_noon")


async def test_an_anchor_holds_the_heads_that_had_grown_and_counts_everything(engine: AsyncEngine) -> None:
    await announce(engine, "a1", "a2")
    await announce(engine, "b1", case="KP-2")
    first = await anchored(engine)
    await announce(engine, "b2", case="KP-2")
    second = await anchored(engine)
    assert (first.number, first.cases, first.entries, first.changed, first.previous) == (1, 2, 3, 2, FIRST)
    assert (second.number, second.cases, second.entries, second.changed, second.previous) == (2, 2, 4, 1, first.hash)
    async with engine.connect() as conn:
        head = (
            await conn.execute(
                select(ledger.c.hash).where(ledger.c.case_key == case_key("KP-2"), ledger.c.sequence == 2)
            )
        ).scalar_one()
    assert second.root == merkle_root([Leaf(case_key("KP-2"), 2, head)])
    assert second.hash == anchor_hash(second)


async def test_an_anchor_is_published_as_the_contract_says_and_names_no_case(engine: AsyncEngine) -> None:
    await announce(engine, "a1")
    made = await anchored(engine)
    (line,) = await published_lines(engine)
    event = LedgerAnchor.model_validate_json(line)
    assert (event.id, event.subject, event.time) == ("ledger-1", "ledger", made.made_at)
    assert (event.data.root, event.data.hash) == (made.root.hex(), made.hash.hex())
    assert "KP-1" not in line
    assert "V-1" not in line


async def test_the_next_anchor_is_not_made_before_its_minute(engine: AsyncEngine) -> None:
    await anchored(engine)
    await announce(engine, "a1")
    early = await make_anchor(engine)
    assert early.made is None
    assert timedelta(0) < early.again_in <= EVERY
    assert (await anchored(engine)).changed == 1


async def test_where_nothing_changes_there_is_one_anchor_an_hour(engine: AsyncEngine) -> None:
    await announce(engine, "a1")
    await anchored(engine)
    await pass_time(engine, SILENCE - timedelta(minutes=1))
    assert await make_anchor(engine) == Anchoring(None)
    quiet = await anchored(engine)
    assert (quiet.number, quiet.changed, quiet.entries, quiet.root) == (2, 0, 1, sha256().digest())
    assert (await verdict(engine)).problem is None


async def test_a_clock_that_was_put_right_backwards_does_not_end_anchoring(engine: AsyncEngine) -> None:
    await anchored(engine)
    await pass_time(engine, -timedelta(days=1))
    await announce(engine, "a1")
    assert (await make_anchor(engine)).made is not None


async def test_processes_that_try_together_make_one_anchor(engine: AsyncEngine) -> None:
    await announce(engine, "a1")
    done = await asyncio.gather(*(make_anchor(engine) for _ in range(5)))
    assert sum(each.made is not None for each in done) == 1
    assert await counts(engine, anchors, anchor_leaves) == [1, 1]
    assert len(await published_lines(engine)) == 1


async def test_while_one_process_makes_an_anchor_another_passes_by(engine: AsyncEngine) -> None:
    await announce(engine, "a1")
    seen: list[Anchoring] = []

    async def another(step: str) -> None:
        if step == "written":
            seen.append(await make_anchor(engine))

    made = (await make_anchor(engine, at=another)).made
    assert made is not None
    assert seen == [Anchoring(None)]
    assert await counts(engine, anchors) == [1]


@pytest.mark.parametrize(("step", "made"), [("held", 0), ("read", 0), ("written", 0), ("committed", 1)])
async def test_stopped_between_its_steps_it_leaves_one_whole_anchor_or_nothing(
    engine: AsyncEngine, step: str, made: int
) -> None:
    await announce(engine, "a1")
    with pytest.raises(StoppedHere):
        await make_anchor(engine, at=stop_at(step))
    assert await counts(engine, anchors, anchor_leaves) == [made, made]
    assert len(await published_lines(engine)) == made
    await make_anchor(engine)
    assert await counts(engine, anchors, anchor_leaves) == [1, 1]
    assert len(await published_lines(engine)) == 1
    assert (await verdict(engine)).problem is None


async def test_entries_committed_while_an_anchor_is_made_come_under_the_next(engine: AsyncEngine) -> None:
    await announce(engine, "a1")

    async def meanwhile(step: str) -> None:
        if step == "read":
            await announce(engine, "a2")

    first = (await make_anchor(engine, at=meanwhile)).made
    second = await anchored(engine)
    assert first is not None
    assert (first.entries, second.entries, second.changed) == (1, 2, 1)
    assert (await verdict(engine)).problem is None


async def test_anchoring_goes_on_when_the_database_comes_back(engine: AsyncEngine) -> None:
    waits: list[float] = []
    failures = [OperationalError("", {}, ConnectionError()), OSError()]

    async def fails_twice(step: str) -> None:
        if step == "held" and failures:
            raise failures.pop()

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise StoppedHere

    with pytest.raises(StoppedHere):
        await keep_anchoring(engine, pause=pause, at=fails_twice)
    assert waits == [0.1, 0.2, EVERY.total_seconds()]
    assert await counts(engine, anchors) == [1]


async def test_anchors_lie_in_one_shard_of_the_outbox_so_that_they_keep_their_order(engine: AsyncEngine) -> None:
    await three_anchors(engine)
    async with engine.connect() as conn:
        shards = (await conn.execute(select(outbox.c.shard).where(outbox.c.key == b"ledger"))).scalars().all()
    assert len(shards) == 3
    assert len(set(shards)) == 1
    assert [json.loads(line)["data"]["number"] for line in await published_lines(engine)] == [1, 2, 3]


async def test_an_untouched_ledger_holds_with_its_anchors(engine: AsyncEngine) -> None:
    await three_anchors(engine)
    found = await verdict(engine, await published_lines(engine))
    assert (found.problem, found.cases, found.entries, found.anchors, found.anchored) == (None, 3, 10, 3, 9)


async def test_the_anchors_of_a_store_with_many_cases_are_made_in_one_statement_each(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(
            text(
                "INSERT INTO cases (case_key, case_id, sequence, ledger_head) "
                "SELECT sha256(convert_to(n::text, 'UTF8')), n::text, 1, sha256('x') FROM generate_series(1, 3000) AS n"
            )
        )
    assert (await anchored(engine)).changed == 3000
    await pass_time(engine)
    assert (await make_anchor(engine)).made is None
