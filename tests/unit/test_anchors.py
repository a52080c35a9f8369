"""The tree over anchored heads, and the processes that make anchors beside the relay."""

from __future__ import annotations

import asyncio
import importlib.util
from hashlib import sha256
from random import Random
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.side_by_side import together
from services.projections.anchors import merkle_root
from services.storage.anchors import Leaf
from tests.support.anchored import SCRIPT

LEAVES = st.lists(
    st.builds(Leaf, st.binary(min_size=32, max_size=32), st.integers(1, 2**40), st.binary(min_size=32, max_size=32)),
    max_size=20,
    unique_by=lambda leaf: leaf.case_key,
)


@pytest.fixture(scope="module", name="script")
def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_ledger", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def split_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there: split at the largest power of two below the count."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + split_root(leaves[:half]) + split_root(leaves[half:])).digest()


@given(leaves=LEAVES, order=st.randoms())
def test_the_root_is_that_of_the_standard_in_any_order_and_for_both_verifiers(
    script: ModuleType, leaves: list[Leaf], order: Random
) -> None:
    shuffled = list(leaves)
    order.shuffle(shuffled)
    written = [each.case_key + each.sequence.to_bytes(8, "big") + each.head for each in sorted(leaves)]
    assert merkle_root(shuffled) == split_root(written)
    lines = [{"case_key": each.case_key.hex(), "sequence": each.sequence, "head": each.head.hex()} for each in shuffled]
    assert script.merkle_root(lines) == split_root(written).hex()


async def test_when_one_of_two_endless_works_fails_the_other_is_stopped_and_the_failure_raised() -> None:
    stopped: list[str] = []

    async def goes_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append("stopped")

    async def fails() -> None:
        raise OSError("the anchor could not be made")

    with pytest.raises(OSError, match="could not be made"):
        await together(goes_on(), fails())
    assert stopped == ["stopped"]
