"""Asks one Kafka node which brokers it knows, in the fewest bytes the protocol has for it.

For waiting until a server is ready, asked many times a second: a client library logs, retries and keeps connections.
"""

from __future__ import annotations

import socket
import struct

from infra.embedded.process import LOOPBACK

_METADATA = 3
_VERSION = 1
_LIMIT_S = 2.0
_LONGEST_ANSWER = 1 << 20


def _receive(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise ConnectionError("The node hung up.")
        received += part
    return received


def known_brokers(port: int) -> list[tuple[str, int]]:
    """Return host and port of each broker the node on this port of the loopback knows; empty if it does not answer."""
    # Metadata for no topics: api key, version, correlation id, no client id, an empty list.
    request = struct.pack(">hhihi", _METADATA, _VERSION, 1, -1, 0)
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_LIMIT_S) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            (length,) = struct.unpack(">i", _receive(connection, 4))
            return _brokers(_receive(connection, length)) if 0 < length <= _LONGEST_ANSWER else []
    except (OSError, struct.error, UnicodeDecodeError):
        return []


def _brokers(answer: bytes) -> list[tuple[str, int]]:
    _correlation, count = struct.unpack_from(">ii", answer)
    position = 8
    brokers = []
    for _ in range(count):
        _node, length = struct.unpack_from(">ih", answer, position)
        position += 6
        host = answer[position : position + length].decode()
        position += length
        port, rack = struct.unpack_from(">ih", answer, position)
        position += 6 + max(rack, 0)
        brokers.append((host, int(port)))
    return brokers
