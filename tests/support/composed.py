"""compose.yaml brought up on a real engine, under a project name and ports of its own, and taken down with its data.

CONTAINER_ENGINE names the engine (podman, docker) and COMPOSE the program that reads the file (else `ENGINE compose`,
or podman-compose). The images are those of the file, or of APP_IMAGE, KAFKA_IMAGE and POSTGRES_IMAGE.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra import clock
from infra.embedded.process import free_port
from tests.support.running import eventually

COMPOSE_FILE = Path(__file__).parents[2] / "infra" / "containers" / "compose.yaml"
ENGINE = os.environ.get("CONTAINER_ENGINE", "")
KAFKA_NODES = ("kafka-1", "kafka-2", "kafka-3")
_UP_LIMIT_S = 180
_COMMAND_LIMIT_S = 120


def _compose_program() -> list[str]:
    if given := os.environ.get("COMPOSE"):
        return given.split()
    return ["podman-compose"] if ENGINE == "podman" and shutil.which("podman-compose") else [ENGINE, "compose"]


def _done(command: Sequence[str], environment: dict[str, str] | None = None, limit_s: float = _COMMAND_LIMIT_S) -> str:
    done = subprocess.run(  # noqa: S603 - built here, without a shell
        command, capture_output=True, text=True, check=False, timeout=limit_s, env=environment
    )
    assert done.returncode == 0, f"{command} left with {done.returncode}: {done.stdout}{done.stderr}"[-3000:]
    return done.stdout


@dataclass
class Composed:
    """One project of compose.yaml: `up`, commands inside its containers, `kill`, `down`."""

    folder: Path
    project: str = field(default_factory=lambda: f"waymark-try-{secrets.token_hex(3)}")
    ports: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def up(self) -> None:
        """Start everything at once and in no order, which is harder than service; secrets are made up."""
        env_file = self.folder / "try.env"
        env_file.write_text(
            f"DATABASE_PASSWORD={secrets.token_hex(24)}\nWAYMARK_MASTER_KEY={secrets.token_hex(32)}\n", "utf-8"
        )
        names = {"WEB_PORT": "web"} | {f"KAFKA_PORT_{number}": node for number, node in enumerate(KAFKA_NODES, 1)}
        self.ports = {service: free_port() for service in names.values()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
        self.environment = kept | {"ENV_FILE": str(env_file)}
        self.environment |= {name: str(self.ports[service]) for name, service in names.items()}
        self._compose("up", "-d", "--no-deps")

    def down(self) -> None:
        """Take it down with its data."""
        self._compose("down", "-v", "-t", "10")

    def _compose(self, *words: str) -> str:
        file = ["-f", str(COMPOSE_FILE), "-p", self.project, "--env-file", self.environment["ENV_FILE"]]
        return _done([*_compose_program(), *file, *words], self.environment, _UP_LIMIT_S)

    @property
    def kafka(self) -> str:
        """HOST:PORT of every node, as this machine reaches them."""
        return ",".join(f"127.0.0.1:{self.ports[node]}" for node in KAFKA_NODES)

    @property
    def web(self) -> str:
        """The address of the pages."""
        return f"http://127.0.0.1:{self.ports['web']}"

    def container(self, service: str) -> str:
        """The id of a service's container, also of one that has ended."""
        labels = {"com.docker.compose.project": self.project, "com.docker.compose.service": service}
        filters = [f"--filter=label={name}={value}" for name, value in labels.items()]
        found = _done([ENGINE, "ps", "--all", "--quiet", *filters]).split()
        assert len(found) == 1, f"{service} has {len(found)} containers"
        return found[0]

    def state(self, service: str) -> dict[str, Any]:
        """What the engine says of a service's container: `Running`, `ExitCode`, `Pid`."""
        said = _done([ENGINE, "inspect", "--format={{json .State}}", self.container(service)])
        return dict(json.loads(said))

    def inside(self, service: str, *command: str) -> str:
        """Run a command inside a service's container and return its stdout."""
        return _done([ENGINE, "exec", self.container(service), *command])

    def asked(self, question: str) -> str:
        """Ask the database from inside its container, where the superuser may."""
        return self.inside("postgres", "psql", "-U", "postgres", "-d", "waymark", "-Atc", question).strip()

    def kill(self, service: str) -> float:
        """End a service's process with SIGKILL, as a crash would, and return the seconds until the engine has it back.

        Not by the engine's own `kill`: that is somebody's wish, after which nothing is started again.
        """
        killed: int = self.state(service)["Pid"]
        os.kill(killed, signal.SIGKILL)
        began = clock.monotonic()
        eventually(lambda: self.state(service), lambda seen: seen["Running"] and seen["Pid"] not in (0, killed), 60)
        return clock.monotonic() - began

    def is_healthy(self, service: str) -> bool:
        """Run the service's health check now; the engine's own timer may not exist (podman without systemd)."""
        word = ["healthcheck", "run"] if ENGINE == "podman" else ["inspect", "--format={{.State.Health.Status}}"]
        done = subprocess.run([ENGINE, *word, self.container(service)], capture_output=True, text=True, check=False)  # noqa: S603 - built here
        return done.returncode == 0 and done.stdout.strip() in ("", "healthy")
