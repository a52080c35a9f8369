"""Where a text stands, and which way it may go on: only forward, and an unknown outcome is settled, never repeated.

requested -> held -> sending -> sent -> delivered; a text that is not sent ends suppressed or expired; one that was,
or may have been, ends delivered, in one of three failures, or stays unknown until it is settled.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class TextState(StrEnum):
    """The fate of a text."""

    REQUESTED = "requested"
    """There is news a text could be about; nobody has decided yet."""
    HELD = "held"
    """It may not go now and is looked at again later."""
    SENDING = "sending"
    """It was committed to be sent; the channel may or may not have been asked."""
    SENT = "sent"
    """The channel took it; whether it arrived is not known."""
    DELIVERED = "delivered"
    """The channel says that it arrived."""
    SUPPRESSED = "suppressed"
    """It may not go, now or later; a person has the task instead."""
    EXPIRED = "expired"
    """It was held until it was news no longer; a person has the task instead."""
    PERMANENT_FAILURE = "permanent_failure"
    """The number cannot receive it."""
    TEMPORARY_FAILURE = "temporary_failure"
    """The phone or network could not be reached."""
    TECHNICAL_FAILURE = "technical_failure"
    """The channel refused it, or failed."""
    UNKNOWN = "unknown"
    """It may have been sent: no clear answer came. It is settled by evidence and never sent again blind."""


_S = TextState
_FAILURES: Final = frozenset({_S.PERMANENT_FAILURE, _S.TEMPORARY_FAILURE, _S.TECHNICAL_FAILURE})

ARROWS: Final[Mapping[TextState, frozenset[TextState]]] = {
    _S.REQUESTED: frozenset({_S.HELD, _S.SENDING, _S.SUPPRESSED, _S.EXPIRED}),
    _S.HELD: frozenset({_S.HELD, _S.SENDING, _S.SUPPRESSED, _S.EXPIRED}),
    _S.SENDING: frozenset({_S.SENT, _S.UNKNOWN}) | _FAILURES,
    _S.SENT: frozenset({_S.DELIVERED}) | _FAILURES,
    _S.UNKNOWN: frozenset({_S.SENT, _S.DELIVERED}) | _FAILURES,
    _S.DELIVERED: frozenset(),
    _S.SUPPRESSED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.PERMANENT_FAILURE: frozenset(),
    _S.TEMPORARY_FAILURE: frozenset(),
    _S.TECHNICAL_FAILURE: frozenset(),
}
"""From each state, those that may follow."""

WAITING: Final = frozenset({_S.REQUESTED, _S.HELD})
"""Still to be decided."""

MAY_HAVE_GONE: Final = frozenset({_S.SENDING, _S.SENT, _S.DELIVERED, _S.UNKNOWN}) | _FAILURES
"""Counted against the number of texts a day, and looked at for words sent before."""


def may_follow(before: TextState, after: TextState) -> bool:
    """Whether a text may go from one state to the other."""
    return after in ARROWS[before]
