"""`waymark up` for end-to-end tests: on the broker the tests run on, or all embedded."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import Up
from tests.support.servers import KafkaServer, chosen_kafka


@pytest.fixture
def up(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Up]:
    """An `up` that is not started yet; stopped at the end, whatever state the test left it in."""
    environment: dict[str, str] = {}
    if chosen_kafka() != "embedded":
        kafka: KafkaServer = request.getfixturevalue("kafka_server")
        environment = {
            "WAYMARK_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "WAYMARK_KAFKA_SESSION_TIMEOUT_MS": "6000",  # one that is killed keeps the next one waiting no longer
            "WAYMARK_TOPIC_PREFIX": f"e2e-{uuid.uuid4().hex[:10]}.",
        }
    running = Up(tmp_path / "data", environment)
    yield running
    running.stop()
