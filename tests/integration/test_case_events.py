"""The consumer on a real broker: every record is seen, none twice in effect, whatever is broken or dies."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from kafka import KafkaProducer
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.app import asyncapi, ingest
from consumers.case_events import StoreAwayError
from consumers.progress import Look, Progress, look_once
from contracts.topics import CASE_EVENTS, LARGEST_CASE_EVENT
from infra.database import create_engine
from infra.embedded.process import free_port
from infra.migrations import migrate
from infra.settings import Settings
from infra.topics import apply_topics
from services.accept import Accepted, Incoming, accept
from services.contacts.reading import read_note
from services.publishing import producer_options
from services.storage.tables import dead_letters, facts
from tests.support.app import counts, event, vault
from tests.support.servers import run_apart

ROUND_LIMIT_S = 40


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again until it is so, for as long as a test may take."""
    async with asyncio.timeout(ROUND_LIMIT_S):
        while not await is_so():  # noqa: ASYNC110 - neither the store nor the broker tells of it
            await asyncio.sleep(0.05)


async def _nothing_waits(settings: Settings) -> bool:
    return (await look_once(settings)).lag == 0


@dataclass
class OnServers:
    """A store and topics of this test's own."""

    settings: Settings
    engine: AsyncEngine
    batches: list[int] = field(default_factory=list)

    async def accept(self, batch: Sequence[Incoming]) -> Accepted:
        """Accept as the application does."""
        self.batches.append(len(batch))
        return await accept(self.engine, batch, vault=vault, read_note=read_note)

    async def send(self, *values: dict[str, Any] | bytes | None, headers: Sequence[tuple[str, Any]] = ()) -> None:
        """Publish these to the input topic, keyed by subject."""
        producer = AIOKafkaProducer(**producer_options(self.settings, "test"))
        await producer.start()
        for value in values:
            raw = json.dumps(value).encode() if isinstance(value, dict) else value
            key = value["subject"].encode(errors="replace") if isinstance(value, dict) else b"?"
            await producer.send(f"{self.settings.topic_prefix}{CASE_EVENTS.name}", raw, key, headers=list(headers))
        await producer.stop()

    async def until(self, stored: int, refused: int = 0) -> None:
        """Wait until so much is stored and refused."""

        async def is_so() -> bool:
            return await counts(self.engine, facts, dead_letters) == [stored, refused]

        await until(is_so)

    @asynccontextmanager
    async def ingesting(
        self, accept_batch: Callable[[Sequence[Incoming]], Any] | None = None, progress: Progress | None = None
    ) -> AsyncIterator[asyncio.Task[None]]:
        """A consumer at work, which has joined its group."""
        joined = asyncio.Event()

        async def ready() -> None:
            joined.set()

        working = asyncio.create_task(
            ingest(self.settings, accept_batch or self.accept, progress, ready=ready, give_up_after_s=0.5)
        )
        try:
            async with asyncio.timeout(ROUND_LIMIT_S):
                await joined.wait()
            yield working
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


@pytest_asyncio.fixture(name="servers")
async def _servers(server_settings: Settings) -> AsyncIterator[OnServers]:
    assert server_settings.database_url is not None
    run_apart(migrate(server_settings.database_url.get_secret_value()))
    apply_topics(server_settings)
    engine = create_engine(server_settings)
    yield OnServers(server_settings, engine)
    await engine.dispose()


async def test_broken_records_are_dead_letters_and_all_others_are_stored(servers: OnServers) -> None:
    async with servers.ingesting():
        good = [event(f"e{number}", case=f"KP-{number % 9}") for number in range(200)]
        await servers.send(*good[:100], b"not JSON", None, b"", b"\xff\xfe", b"[" * 5000, *good[100:])
        await servers.send(event("null header"), headers=[("odd", None)])
        await servers.send(event("bytes in a header"), headers=[("odd", b"\xff\xfe\x00")])
        await servers.send(event("large", pages=["p" * 1000] * 1900))
        await servers.until(stored=203, refused=5)
        binary = event("b")
        attributes = [
            (f"ce_{name}", binary[name].encode()) for name in ("specversion", "id", "source", "type", "subject", "time")
        ]
        await servers.send(json.dumps(binary["data"]).encode(), headers=attributes)
        await servers.send(b"{}", headers=[*attributes[1:], ("ce_time", b"\xff")])
        await servers.until(stored=204, refused=6)


