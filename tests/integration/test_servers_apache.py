"""Apache Kafka on this machine: large records, idempotent producers, and a leader killed outright."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from kafka.admin import KafkaAdminClient

from infra.clock import monotonic
from infra.embedded.apache import ApacheKafka, missing_tools
from infra.embedded.apache.__main__ import Background
from infra.embedded.process import ServerStartError
from infra.settings import Settings
from infra.topics import apply_topics, check_topics
from tests.support.servers import KafkaServer, missing, remove_topics, settings_for, start_apache

pytestmark = pytest.mark.servers

LONGEST_PAUSE_S = 5.0


@pytest.fixture
def three_brokers(server_folder: Path) -> Iterator[ApacheKafka]:
    if tools := missing_tools():
        missing(" ".join(tools))
    try:
        cluster = start_apache(server_folder / uuid.uuid4().hex[:6], brokers=3)
    except ServerStartError as error:
        missing(str(error))
    yield cluster
    for index in range(3):
        cluster.kill(index)


async def test_a_megabyte_goes_through_with_an_idempotent_producer(
    apache_kafka: KafkaServer,
    given_settings: Settings,
) -> None:
    settings = settings_for(given_settings, kafka=apache_kafka, topic_prefix=f"t-{uuid.uuid4().hex[:12]}.")
    apply_topics(settings)
    topic = f"{settings.topic_prefix}case.events"
    sent = os.urandom(1_000_000)
    async with (
        AIOKafkaProducer(
            bootstrap_servers=apache_kafka.bootstrap_servers,
            max_request_size=2 << 20,
            enable_idempotence=True,
        ) as producer,
        AIOKafkaConsumer(
            topic,
            bootstrap_servers=apache_kafka.bootstrap_servers,
            group_id=settings.topic_prefix,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
        ) as consumer,
    ):
        await producer.send_and_wait(topic, sent, key=b"KP-1")
        async with asyncio.timeout(20):
            assert (await consumer.getone()).value == sent
    remove_topics(settings)


def _leader(bootstrap_servers: str, topic: str) -> int:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers.split(","))
    try:
        leader: int = admin.describe_topics([topic])[0]["partitions"][0]["leader_id"]
    finally:
        admin.close()
    return leader


async def test_a_killed_leader_pauses_little_and_loses_and_doubles_nothing(
    three_brokers: ApacheKafka,
    given_settings: Settings,
) -> None:
    server = KafkaServer(three_brokers.bootstrap_servers, "apache")
    settings = settings_for(given_settings, kafka=server)
    apply_topics(settings)
    assert all(result.outcome == "right" for result in check_topics(settings))
    topic = "case.events"
    producer = AIOKafkaProducer(
        bootstrap_servers=server.bootstrap_servers,
        enable_idempotence=True,
        retry_backoff_ms=50,
        metadata_max_age_ms=1_000,
        request_timeout_ms=2_000,
    )
    await producer.start()
    leader = _leader(server.bootstrap_servers, topic)
    longest = 0.0
    for number in range(400):
        if number == 100:
            three_brokers.kill(leader - 1)
        began = monotonic()
        async with asyncio.timeout(30):
            while True:
                try:
                    await producer.send_and_wait(topic, str(number).encode(), partition=0)
                    break
                except KafkaError as error:
                    assert error.retriable, error  # noqa: PT017 - which error it is decides whether it may be tried again
        longest = max(longest, monotonic() - began)
    await producer.stop()
    others = ",".join(a for i, a in enumerate(server.bootstrap_servers.split(",")) if i != leader - 1)
    read: list[int] = []
    async with AIOKafkaConsumer(topic, bootstrap_servers=others, auto_offset_reset="earliest") as consumer:
        async with asyncio.timeout(20):
            while len(read) < 400:
                read.append(int((await consumer.getone()).value))
    assert read == list(range(400))
    assert longest < LONGEST_PAUSE_S


def test_what_runs_in_the_background_is_found_again_and_stopped(tmp_path: Path) -> None:
    if tools := missing_tools():
        missing(" ".join(tools))
    assert Background(tmp_path).running() is None
    assert Background(tmp_path).stop() is False
    libraries = Path(__file__).parents[2] / ".kafka"
    for place in libraries.glob("libs-*"):
        (tmp_path / place.name).symlink_to(place)
    started = Background(tmp_path).start(1)
    try:
        assert Background(tmp_path).start(1) == started
        with pytest.raises(ServerStartError, match="kafka-stop"):
            Background(tmp_path).start(3)
    finally:
        assert Background(tmp_path).stop() is True
    assert Background(tmp_path).running() is None
