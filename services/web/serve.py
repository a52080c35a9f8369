"""Listening and serving: one socket, bound before anything is promised, and a server that stops cleanly.

The socket is bound by us, so that the port that is printed is the port that is served, also where it was chosen.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

_BACKLOG: Final = 128
_STOP_S: Final = 3
_TURN_S: Final = 0.01


class PortTakenError(Exception):
    """The port of the pages is in use by another program; the message says what to do."""


def listen(host: str, port: int, *, may_choose: bool) -> socket.socket:
    """Return a listening socket at this address; where the port is taken, at one that is free, if that is allowed.

    Raises:
        PortTakenError: if it is taken and no other may be chosen.
        OSError: if the address cannot be listened at, whatever the port.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    try:
        return _bound(family, address)
    except OSError as failure:
        if failure.errno != errno.EADDRINUSE:
            raise
        if not may_choose:
            raise PortTakenError(
                f"Port {port} is in use: stop what uses it, or set WAYMARK_WEB_PORT to another (0: any that is free)."
            ) from None
    return _bound(family, (address[0], 0, *address[2:]))


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port whose last connections are still closing is not in use by anybody.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_BACKLOG)
        made.settimeout(0)
    except BaseException:
        made.close()
        raise
    return made


def address_of(listening: socket.socket) -> str:
    """Return the address of the first page, such as `http://127.0.0.1:8080`."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever started it: one process may serve, accept and assess at once."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


@asynccontextmanager
async def serving(app: FastAPI, listening: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Serve the application on this socket until the block is left; requests under way have three seconds to end.

    What is given is the task that serves: one that ends within the block ended by a fault.

    Raises:
        RuntimeError: if the server ends before it has begun.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        # An address holds a case's id: looks are logged in the store, not in log files.
        access_log=False,
        # Who is asking is said by a header that a setting names, and by nothing else.
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_STOP_S,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="web")
    try:
        while not server.started:
            if task.done():
                raise RuntimeError("The web server ended before it began.") from task.exception()
            await asyncio.sleep(_TURN_S)
        yield task
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=_STOP_S * 2)
        task.cancel()
        listening.close()
