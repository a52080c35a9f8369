"""The embedded PostgreSQL: starts anywhere, keeps what was committed, and lets nobody in but its role."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from infra.embedded import unprivileged
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import LOOPBACK, ServerStartError, free_port, is_alive

pytestmark = pytest.mark.servers

Make = Callable[..., EmbeddedPostgres]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[EmbeddedPostgres] = []

    def make_one(folder: Path | None = None, **options: Any) -> EmbeddedPostgres:
        postgres = EmbeddedPostgres(folder or tmp_path / "pg", **{"port": free_port(), **options})
        made.append(postgres)
        return postgres

    yield make_one
    for postgres in made:
        postgres.stop()


async def ask(url: str, *statements: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


async def test_it_starts_answers_in_utf8_and_utc_and_keeps_its_data_over_a_stop(make: Make) -> None:
    postgres = make()
    assert await ask(postgres.start(), "CREATE TABLE t(a int)", "INSERT INTO t VALUES (7)", "SHOW server_encoding") == (
        "UTF8"
    )
    assert await ask(postgres.url, "SHOW timezone") == "UTC"
    assert await ask(postgres.url, "SHOW fsync") == "on"
    port = postgres.port
    postgres.stop()
    assert not postgres.process.is_running
    assert await ask(postgres.start(), "SELECT a FROM t") == 7
    assert postgres.port == port


async def test_the_role_is_no_superuser_and_nobody_else_gets_in(make: Make) -> None:
    url = make(is_durable=False).start()
    assert await ask(url, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user") is False
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(url, "CREATE TABLE t(line text)", "COPY t FROM PROGRAM 'id'", "SELECT 1")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await ask(url.replace("waymark@", "postgres@"), "SELECT 1")


def start_and_kill_an_owner(folder: Path) -> tuple[int, str]:
    """Have another process start PostgreSQL, kill that process, and return the server's process id and address."""
    script = (
        "import sys, time; from pathlib import Path; from infra.embedded.postgres import EmbeddedPostgres\n"
        "from infra.logging import configure_logging; configure_logging()\n"
        "p = EmbeddedPostgres(Path(sys.argv[1]), port=int(sys.argv[2])); p.start()\n"
        "sys.stdout.write(f'{p.process.pid} {p.url}\\n'); sys.stdout.flush(); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(folder), str(free_port())]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603 - ours
    assert owner.stdout is not None
    pid, url = owner.stdout.readline().split()
    owner.stdout.close()
    owner.kill()
    owner.wait()
    return int(pid), url


async def test_what_was_committed_survives_the_kill_of_server_and_owner(tmp_path: Path, make: Make) -> None:
    # The owner is killed first and its server lives on, as after `kill -9` of `waymark up`.
    pid, url = start_and_kill_an_owner(tmp_path / "pg")
    assert await ask(url, "CREATE TABLE t(a int)", "INSERT INTO t VALUES (1)", "SELECT count(*) FROM t") == 1
    second = make()
    assert await ask(second.start(), "INSERT INTO t VALUES (2)", "SELECT count(*) FROM t") == 2
    assert not is_alive(pid)
    second.process.kill()
    assert await second.died() == -signal.SIGKILL
    assert await ask(second.start(), "SELECT count(*) FROM t") == 2


async def test_a_pid_file_whose_number_now_belongs_to_another_program_does_not_stop_the_start(make: Make) -> None:
    postgres = make(is_durable=False)
    postgres.start()
    pid_file = postgres.folder / "cluster" / "postmaster.pid"
    lines = pid_file.read_text("ascii").splitlines()
    postgres.process.kill()
    lines[0] = str(os.getpid())
    pid_file.write_text("\n".join(lines) + "\n", "ascii")
    assert await ask(postgres.start(), "SELECT 1") == 1


async def test_a_taken_port_is_left_to_whoever_has_it(make: Make) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        taken = other.getsockname()[1]
        postgres = make(port=taken, is_durable=False)
        assert await ask(postgres.start(), "SELECT 1") == 1
        assert postgres.port != taken


async def test_a_first_start_that_was_killed_half_way_is_begun_anew(tmp_path: Path, make: Make) -> None:
    unfinished = tmp_path / "pg" / "cluster.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n", "ascii")
    assert await ask(make(is_durable=False).start(), "SELECT 1") == 1
    assert not unfinished.exists()


def test_data_of_another_version_is_refused_in_a_sentence(tmp_path: Path, make: Make) -> None:
    (tmp_path / "pg" / "cluster").mkdir(parents=True)
    (tmp_path / "pg" / "cluster" / "PG_VERSION").write_text("14\n", "ascii")
    with pytest.raises(ServerStartError, match=r"PostgreSQL 14 .* brings 18"):
        make().start()


async def test_a_folder_below_a_closed_one_will_do_and_stays_closed(tmp_path: Path, make: Make) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert await ask(make(closed / "pg", is_durable=False).start(), "SELECT 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not unprivileged.is_root(), reason="only root has another user run PostgreSQL")
def test_the_way_through_closed_folders_is_given_only_where_it_is_needed(tmp_path: Path) -> None:
    def capabilities(program: Path) -> int:
        command = unprivileged.as_server_user([str(program), "CapEff", "/proc/self/status"])
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - grep
        return int(said.split()[1], 16)

    assert capabilities(Path("/bin/grep")) == 0
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "grep").symlink_to("/bin/grep")
    assert capabilities(closed / "grep") == 1 << 1
