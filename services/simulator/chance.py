"""Chance that falls the same everywhere: only `Random.random()`, sums, products and SHA-256 seeds.

Python promises the same numbers across versions from `random()` alone (not from `choice`, `shuffle` or `gauss`), and
logarithms differ between machines in their last digit. So everything here is made of `random()` and plain arithmetic.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Figure(Generic[T_co]):
    """One figure of the simulation: its value, and either the document that says so or why it is assumed."""

    value: T_co
    document: str | None = None
    says: str | None = None
    assumed: str | None = None


def seen(value: T, document: str, says: str) -> Figure[T]:
    """A figure that a source document gives; ``document`` is its number, ``says`` what it says in our words."""
    return Figure(value, document=document, says=says)


def assumed(value: T, reason: str) -> Figure[T]:
    """A figure that no source document gives, and why it was set so."""
    return Figure(value, assumed=reason)


class Chance:
    """A stream of chance with a name: the same words give the same stream on every machine and Python version."""

    __slots__ = ("_next",)

    def __init__(self, *words: object) -> None:
        digest = hashlib.sha256("/".join(str(each) for each in words).encode()).digest()
        seed = int.from_bytes(digest[:16], "big")
        self._next = random.Random(seed).random  # noqa: S311 - invented cases need repeatable chance, not secrecy

    def yes(self, share: Figure[float]) -> bool:
        """Whether something befalls this one, which befalls such a share of all."""
        return self._next() < share.value

    def falls(self, share: float) -> bool:
        """Whether something befalls, for a share that was reckoned from figures."""
        return self._next() < share

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely as the next."""
        return choices[int(self._next() * len(choices))]

    def weighted(self, table: Figure[Sequence[tuple[T, float]]]) -> T:
        """One of the choices of a table, by its weights; they need not add up to one."""
        return self.of(table.value)

    def of(self, table: Sequence[tuple[T, float]]) -> T:
        """One of the choices of a table that is no figure of its own."""
        left = self._next() * sum(weight for _, weight in table)
        for choice, weight in table:
            left -= weight
            if left < 0:
                return choice
        return table[-1][0]

    def within(self, spread: Figure[tuple[float, float]]) -> float:
        """A number of an even spread from its least to its most."""
        return self.between(spread.value[0], spread.value[1])

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """A number from low to high, evenly spread."""
        return low + self._next() * (high - low)

    def along(self, points: Figure[Sequence[float]]) -> float:
        """A number from a spread given by its quantiles, evenly apart: least, …, median, …, most."""
        at = self._next() * (len(points.value) - 1)
        below = int(at)
        return points.value[below] + (at - below) * (points.value[below + 1] - points.value[below])
