"""A real PostgreSQL and a real Kafka-protocol broker for tests, one of each a session, chosen in this order.

1. Those the settings name (WAYMARK_DATABASE_URL, WAYMARK_KAFKA_BOOTSTRAP_SERVERS).
2. For Kafka: Apache Kafka on this machine, where Java 17 and Maven are.
3. The embedded ones.

KAFKA_FOR_TESTS=embedded, =apache or =containers chooses instead of 2 and 3, and POSTGRES_FOR_TESTS=containers instead
of 3 (tests/support/container_servers.py). A server that is missing skips its tests on a developer's machine and fails
them in CI (CI=true). The fixtures are synchronous: one server serves every test's loop.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from pydantic import SecretStr

from infra import clock
from infra.embedded.apache import ApacheKafka, fetch_libraries, missing_tools
from infra.embedded.kafka import EmbeddedKafka
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import ServerStartError, command_of, free_port, is_alive
from infra.kafka_connection import admin_options
from infra.running import embedded_kafka_settings
from infra.settings import Settings, load_settings

REPOSITORY = Path(__file__).parents[2]
KAFKA_LIBRARIES = REPOSITORY / ".kafka"
_FOLDER = "waymark-tests-"
_DROPPED_WITHIN_S = 20.0

T = TypeVar("T")
KafkaKind = Literal["given", "apache", "tansu"]
_notes: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which servers the tests ran on."""
    for note in _notes:
        terminalreporter.write_line(f"servers: {note}")


def is_ci() -> bool:
    """Say whether this is a build machine, where a missing server fails instead of skipping."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def missing(reason: str) -> NoReturn:
    """Skip a test that lacks its server; in CI, fail it."""
    if is_ci():
        pytest.fail(f"In CI no server may be missing: {reason}", pytrace=False)
    pytest.skip(reason)


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop and a thread of its own, whatever loop the test has."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@dataclass(frozen=True, slots=True)
class KafkaServer:
    """The session's broker; `kind` tells what it can: only "apache" surely has idempotent producers."""

    bootstrap_servers: str
    kind: KafkaKind


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """The session's PostgreSQL; `url` is that of a database that may be connected to, not to be written to."""

    url: str

    def url_of(self, name: str) -> str:
        """Return the address of another database on it."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def create_database(self, template: str | None = None) -> str:
        """Create a database of a new name, copied from a template if one is named, and return its name."""
        name = f"t_{uuid.uuid4().hex[:16]}"
        copied = f' TEMPLATE "{template}"' if template else ""
        self.execute(f'CREATE DATABASE "{name}"{copied}')
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, ending the sessions in it.

        An autovacuum worker that is in it only a superuser may end; it ends by itself in a moment.
        """
        until = clock.monotonic() + _DROPPED_WITHIN_S
        while True:
            try:
                return self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            except asyncpg.InsufficientPrivilegeError:
                if clock.monotonic() > until:
                    raise

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        run_apart(run())


def _sweep_left_overs() -> None:
    """End the servers of test runs that were killed, and remove their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        owner = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if not owner.isdigit() or is_alive(int(owner)):
            continue
        EmbeddedPostgres(folder / "postgres").stop_left_over()
        EmbeddedKafka(folder / "kafka").stop_left_over()
        pids = folder / "apache.pids"
        for word in pids.read_text("ascii").split() if pids.is_file() else ():
            if str(folder) in command_of(int(word)):
                os.kill(int(word), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder for servers' data, removed at the end; short, and named after this process (see the sweep)."""
    _sweep_left_overs()
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def given_settings() -> Settings:
    """The settings of whoever runs the tests: addresses of servers, and nothing else of it reaches a test."""
    return load_settings()


@pytest.fixture(scope="session")
def postgres_server(given_settings: Settings, server_folder: Path) -> Iterator[DatabaseServer]:
    """One PostgreSQL for the session; the embedded one runs without fsync."""
    if given_settings.database_url is not None:
        _notes.append("PostgreSQL as given by WAYMARK_DATABASE_URL")
        yield DatabaseServer(given_settings.database_url.get_secret_value())
        return
    began = clock.monotonic()
    if _in_container("POSTGRES_FOR_TESTS"):
        from tests.support.container_servers import postgres_in_container  # noqa: PLC0415 - an engine is asked for

        with ExitStack() as stack:
            try:
                url = stack.enter_context(postgres_in_container())
            except ServerStartError as error:
                missing(str(error))
            _notes.append(f"PostgreSQL in a container, up in {clock.monotonic() - began:.1f} s")
            yield DatabaseServer(url)
        return
    postgres = EmbeddedPostgres(server_folder / "postgres", port=free_port(), is_durable=False)
    try:
        url = postgres.start()
    except (ServerStartError, LookupError) as error:
        missing(str(error))
    _notes.append(f"embedded PostgreSQL, up in {clock.monotonic() - began:.1f} s")
    yield DatabaseServer(url)
    postgres.stop()


