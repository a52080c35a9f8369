"""Stands before the embedded broker, so that kcat and other clients on an older librdkafka can speak to it.

`python -m infra.embedded.kafka_front PORT BROKER_PORT` passes every byte on, but for one answer: the broker ends its
list of protocol versions with optional tagged fields, which the protocol allows and librdkafka before 2.1 (Debian 12
has 2.0.2) cannot skip: it hangs up with "Read underflow". Those optional fields are left out here.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import sys

import uvloop

LOOPBACK = "127.0.0.1"
"""Said here again, so that this small process loads nothing else of Waymark."""

_API_VERSIONS = 18
_FIRST_FLEXIBLE_VERSION = 3
_FIXED_HEAD = 6
"""Correlation id (4 bytes) and error code (2)."""
_ENTRY = 7
"""One API: key, least and greatest version (2 bytes each), and its own, empty, tagged fields (1)."""
_THROTTLE_TIME = 4
_NO_TAGGED_FIELDS = b"\x00"
_LONGEST_FIRST_FRAME = 1 << 20
_CHUNK = 1 << 18
_ARGUMENTS = 3


def without_tagged_fields(answer: bytes) -> bytes:
    """Return an ApiVersions answer (version 3 and later, without its length) that ends after the throttle time.

    An answer that reports an error is in another form, and is returned as it came.
    """
    if len(answer) <= _FIXED_HEAD or answer[4:_FIXED_HEAD] != b"\x00\x00":
        return answer
    position, count, shift = _FIXED_HEAD, 0, 0
    while True:
        byte = answer[position]
        position += 1
        count |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    # A compact array says its length plus one.
    end = position + (count - 1) * _ENTRY + _THROTTLE_TIME
    return answer[:end] + _NO_TAGGED_FIELDS


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">i", await reader.readexactly(4))
    if not 0 <= length <= _LONGEST_FIRST_FRAME:
        raise ConnectionError("The first frame is no Kafka request.")
    return await reader.readexactly(length)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, broker_port: int) -> None:
    try:
        broker_reader, broker_writer = await asyncio.open_connection(LOOPBACK, broker_port, limit=_LONGEST_FIRST_FRAME)
        try:
            # Clients ask for the versions first on each connection, if at all; after that nothing is looked at.
            request = await _frame(reader)
            broker_writer.write(struct.pack(">i", len(request)) + request)
            key, version = struct.unpack(">hh", request[:4])
            if key == _API_VERSIONS and version >= _FIRST_FLEXIBLE_VERSION:
                answer = without_tagged_fields(await _frame(broker_reader))
                writer.write(struct.pack(">i", len(answer)) + answer)
            await asyncio.gather(_pass_on(reader, broker_writer), _pass_on(broker_reader, writer))
        finally:
            broker_writer.close()
    except (OSError, EOFError, IndexError) as error:
        # Whoever only looked whether the port is open has sent nothing; anybody else finds the reason in the log.
        if not (isinstance(error, asyncio.IncompleteReadError) and not error.partial):
            sys.stderr.write(f"A connection was ended: {error!r}\n")
    finally:
        writer.close()


async def serve(port: int, broker_port: int) -> None:
    """Accept connections on the port of the loopback and join each to the broker, until cancelled."""

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _serve(reader, writer, broker_port)

    server = await asyncio.start_server(joined, LOOPBACK, port, limit=_LONGEST_FIRST_FRAME)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != _ARGUMENTS:
        sys.exit("usage: python -m infra.embedded.kafka_front PORT BROKER_PORT")
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
