"""`python -m infra.embedded.apache start|stop|status`: what `make kafka` and `make kafka-stop` run."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from infra.embedded.apache import ApacheKafka, fetch_libraries
from infra.embedded.process import ServerStartError, command_of, is_alive, stop_left_over
from infra.logging import configure_logging

FIRST_PORT = 9092
_MAIN_CLASS = "kafka.Kafka"


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")


class Background:
    """The Apache Kafka that goes on running in the background, known by a file in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._state = self.folder / "running.json"

    def running(self) -> dict[str, Any] | None:
        """Return what is running (`brokers`, `bootstrap_servers`, `pids`), or None if any of its nodes is gone."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            state: dict[str, Any] = json.loads(self._state.read_text("utf-8"))
            if all(self._is_ours(pid) for pid in state["pids"]):
                return state
        return None

    def start(self, brokers: int) -> dict[str, Any]:
        """Start it, or find it running with as many brokers; what is left of a crashed one is stopped first.

        Raises:
            ServerStartError: if it cannot be started, or runs with another number of brokers.
        """
        if found := self.running():
            if found["brokers"] != brokers:
                raise ServerStartError(
                    f"Apache Kafka is running already, with {found['brokers']} broker(s): `make kafka-stop` first.",
                )
            return found
        self.stop()
        cluster = ApacheKafka(self.folder, fetch_libraries(self.folder), brokers=brokers, first_port=FIRST_PORT)
        bootstrap_servers = cluster.start()
        state = {"brokers": brokers, "bootstrap_servers": bootstrap_servers, "pids": cluster.pids}
        self._state.write_text(json.dumps(state), "utf-8")
        return state

    def stop(self) -> bool:
        """Stop every node; say whether any was running."""
        try:
            pids: list[int] = json.loads(self._state.read_text("utf-8"))["pids"]
        except (OSError, ValueError, KeyError):
            return False
        ours = [pid for pid in pids if self._is_ours(pid)]
        # All at once: the last ones could not find a majority any more, and would wait for it.
        for pid in ours:
            os.kill(pid, signal.SIGTERM)
        for pid in ours:
            stop_left_over(pid, (_MAIN_CLASS, str(self.folder)), signal.SIGTERM)
        self._state.unlink(missing_ok=True)
        return bool(ours)

    def _is_ours(self, pid: int) -> bool:
        command = command_of(pid)
        return is_alive(pid) and _MAIN_CLASS in command and str(self.folder) in command


def main() -> int:
    """Run one of the three commands and return its exit status: 0 done, 1 not running or refused, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m infra.embedded.apache", description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "status"))
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="1, or 3 that replicate")
    parser.add_argument("--folder", type=Path, default=Path(".kafka"), help="where jars, log and state are kept")
    given = parser.parse_args()
    configure_logging("WARNING")
    background = Background(given.folder)
    if given.command == "stop":
        _say("Apache Kafka is stopped." if background.stop() else "Apache Kafka was not running.")
        return 0
    if given.command == "status":
        state = background.running()
        _say(f"kafka {state['bootstrap_servers']}" if state else "Apache Kafka is not running.")
        return 0 if state else 1
    try:
        state = background.start(given.brokers)
    except ServerStartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _say(f"kafka {state['bootstrap_servers']}")
    _say(f"export WAYMARK_KAFKA_BOOTSTRAP_SERVERS={state['bootstrap_servers']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
