"""Where a dead letter can stand: what nobody has dealt with is counted until somebody has."""

from __future__ import annotations

from enum import StrEnum


class DeadLetterState(StrEnum):
    """Where a dead letter stands."""

    OPEN = "open"
    """Nobody has dealt with it."""
    RETRIED = "retried"
    """It was published to the input topic once more; what came of that stands with the new record."""
    SETTLED = "settled"
    """An event of its source and id was accepted since, or a person closed it (``settled_by`` says which)."""
    ERASED = "erased"
    """Nobody dealt with it within the retention of the input topic: its record is gone, place and reason stay."""