def start_apache(folder: Path, brokers: int = 1) -> ApacheKafka:
    """Start an Apache Kafka in an empty folder, known to the sweep; the caller stops it.

    Raises:
        ServerStartError: if Java or Maven is missing, or it does not start.
    """
    cluster = ApacheKafka(folder / "apache", fetch_libraries(KAFKA_LIBRARIES), brokers=brokers)
    cluster.start()
    with (folder / "apache.pids").open("a", encoding="ascii") as pids:
        pids.write("".join(f"{pid}\n" for pid in cluster.pids))
    return cluster


def _in_container(variable: str) -> bool:
    return os.environ.get(variable) == "containers"


def chosen_kafka() -> Literal["apache", "embedded", "containers"]:
    """Return which broker the tests run on where none is given."""
    match os.environ.get("KAFKA_FOR_TESTS", ""):
        case "apache":
            return "apache"
        case "embedded":
            return "embedded"
        case "containers":
            return "containers"
        case "":
            return "embedded" if missing_tools() else "apache"
        case _:
            raise pytest.UsageError("KAFKA_FOR_TESTS is apache, embedded or containers.")


@pytest.fixture(scope="session")
def kafka_server(given_settings: Settings, server_folder: Path) -> Iterator[KafkaServer]:
    """One broker for the session; its kind is exposed."""
    began = clock.monotonic()
    if given_settings.kafka_bootstrap_servers is not None:
        _notes.append("Kafka as given by WAYMARK_KAFKA_BOOTSTRAP_SERVERS")
        yield KafkaServer(given_settings.kafka_bootstrap_servers, "given")
        return
    if chosen_kafka() == "containers":
        from tests.support.container_servers import kafka_in_container  # noqa: PLC0415 - an engine is asked for

        with ExitStack() as stack:
            try:
                bootstrap_servers = stack.enter_context(kafka_in_container())
            except ServerStartError as error:
                missing(str(error))
            _notes.append(f"Kafka: Apache Kafka in a container, up in {clock.monotonic() - began:.1f} s")
            yield KafkaServer(bootstrap_servers, "apache")
        return
    broker: ApacheKafka | EmbeddedKafka
    kind: KafkaKind
    try:
        if chosen_kafka() == "apache":
            broker, kind = start_apache(server_folder), "apache"
        else:
            broker, kind = EmbeddedKafka(server_folder / "kafka", port=free_port()), "tansu"
            broker.start()
    except ServerStartError as error:
        missing(str(error))
    _notes.append(f"Kafka: {kind}, up in {clock.monotonic() - began:.1f} s")
    yield KafkaServer(broker.bootstrap_servers, kind)
    broker.stop()


@pytest.fixture(scope="session")
def apache_kafka(kafka_server: KafkaServer) -> KafkaServer:
    """The session's broker where it must be a full Kafka (idempotent producers); the embedded one will not do."""
    if kafka_server.kind == "tansu":
        if os.environ.get("KAFKA_FOR_TESTS") == "embedded":
            pytest.skip("KAFKA_FOR_TESTS=embedded leaves out what only Apache Kafka does.")
        missing("Apache Kafka needs Java 17 and Maven.")
    return kafka_server


@pytest.fixture
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    """The address of an empty database of this test's own, dropped after it."""
    name = postgres_server.create_database()
    yield postgres_server.url_of(name)
    postgres_server.drop_database(name)


def settings_for(
    given: Settings,
    *,
    kafka: KafkaServer | None = None,
    database_url: str | None = None,
    **others: Any,
) -> Settings:
    """Return a test's settings: these servers, and the sign-in of the given settings, whatever .env says else."""
    values: dict[str, Any] = {name: getattr(given, name) for name in Settings.model_fields if name.startswith("kafka_")}
    if database_url is not None:
        values["database_url"] = SecretStr(database_url)
    if kafka is not None:
        values["kafka_bootstrap_servers"] = kafka.bootstrap_servers
    if kafka is not None and kafka.kind == "tansu":
        values |= embedded_kafka_settings(kafka.bootstrap_servers)
    return Settings.model_validate(Settings.model_construct().model_dump() | values | others)


def remove_topics(settings: Settings) -> None:
    """Delete the topics that begin with the settings' prefix; those of an empty prefix are somebody's own, and stay."""
    if not settings.topic_prefix:
        raise ValueError("Only a test's own topics are removed.")
    admin = KafkaAdminClient(**admin_options(settings))
    try:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(settings.topic_prefix)])
    except KafkaError:
        # What is not deleted has a name that is never used again.
        pass
    finally:
        admin.close()


@pytest.fixture
def server_settings(
    given_settings: Settings,
    database: str,
    kafka_server: KafkaServer,
    tmp_path: Path,
) -> Iterator[Settings]:
    """Settings of a test that needs both: an empty database and a topic prefix of its own; topics removed after it."""
    settings = settings_for(
        given_settings,
        kafka=kafka_server,
        database_url=database,
        topic_prefix=f"t-{uuid.uuid4().hex[:12]}.",
        data=tmp_path / "data",
    )
    yield settings
    remove_topics(settings)
