"""Which way a text may go on: total, forward only, and out of unknown only by evidence."""

from __future__ import annotations

from itertools import product

import pytest

from services.contacts.text_states import ARROWS, MAY_HAVE_GONE, WAITING, TextState, may_follow

FAILURES = {TextState.PERMANENT_FAILURE, TextState.TEMPORARY_FAILURE, TextState.TECHNICAL_FAILURE}
ENDS = {TextState.DELIVERED, TextState.SUPPRESSED, TextState.EXPIRED, *FAILURES}


def test_every_state_has_its_arrows() -> None:
    assert ARROWS.keys() == set(TextState)
    assert {state for state, after in ARROWS.items() if not after} == ENDS


@pytest.mark.parametrize(("before", "after"), list(product(TextState, TextState)))
def test_nothing_goes_back_or_is_sent_twice(before: TextState, after: TextState) -> None:
    if before in MAY_HAVE_GONE:
        assert not may_follow(before, TextState.SENDING)
        assert after not in WAITING or not may_follow(before, after)
    if may_follow(before, after) and may_follow(after, before):
        assert before is after is TextState.HELD


def test_only_what_waits_is_sent() -> None:
    assert {state for state in TextState if may_follow(state, TextState.SENDING)} == WAITING
    assert {state for state in TextState if may_follow(state, TextState.SUPPRESSED)} == WAITING
