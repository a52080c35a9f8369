"""What a run stands on: servers of its own, a store and topics for each figure, and Waymark's processes as programs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from benchmarks.invented import outgoing
from contracts import read_record
from infra import clock
from infra.database import create_engine
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import free_port
from infra.migrations import migrate
from infra.settings import Settings
from infra.topics import apply_topics
from services.accept import Incoming, accept
from services.contacts.reading import read_note
from services.publishing import KafkaPublisher
from services.storage.intake import RawRecord
from services.storage.vault import MasterKey, Vault
from tests.support.servers import DatabaseServer, KafkaServer, run_apart, settings_for, start_apache

WAYMARK = Path(sys.executable).with_name("waymark")
LOOK_EVERY_S = 0.05
PATIENCE_S = 120.0
_MASTER_KEY = "only for measuring: a key of thirty-two characters or more"
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """A migrated store and topics that nobody else uses."""

    settings: Settings
    folder: Path
    database_url: str
    web_port: int

    @property
    def pages(self) -> str:
        """Where the pages are while a web process runs."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which Waymark's programs find this place, and nothing else of this machine's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
        return kept | {
            "WAYMARK_DATABASE_URL": self.database_url,
            "WAYMARK_KAFKA_BOOTSTRAP_SERVERS": self.settings.kafka_bootstrap_servers or "",
            "WAYMARK_TOPIC_PREFIX": self.settings.topic_prefix,
            "WAYMARK_MASTER_KEY": _MASTER_KEY,
            "WAYMARK_DATA": str(self.folder),
            "WAYMARK_WEB_PORT": str(self.web_port),
            "WAYMARK_LOG_LEVEL": "WARNING",
            "WAYMARK_LOG_FORMAT": "json",
        }

    @contextmanager
    def running(self, *names: str) -> Iterator[dict[str, list[psutil.Process]]]:
        """Have these processes of Waymark run as programs of their own, one named twice twice; killed at the end."""
        with ExitStack() as stack:
            running: dict[str, list[psutil.Process]] = {}
            for name in names:
                log = stack.enter_context((self.folder / f"{name}.log").open("ab"))
                process = subprocess.Popen([str(WAYMARK), name], env=self.environment, stdout=log, stderr=log)  # noqa: S603 - our own program
                stack.callback(process.wait, 20)
                stack.callback(process.kill)
                running.setdefault(name, []).append(psutil.Process(process.pid))
            yield running

    def printed_by(self, module: str, *arguments: str) -> str:
        """Run a module of ours in this place and return what it printed."""
        return subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", module, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        ).stdout

    async def accept(self, events: Sequence[dict[str, Any]]) -> None:
        """Put events into the store at once, past Kafka."""
        engine = create_engine(self.settings, "benchmark")
        sent = [outgoing(each) for each in events]
        read = [
            Incoming(RawRecord(each.topic, 0, n, 0, each.key, each.value, ()), read_record(each.value, ()))
            for n, each in enumerate(sent)
        ]
        try:
            await accept(engine, read, vault=Vault(MasterKey(_MASTER_KEY)), read_note=read_note)
        finally:
            await engine.dispose()

    async def publish(self, events: Iterable[dict[str, Any]]) -> int:
        """Put events on the input topic and return how many."""
        published, rest = 0, iter(events)
        async with KafkaPublisher(self.settings, "benchmark") as publisher:
            while chunk := [outgoing(each) for each in islice(rest, _AT_ONCE)]:
                if any(await publisher.send_all(chunk)):
                    raise RuntimeError("The broker did not take every event.")
                published += len(chunk)
        return published


@dataclass(frozen=True, slots=True)
class Ground:
    """One Apache Kafka and one PostgreSQL, both durable, for one run."""

    kafka: KafkaServer
    database: DatabaseServer
    template: str
    folder: Path

    def place(self) -> Place:
        """Return a new, empty place."""
        name = self.database.create_database(template=self.template)
        url = self.database.url_of(name)
        prefix = f"b-{uuid.uuid4().hex[:8]}."
        folder = self.folder / prefix
        folder.mkdir()
        settings = settings_for(
            Settings(), kafka=self.kafka, database_url=url, topic_prefix=prefix, data=folder, master_key=_MASTER_KEY
        )
        apply_topics(settings)
        return Place(settings, folder, url, free_port())


@contextmanager
def ground() -> Iterator[Ground]:
    """Start the servers in a folder of their own, and stop and remove them at the end.

    Raises:
        ServerStartError: if Java or Maven is missing, or a server does not start.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waymark-bench-"))).resolve()
        # Others may enter: as root, the servers run as a user of their own.
        postgres = EmbeddedPostgres(folder / "postgres", port=free_port(), is_durable=True)
        database = DatabaseServer(postgres.start())
        stack.callback(postgres.stop)
        broker = start_apache(folder)
        stack.callback(broker.stop)
        template = database.create_database()
        run_apart(migrate(database.url_of(template)))
        yield Ground(KafkaServer(broker.bootstrap_servers, "apache"), database, template, folder)


def cpu_s(processes: Iterable[psutil.Process]) -> float:
    """Return the seconds that processes have computed so far: what they cost, however busy the machine is."""
    return sum(float(times.user + times.system) for times in (each.cpu_times() for each in processes))


@dataclass(slots=True)
class Look:
    """A connection that looks how far things are."""

    connection: Any

    async def number(self, question: str) -> int:
        """Return the one number that answers a question in SQL."""
        return int(await self.connection.fetchval(question) or 0)

    async def until(self, is_right: Callable[[], Awaitable[bool]], what: str) -> float:
        """Look again and again until it is right; return the moment, in seconds of a steady clock."""
        give_up_at = clock.monotonic() + PATIENCE_S
        while not await is_right():
            if clock.monotonic() > give_up_at:
                raise TimeoutError(f"Not within {PATIENCE_S:.0f} s: {what}.")
            await asyncio.sleep(LOOK_EVERY_S)
        return clock.monotonic()

    async def facts(self) -> int:
        """Return how many facts are stored."""
        return await self.number("SELECT count(*) FROM facts")

    async def wakes(self) -> int:
        """Return how many wakes wait."""
        return await self.number("SELECT count(*) FROM wakes")

    async def has_no_wake(self) -> bool:
        """Say whether no case waits to be assessed."""
        return not await self.wakes()

    async def has_nothing_to_send(self) -> bool:
        """Say whether everything announced is with the broker."""
        return not await self.number("SELECT count(*) FROM outbox")

    async def has_listeners(self, processes: int) -> bool:
        """Say whether so many of clock, relay and notify have come so far that they listen for work."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()"
        return bool(await self.connection.fetchval(query, "waymark-listen") >= processes)


async def look_at(place: Place) -> Look:
    """Return a look at a place's store; its connection is to be closed."""
    return Look(await asyncpg.connect(place.database_url))
