"""The nodes of an Apache Kafka on the loopback: formatted, started, waited for, killed one by one, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from infra.embedded.apache.libraries import KAFKA_FOLDER
from infra.embedded.kafka_probe import known_brokers
from infra.embedded.process import LOOPBACK, ServerProcess, ServerStartError, free_port

logger = structlog.stdlib.get_logger(__name__)

_CLUSTER_ID = "V2F5bWFya0xvb3BiYWNrMQ"
_FORMAT_LIMIT_S = 60
_READY_LIMIT_S = 60.0
_ALLOWED_BROKERS = (1, 3)

_JAVA_OPTIONS = (
    *("-Xmx512m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"),
    f"-Dlog4j2.configurationFile={KAFKA_FOLDER / 'log4j2.properties'}",
)

_SETTINGS = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    # Room for the largest record of contracts.topics, and for the reasons a dead letter carries beside it.
    "message.max.bytes": "4194304",
    "replica.fetch.max.bytes": "4194304",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": "4194304",
    # A leader killed outright is missed and replaced within two seconds or so; in service these are Kafka's defaults.
    "broker.heartbeat.interval.ms": "300",
    "broker.session.timeout.ms": "1500",
    "controller.quorum.election.timeout.ms": "500",
    "controller.quorum.fetch.timeout.ms": "1000",
    "controller.quorum.election.backoff.max.ms": "300",
    "controller.quorum.request.timeout.ms": "1000",
    "replica.lag.time.max.ms": "2000",
    "replica.socket.timeout.ms": "2000",
    "replica.fetch.wait.max.ms": "200",
    "controlled.shutdown.enable": "true",
}


@dataclass(slots=True)
class _Node:
    number: int
    port: int
    controller_port: int
    process: ServerProcess | None = None


class ApacheKafka:
    """One KRaft node, or three that replicate, in a folder: `start`, `bootstrap_servers`, `kill(index)`, `stop`.

    The log in the folder is kept from one start to the next as long as the number of nodes stays the same.
    """

    def __init__(self, folder: Path, libraries: Path, *, brokers: int = 1, first_port: int | None = None) -> None:
        if brokers not in _ALLOWED_BROKERS:
            raise ValueError("Apache Kafka is started with 1 broker or with 3.")
        self.folder = folder.resolve() / f"{brokers}-brokers"
        self._libraries = libraries.resolve()
        self._first_port = first_port
        self._nodes: list[_Node] = []
        self._count = brokers

    @property
    def bootstrap_servers(self) -> str:
        """HOST:PORT of every node, with commas."""
        return ",".join(f"{LOOPBACK}:{node.port}" for node in self._nodes)

    @property
    def pids(self) -> list[int]:
        """The process ids of the nodes, in order."""
        return [node.process.pid for node in self._nodes if node.process is not None]

    def start(self) -> str:
        """Format what is new, start every node, wait until all have joined, and return the addresses.

        Raises:
            ServerStartError: with the last lines of a node's log, if one does not come up.
        """
        self._nodes = self._choose_ports()
        for node in self._nodes:
            self._write_settings(node)
        self._format()
        for node in self._nodes:
            self._launch(node)
        try:
            for node in self._nodes:
                self._process_of(node).wait_until(partial(self._has_joined, node), _READY_LIMIT_S)
        except ServerStartError:
            self.stop()
            raise
        logger.info("kafka_started", kind="apache", brokers=self._count, pids=self.pids)
        return self.bootstrap_servers

    def kill(self, index: int) -> None:
        """End a node at once (SIGKILL), as a power cut would; `index` counts from 0."""
        self._process_of(self._nodes[index]).kill()

    def restart(self, index: int) -> None:
        """Start a node that was killed again, on its own log and port, and wait until it has joined."""
        node = self._nodes[index]
        self._launch(node)
        self._process_of(node).wait_until(partial(self._has_joined, node), _READY_LIMIT_S)

    def stop(self) -> None:
        """Stop every node; the log stays."""
        running = [node.process for node in self._nodes if node.process is not None and node.process.is_running]
        # All at once: the last ones could not find a majority any more, and would wait for it.
        for process in running:
            os.kill(process.pid, signal.SIGTERM)
        for process in running:
            process.stop(limit_s=10)
        if running:
            logger.info("kafka_stopped", kind="apache", brokers=len(running))

    def _choose_ports(self) -> list[_Node]:
        taken: set[int] = set()

        def another(preferred: int | None = None) -> int:
            port = free_port(preferred)
            while port in taken:
                port = free_port()
            taken.add(port)
            return port

        first = self._first_port
        return [
            _Node(number, another(first + number - 1 if first else None), another())
            for number in range(1, self._count + 1)
        ]

    def _place(self, node: _Node) -> Path:
        return self.folder / f"node-{node.number}"

    def _write_settings(self, node: _Node) -> None:
        copies = str(self._count)
        at_least = str(max(1, self._count - 1))
        settings = _SETTINGS | {
            "node.id": str(node.number),
            "controller.quorum.voters": ",".join(f"{n.number}@{LOOPBACK}:{n.controller_port}" for n in self._nodes),
            "listeners": f"PLAINTEXT://{LOOPBACK}:{node.port},CONTROLLER://{LOOPBACK}:{node.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{node.port}",
            "log.dirs": str(self._place(node) / "log"),
            "default.replication.factor": copies,
            "min.insync.replicas": at_least,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": at_least,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": at_least,
        }
        self._place(node).mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self._place(node) / "server.properties").write_text(lines, "utf-8")

    def _java(self, node: _Node, *words: str) -> list[str]:
        classpath = f"{self._libraries}/*"
        return [shutil.which("java") or "java", *_JAVA_OPTIONS, "-cp", classpath, *words, self._settings_file(node)]

    def _settings_file(self, node: _Node) -> str:
        return str(self._place(node) / "server.properties")

    def _format(self) -> None:
        fresh = [node for node in self._nodes if not (self._place(node) / "log" / "meta.properties").is_file()]
        formatting = [
            subprocess.Popen(  # noqa: S603 - the command is built here, without a shell
                self._java(node, "kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID, "--config"),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for node in fresh
        ]
        for each in formatting:
            said, _ = each.communicate(timeout=_FORMAT_LIMIT_S)
            if each.returncode != 0:
                raise ServerStartError(f"Apache Kafka's folder could not be formatted: {said.decode()[-1500:]}")

    def _launch(self, node: _Node) -> None:
        log = self._place(node) / "server.log"
        node.process = ServerProcess.start(f"Apache Kafka {node.number}", self._java(node, "kafka.Kafka"), log)

    @staticmethod
    def _process_of(node: _Node) -> ServerProcess:
        if node.process is None:
            raise RuntimeError("This Apache Kafka has not been started.")
        return node.process

    def _has_joined(self, node: _Node) -> bool:
        """Ask the node itself: it must know every node as a broker that lives."""
        known = {port for _host, port in known_brokers(node.port)}
        alive = {n.port for n in self._nodes if n.process is not None and n.process.is_running}
        return alive <= known
