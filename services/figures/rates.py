"""The on-time rate, counted in one place: of the duties due, how many were met in time (victims-code.md section 6).

    met in time ÷ (all due in the period - waived)

Rescinded duties are absent from an assessment, so they are in neither number. Advisory duties, untimed ones and open
ones not yet due are left out, and so is a rule that no connected source could show to be met. A duty past due that a
contact may have met though nobody said so (*not linked*) stays in the denominator: leaving the link out must not raise
a rate. It is counted apart from late and never.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.journeys.assessment import Obligation, State


class Verdict(StrEnum):
    """How one obligation counts in the on-time rate."""

    ON_TIME = "on_time"
    """Met before its due moment."""
    LATE = "late"
    """Met, but late."""
    NEVER = "never"
    """Past due, not met, and nothing suggests that it was."""
    NOT_LINKED = "not_linked"
    """Past due, not met, but a meaningful contact that names no event may have met it."""
    WAIVED = "waived"
    """The victim chose not to have it; outside the rate."""
    NOT_MEASURED = "not_measured"
    """No connected source could show it to be met; outside the rate."""
    ADVISORY = "advisory"
    """Never a breach; outside the rate."""
    NOT_DUE = "not_due"
    """Open and not past due; outside the rate."""
    UNTIMED = "untimed"
    """It has no due date; outside the rate."""


FAILURES = (Verdict.LATE, Verdict.NEVER, Verdict.NOT_LINKED)
"""What counts against the rate."""

COUNTED = (Verdict.ON_TIME, *FAILURES)
"""What the rate is made of; everything else is outside it."""


def verdict_on(duty: Obligation, not_measured: Container[str] = ()) -> Verdict:
    """Return how an obligation counts; ``not_measured`` holds the rules that no connected source could show met.

    The period is chosen by whoever asks, by ``due_on``. Whether a duty without a date was met says nothing here.
    """
    outside = (
        (duty.advisory, Verdict.ADVISORY),
        (duty.rule in not_measured, Verdict.NOT_MEASURED),
        (duty.state is State.WAIVED, Verdict.WAIVED),
        (duty.due_at is None, Verdict.UNTIMED),
    )
    never = Verdict.NOT_LINKED if duty.possible_discharge else Verdict.NEVER
    counted = {State.SATISFIED: Verdict.ON_TIME, State.SATISFIED_LATE: Verdict.LATE, State.BREACHED: never}
    return next((verdict for is_so, verdict in outside if is_so), counted.get(duty.state, Verdict.NOT_DUE))


@dataclass(frozen=True, slots=True)
class Rate:
    """An on-time rate with everything it is made of, and what stands outside it."""

    on_time: int = 0
    late: int = 0
    never: int = 0
    not_linked: int = 0
    waived: int = 0
    not_measured: int = 0
    advisory: int = 0
    not_due: int = 0
    untimed: int = 0

    @property
    def failures(self) -> int:
        """How many were not met in time: late, never and not linked."""
        return self.late + self.never + self.not_linked

    @property
    def due(self) -> int:
        """The denominator: all that fell due and was not waived."""
        return self.on_time + self.failures

    @property
    def share(self) -> float | None:
        """Met in time of all due, from 0 to 1; None where nothing was due."""
        return self.on_time / self.due if self.due else None

    def as_json(self) -> dict[str, Any]:
        """The rate as the reports have it."""
        return {
            "numerator": self.on_time,
            "denominator": self.due,
            "share": rounded(self.share),
            "late": self.late,
            "never": self.never,
            "not_linked": self.not_linked,
            "waived": self.waived,
            "not_measured": self.not_measured,
            "advisory": self.advisory,
            "not_due": self.not_due,
            "untimed": self.untimed,
        }


def on_time_rate(verdicts: Iterable[Verdict]) -> Rate:
    """Return the rate that these verdicts make.

    >>> on_time_rate([Verdict.ON_TIME, Verdict.LATE, Verdict.WAIVED, Verdict.NOT_LINKED]).as_json()["denominator"]
    3
    """
    found = Counter(verdicts)
    return Rate(**{verdict.value: found[verdict] for verdict in Verdict})


def on_time_rate_of(duties: Iterable[Obligation], not_measured: Container[str] = ()) -> Rate:
    """Return the on-time rate of these obligations."""
    return on_time_rate(verdict_on(duty, not_measured) for duty in duties)


def rounded(share: float | None) -> float | None:
    """Return a share to four places: more would pretend a precision that counts of people do not have."""
    return None if share is None else round(share, 4)