class _NotText(str):
    """A header's name that no text encodes to: what another language's client may send."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002 - as the base has it
        """Return bytes that are not UTF-8."""
        return b"n\xff\xfe"


def _send_with_header(settings: Settings, name: str) -> None:
    producer = KafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    topic = f"{settings.topic_prefix}{CASE_EVENTS.name}"
    producer.send(topic, json.dumps(event("x")).encode(), key=b"KP-1", headers=[(name, b"v")]).get(timeout=20)
    producer.close()


async def test_a_header_whose_name_is_not_text_stops_nobody(servers: OnServers) -> None:
    async with servers.ingesting():
        await servers.send(event("before"))
        await asyncio.to_thread(_send_with_header, servers.settings, _NotText("n"))
        await servers.send(event("after"))
        await servers.until(stored=3)


async def test_a_process_that_stops_between_commit_and_offset_doubles_nothing(
    servers: OnServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.app._STOP_LIMIT_S", 0.5)  # a process that is killed waits for nothing
    events = [event(f"e{number}", case=f"KP-{number % 5}") for number in range(50)]
    stored = asyncio.Event()

    async def stores_and_hangs(batch: Sequence[Incoming]) -> Accepted:
        await servers.accept(batch)
        stored.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with servers.ingesting(stores_and_hangs):
        await servers.send(*events, b"not JSON")
        async with asyncio.timeout(ROUND_LIMIT_S):
            await stored.wait()
    servers.batches.clear()
    async with servers.ingesting():
        await servers.until(stored=50, refused=1)
        await until(lambda: _nothing_waits(servers.settings))
    assert sum(servers.batches) == 51
    assert await counts(servers.engine, facts, dead_letters) == [50, 1]


async def test_a_store_that_is_away_for_a_moment_loses_nothing(servers: OnServers) -> None:
    failures = iter([ConnectionRefusedError(), TimeoutError()])

    async def sometimes(batch: Sequence[Incoming]) -> Accepted:
        for failure in failures:
            raise failure
        return await servers.accept(batch)

    async with servers.ingesting(sometimes):
        await servers.send(*(event(f"e{number}") for number in range(20)))
        await servers.until(stored=20)


async def test_a_store_that_stays_away_ends_the_process_with_a_sentence_and_the_next_one_goes_on(
    servers: OnServers,
) -> None:
    async def never(_: Sequence[Incoming]) -> Accepted:
        raise ConnectionRefusedError

    async with servers.ingesting(never) as working:
        await servers.send(*(event(f"e{number}") for number in range(20)))
        async with asyncio.timeout(ROUND_LIMIT_S):
            with pytest.raises(StoreAwayError, match="waymark doctor"):
                await working
    assert await counts(servers.engine, facts) == [0]
    async with servers.ingesting():
        await servers.until(stored=20)


async def test_members_that_come_late_and_leave_share_the_work_without_loss(servers: OnServers) -> None:
    async with servers.ingesting():
        await servers.send(*(event(f"a{number}", case=f"KP-{number}") for number in range(100)))
        async with servers.ingesting():
            await servers.send(*(event(f"b{number}", case=f"KP-{number}") for number in range(100)))
            await servers.until(stored=200)
        await servers.send(*(event(f"c{number}", case=f"KP-{number}") for number in range(100)))
        await servers.until(stored=300)


async def test_the_look_from_outside_sees_how_many_wait(servers: OnServers) -> None:
    await servers.send(*(event(f"e{number}", case=f"KP-{number}") for number in range(30)))
    waiting = (await look_once(servers.settings)).lag
    # The embedded broker tells the end of its log short of what lies there.
    assert waiting == 30 if servers.settings.kafka_idempotence else 0 < waiting <= 30
    progress = Progress()
    async with servers.ingesting(progress=progress):
        await servers.until(stored=30)
        assert progress.mine == frozenset(range(CASE_EVENTS.partitions))


def test_offsets_that_stand_while_records_wait_are_no_life() -> None:
    progress = Progress(stands_after_s=90, mine=frozenset({0, 1}))
    progress.saw(Look({0: 5, 1: 5, 2: 9}, {0: 5, 1: 3}), now=0)
    progress.saw(Look({0: 5, 1: 9, 2: 9}, {0: 5, 1: 4}), now=60)
    assert progress.is_alive(140)
    assert not progress.is_alive(151)
    assert "partition 1" in progress.says(151)
    progress.saw(Look({0: 5, 1: 9}, {0: 5, 1: 9}), now=152)
    assert progress.is_alive(1000)


def test_where_nothing_waits_a_consumer_that_does_nothing_lives() -> None:
    progress = Progress(mine=frozenset({0}))
    assert "No look" in progress.says(0)
    progress.saw(Look({0: 5}, {0: 5}), now=0)
    assert progress.is_alive(10_000)
    assert progress.says(10_000) == "0 events wait."


def test_a_consumer_without_any_partition_answers_for_all() -> None:
    progress = Progress(stands_after_s=90)
    progress.saw(Look({0: 5}, {}), now=0)
    assert not progress.is_alive(91)


def test_the_largest_record_fits_the_clients() -> None:
    assert producer_options(Settings(kafka_bootstrap_servers="k:1"), "x")["max_request_size"] > LARGEST_CASE_EVENT


def test_the_description_is_asyncapi_3_and_shows_the_real_types() -> None:
    document = asyncapi()
    assert document["asyncapi"].startswith("3.0")
    channels, operations = document["channels"], document["operations"]
    assert {each["address"] for each in channels.values()} == {"case.events", "compliance.events"}
    assert {each["action"] for each in operations.values()} == {"receive", "send"}
    schemas = document["components"]["schemas"]
    types = {
        schema["properties"]["type"].get("const")
        for schema in schemas.values()
        if "type" in schema.get("properties", {})
    }
    assert {"policing.suspect.arrested.v1", "record.corrected.v1", "waymark.obligation.breached.v1"} <= types
    _every_reference_leads_somewhere(document, document)


def _every_reference_leads_somewhere(document: dict[str, Any], part: Any) -> None:
    if isinstance(part, list):
        for each in part:
            _every_reference_leads_somewhere(document, each)
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str):
            at: Any = document
            for step in reference.removeprefix("#/").split("/"):
                at = at[step.replace("~1", "/").replace("~0", "~")]
        for each in part.values():
            _every_reference_leads_somewhere(document, each)


async def test_a_look_at_a_broker_that_is_away_leaves_nothing_open(given_settings: Settings) -> None:
    away = given_settings.model_copy(update={"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}"})
    with pytest.raises(KafkaConnectionError):
        await look_once(away)
    # What was left open would be warned of when it is collected, and a warning is a failure here.
    gc.collect()
