"""The embedded broker: speaks to every client here, its death is seen at once, and what is left of it is ended."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from infra.embedded.kafka import EmbeddedKafka
from infra.embedded.kafka_front import without_tagged_fields
from infra.embedded.process import LOOPBACK, free_port, is_alive
from infra.running import EMBEDDED_SESSION_TIMEOUT_MS
from infra.settings import Settings
from infra.topics import apply_topics
from tests.support.servers import KafkaServer, missing, settings_for

pytestmark = pytest.mark.servers

Make = Callable[..., EmbeddedKafka]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[EmbeddedKafka] = []

    def make_one(**options: Any) -> EmbeddedKafka:
        broker = EmbeddedKafka(tmp_path / "kafka", **{"port": free_port(), **options})
        made.append(broker)
        return broker

    yield make_one
    for broker in made:
        broker.stop()


@pytest.fixture
def on_broker(given_settings: Settings) -> Callable[[EmbeddedKafka], Settings]:
    """Settings for a broker, with its topics made."""

    def settings_on(broker: EmbeddedKafka) -> Settings:
        server = KafkaServer(broker.bootstrap_servers, "tansu")
        settings = settings_for(given_settings, kafka=server).model_copy(update={"topic_prefix": ""})
        apply_topics(settings)
        return settings

    return settings_on


async def test_a_group_joins_within_seconds_and_gets_a_large_record(
    make: Make,
    on_broker: Callable[[EmbeddedKafka], Settings],
) -> None:
    broker = make()
    broker.start()
    on_broker(broker)
    address = broker.bootstrap_servers
    sent = os.urandom(1_000_000)
    async with (
        AIOKafkaProducer(bootstrap_servers=address, max_request_size=2 << 20) as producer,
        AIOKafkaConsumer(
            "case.events",
            bootstrap_servers=address,
            group_id="g",
            auto_offset_reset="earliest",
            session_timeout_ms=EMBEDDED_SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=EMBEDDED_SESSION_TIMEOUT_MS // 3,
        ) as consumer,
    ):
        await producer.send_and_wait("case.events", sent, key=b"KP-1", headers=[("h", b"\xff")])
        # A broker's usual session of 45 s would let the group begin after half of it.
        async with asyncio.timeout(20):
            record = await consumer.getone()
        assert (record.value, record.key, record.headers) == (sent, b"KP-1", (("h", b"\xff"),))


def test_kcat_sends_and_reads(make: Make, on_broker: Callable[[EmbeddedKafka], Settings]) -> None:
    kcat = shutil.which("kcat")
    if kcat is None:
        missing("kcat is not installed.")
    broker = make()
    broker.start()
    on_broker(broker)
    # -E: a connection lost on a busy machine is made again, as every client does, instead of ending kcat.
    address = ("-E", "-b", broker.bootstrap_servers, "-t", "case.events", "-K:")
    lines = "".join(f"KP-{number}:line {number}\n" for number in range(5_000))

    def run_kcat(*arguments: str, given: str | None = None) -> str:
        ran = subprocess.run(  # noqa: S603 - kcat
            [kcat, *arguments, *address],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        logs = [f"{log.name}: {log.read_text('utf-8', errors='replace')}" for log in broker.folder.glob("*.log")]
        assert ran.returncode == 0, "\n".join([f"kcat: {ran.stderr}", *logs])
        return ran.stdout

    run_kcat("-P", given=lines)
    # Without an idempotent producer a line may be there twice, but never be missing.
    assert set(run_kcat("-C", "-e", "-q").splitlines()) == set(lines.splitlines())


@pytest.mark.parametrize("part", ["broker", "front"])
async def test_the_death_of_any_part_is_seen_at_once(make: Make, part: str) -> None:
    broker = make()
    broker.start()
    death = asyncio.create_task(broker.died())
    await asyncio.sleep(0)
    assert not death.done()
    victim = broker.process if part == "broker" else broker._front
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    assert await asyncio.wait_for(death, 15) == -signal.SIGKILL


async def test_death_is_seen_also_by_whoever_asks_later(make: Make) -> None:
    broker = make()
    broker.start()
    broker.process.kill()
    assert await asyncio.wait_for(broker.died(), 15) == -signal.SIGKILL


def test_a_broker_left_by_a_killed_run_is_ended_and_its_port_taken_again(make: Make) -> None:
    left = make(port=None)
    left.start()
    pid, port = left.process.pid, left.port
    fresh = make(port=None)
    fresh.start()
    assert not is_alive(pid)
    assert fresh.port == port


def test_a_taken_port_is_left_to_whoever_has_it(make: Make) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        broker = make(port=other.getsockname()[1])
        broker.start()
        assert broker.port != other.getsockname()[1]


def test_only_the_optional_fields_of_the_versions_are_left_out() -> None:
    head = struct.pack(">ih", 1, 0) + b"\x03"
    apis = struct.pack(">hhhb", 0, 0, 9, 0) + struct.pack(">hhhb", 18, 0, 4, 0)
    throttle = struct.pack(">i", 0)
    fields = b"\x02\x00\x01\x01\x01\x08" + b"\xff" * 8
    assert without_tagged_fields(head + apis + throttle + fields) == head + apis + throttle + b"\x00"


@pytest.mark.parametrize("answer", [b"", struct.pack(">ih", 1, 35) + b"\x00\x00\x00\x00"])
def test_an_answer_with_an_error_is_passed_on_as_it_came(answer: bytes) -> None:
    assert without_tagged_fields(answer) == answer
