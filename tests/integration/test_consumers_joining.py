"""Ingest processes join, leave and are killed while events stream in on Apache Kafka: none is lost, none doubled."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.case_events import group_of
from contracts.topics import CASE_EVENTS
from infra import clock
from infra.database import create_engine
from infra.kafka_connection import admin_options
from infra.migrations import migrate
from infra.settings import Settings
from infra.topics import apply_topics
from services.publishing import KafkaPublisher, Placed
from services.relay import Outgoing
from services.storage.tables import dead_letters, facts, wakes
from tests.support import servers
from tests.support.app import count, event
from tests.support.running import WAYMARK

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("apache_kafka")]

LIMIT_S = 60
CASES = 60
_PAUSE_S = 0.002
"""Between two events of a stream: some 400 a second go on while members come and go."""


@dataclass
class Member:
    """One `waymark ingest`."""

    process: subprocess.Popen[bytes]

    def leave(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=20)


@contextmanager
def group(settings: Settings, log: Path) -> Iterator[Callable[[], Member]]:
    """Return what starts a member of the group; whoever is left at the end is killed."""
    assert settings.database_url is not None
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")} | {
        "WAYMARK_DATABASE_URL": settings.database_url.get_secret_value(),
        "WAYMARK_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers or "",
        "WAYMARK_KAFKA_SESSION_TIMEOUT_MS": "6000",
        "WAYMARK_TOPIC_PREFIX": settings.topic_prefix,
        "WAYMARK_DATA": str(settings.data),
        "WAYMARK_LOG_FORMAT": "json",
    }
    with ExitStack() as stack:

        def start() -> Member:
            with log.open("ab") as output:
                member = Member(
                    subprocess.Popen([str(WAYMARK), "ingest"], env=environment, stdout=output, stderr=output)  # noqa: S603 - our own
                )
            stack.callback(member.kill)
            return member

        yield start


class Watched:
    """What Kafka says of the group and of the topic."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._group = group_of(settings)
        self._topic = settings.topic_prefix + CASE_EVENTS.name
        self._admin = KafkaAdminClient(**admin_options(settings))

    def close(self) -> None:
        self._admin.close()

    def shares(self) -> list[int]:
        """How many partitions each member has, most first; empty while the group is being divided anew."""
        try:
            found = self._admin.describe_groups([self._group])[self._group]
        except KafkaError:
            return []
        if found["group_state"] != "Stable":
            return []
        shares = []
        for member in found["members"]:
            assigned = member["member_assignment"]["assigned_partitions"]
            shares.append(sum(len(each["partitions"]) for each in assigned))
        return sorted(shares, reverse=True)

    def lag(self) -> int:
        """How many records are not committed yet."""
        partitions = [TopicPartition(self._topic, number) for number in range(CASE_EVENTS.partitions)]
        ends = self._admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        committed = self._admin.list_group_offsets({self._group: partitions})[self._group]
        return sum(ends[each].offset - max(committed[each].offset, 0) for each in partitions)


class Stream:
    """Sends events of all cases in turn until told to stop; ``sent`` are those that Kafka has."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.sent: list[str] = []
        self._stop = asyncio.Event()
        self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        async with KafkaPublisher(self._settings, "test-stream") as publisher:
            number = 0
            while not self._stop.is_set():
                value = event(f"e{number}", case=f"KP-{number % CASES}")
                message = Outgoing(CASE_EVENTS.name, value["subject"].encode(), json.dumps(value).encode(), ())
                (came,) = await publisher.deliver([message])
                assert isinstance(came, Placed), came
                self.sent.append(value["id"])
                number += 1
                await asyncio.sleep(_PAUSE_S)

    async def end(self) -> None:
        self._stop.set()
        await self._sending

    async def go_on(self) -> None:
        """Wait until some more was sent, so that what comes next falls into the stream."""
        wanted = len(self.sent) + 100
        while len(self.sent) < wanted:
            assert not self._sending.done(), self._sending.exception()
            await asyncio.sleep(0.02)


async def until(look: Callable[[], Any], wanted: Any) -> None:
    give_up_at = clock.monotonic() + LIMIT_S
    while (seen := await asyncio.to_thread(look)) != wanted:
        assert clock.monotonic() < give_up_at, f"not {wanted} within {LIMIT_S} s, last seen: {seen}"
        await asyncio.sleep(0.1)


async def _stored(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as conn:
        return list((await conn.execute(select(facts.c.event_id))).scalars())


async def test_members_that_join_leave_and_die_lose_and_double_nothing(
    server_settings: Settings, tmp_path: Path
) -> None:
    settings = server_settings
    assert settings.database_url is not None
    await migrate(settings.database_url.get_secret_value())
    apply_topics(settings)
    engine = create_engine(settings, "waymark-test", pool_size=2)
    watched = Watched(settings)
    log = tmp_path / "ingest.log"
    began = clock.monotonic()
    try:
        with group(settings, log) as start:
            first = start()
            await until(watched.shares, [12])
            stream = Stream(settings)
            await stream.go_on()
            second, third = start(), start()  # join
            await until(watched.shares, [4, 4, 4])
            await stream.go_on()
            assert await asyncio.to_thread(first.leave) == 0  # leave
            await until(watched.shares, [6, 6])
            await stream.go_on()
            second.kill()  # die, in the middle of the stream
            killed_at, had = clock.monotonic(), len(stream.sent)
            await until(watched.shares, [12])
            took_over_s = clock.monotonic() - killed_at
            assert len(stream.sent) > had
            start()  # join once more
            await until(watched.shares, [6, 6])
            await stream.go_on()
            third.kill()
            await stream.go_on()
            await stream.end()
            await until(watched.lag, 0)
        stored = await _stored(engine)
        async with engine.connect() as conn:
            assert await count(conn, dead_letters) == 0
            woken = (await conn.execute(select(func.count(wakes.c.case_key.distinct())))).scalar_one()
    finally:
        watched.close()
        await engine.dispose()
    assert sorted(stored) == sorted(stream.sent), log.read_text("utf-8")[-4000:]
    assert woken == CASES
    servers._notes.append(
        f"consumers joining and leaving: {len(stored)} events, 4 members, 2 killed, taken over {took_over_s:.1f} s "
        f"after the kill, {clock.monotonic() - began:.0f} s in all"
    )
