"""Putting the lines of many cases in the order of their recording, a day at a time, so that no year fills the memory.

A line carries its key in front, so that plain sorting of bytes orders it: recording second, case, place, copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, Protocol

_DAY: Final = 86400
KEY: Final = 10 + 7 + 5 + 1
"""How many bytes of a line are its key."""


def keyed(recorded: datetime, number: int, place: int, copy: int, value: bytes) -> bytes:
    """A line with its key in front: case numbers up to seven digits, five for the event's place within its case."""
    return f"{int(recorded.timestamp()):010}{number:07}{place:05}{copy}".encode() + value


def value_of(line: bytes) -> bytes:
    """The event of a line, without its key."""
    return line[KEY:]


class Shelf(Protocol):
    """Where lines lie until their day is complete."""

    def put(self, day: int, line: bytes) -> None:
        """Lay a line aside for a day (days since 1970)."""

    def take(self, before: int | None) -> Iterator[list[bytes]]:
        """The lines of each day before a day, earliest day first, sorted; None for all that is left."""


class MemoryShelf:
    """A shelf for what fits into memory."""

    def __init__(self) -> None:
        self._days: dict[int, list[bytes]] = {}

    def put(self, day: int, line: bytes) -> None:
        """Lay a line aside for a day."""
        self._days.setdefault(day, []).append(line)

    def take(self, before: int | None) -> Iterator[list[bytes]]:
        """The lines of each day before a day, sorted."""
        for day in sorted(each for each in self._days if before is None or each < before):
            yield sorted(self._days.pop(day))


def in_recorded_order(cases: Iterable[tuple[datetime, Iterable[bytes]]], shelf: Shelf) -> Iterator[bytes]:
    """The lines of cases that come in the order of their reports, in the order of their recording.

    Nothing of a case is recorded before it is reported, so a day is complete once a case of a later day has come.
    """
    today = 0
    for start, lines in cases:
        day = int(start.timestamp()) // _DAY
        if day > today:
            today = day
            for done in shelf.take(day):
                yield from done
        for line in lines:
            shelf.put(int(line[:10]) // _DAY, line)
    for done in shelf.take(None):
        yield from done
