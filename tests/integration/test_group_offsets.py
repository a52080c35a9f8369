"""The consumer group is sent back to an instant or to the beginning, and never while anybody reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from consumers.case_events import group_of
from contracts.topics import CASE_EVENTS
from infra.group_offsets import RewindError, Rewound, lag, rewind
from infra.settings import Settings
from infra.topics import apply_topics

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("apache_kafka")]
RECORDS = 30
FIRST_MS = 1_790_000_000_000


async def _send(settings: Settings, topic: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers, acks="all")
    await producer.start()
    try:
        for number in range(RECORDS):
            await producer.send_and_wait(
                topic, b"{}", key=f"KP-{number}".encode(), timestamp_ms=FIRST_MS + number * 60_000
            )
    finally:
        await producer.stop()


async def _read(settings: Settings, group: str, topic: str, *, look: Sequence[str] = ()) -> int:
    """Read all there is as a member of the group, commit it, and return how many records that were."""
    consumer = AIOKafkaConsumer(
        topic,
        group_id=group,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        count = 0
        while batch := await consumer.getmany(timeout_ms=1500):
            count += sum(map(len, batch.values()))
        for words in look:
            with pytest.raises(RewindError, match=words):
                await asyncio.to_thread(rewind, settings, group, topic)
        if count:
            await consumer.commit()
        return count
    finally:
        await consumer.stop()


async def test_a_group_reads_again_from_where_it_is_sent_back_to(server_settings: Settings) -> None:
    settings = server_settings
    apply_topics(settings)
    topic, group = settings.topic_prefix + CASE_EVENTS.name, group_of(settings)
    await _send(settings, topic)
    assert lag(settings, group, topic) == RECORDS
    assert await _read(settings, group, topic) == RECORDS
    assert lag(settings, group, topic) == 0
    assert await _read(settings, group, topic, look=["1 of the group's members are at work"]) == 0

    since = datetime.fromtimestamp((FIRST_MS + 20 * 60_000) / 1000, UTC)
    done = rewind(settings, group, topic, since)
    assert (done.partitions, lag(settings, group, topic)) == (CASE_EVENTS.partitions, done.records)
    assert done.records >= 10  # those since then, and what came between two of them in a partition
    assert await _read(settings, group, topic) == done.records

    assert rewind(settings, group, topic) == Rewound(CASE_EVENTS.partitions, RECORDS)
    assert await _read(settings, group, topic) == RECORDS
    assert rewind(settings, group, topic, datetime(2099, 1, 1, tzinfo=UTC)).records == 0
    assert await _read(settings, group, topic) == 0


def test_a_group_that_never_read_and_a_topic_that_is_not_there_are_said(server_settings: Settings) -> None:
    topic = server_settings.topic_prefix + CASE_EVENTS.name
    with pytest.raises(RewindError, match="topics apply"):
        rewind(server_settings, group_of(server_settings), topic)
    apply_topics(server_settings)
    assert rewind(server_settings, group_of(server_settings), topic) == Rewound(CASE_EVENTS.partitions, 0)
