"""PostgreSQL and Apache Kafka in containers, by testcontainers, on the engine that DOCKER_HOST names.

The images are POSTGRES_IMAGE and KAFKA_IMAGE, as for compose.yaml. testcontainers' own reaper is off: it would be one
more image, with the engine's socket in its hands. What a killed run leaves behind is swept by the next, by its label.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg
import docker
from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from infra import clock
from infra.embedded.kafka_probe import known_brokers
from infra.embedded.process import ServerStartError, free_port, is_alive

_LABEL = "waymark-tests"
_READY_LIMIT_S = 90.0
_LOOK_EVERY_S = 0.2
_KAFKA_PORT = 9092
_POSTGRES_PORT = 5432

_KAFKA = {
    "CLUSTER_ID": "V2F5bWFya0luVGVzdHMxMA",
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_MESSAGE_MAX_BYTES": "4194304",
    "KAFKA_REPLICA_FETCH_MAX_BYTES": "4194304",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "500",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "8",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
}


@contextmanager
def kafka_in_container() -> Iterator[str]:
    """One Apache Kafka node while the block lasts; given is its HOST:PORT.

    Raises:
        ServerStartError: if no engine answers, the image is missing, or the broker does not come up.
    """
    port = free_port()
    advertised = {"KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}"}

    def made() -> DockerContainer:
        image = os.environ.get("KAFKA_IMAGE", "apache/kafka:4.3.1")
        return DockerContainer(image, env=_KAFKA | advertised).with_bind_ports(_KAFKA_PORT, port)

    with _running("Apache Kafka", made, lambda: bool(known_brokers(port))):
        yield f"127.0.0.1:{port}"


@contextmanager
def postgres_in_container() -> Iterator[str]:
    """One PostgreSQL without fsync while the block lasts; given is the address of its database `postgres`.

    Raises:
        ServerStartError: if no engine answers, the image is missing, or the server does not come up.
    """
    port, password = free_port(), secrets.token_hex(16)
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"

    async def ask() -> bool:
        try:
            connection = await asyncpg.connect(url, timeout=5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close()
        return True

    def made() -> DockerContainer:
        return DockerContainer(
            os.environ.get("POSTGRES_IMAGE", "postgres:18"),
            env={"POSTGRES_PASSWORD": password},
            command="-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200",
        ).with_bind_ports(_POSTGRES_PORT, port)

    with _running("PostgreSQL", made, lambda: asyncio.run(ask())):
        yield url


@contextmanager
def _running(name: str, made: Callable[[], DockerContainer], is_ready: Callable[[], bool]) -> Iterator[None]:
    testcontainers_config.ryuk_disabled = True
    try:
        _sweep_left_overs()
        # Its making asks the engine already.
        container = made().with_kwargs(labels={_LABEL: str(os.getpid())})
        container.start()
    except DockerException as problem:
        raise ServerStartError(
            f"{name} cannot be started in a container ({type(problem).__name__}): is an engine running, does "
            "DOCKER_HOST name it, and has it the image?",
        ) from problem
    try:
        give_up_at = clock.monotonic() + _READY_LIMIT_S
        while not is_ready():
            if clock.monotonic() > give_up_at:
                said = b"".join(container.get_logs()).decode(errors="replace")
                raise ServerStartError(
                    f"{name} was not ready within {_READY_LIMIT_S:g} s. Its log says:\n{said[-1500:]}"
                )
            time.sleep(_LOOK_EVERY_S)
        yield
    finally:
        container.stop()


def _sweep_left_overs() -> None:
    client = docker.from_env()
    for left in client.containers.list(all=True, filters={"label": _LABEL}):
        owner = left.labels.get(_LABEL, "")
        if owner.isdigit() and not is_alive(int(owner)):
            left.remove(force=True, v=True)
    client.close()
