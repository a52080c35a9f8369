r"""JSON as the bytes that are stored: compact UTF-8, read back to the very same value.

``msgspec`` does it in a microsecond but refuses half a surrogate pair, which events may hold in ``data``; the standard
library, which is slower, writes such a text with ``\\u`` escapes and takes over for that value alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

Header = tuple[str, bytes | None]
"""One header of a Kafka record; its value may be null and need not be text. A name that is not UTF-8 has surrogate
escapes (PEP 383)."""

_encoder = msgspec.json.Encoder()
_sorting = msgspec.json.Encoder(order="sorted")
_packer = msgspec.msgpack.Encoder()
_record_unpacker = msgspec.msgpack.Decoder(tuple[bytes | None, bytes | None, bytes])
_unpacker = msgspec.msgpack.Decoder(list[tuple[bytes, bytes | None]])
_decoder = msgspec.json.Decoder()


def to_bytes(value: Any) -> bytes:
    """Return the value as JSON; keys in the order given."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def to_sorted_bytes(value: Any) -> bytes:
    """Return the value as JSON with sorted keys: equal values give equal bytes, which are compared and hashed."""
    try:
        return _sorting.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False).encode("ascii")


def from_bytes(stored: bytes) -> Any:
    """Return what ``to_bytes`` or ``to_sorted_bytes`` was given (tuples come back as lists)."""
    try:
        return _decoder.decode(stored)
    except msgspec.DecodeError:
        return json.loads(stored)


def packed_headers(headers: Iterable[Header]) -> bytes:
    """Return the headers of a record as the bytes that are stored, exactly as they came."""
    return _packer.encode([(name.encode("utf-8", "surrogateescape"), value) for name, value in headers])


def unpacked_headers(stored: bytes) -> list[Header]:
    """Return what ``packed_headers`` was given."""
    return [(name.decode("utf-8", "surrogateescape"), value) for name, value in _unpacker.decode(stored)]


def packed_record(key: bytes | None, value: bytes | None, headers: Iterable[Header]) -> bytes:
    """Return a whole record (its key, value and headers) as one piece, exactly as it came."""
    return _packer.encode((key, value, packed_headers(headers)))


def unpacked_record(stored: bytes) -> tuple[bytes | None, bytes | None, list[Header]]:
    """Return what ``packed_record`` was given."""
    key, value, headers = _record_unpacker.decode(stored)
    return key, value, unpacked_headers(headers)
