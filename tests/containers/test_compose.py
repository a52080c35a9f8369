"""compose.yaml on a real engine: every process by itself, each killed once, and nothing lost."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from infra import clock
from tests.support.composed import Composed
from tests.support.running import case_event, eventually

pytestmark = pytest.mark.containers

_PROCESSES = ("ingest", "clock", "relay", "notify", "web")
_KILLED = (*_PROCESSES, "kafka-1", "kafka-2", "postgres")
_CASES_A_ROUND = 10
_ARRESTS = 3
_SEND_LIMIT_S = 90


def _events(round_: int) -> list[dict[str, Any]]:
    """Cases whose arrests were nineteen days ago and told to nobody: each of them must be found overdue."""
    then = clock.wall_now() - timedelta(days=20)
    found = []
    for number in range(_CASES_A_ROUND):
        case = f"KP-{round_}-{number}"
        found.append(case_event(case, f"{case}-1st", "policing.crime.reported", then.isoformat(), offence="stalking"))
        found += [
            case_event(case, f"{case}-{index}", "policing.suspect.arrested",
                       (then + timedelta(days=1, hours=index)).isoformat(), suspect_ref=f"S-{index}")
            for index in range(_ARRESTS)
        ]  # fmt: skip
    return found


async def _send(kafka: str, records: Sequence[tuple[str, bytes]]) -> None:
    """Publish until Kafka has taken each, as a feed would; one sent twice drops out by its id."""
    give_up_at = clock.monotonic() + _SEND_LIMIT_S
    left = list(records)
    while left:
        producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", request_timeout_ms=10_000)
        try:
            await producer.start()
            while left:
                key, value = left[0]
                await producer.send_and_wait("case.events", value, key=key.encode())
                left.pop(0)
        except (KafkaError, OSError):
            assert clock.monotonic() < give_up_at, f"{len(left)} records could not be sent"
            await asyncio.sleep(0.5)
        finally:
            await producer.stop()


def send(composed: Composed, events: Sequence[dict[str, Any]]) -> None:
    """Publish events keyed by case."""
    asyncio.run(_send(composed.kafka, [(event["subject"], json.dumps(event).encode()) for event in events]))


async def _published(kafka: str) -> list[dict[str, Any]]:
    consumer = AIOKafkaConsumer("compliance.events", bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[dict[str, Any]] = []
        while batch := await consumer.getmany(timeout_ms=3000):
            found += [json.loads(record.value) for records in batch.values() for record in records]
        return found
    finally:
        await consumer.stop()


@pytest.fixture(scope="session")
def ready(composed: Composed) -> Composed:
    """Everything started in no order has found its way."""
    began = clock.monotonic()
    for once in ("migrate", "topics"):
        eventually(partial(composed.state, once), lambda seen: not seen["Running"] and seen["ExitCode"] == 0, 120)
    for process in _PROCESSES:
        eventually(partial(composed.is_healthy, process), limit_s=60)
    eventually(lambda: httpx.get(f"{composed.web}/health/ready").status_code, lambda seen: seen == 200, 60)
    print(f"ready {clock.monotonic() - began:.0f} s after everything was started")  # noqa: T201 - what was seen
    return composed


@pytest.mark.parametrize("process", _PROCESSES)
def test_a_process_is_not_root_holds_no_right_and_writes_nowhere(ready: Composed, process: str) -> None:
    assert ready.inside(process, "id", "-u").strip() == "10001"
    status = dict(line.split(":\t") for line in ready.inside(process, "cat", "/proc/1/status").splitlines())
    assert int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert ready.inside(process, "sh", "-c", "touch /opt/waymark/x 2> /dev/null || echo refused").strip() == "refused"


def test_the_role_of_the_processes_is_no_superuser(ready: Composed) -> None:
    assert ready.asked("SELECT rolsuper FROM pg_roles WHERE rolname = 'waymark'") == "f"


def test_each_process_killed_once_loses_and_doubles_nothing(ready: Composed) -> None:
    sent: list[dict[str, Any]] = []
    back = {}
    for round_, service in enumerate(_KILLED):
        events = _events(round_)
        half = len(events) // 2
        send(ready, events[:half])
        back[service] = ready.kill(service)
        send(ready, events[half:])
        sent += events
    asyncio.run(_send(ready.kafka, [("KP-x", b"this is no event")]))
    print("seconds until each ran again:", {name: round(seconds, 1) for name, seconds in back.items()})  # noqa: T201 - what was seen

    # A running container is not yet a server that answers: PostgreSQL first replays what the crash left.
    eventually(partial(ready.is_healthy, "postgres"))
    cases = {event["subject"] for event in sent}
    eventually(lambda: ready.asked("SELECT count(*) FROM facts"), lambda seen: seen == str(len(sent)), 120)
    for question in ("SELECT count(*) FROM wakes", "SELECT count(*) FROM outbox"):
        eventually(partial(ready.asked, question), lambda seen: seen == "0", 90)
    dead = partial(ready.inside, "clock", "waymark", "dead", "list", "--json")
    eventually(lambda: json.loads(dead()), lambda seen: len(seen) == 1)
    owed = ready.asked("SELECT count(*) FROM obligations WHERE rule = 'VC-R6-ARREST' AND state = 'breached'")
    assert int(owed) == len(cases) * _ARRESTS
    assert "KP-0-0" in httpx.get(f"{ready.web}/cases/KP-0-0").text
    assert json.loads(ready.inside("clock", "waymark", "worklist", "--json"))
    ready.inside("clock", "waymark", "ledger", "verify")
    ready.inside("clock", "waymark", "rebuild", "--verify")

    published = {each["id"]: each for each in asyncio.run(_published(ready.kafka)) if each["subject"] != "ledger"}
    for case, count in Counter(each["subject"] for each in published.values()).items():
        sequences = sorted(each["data"]["sequence"] for each in published.values() if each["subject"] == case)
        assert sequences == list(range(1, count + 1)), f"{case} has a gap or a double"
    assert {each["subject"] for each in published.values()} == cases
    for process in _PROCESSES:
        assert eventually(partial(ready.is_healthy, process), limit_s=60)
