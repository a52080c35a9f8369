"""PostgreSQL's disk full under everything that writes: it is said in a sentence, nothing is lost, and work goes on.

The database itself refuses, with the code it has for a full disk (SQLSTATE 53100), wherever our processes write; that
works on any machine. docs/runbooks/disk-full.md tells of the trial on a disk that really was full.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.typing import EventDict
from typer.testing import CliRunner

from consumers.case_events import Intake, StoreAwayError
from notifications.channels.recorded import RecordedOutbox
from notifications.process import keep_notifying
from services.accept import Incoming, accept
from services.anchor import keep_anchoring
from services.assess_case import keep_assessing
from services.cli import up
from services.cli.main import build_app
from services.contacts.reading import read_note
from services.projections.ledger import verify_ledger
from services.rebuild import verify
from services.relay import keep_relaying
from services.storage.failures import DISK_FULL, FOLDER_FULL
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import adopt_rule_set
from services.storage.tables import dead_letters, facts, outbox, wakes
from services.storage.tables_anchor import anchors
from services.storage.tables_notify import text_requests
from tests.support.app import assess_all, count, counts, record, vault
from tests.support.crash_histories import history_of
from tests.support.recorded_publisher import RecordedPublisher
from tests.support.texting import notifier, real_rules, store_people

LIMIT_S = 60
EVERY_PROCESS = {
    "batch_not_stored",
    "assessing_interrupted",
    "relaying_interrupted",
    "anchoring_interrupted",
    "notifying_interrupted",
}
WRITTEN = {
    "facts": "INSERT",
    "ledger": "INSERT",
    "cases": "INSERT OR UPDATE",
    "outbox": "INSERT OR UPDATE OR DELETE",
    "anchors": "INSERT",
    "text_requests": "INSERT OR UPDATE",
}
"""What each process writes first; one statement of each is enough to stop it."""

_REFUSE = """
    CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


async def the_disk_is_full(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text(_REFUSE))
        for table, verbs in WRITTEN.items():
            await conn.execute(
                text(f"CREATE TRIGGER no_room BEFORE {verbs} ON {table} EXECUTE FUNCTION no_room()")
            )  # fmt: skip


async def there_is_room_again(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("DROP FUNCTION no_room() CASCADE"))


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not await is_so():  # noqa: ASYNC110 - the store does not tell
            await asyncio.sleep(0.05)


async def _soon(_seconds: float) -> None:
    await asyncio.sleep(0.02)


@asynccontextmanager
async def at_work(engine: AsyncEngine, publisher: RecordedPublisher) -> AsyncIterator[list[asyncio.Task[None]]]:
    """The endless loops of clock, relay, anchors and notify, as the processes run them."""
    loops = (
        keep_assessing(engine, real_rules(), _soon, writers=[write_cards_and_requests]),
        keep_relaying(engine, publisher, _soon, vault=vault),
        keep_anchoring(engine, pause=_soon),
        keep_notifying(notifier(engine, RecordedOutbox(engine)), _soon),
    )
    running = [asyncio.create_task(each) for each in loops]
    yield running
    for each in running:
        each.cancel()
    ended = await asyncio.gather(*running, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended


def _said(logs: list[EventDict]) -> dict[str, set[str]]:
    said: dict[str, set[str]] = {}
    for each in logs:
        if each["event"] in EVERY_PROCESS:
            said.setdefault(each["event"], set()).add(each["why"])
    return said


@pytest.mark.usefixtures("at_noon")
async def test_a_full_disk_is_said_by_every_process_and_all_goes_on_when_there_is_room(engine: AsyncEngine) -> None:
    history = history_of(11, cases=20)
    await store_people(engine, *history.people)
    async with engine.begin() as conn:
        await adopt_rule_set(conn, real_rules().hash)
    records: list[Incoming] = [record(each) for each in history.records]
    half = len(records) // 2
    publisher = RecordedPublisher()
    intake = Intake(partial(accept, engine, vault=vault, read_note=read_note))

    # Half is stored and all of it woken again, so that every process has something to write when there is no room.
    await intake.take(records[:half])
    await assess_all(engine, real_rules(), writers=[write_cards_and_requests])
    async with engine.begin() as conn:
        await conn.execute(
            text("INSERT INTO wakes (case_key, case_id, cause) SELECT case_key, case_id, 'event' FROM cases")
        )
    await the_disk_is_full(engine)
    had = await counts(engine, facts, outbox, anchors)
    with structlog.testing.capture_logs() as logs:
        taking = asyncio.create_task(intake.take(records[half:]))
        async with at_work(engine, publisher) as running:
            await until(lambda: _all_have_said_it(logs))
            assert _said(logs) == {name: {DISK_FULL} for name in EVERY_PROCESS}
            assert not any(each.done() for each in (taking, *running))
            assert await counts(engine, facts, outbox, anchors) == had
            assert not [each for each in logs if each["event"] in {"text_set_aside", "case_set_aside"}]

            await there_is_room_again(engine)
            await taking
            await until(lambda: _nothing_is_left_to_do(engine))
    async with engine.connect() as conn:
        stored = set((await conn.execute(select(facts.c.event_id))).scalars())
        assert history.ids <= stored
        assert {each for each in stored - history.ids if not each.startswith("text-")} == set()
        assert await count(conn, dead_letters) == history.refused
        assert await count(conn, anchors) > 0
        assert (await verify_ledger(conn)).problem is None
    found = await verify(engine, real_rules().hash, real_rules().assess)
    assert (found.first, found.waiting, found.set_aside) == ([], 0, 0)


async def _all_have_said_it(logs: list[EventDict]) -> bool:
    return _said(logs).keys() == EVERY_PROCESS


async def _nothing_is_left_to_do(engine: AsyncEngine) -> bool:
    async with engine.connect() as conn:
        due = select(text_requests.c.text_id).where(
            text_requests.c.state.in_(["requested", "sending"]), text_requests.c.wake_at <= text("waymark_now()")
        )
        waiting = len((await conn.execute(due)).all())
        return not (waiting or await count(conn, wakes) or await count(conn, outbox) or not await count(conn, anchors))


async def test_an_ingest_that_gives_up_on_a_full_disk_says_so(engine: AsyncEngine) -> None:
    await the_disk_is_full(engine)
    intake = Intake(partial(accept, engine, vault=vault, read_note=read_note), give_up_after_s=0.2)
    with pytest.raises(
        StoreAwayError, match=r"Kafka keeps them\. The disk of the database is full: make room"
    ) as raised:
        await intake.take([record(each) for each in history_of(1).records])
    assert isinstance(raised.value.__cause__, DBAPIError)
    assert isinstance(intake.failed.exception(), StoreAwayError)


def test_a_data_folder_without_room_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    @contextmanager
    def no_room(_data: Path) -> Iterator[None]:
        if tmp_path.is_dir():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        yield

    monkeypatch.setattr(up, "holding", no_room)
    done = CliRunner().invoke(build_app(), ["up", "--data", str(tmp_path)])
    assert (done.exit_code, done.stderr) == (1, f"{FOLDER_FULL}\n")
