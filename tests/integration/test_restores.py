"""A store that was restored lets no text go until a person says all was read again, and uses no number twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.restored import STORE_RESTORED, StoreRestored
from contracts.topics import COMPLIANCE_EVENTS
from infra.database import create_engine
from infra.settings import Settings
from notifications.after_restore import finish_restore
from services.contacts.decision import Since
from services.storage.restores import Restore, RestoreError, begin_restore
from services.storage.tables_restores import store_home
from services.storage.texts import StoreMovedError, read_switch, set_paused
from services.storage.told_from import SEQUENCE_STEP
from tests.support.app import NOW, take_in
from tests.support.texting import (
    Scripted,
    all_texts,
    bring_in,
    hearing,
    judge_all,
    notifier,
    outbox_of,
    report,
    safe_contact,
    store_people,
    the_worklist,
)

BACKUP = NOW - timedelta(hours=10)
pytestmark = pytest.mark.usefixtures("at_noon")


@pytest_asyncio.fixture(name="engine")
async def _engine_of_a_command(store_settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The engine that a command has: any other would count as a process at work."""
    made = create_engine(store_settings, "waymark-cli", pool_size=3)
    yield made
    await made.dispose()


async def begin(engine: AsyncEngine) -> Restore:
    async with engine.begin() as conn:
        return await begin_restore(conn, BACKUP, "cli:test")


async def finish(engine: AsyncEngine) -> int:
    async with engine.begin() as conn:
        return await finish_restore(conn)


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(RestoreError, match=words):
        yield


async def test_texts_that_wait_become_tasks_and_only_what_comes_later_is_texted(engine: AsyncEngine) -> None:
    channel = Scripted()
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing("before"))
    assert [each["state"] for each in await all_texts(engine)] == ["requested"]

    await begin(engine)
    await bring_in(engine, hearing("read-again", hearing_ref="H-2"))
    assert (await notifier(engine, channel).send_due()).sent == 0  # all texts are paused
    assert await finish(engine) == 2
    assert (await notifier(engine, channel).send_due()).sent == 0
    assert {(each["state"], each["rule"]) for each in await all_texts(engine)} == {("suppressed", "restored")}
    tasks = [each for each in await the_worklist(engine) if each.rule == "restored"]
    assert sorted(each.event_id or "" for each in tasks) == ["before", "read-again"]
    assert all("may have been sent before the database was restored" in each.say for each in tasks)

    # Happened before, and heard of only now: whether it was texted about cannot be told.
    await bring_in(engine, hearing("late", hearing_ref="H-3"))
    assert (await notifier(engine, channel).send_due()).sent == 0
    (late,) = [each for each in await the_worklist(engine) if each.event_id == "late" and each.kind == "task"]
    assert late.say.startswith("Please ring V-1")
    assert "restored from a backup" in late.say
    async with engine.connect() as conn:
        now = (await conn.execute(text("SELECT waymark_now()"))).scalar_one()
    await bring_in(engine, hearing("new", hearing_ref="H-4", time=now))
    assert (await notifier(engine, channel).send_due()).sent == 1
    assert len(channel.asked) == 1


async def test_announcements_after_a_restore_bear_numbers_that_were_never_used(engine: AsyncEngine) -> None:
    await take_in(engine, report())
    await judge_all(engine)
    await begin(engine)
    assert await finish(engine) == 0
    await take_in(engine, hearing("in-an-old-case"), report("V-2", case="KP-2"))
    await judge_all(engine)
    await begin(engine)
    await finish(engine)
    await take_in(engine, hearing("once-more", hearing_ref="H-2"))
    await judge_all(engine)

    published = [json.loads(each) for each in await outbox_of(engine, COMPLIANCE_EVENTS.name)]
    restores = [StoreRestored.model_validate(each) for each in published if each["type"] == STORE_RESTORED]
    assert [(each.id, each.data.sequences_above) for each in restores] == [
        ("restore-1", SEQUENCE_STEP), ("restore-2", 2 * SEQUENCE_STEP)
    ]  # fmt: skip
    assert {each.data.backup_taken_at for each in restores} == {BACKUP}
    numbers: dict[str, list[int]] = {"KP-1": [], "KP-2": []}
    for each in published:
        if each["type"] != STORE_RESTORED:
            numbers[each["subject"]].append(each["data"]["sequence"])
    assert numbers["KP-1"][0] == 1
    assert {number // SEQUENCE_STEP for number in numbers["KP-1"]} == {0, 1, 2}
    assert {number // SEQUENCE_STEP for number in numbers["KP-2"]} == {1}
    assert all(found == sorted(set(found)) for found in numbers.values())


async def test_a_store_that_is_elsewhere_lets_no_text_go_until_somebody_says_why(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        assert not (await read_switch(conn)).paused
        assert not (await read_switch(conn)).is_moved
        await conn.execute(update(store_home).values(home="7000000000000000000/00000001/5"))
    async with engine.begin() as conn:
        switch = await read_switch(conn)
        assert (switch.paused, switch.is_moved) == (True, True)
        with pytest.raises(StoreMovedError, match="restored begin"):
            await set_paused(conn, paused=False)
    await begin(engine)
    async with engine.begin() as conn:
        assert (await read_switch(conn)).paused
        with pytest.raises(StoreMovedError, match="restored finish"):
            await set_paused(conn, paused=False)
    await finish(engine)
    async with engine.begin() as conn:
        switch = await read_switch(conn)
        assert (switch.paused, switch.is_moved) == (False, False)
        assert switch.since(NOW - timedelta(days=90)) == Since(NOW - timedelta(days=90), switch.not_before)
        assert switch.not_before is not None


async def test_a_restore_is_begun_once_and_finished_only_when_all_is_assessed(engine: AsyncEngine) -> None:
    with refused("No restore is open"):
        await finish(engine)
    with refused("later than now"):
        async with engine.begin() as conn:
            await begin_restore(conn, NOW + timedelta(days=1), "cli:test")
    assert (await begin(engine)).number == 1
    with refused("open already"):
        await begin(engine)
    await take_in(engine, report())
    with refused("1 wakes still wait"):
        await finish(engine)
    await judge_all(engine)
    await finish(engine)


async def test_a_restore_is_not_begun_while_processes_are_at_work(
    engine: AsyncEngine, store_settings: Settings
) -> None:
    process = create_engine(store_settings, "waymark", pool_size=1)
    async with process.connect():
        with refused("stop ingest, clock"):
            await begin(engine)
    await process.dispose()
    await begin(engine)


async def test_texts_that_somebody_had_paused_stay_paused_after_a_restore(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await set_paused(conn, paused=True)
    await begin(engine)
    await finish(engine)
    async with engine.begin() as conn:
        assert (await read_switch(conn)).paused
