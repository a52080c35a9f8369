"""Every way in which something announced may change, each with the name under which it is told.

The tables are total: a pair that cannot come to be says why. Facts arrive late, are corrected and retracted, and laws
change, so almost every arrow can. A breach, or a duty met late, is taken back by an announcement of its own, never
silently: somebody was told that an officer was late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ABSENT: Final = "absent"


class Stands(StrEnum):
    """Where an obligation stands in what is announced of it."""

    ABSENT = "absent"
    """Not owed: never raised, or rescinded."""
    PENDING = "pending"
    """Owed, not yet met, its warning still to come or none."""
    WARNED = "warned"
    """Owed, not yet met, and announced as approaching."""
    SATISFIED = "satisfied"
    """Met in time."""
    SATISFIED_LATE = "satisfied_late"
    """Met, too late."""
    BREACHED = "breached"
    """Past due and not met (an advisory one: overdue)."""
    WAIVED = "waived"
    """The victim chose not to have it."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One way to change, and what is announced of it: one name, or two where two things are to be said.

    Where it ends follows from the table's key. Where the state stays as it was, there is something to tell only if the
    snapshot did not.
    """

    names: tuple[str, ...]

    def for_advisory(self) -> Arrow:
        """The same of a duty that is advisory: it is overdue, which is no breach and is never called one."""
        return Arrow(tuple(_OF_ADVISORY.get(name, name) for name in self.names))


@dataclass(frozen=True, slots=True)
class Unheard:
    """A way to change that cannot come to be."""

    because: str

    def __str__(self) -> str:
        return f"impossible, because {self.because}"


_BREACH: Final = "obligation.breached"
_BREACH_WITHDRAWN: Final = "obligation.breach_withdrawn"
_OF_ADVISORY: Final[Mapping[str, str]] = {
    _BREACH: "obligation.overdue",
    _BREACH_WITHDRAWN: "obligation.overdue_withdrawn",
}

_RAISED = Arrow(("obligation.raised",))
_APPROACHING = Arrow(("obligation.approaching",))
_SATISFIED = Arrow(("obligation.satisfied",))
_SATISFIED_LATE = Arrow(("obligation.satisfied_late",))
_BREACHED = Arrow((_BREACH,))
_WITHDRAWN = Arrow((_BREACH_WITHDRAWN,))
_WITHDRAWN_AND_RESCINDED = Arrow((_BREACH_WITHDRAWN, "obligation.rescinded"))
_WAIVED = Arrow(("obligation.waived",))
_REOPENED = Arrow(("obligation.reopened",))
_NOT_WAIVED = Arrow(("obligation.waiver_withdrawn",))
_NOT_YET = Arrow(("obligation.warning_withdrawn",))
_RESCINDED = Arrow(("obligation.rescinded",))
_AMENDED = Arrow(("obligation.amended",))
_NEITHER_WAS_NOR_IS = Unheard("what neither was nor is announced makes no difference")

_A, _P, _W = Stands.ABSENT, Stands.PENDING, Stands.WARNED
_S, _L, _B, _X = Stands.SATISFIED, Stands.SATISFIED_LATE, Stands.BREACHED, Stands.WAIVED

OBLIGATION_ARROWS: Final[Mapping[tuple[Stands, Stands], Arrow | Unheard]] = {
    # A new one; a feed that catches up brings it in whatever state it has come to by now.
    (_A, _A): _NEITHER_WAS_NOR_IS,
    (_A, _P): _RAISED,
    (_A, _W): _APPROACHING,  # limits of one Working Day are warned of with their trigger
    (_A, _S): _SATISFIED,
    (_A, _L): _SATISFIED_LATE,
    (_A, _B): _BREACHED,
    (_A, _X): _WAIVED,
    # Open.
    (_P, _A): _RESCINDED,
    (_P, _P): _AMENDED,
    (_P, _W): _APPROACHING,
    (_P, _S): _SATISFIED,
    (_P, _L): _SATISFIED_LATE,
    (_P, _B): _BREACHED,
    (_P, _X): _WAIVED,
    (_W, _A): _RESCINDED,
    (_W, _P): _NOT_YET,  # its date moved away: a frequency agreed anew, a trigger corrected
    (_W, _W): _AMENDED,
    (_W, _S): _SATISFIED,
    (_W, _L): _SATISFIED_LATE,
    (_W, _B): _BREACHED,
    (_W, _X): _WAIVED,
    # Met in time; from here on only a record put right, or another rule set, moves it.
    (_S, _A): _RESCINDED,
    (_S, _P): _REOPENED,
    (_S, _W): _REOPENED,
    (_S, _S): _AMENDED,
    (_S, _L): _SATISFIED_LATE,
    (_S, _B): _BREACHED,
    (_S, _X): _WAIVED,
    # Met late: it was said that somebody was late, so every way out but staying late takes that back.
    (_L, _A): _WITHDRAWN_AND_RESCINDED,
    (_L, _P): _WITHDRAWN,
    (_L, _W): _WITHDRAWN,
    (_L, _S): _WITHDRAWN,
    (_L, _L): _AMENDED,
    (_L, _B): _BREACHED,
    (_L, _X): _WITHDRAWN,
    # Breached.
    (_B, _A): _WITHDRAWN_AND_RESCINDED,
    (_B, _P): _WITHDRAWN,
    (_B, _W): _WITHDRAWN,
    (_B, _S): _WITHDRAWN,
    (_B, _L): _SATISFIED_LATE,
    (_B, _B): _AMENDED,
    (_B, _X): _WITHDRAWN,
    # Waived; only a waiver retracted or corrected brings it back.
    (_X, _A): _RESCINDED,
    (_X, _P): _NOT_WAIVED,
    (_X, _W): _NOT_WAIVED,
    (_X, _S): _SATISFIED,
    (_X, _L): _SATISFIED_LATE,
    (_X, _B): _BREACHED,
    (_X, _X): _AMENDED,
}

FLAG_ARROWS: Final[Mapping[tuple[str, str], Arrow | Unheard]] = {
    ("absent", "absent"): _NEITHER_WAS_NOR_IS,
    ("absent", "raised"): Arrow(("flag.raised",)),
    ("absent", "ended"): Arrow(("flag.ended",)),  # it came and went before anybody looked
    ("raised", "absent"): Arrow(("flag.withdrawn",)),
    ("raised", "raised"): Arrow(("flag.amended",)),
    ("raised", "ended"): Arrow(("flag.ended",)),
    ("ended", "absent"): Arrow(("flag.withdrawn",)),
    ("ended", "raised"): Arrow(("flag.raised",)),  # it is up again: whoever looks should look again
    ("ended", "ended"): Arrow(("flag.amended",)),
}

NEWS_ARROWS: Final[Mapping[tuple[str, str], Arrow | Unheard]] = {
    ("absent", "absent"): _NEITHER_WAS_NOR_IS,
    ("absent", "to_tell"): Arrow(("news.to_tell",)),
    ("to_tell", "absent"): Arrow(("news.withdrawn",)),
    ("to_tell", "to_tell"): Arrow(("news.to_tell",)),
}
