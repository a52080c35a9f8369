"""Runs Waymark as people do: `waymark up` and single processes as real programs, and the commands beside them.

The commands run in the test's own process: a test asks many times, and a program of its own computes for a second
before it asks. `Up.program` runs one as a program, as do the tests of processes.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner, Result

from infra import clock
from services.cli.main import build_app
from tests.support.servers import KafkaServer

WAYMARK = Path(sys.executable).with_name("waymark")
_READY_S = 60.0
T = TypeVar("T")


def eventually(look: Callable[[], T], is_right: Callable[[T], bool] = bool, limit_s: float = 60.0) -> T:
    """Look again and again until what is seen is right; after the limit fail with what was seen last."""
    give_up_at = clock.monotonic() + limit_s
    while True:
        seen = look()
        if is_right(seen):
            return seen
        if clock.monotonic() > give_up_at:
            raise AssertionError(f"Not within {limit_s:.0f} s; last seen: {seen!r}"[:4000])
        time.sleep(0.1)


def answer_to(*words: str, environment: Mapping[str, str]) -> Result:
    """Run a command of `waymark` in this process; no setting of Waymark reaches it but those of ``environment``."""
    unset = {name: None for name in os.environ if name.startswith("WAYMARK_")}
    done = CliRunner().invoke(build_app(), words, env={**unset, **environment})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def prepared(database: str, kafka: KafkaServer, prefix: str, folder: Path) -> dict[str, str]:
    """Make schema and topics, and return the environment for single processes on these servers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")} | {
        "WAYMARK_DATABASE_URL": database,
        "WAYMARK_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "WAYMARK_KAFKA_IDEMPOTENCE": "false" if kafka.kind == "tansu" else "true",
        "WAYMARK_KAFKA_SESSION_TIMEOUT_MS": "6000",
        "WAYMARK_TOPIC_PREFIX": prefix,
        "WAYMARK_DATA": str(folder / "data"),
    }
    for command in (["migrate"], ["topics", "apply"]):
        done = answer_to(*command, environment=environment)
        assert done.exit_code == 0, done.output
    return environment


@dataclass
class Up:
    """One `waymark up` in a data folder of its own; ``environment`` names servers that are to be used instead."""

    data: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    web: str = ""
    kafka: str = ""
    database: str = ""

    def start(self, *arguments: str) -> None:
        """Start it and wait for its ready line; its other lines are where things are."""
        log = (self.data.parent / "up.log").open("a", encoding="utf-8")
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [str(WAYMARK), "up", "--data", str(self.data), "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=self._environment(),
        )
        log.close()
        give_up_at = clock.monotonic() + _READY_S
        for line in self._lines():
            name, _, value = line.strip().partition(" ")
            if name in ("web", "kafka", "database"):
                setattr(self, name, value)
            if line.strip() == "waymark is ready":
                return
            if clock.monotonic() > give_up_at:
                break
        raise AssertionError(f"`waymark up` did not become ready:\n{self.log()[-4000:]}")

    def _lines(self) -> Iterator[str]:
        assert self.process is not None
        assert self.process.stdout is not None
        yield from iter(self.process.stdout.readline, "")

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
        return kept | {"WAYMARK_LOG_FORMAT": "json"} | dict(self.environment)

    def log(self) -> str:
        """What it wrote to stderr so far."""
        path = self.data.parent / "up.log"
        return path.read_text("utf-8") if path.exists() else ""

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command beside it and return its stdout; the exit code must be the expected one."""
        done = answer_to(*arguments, "--data", str(self.data), environment=self._environment())
        assert done.exit_code == code, f"{arguments} left with {done.exit_code}: {done.output}"
        return done.stdout

    def stored(self, case_id: str) -> Any:
        """Wait until a case is in the store, and return what `waymark case` says of it."""

        def look() -> Result:
            words = ("case", case_id, "--json", "--data", str(self.data))
            return answer_to(*words, environment=self._environment())

        return json.loads(eventually(look, lambda done: done.exit_code == 0).stdout)["cases"][0]

    def program(self, *arguments: str) -> str:
        """Run a command beside it as a program of its own and return its stdout; it must succeed."""
        done = subprocess.run(  # noqa: S603 - our own program
            [str(WAYMARK), *arguments, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=60,
            env=self._environment(),
            check=False,
        )
        assert done.returncode == 0, f"{arguments} left with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Run a command with --json and return what it printed."""
        return json.loads(self.run(*arguments, "--json"))

    def topic(self, name: str = "case.events") -> str:
        """The topic's name here."""
        return f"{self.environment.get('WAYMARK_TOPIC_PREFIX', '')}{name}"

    def publish(self, *records: tuple[str | None, bytes, list[tuple[str, bytes | None]]]) -> None:
        """Put raw records on the input topic: key, value, headers."""

        async def publish() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.kafka, max_request_size=2 * 1024 * 1024, acks="all")
            await producer.start()
            try:
                for key, value, headers in records:
                    await producer.send_and_wait(
                        self.topic(), value, key=key.encode() if key is not None else None, headers=headers
                    )
            finally:
                await producer.stop()

        asyncio.run(publish())

    def send(self, *events: Mapping[str, Any]) -> None:
        """Put case events on the input topic, keyed by case."""
        self.publish(*((event["subject"], json.dumps(event).encode(), []) for event in events))

    def kill(self) -> None:
        """End it as a power cut would, with the servers it started."""
        if self.process is None:
            return
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self._ended(20)

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self._ended(40)

    def _ended(self, limit_s: float) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        code = self.process.wait(timeout=limit_s)
        self.process.stdout.close()
        self.process = None
        return code


def case_event(case_id: str, event_id: str, type_: str, at: str, **data: Any) -> dict[str, Any]:
    """A case event as a producer writes it."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/kent/rms",
        "type": f"{type_}.v1",
        "subject": case_id,
        "time": at,
        "data": {"victim_id": "V-1", **data},
    }
