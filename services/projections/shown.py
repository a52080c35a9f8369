"""What the pages show, as values: what is owed, what was said, what went wrong. Instants are UTC and aware.

Ids may be any string, also one that no page can show as it is; whoever renders them sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Generic, TypeVar

SHOWN: Final = 200
"""Rows of a list that are shown on a page of its own, and on the page of a case."""

ON_FRONT: Final = 8
"""Rows of a list that are shown on the first page, which stays small however much there is."""

COUNTED: Final = 10_000
"""How far the rest is counted; beyond, "more than" is said."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The first rows of a list, and how many there are in all (counted up to ``COUNTED`` + 1).

    ``withheld``: how many of the first rows are of restricted cases that whoever looks may not see.
    """

    rows: tuple[T, ...]
    total: int
    withheld: int = 0

    @property
    def more(self) -> int:
        """How many are not shown, those withheld aside."""
        return max(0, self.total - len(self.rows) - self.withheld)

    @property
    def is_countless(self) -> bool:
        """Whether there are more than were counted."""
        return self.total > COUNTED


@dataclass(frozen=True, slots=True)
class Duty:
    """One obligation as last announced; instants are UTC, ``due_at`` is None where it has no date."""

    id: str
    case_id: str
    case_key: bytes
    rule: str
    owner: str
    victim_id: str
    state: str
    due_at: datetime | None
    advisory: bool
    quiet: bool
    triggered_at: datetime
    trigger_event_id: str
    suspect_ref: str | None
    entitlement: str
    confidence: str
    satisfied_at: datetime | None
    satisfied_by: str | None
    linkable: tuple[str, ...]
    """The records of later contacts that may have met it: nobody has said what was told there."""
    provisional: bool

    @property
    def is_not_linked(self) -> bool:
        """Whether it is past due and a later contact may have met it: apart from late and never."""
        return self.state == "breached" and bool(self.linkable) and not self.advisory


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A rule that no connected source could show to be met, and how many duties under it are open."""

    rule: str
    open: int


@dataclass(frozen=True, slots=True)
class SeenContact:
    """A recorded contact with its grade; ``at`` is when it was made, None where that cannot be told."""

    case_id: str
    case_key: bytes
    event_id: str
    victim_id: str
    at: datetime | None
    grade: str
    reasons: tuple[str, ...]
    same_as: str | None
    thinly_evidenced: bool


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused record: why, which field, where it stands in Kafka; the case only where it is known."""

    id: int
    position: str
    reason: str
    field: str | None
    received_at: datetime
    case_id: str | None
    case_key: bytes | None


@dataclass(frozen=True, slots=True)
class CaseSetAside:
    """A case whose assessment failed; it is shown as it last was and tried again."""

    case_id: str
    case_key: bytes
    problem: str
    attempts: int
    retry_at: datetime
    assessed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """Something wrong with a case's record that was refused."""

    case_id: str | None
    case_key: bytes
    what: str
    event_id: str
    source: str
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event of a type that is not known: kept, and changing nothing that is owed (events.md)."""

    type: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ShownFlag:
    """One flag of the case; ``until`` is None while it is up."""

    id: str
    kind: str
    victim_id: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Wait:
    """What is waited for, from whom, since when; ``expected_by`` is a London date, an instant, or unknown."""

    victim_id: str
    what: str
    from_whom: str
    since: datetime
    expected_by: date | datetime | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """One entry of the case's ledger; ``about`` is the rule, the flag or the event type it concerns."""

    sequence: int
    at: datetime
    what: str
    thing: str
    about: str
    victim_id: str
    cause: str
    advisory: bool
    since: datetime | None
    """Of a flag: since when."""
