"""What the processes stand on is stopped and started under them: they go on by themselves, with nothing lost."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from infra import clock
from infra.embedded.apache import ApacheKafka, missing_tools
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import ServerStartError, free_port
from tests.e2e.test_killed_processes import _asked, _events, _published, _send, processes
from tests.support.running import answer_to, eventually, prepared
from tests.support.servers import KafkaServer, missing, start_apache

_CASES = 40
_LONGEST_S = 60
"""How soon after the last event everything is done: the longest back-off is 5 s, and the machine is busy."""

_LEFT = """
    SELECT (SELECT count(*) FROM wakes) + (SELECT count(*) FROM outbox)
         + (SELECT count(*) FROM text_requests WHERE state IN ('requested', 'sending'))
"""


@pytest.fixture(name="own_postgres")
def _own_postgres(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of the test's own, as in service: what was committed is on the disk."""
    postgres = EmbeddedPostgres(server_folder / uuid.uuid4().hex[:6] / "postgres", port=free_port())
    postgres.start()
    yield postgres
    postgres.stop()


@pytest.fixture(name="own_kafka")
def _own_kafka(server_folder: Path) -> Iterator[ApacheKafka]:
    if tools := missing_tools():
        missing(" ".join(tools))
    try:
        cluster = start_apache(server_folder / uuid.uuid4().hex[:6])
    except ServerStartError as error:
        missing(str(error))
    yield cluster
    cluster.kill(0)


def _goes_on(database: str, kafka: KafkaServer, folder: Path, disturbances: list[Callable[[], object]]) -> None:
    """Send a share of the events before and after each disturbance, and hold what is there against all of them."""
    prefix = f"e2e-{uuid.uuid4().hex[:10]}."
    environment = prepared(database, kafka, prefix, folder)
    events = _events()
    share = len(events) // (len(disturbances) + 1)
    with processes(environment, folder) as running:
        for number, disturb in enumerate(disturbances):
            asyncio.run(_send(kafka, f"{prefix}case.events", events[number * share : (number + 1) * share]))
            sent = number * share
            # A process that finds no server when it starts ends in a sentence; one that works must go on.
            eventually(partial(_asked, database, "SELECT count(*) FROM facts"), sent.__lt__)
            eventually(partial(_asked, database, "SELECT count(*) FROM ledger"))
            time.sleep(0.3)  # somewhere in the middle of what they are doing
            disturb()
        asyncio.run(_send(kafka, f"{prefix}case.events", events[len(disturbances) * share :]))
        began = clock.monotonic()
        eventually(partial(_asked, database, "SELECT count(*) FROM facts"), lambda seen: seen == len(events), 90)
        eventually(partial(_asked, database, _LEFT), lambda seen: seen == 0, 60)
        caught_up_s = clock.monotonic() - began
        ended = {name: each._running.poll() for name, each in running.items() if each._running is not None}
        logs = {name: (folder / f"{name}.log").read_text("utf-8")[-1500:] for name in ended}
        assert set(ended.values()) == {None}, f"a process ended instead of going on: {ended} {logs}"
        published = asyncio.run(_published(kafka, f"{prefix}compliance.events"))

    for command in (["ledger", "verify"], ["rebuild", "--verify"]):
        done = answer_to(*command, environment=environment)
        assert done.exit_code == 0, done.output
    # Nothing of ours was killed, but an answer of the broker, or the delete after it, may have been cut off.
    ids = {each["id"]: each for each in published if "sequence" in each["data"]}
    told = Counter(each["subject"] for each in ids.values())
    assert len(told) == _CASES
    last: Counter[str] = Counter()
    for each in published:
        sequence = each["data"].get("sequence")
        if sequence is not None:
            assert sequence <= last[each["subject"]] + 1, "an announcement overtook another of its case, or is lost"
            last[each["subject"]] = max(last[each["subject"]], sequence)
    assert last == told
    assert sum(told.values()) == _asked(database, "SELECT sum(told) FROM cases")
    assert caught_up_s < _LONGEST_S


def test_processes_go_on_when_postgresql_is_stopped_and_started(
    own_postgres: EmbeddedPostgres, kafka_server: KafkaServer, tmp_path: Path
) -> None:
    def restart() -> None:
        own_postgres.stop()
        time.sleep(2)  # long enough for every process to have tried in vain
        own_postgres.start()

    disturbances: list[Callable[[], object]] = [restart, own_postgres.process.kill, own_postgres.start]
    _goes_on(own_postgres.url, kafka_server, tmp_path, disturbances)


@pytest.mark.servers
def test_processes_go_on_when_kafka_is_killed_and_started(
    database: str, own_kafka: ApacheKafka, tmp_path: Path
) -> None:
    def restart() -> None:
        own_kafka.kill(0)
        time.sleep(2)  # long enough for every process to have tried in vain
        own_kafka.restart(0)

    _goes_on(database, KafkaServer(own_kafka.bootstrap_servers, "apache"), tmp_path, [restart, restart])
