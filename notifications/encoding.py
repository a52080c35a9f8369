"""How many segments a text takes: GSM-7 where every character is in it, else UCS-2, counted as the networks count.

An escaped GSM character takes two places and is never split between segments; neither is a pair of surrogates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["GSM-7", "UCS-2"]

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED: Final = frozenset("\f^{}\\[~]|€")

_ROOM: Final[dict[Encoding, tuple[int, int]]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""Places in a text of one segment, and in each segment of a longer one."""

_FIRST_OF_TWO_UNITS: Final = 0x10000


@dataclass(frozen=True, slots=True)
class Size:
    """The encoding a text needs and the segments it takes."""

    encoding: Encoding
    segments: int


def size_of(body: str) -> Size:
    """Return the encoding and the number of segments of a text.

    >>> size_of("a" * 160), size_of("a" * 159 + "€")
    (Size(encoding='GSM-7', segments=1), Size(encoding='GSM-7', segments=2))
    """
    if all(each in _BASIC or each in _ESCAPED for each in body):
        return Size("GSM-7", _segments((2 if each in _ESCAPED else 1 for each in body), *_ROOM["GSM-7"]))
    return Size("UCS-2", _segments((2 if ord(each) >= _FIRST_OF_TWO_UNITS else 1 for each in body), *_ROOM["UCS-2"]))


def _segments(places: Iterable[int], alone: int, joined: int) -> int:
    each_place = list(places)
    if sum(each_place) <= alone:
        return 1
    segments, used = 1, 0
    for place in each_place:
        if used + place > joined:
            segments, used = segments + 1, 0
        used += place
    return segments
