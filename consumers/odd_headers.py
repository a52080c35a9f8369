"""Reading records whose header names are not UTF-8, which aiokafka cannot pass.

Kafka lets any bytes be a header's name. aiokafka 0.14 decodes names strictly while it unpacks a batch, raises, fetches
the same batch again and never comes past it: one such record stops its partition for ever. Here a batch that cannot
be unpacked is unpacked once more, slowly, with such names kept by surrogate escapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH: Final = Struct(">i")
_LENGTH_AT: Final = 8
_OVERHEAD: Final = 12
"""A batch begins with its offset (8 bytes) and the length of what follows (4)."""
_MAGIC_AT: Final = 16
_WITH_HEADERS: Final = 2
"""The format of records that have headers; the older ones cannot hold a bad name."""

_NOT_UNPACKED: Final = (UnicodeDecodeError, CorruptRecordException)


def pass_odd_header_names() -> None:
    """Have every aiokafka consumer of this process read header names that are not UTF-8; doing it twice is no harm."""
    fetcher.MemoryRecords = TolerantRecords


class _Lenient(bytearray):
    """Bytes whose slices decode without raising."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return found if isinstance(found, int) else _Lenient(found)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002 - never strict
        """Return the text, what is not UTF-8 as surrogate escapes."""
        return super().decode(encoding, "surrogateescape")


class TolerantRecords:
    """The fetched bytes of one partition, batch by batch: what aiokafka's fetcher asks of its own reader."""

    def __init__(self, fetched: bytes) -> None:
        self._fetched = fetched
        self._fast = MemoryRecords(fetched)
        self._number = 0

    def size_in_bytes(self) -> int:
        """Return how many bytes were fetched."""
        return int(self._fast.size_in_bytes())

    def has_next(self) -> bool:
        """Tell whether there is another whole batch."""
        return bool(self._fast.has_next())

    def next_batch(self) -> _TolerantBatch:
        """Return the next batch."""
        self._number += 1
        return _TolerantBatch(self._fast.next_batch(), self._fetched, self._number)


class _TolerantBatch:
    """One batch, quick to read, and slow but sure where that fails; all else of it is aiokafka's own."""

    def __init__(self, batch: Any, fetched: bytes, number: int) -> None:
        self._batch = batch
        self._fetched = fetched
        self._number = number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        passed = 0
        try:
            for record in self._batch:
                yield record
                passed += 1
        except _NOT_UNPACKED:
            batch = _unpacked_slowly(self._fetched, self._number)
            if batch is None:
                raise
        else:
            return
        for number, record in enumerate(batch):
            if number >= passed:
                yield record


def _unpacked_slowly(fetched: bytes, number: int) -> Any:
    """Return the batch of this number anew, in pure Python and lenient, or None if it has an old format."""
    at = 0
    for _ in range(number - 1):
        at += _OVERHEAD + _LENGTH.unpack_from(fetched, at + _LENGTH_AT)[0]
    if fetched[at + _MAGIC_AT] < _WITH_HEADERS:
        return None
    length = _LENGTH.unpack_from(fetched, at + _LENGTH_AT)[0]
    batch: Any = _DefaultRecordBatchPy(fetched[at : at + _OVERHEAD + length])
    batch._maybe_uncompress()  # noqa: SLF001 - it must come before the bytes are made lenient
    batch._buffer = _Lenient(batch._buffer)  # noqa: SLF001 - aiokafka has no other door
    return batch
