"""Single processes, as in service: each is killed with -9 while events stream in, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.support.running import WAYMARK, answer_to, case_event, eventually, prepared
from tests.support.servers import KafkaServer, run_apart

_CASES = 40
_EVENTS_A_CASE = 6
_PROCESSES = ("ingest", "clock", "relay", "notify")


class Process:
    """One process of Waymark that a keeper would start again whenever it dies."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self._name = name
        self._environment = environment
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen([str(WAYMARK), self._name], env=self._environment, stdout=log, stderr=log)  # noqa: S603 - our own

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait(timeout=20)


@contextmanager
def processes(environment: dict[str, str], folder: Path) -> Iterator[dict[str, Process]]:
    """All processes, started; killed at the end."""
    with ExitStack() as stack:
        running = {name: Process(name, environment, folder / f"{name}.log") for name in _PROCESSES}
        for each in running.values():
            each.start()
            stack.callback(each.kill)
        yield running


def _events() -> list[dict[str, Any]]:
    found = []
    for number in range(_CASES):
        case_id = f"KP-{number}"
        found.append(case_event(case_id, f"{case_id}-report", "policing.crime.reported", "2026-11-02T09:00:00Z",
                                offence="stalking"))  # fmt: skip
        found += [
            case_event(case_id, f"{case_id}-{index}", "policing.suspect.arrested", f"2026-11-0{index + 3}T10:00:00Z",
                       suspect_ref=f"S-{index}")
            for index in range(_EVENTS_A_CASE - 1)
        ]  # fmt: skip
    return found


async def _send(kafka: KafkaServer, topic: str, events: list[dict[str, Any]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")
    await producer.start()
    try:
        for event in events:
            await producer.send_and_wait(topic, json.dumps(event).encode(), key=event["subject"].encode())
    finally:
        await producer.stop()


async def _published(kafka: KafkaServer, topic: str) -> list[dict[str, Any]]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    try:
        found: list[dict[str, Any]] = []
        while batch := await consumer.getmany(timeout_ms=2000):
            found += [json.loads(record.value) for records in batch.values() for record in records]
        return found
    finally:
        await consumer.stop()


def _asked(database: str, question: str) -> Any:
    async def ask() -> Any:
        connection = await asyncpg.connect(database)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return run_apart(ask())


def test_processes_killed_again_and_again_lose_and_double_nothing(
    kafka_server: KafkaServer, database: str, tmp_path: Path
) -> None:
    prefix = f"e2e-{uuid.uuid4().hex[:10]}."
    environment = prepared(database, kafka_server, prefix, tmp_path)
    events = _events()

    with processes(environment, tmp_path) as running:
        share = len(events) // len(_PROCESSES)
        for number, name in enumerate(_PROCESSES):
            stop = len(events) if number == len(_PROCESSES) - 1 else (number + 1) * share
            asyncio.run(_send(kafka_server, f"{prefix}case.events", events[number * share : stop]))
            time.sleep(0.3)  # somewhere in the middle of what it is doing
            running[name].kill()
            running[name].start()
        eventually(lambda: _asked(database, "SELECT count(*) FROM facts"), lambda seen: seen == len(events), 90)
        eventually(lambda: _asked(database, "SELECT count(*) FROM wakes"), lambda seen: seen == 0, 60)
        eventually(lambda: _asked(database, "SELECT count(*) FROM outbox"), lambda seen: seen == 0, 60)
        everything = asyncio.run(_published(kafka_server, f"{prefix}compliance.events"))
    published = [each for each in everything if each["subject"] != "ledger"]

    for command in (["ledger", "verify"], ["rebuild", "--verify"]):
        done = answer_to(*command, environment=environment)
        assert done.exit_code == 0, done.output
    # An announcement may be sent twice (killed between Kafka's answer and the delete), under the same id.
    ids = {each["id"]: each for each in published}
    for case, count in Counter(each["subject"] for each in ids.values()).items():
        sequences = sorted(each["data"]["sequence"] for each in ids.values() if each["subject"] == case)
        assert sequences == list(range(1, count + 1)), f"{case} has a gap or a double"
    assert len({each["subject"] for each in published}) == _CASES
    in_order: dict[str, int] = {}
    for each in published:
        last = in_order.get(each["subject"], 0)
        assert each["data"]["sequence"] <= last + 1, "an announcement overtook another of its case"
        in_order[each["subject"]] = max(last, each["data"]["sequence"])
    owed = _asked(database, "SELECT count(*) FROM obligations WHERE rule = 'VC-R6-ARREST'")
    assert owed == _CASES * (_EVENTS_A_CASE - 1)
    doubled = _asked(
        database,
        "SELECT count(*) FROM "
        "(SELECT 1 FROM text_requests GROUP BY fact_key, victim_key, purpose HAVING count(*) > 1) AS doubled",
    )
    assert doubled == 0
