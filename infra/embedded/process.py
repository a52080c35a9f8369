"""A server that runs as a child of this process: started, waited for, watched and stopped.

The child gets a session of its own, so that Ctrl-C in a terminal reaches Waymark alone and the servers are stopped in
order, after the work in hand is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from infra import clock

logger = structlog.stdlib.get_logger(__name__)

LOOPBACK = "127.0.0.1"
_LOOK_EVERY_S = 0.02
_LOG_LINES_SHOWN = 12
_PORT_PATIENCE_S = 1.0


class ServerStartError(Exception):
    """A server could not be started; the message says which, why, and where its log is."""


def is_port_free(port: int) -> bool:
    """Say whether a server could listen on this port of the loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it, so that connections of a server just stopped (TIME_WAIT) do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """Return the preferred port if it is free, else any free one of the loopback.

    Between this answer and the server's start another program may take it; whoever starts a server tries again.
    """
    if preferred:
        give_up_at = clock.monotonic() + _PORT_PATIENCE_S
        while True:
            if is_port_free(preferred):
                return preferred
            # Nobody listens and yet it is taken: the kernel is still clearing up after a server that has just ended.
            if accepts_connections(preferred) or clock.monotonic() > give_up_at:
                break
            time.sleep(_LOOK_EVERY_S)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def accepts_connections(port: int) -> bool:
    """Say whether something listens on this port of the loopback."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def end_of_log(path: Path) -> str:
    """Return the last lines a server wrote, for the sentence that says why it did not start."""
    with contextlib.suppress(OSError):
        return "\n".join(path.read_text("utf-8", errors="replace").splitlines()[-_LOG_LINES_SHOWN:])
    return ""


class ServerProcess:
    """One running server; `died` can be awaited from any event loop, and `stop` may be called twice."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen
        self._ended = threading.Event()
        self._waiting: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        # Daemon: a thread that waits for a server must never keep Waymark from ending.
        threading.Thread(target=self._watch, name=f"watch-{name}", daemon=True).start()

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> ServerProcess:
        """Start the command with its output in `log`; it is not ready yet (see `wait_until`).

        Raises:
            ServerStartError: if the program cannot be run at all.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("wb") as output:
                popen = subprocess.Popen(  # noqa: S603 - the command is built in infra.embedded, without a shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(environment or {})},
                    cwd="/",
                    start_new_session=True,
                )
        except OSError as error:
            raise ServerStartError(f"{name} could not be run: {error.strerror}.") from error
        return cls(name, popen, log)

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether the server has not ended."""
        return not self._ended.is_set()

    def _watch(self) -> None:
        self._popen.wait()
        with self._lock:
            self._ended.set()
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            # A loop that closed meanwhile no longer waits.
            with contextlib.suppress(RuntimeError):
                wake()

    def wait_until(self, is_ready: Callable[[], bool], limit_s: float) -> None:
        """Return when `is_ready` says so.

        Raises:
            ServerStartError: if the server ends first, or is not ready within `limit_s` seconds (it then keeps
                running: the caller stops it).
        """
        give_up_at = clock.monotonic() + limit_s
        while not is_ready():
            if self._ended.is_set():
                raise ServerStartError(f"{self.name} ended while starting. Its log says:\n{end_of_log(self.log)}")
            if clock.monotonic() > give_up_at:
                raise ServerStartError(
                    f"{self.name} was not ready within {limit_s:g} s. Its log says:\n{end_of_log(self.log)}",
                )
            time.sleep(_LOOK_EVERY_S)

    async def died(self) -> int:
        """Return, when the server has ended for whatever reason, its exit status (negative: the signal)."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        with self._lock:
            if self._ended.is_set():
                ended.set()
            else:
                self._waiting.append(lambda: loop.call_soon_threadsafe(ended.set))
        await ended.wait()
        return self._popen.returncode

    def stop(self, sign: signal.Signals = signal.SIGTERM, limit_s: float = 20) -> None:
        """End the server with a signal, and by force (SIGKILL, with its children) if it outlives `limit_s` seconds."""
        if self._ended.is_set():
            return
        self._popen.send_signal(sign)
        if self._ended.wait(limit_s):
            return
        logger.warning("server_killed", server=self.name, pid=self.pid, waited_s=limit_s)
        self.kill()

    def kill(self) -> None:
        """End the server and its children at once, as a power cut would."""
        if not self._ended.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._ended.wait()


def command_of(pid: int) -> str:
    """Return the command line of a running process; "" if there is none, or if it has ended and is not yet reaped."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", errors="replace")
        except OSError:
            return ""
    asked = subprocess.run(  # noqa: S603 - a number is all that is put in
        ["/bin/ps", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        check=False,
        text=True,
    )
    return asked.stdout.strip()


def is_alive(pid: int) -> bool:
    """Say whether a process still holds anything: one that has ended and only waits to be reaped does not."""
    if Path("/proc/self").exists():
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()[0]
            # The first thread may have ended while others still hold the port open.
            if len(list(Path(f"/proc/{pid}/task").iterdir())) > 1:
                return True
        except (OSError, IndexError):
            return False
    else:
        asked = subprocess.run(  # noqa: S603 - a number is all that is put in
            ["/bin/ps", "-o", "state=", "-p", str(pid)],
            capture_output=True,
            check=False,
            text=True,
        )
        state = asked.stdout.strip() or "X"
    return state[0] not in "ZX"


def stop_left_over(pid: int, words: Sequence[str], sign: signal.Signals, limit_s: float = 15) -> bool:
    """End a server an earlier run left behind, if the process `pid` is that server; say whether one was found.

    Process ids are used again: the process counts only if each of `words` stands in its command line.
    """
    command = command_of(pid)
    if not command or not all(word in command for word in words):
        return False
    logger.info("left_over_server_found", pid=pid, signal=sign.name)
    for each in (sign, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, each)
        give_up_at = clock.monotonic() + limit_s
        while is_alive(pid) and clock.monotonic() < give_up_at:
            time.sleep(_LOOK_EVERY_S)
        if not is_alive(pid):
            break
    return True
