"""Three brokers, the leader of a partition killed outright: our own publisher and consumer go on, and lose nothing."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from kafka.admin import KafkaAdminClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.app import ingest
from contracts.topics import CASE_EVENTS
from infra import clock
from infra.embedded.apache import ApacheKafka, missing_tools
from infra.embedded.process import ServerStartError
from infra.kafka_connection import admin_options
from infra.settings import Settings
from infra.topics import apply_topics
from services.accept import Accepted, Incoming, accept
from services.contacts.reading import read_note
from services.publishing import KafkaPublisher, Placed
from services.relay import Outgoing
from services.storage.tables import facts
from tests.support import servers
from tests.support.app import event, vault
from tests.support.servers import KafkaServer, missing, settings_for, start_apache

pytestmark = pytest.mark.servers

LONGEST_PAUSE_S = 15.0
"""Generous, for a machine that does other things as well; on two busy cores 1.7 to 3.4 s were seen."""

CASES = 16
LIMIT_S = 60
BEFORE, AFTER = 30, 60
"""How many events each case has had when the leader dies, and at the end."""


@dataclass
class Steady:
    """Sends the events of every case one after another, each until the brokers have it, and notes when they had it."""

    settings: Settings
    acknowledged: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    longest_wait_s: float = 0.0
    refusals: Counter[str] = field(default_factory=Counter)

    async def send(self, numbers: range) -> None:
        """Send the events with these numbers, of all cases at once."""
        async with KafkaPublisher(self.settings, "test-steady") as publisher:
            await asyncio.gather(*(self._send_case(publisher, case, numbers) for case in range(CASES)))

    async def _send_case(self, publisher: KafkaPublisher, case: int, numbers: range) -> None:
        for number in numbers:
            value = event(f"e{case}-{number}", case=f"KP-{case}")
            message = Outgoing(CASE_EVENTS.name, f"KP-{case}".encode(), json.dumps(value).encode(), ())
            began = clock.monotonic()
            while True:
                (came,) = await publisher.deliver([message])
                if isinstance(came, Placed):
                    break
                assert not came.is_for_good, came.sentence
                self.refusals[came.sentence] += 1
                await asyncio.sleep(0.05)
            self.acknowledged.append(value["id"])
            self.moments.append(clock.monotonic())
            self.longest_wait_s = max(self.longest_wait_s, clock.monotonic() - began)
            await asyncio.sleep(0.02)


@pytest.fixture(name="brokers")
def _brokers(server_folder: Path) -> Iterator[ApacheKafka]:
    if tools := missing_tools():
        missing(" ".join(tools))
    try:
        cluster = start_apache(server_folder / uuid.uuid4().hex[:6], brokers=3)
    except ServerStartError as error:
        missing(str(error))
    yield cluster
    for index in range(3):
        cluster.kill(index)


def _leader_and_copies(settings: Settings) -> tuple[int, set[int]]:
    """Return the leader of a partition of the input topic, and on how many brokers its partitions are kept."""
    admin = KafkaAdminClient(**admin_options(settings))
    try:
        found = admin.describe_topics([CASE_EVENTS.name])[0]["partitions"]
    finally:
        admin.close()
    return found[0]["leader_id"], {len(each["replica_nodes"]) for each in found}


async def until(is_so: Callable[[], bool]) -> None:
    """Look again and again until it is so; the test's own limit ends it."""
    while not is_so():  # noqa: ASYNC110 - neither the producer nor the consumer tells of it
        await asyncio.sleep(0.01)


async def _on_the_topic(settings: Settings) -> Counter[str]:
    consumer = AIOKafkaConsumer(
        CASE_EVENTS.name,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
        group_id=None,
    )
    await consumer.start()
    found: Counter[str] = Counter()
    try:
        while batch := await consumer.getmany(timeout_ms=2000):
            found.update(json.loads(record.value)["id"] for records in batch.values() for record in records)
    finally:
        await consumer.stop()
    return found


async def test_the_leader_killed_while_events_stream_in_loses_and_doubles_nothing(
    engine: AsyncEngine,
    store_settings: Settings,
    brokers: ApacheKafka,
    given_settings: Settings,
) -> None:
    url = store_settings.database_url
    assert url is not None
    settings = settings_for(
        given_settings,
        kafka=KafkaServer(brokers.bootstrap_servers, "apache"),
        database_url=url.get_secret_value(),
    )
    apply_topics(settings)
    stored: list[tuple[float, Accepted]] = []
    joined = asyncio.Event()

    async def take(batch: Sequence[Incoming]) -> Accepted:
        done = await accept(engine, batch, vault=vault, read_note=read_note)
        stored.append((clock.monotonic(), done))
        return done

    async def ready() -> None:
        joined.set()

    consuming = asyncio.create_task(ingest(settings, take, ready=ready))
    sender = Steady(settings)
    async with asyncio.timeout(LIMIT_S):
        await joined.wait()
        leader, copies = await asyncio.to_thread(_leader_and_copies, settings)
        assert copies == {3}
        sending = asyncio.create_task(sender.send(range(AFTER)))
        await until(lambda: len(sender.acknowledged) >= BEFORE * CASES or sending.done())
        await asyncio.to_thread(brokers.kill, leader - 1)
        killed_at = clock.monotonic()
        await sending
        await until(lambda: sum(done.stored for _, done in stored) >= CASES * AFTER or consuming.done())
    consuming.cancel()
    await asyncio.gather(consuming, return_exceptions=True)

    async with engine.connect() as conn:
        kept = (await conn.execute(select(facts.c.event_id))).scalars().all()
    assert sorted(kept) == sorted(sender.acknowledged)
    on_the_topic = await _on_the_topic(settings)
    assert on_the_topic.keys() == set(sender.acknowledged)
    if not sender.refusals:
        # The producer is idempotent: what it repeats itself is stored once. What we send again is another record.
        assert on_the_topic.total() == len(on_the_topic)
    pause = max(later - earlier for earlier, later in pairwise(sender.moments))
    reads = [at for at, _ in stored]
    read_pause = max(later - earlier for earlier, later in pairwise(reads))
    said = f"a leader killed: no acknowledgement for {pause:.1f} s, none stored for {read_pause:.1f} s"
    servers._notes.append(f"{said}, one event waited {sender.longest_wait_s:.1f} s")
    assert sender.moments[0] < killed_at < sender.moments[-1]
    assert max(pause, sender.longest_wait_s) < LONGEST_PAUSE_S
