"""How other commands find a running `waymark up`: a file in its data folder, and a lock that says it is alive.

The lock is the kernel's: it is gone with the process however that ended, so a file left by a crash is never believed.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from infra import clock
from infra.settings import Settings

EMBEDDED_SESSION_TIMEOUT_MS = 3_000
"""The embedded broker lets a group begin after half its members' session timeout, whole seconds (seen: 10 s -> 5 s,
3 s -> 2 s); a real Kafka is told not to wait at all."""

_RUN_FILE = "running.json"
_LOCK_FILE = "up.lock"
_OWNER_ONLY = 0o600
_LOCK_PATIENCE_S = 1.0


class AlreadyRunningError(Exception):
    """Another `waymark up` uses this data folder."""


class NothingRunningError(Exception):
    """Neither the settings nor a running `waymark up` say where the servers are."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a running `waymark up` tells others: its addresses; `started_at` is an ISO instant, for people."""

    pid: int
    started_at: str
    web: str
    kafka: str
    database: str
    has_embedded_kafka: bool
    has_simulated_clock: bool = False
    topic_prefix: str = ""
    announce_from: str | None = None
    """Go-live (ISO instant), where this one chose it: a demo is taken to be live for some weeks."""

    def settings(self, settings: Settings) -> Settings:
        """Return the settings with these addresses in place of those that are not set."""
        changes: dict[str, object] = {"topic_prefix": settings.topic_prefix or self.topic_prefix}
        if settings.database_url is None:
            changes["database_url"] = SecretStr(self.database)
        if settings.kafka_bootstrap_servers is None:
            changes["kafka_bootstrap_servers"] = self.kafka
            if self.has_embedded_kafka:
                changes |= embedded_kafka_settings(self.kafka)
        if settings.announce_from is None and self.announce_from is not None:
            changes["announce_from"] = datetime.fromisoformat(self.announce_from)
        return settings.model_copy(update=changes)


def embedded_kafka_settings(bootstrap_servers: str) -> dict[str, object]:
    """Return what differs with the embedded broker: no idempotent producer, and a group that joins soon."""
    return {
        "kafka_bootstrap_servers": bootstrap_servers,
        "kafka_idempotence": False,
        "kafka_session_timeout_ms": EMBEDDED_SESSION_TIMEOUT_MS,
    }


@contextmanager
def holding(data: Path) -> Iterator[None]:
    """Hold the data folder for this process, and take the run file away at the end.

    Raises:
        AlreadyRunningError: if another `waymark up` holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / _LOCK_FILE, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    try:
        give_up_at = clock.monotonic() + _LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                # A command that only looks holds the lock for a moment.
                if clock.monotonic() > give_up_at:
                    raise AlreadyRunningError(
                        "Another `waymark up` runs in this data folder: stop it, or choose another with --data.",
                    ) from None
                time.sleep(0.05)
        (data / _RUN_FILE).unlink(missing_ok=True)
        yield
    finally:
        # Closing would do; the file goes first, while nobody else can be starting.
        if _holds(descriptor):
            (data / _RUN_FILE).unlink(missing_ok=True)
        os.close(descriptor)


def _holds(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def announce(data: Path, running: Running) -> None:
    """Write the run file, readable by its owner only, whole or not at all."""
    unfinished = data / f"{_RUN_FILE}.{running.pid}"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(running), file)
    unfinished.replace(data / _RUN_FILE)


def find_running(data: Path) -> Running | None:
    """Return the `waymark up` that runs in the data folder, or None; what a crashed one left is not believed."""
    try:
        descriptor = os.open(data / _LOCK_FILE, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        return None
    finally:
        os.close(descriptor)
    try:
        return Running(**json.loads((data / _RUN_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        # It is starting, or stopping, or another version's.
        return None


def with_servers(settings: Settings, *, needs_kafka: bool = True) -> Settings:
    """Return settings that say where the servers are: those set, else those of a running `waymark up`.

    Raises:
        NothingRunningError: if one that is needed is nowhere to be found.
    """
    running = find_running(settings.data)
    if running is not None:
        return running.settings(settings)
    unset = [] if settings.database_url else ["WAYMARK_DATABASE_URL"]
    if needs_kafka and not settings.kafka_bootstrap_servers:
        unset.append("WAYMARK_KAFKA_BOOTSTRAP_SERVERS")
    if unset:
        raise NothingRunningError(
            f"No servers are known: no `waymark up` runs in {settings.data}, and {' and '.join(unset)} "
            f"{'is' if len(unset) == 1 else 'are'} not set. Start `waymark up`, or name its folder with --data.",
        )
    return settings
