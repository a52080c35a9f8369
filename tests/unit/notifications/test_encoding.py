"""Segments as the networks count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.encoding import Size, size_of


@pytest.mark.parametrize(
    ("body", "encoding", "segments"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 151, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),
        ("ŵ" * 70, "UCS-2", 1),
        ("ŵ" * 71, "UCS-2", 2),
        ("ŵ" * 134, "UCS-2", 2),
        ("ŵ" * 135, "UCS-2", 3),
        ("😀" * 35, "UCS-2", 1),
        ("ŵ" * 66 + "😀" + "ŵ" * 66, "UCS-2", 3),
        ("it\u2019s", "UCS-2", 1),
    ],
)
def test_segments_at_their_boundaries(body: str, encoding: str, segments: int) -> None:
    size = size_of(body)
    assert (size.encoding, size.segments) == (encoding, segments)


@given(st.text(max_size=400), st.characters())
def test_a_longer_text_never_takes_fewer_segments(body: str, more: str) -> None:
    before, after = size_of(body), size_of(body + more)
    assert isinstance(after, Size)
    assert before.encoding != after.encoding or after.segments >= before.segments
