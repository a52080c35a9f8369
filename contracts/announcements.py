"""What Waymark announces on ``compliance.events``: differences in what a case is owed, flags, and news to tell.

CloudEvents 1.0 in structured mode, keyed by case. Opaque references only; nothing personal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.restored import STORE_RESTORED, StoreRestored

SOURCE: Final = "/waymark"
"""The ``source`` of every announcement."""

Cause = Literal["event", "time", "ruleset", "correction", "backfill", "repair"]
"""Why something changed: a new event, time going by, new rules, the record put right, old events, a rebuild."""


class Announced(BaseModel):
    """A frozen model of our own making, without fields it does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ObligationNow(Announced):
    """One rule owed to one victim for one trigger, as surfaces.md has it: after the change that is announced.

    Instants are UTC; ``_on`` dates are London dates. An untimed obligation has neither ``due_on`` nor ``due_at``.
    """

    id: str
    rule: str
    pack: str
    right: int | None
    owner: str
    victim_id: str
    suspect_ref: str | None
    trigger_event_id: str
    triggered_at: AwareDatetime
    entitlement: Literal["standard", "enhanced"]
    due_on: date | None
    due_at: AwareDatetime | None
    due_on_standard: date | None
    state: Literal["pending", "satisfied", "satisfied_late", "breached", "waived"]
    satisfied_at: AwareDatetime | None
    satisfied_by: str | None
    advisory: bool
    confidence: str
    warn_at: AwareDatetime | None
    possible_discharge: tuple[str, ...] = ()
    provisional: bool = False


class FlagNow(Announced):
    """Something about a case that a person should see, from ``since`` on; ended where ``until`` is set."""

    kind: str
    victim_id: str
    event_id: str
    since: AwareDatetime
    until: AwareDatetime | None


class NewsItem(Announced):
    """A fact a victim has not been told, by the identity of its event, and what a text about it would be for.

    ``purpose``: ``offer`` asks whether a person may ring, ``news`` may state it, ``follow_up`` confirms what a person
    has told.
    """

    victim_id: str
    event_id: str
    source: str
    type: str
    purpose: Literal["offer", "news", "follow_up"]
    occurred_at: AwareDatetime
    known_at: AwareDatetime


class ChangeData(Announced):
    """The case, the place of the announcement among all of the case, and why it was made.

    Places count from 1 without gaps; a restore from a backup alone moves them on (``RestoredData``).
    """

    case_id: str
    sequence: Annotated[int, Field(ge=1)]
    cause: Cause


class ObligationData(ChangeData):
    """A change of one obligation."""

    obligation: ObligationNow


class FlagData(ChangeData):
    """A change of one flag."""

    flag: FlagNow


class NewsItemData(ChangeData):
    """News that is now to be told, or no longer."""

    news: NewsItem


class Announcement(Announced):
    """The envelope: ``subject`` is the case id, ``time`` the moment of the assessment that found the change (UTC)."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Literal["/waymark"] = SOURCE
    type: str
    subject: str
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: ChangeData


class ObligationRaised(Announcement):
    """An obligation is owed."""

    type: Literal["waymark.obligation.raised.v1"] = "waymark.obligation.raised.v1"
    data: ObligationData


class ObligationApproaching(Announcement):
    """An obligation will soon be due: its ``warn_at`` has come."""

    type: Literal["waymark.obligation.approaching.v1"] = "waymark.obligation.approaching.v1"
    data: ObligationData


class ObligationBreached(Announcement):
    """An obligation was not met by its due moment."""

    type: Literal["waymark.obligation.breached.v1"] = "waymark.obligation.breached.v1"
    data: ObligationData


class ObligationOverdue(Announcement):
    """An advisory obligation was not met by its due moment; this is not a breach."""

    type: Literal["waymark.obligation.overdue.v1"] = "waymark.obligation.overdue.v1"
    data: ObligationData


class ObligationSatisfied(Announcement):
    """An obligation was met in time."""

    type: Literal["waymark.obligation.satisfied.v1"] = "waymark.obligation.satisfied.v1"
    data: ObligationData


class ObligationSatisfiedLate(Announcement):
    """An obligation was met after its due moment."""

    type: Literal["waymark.obligation.satisfied_late.v1"] = "waymark.obligation.satisfied_late.v1"
    data: ObligationData


class ObligationWaived(Announcement):
    """The victim chose not to have what was owed."""

    type: Literal["waymark.obligation.waived.v1"] = "waymark.obligation.waived.v1"
    data: ObligationData


class ObligationRescinded(Announcement):
    """An obligation is not owed after all: its trigger is gone; ``obligation`` is what it last was."""

    type: Literal["waymark.obligation.rescinded.v1"] = "waymark.obligation.rescinded.v1"
    data: ObligationData


class ObligationBreachWithdrawn(Announcement):
    """A breach, or being met late, that was announced did not happen."""

    type: Literal["waymark.obligation.breach_withdrawn.v1"] = "waymark.obligation.breach_withdrawn.v1"
    data: ObligationData


class ObligationOverdueWithdrawn(Announcement):
    """An advisory obligation announced as overdue, or as met late, was not; it was never a breach."""

    type: Literal["waymark.obligation.overdue_withdrawn.v1"] = "waymark.obligation.overdue_withdrawn.v1"
    data: ObligationData


class ObligationReopened(Announcement):
    """An obligation announced as met is not met."""

    type: Literal["waymark.obligation.reopened.v1"] = "waymark.obligation.reopened.v1"
    data: ObligationData


class ObligationAmended(Announcement):
    """Dates, entitlement or evidence of an obligation changed, its state did not."""

    type: Literal["waymark.obligation.amended.v1"] = "waymark.obligation.amended.v1"
    data: ObligationData


class ObligationWarningWithdrawn(Announcement):
    """An obligation announced as soon due is not yet."""

    type: Literal["waymark.obligation.warning_withdrawn.v1"] = "waymark.obligation.warning_withdrawn.v1"
    data: ObligationData


class ObligationWaiverWithdrawn(Announcement):
    """An obligation announced as waived is owed."""

    type: Literal["waymark.obligation.waiver_withdrawn.v1"] = "waymark.obligation.waiver_withdrawn.v1"
    data: ObligationData


class FlagRaised(Announcement):
    """A flag went up."""

    type: Literal["waymark.flag.raised.v1"] = "waymark.flag.raised.v1"
    data: FlagData


class FlagEnded(Announcement):
    """A flag ended; ``until`` says when."""

    type: Literal["waymark.flag.ended.v1"] = "waymark.flag.ended.v1"
    data: FlagData


class FlagWithdrawn(Announcement):
    """A flag that was announced was never up; ``flag`` is what it last was."""

    type: Literal["waymark.flag.withdrawn.v1"] = "waymark.flag.withdrawn.v1"
    data: FlagData


class FlagAmended(Announcement):
    """A flag began or ended at another time than was announced."""

    type: Literal["waymark.flag.amended.v1"] = "waymark.flag.amended.v1"
    data: FlagData


class NewsToTell(Announcement):
    """There is news that a victim has not been told."""

    type: Literal["waymark.news.to_tell.v1"] = "waymark.news.to_tell.v1"
    data: NewsItemData


class NewsWithdrawn(Announcement):
    """There is no such news any more: told, corrected, retracted or withheld."""

    type: Literal["waymark.news.withdrawn.v1"] = "waymark.news.withdrawn.v1"
    data: NewsItemData


LEDGER_ANCHOR: Final = "waymark.ledger.anchor.v1"
"""The type under which anchors of the ledger are published."""

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""A SHA-256 hash in hexadecimal, small letters."""


class AnchorData(Announced):
    """What all chains of the ledger stood at: how much there is in all, and the root over the chains that had grown.

    ``made_at`` is the instant as it was hashed (UTC, microseconds), so it stays text. docs/ledger.md says how each
    hash is made.
    """

    number: Annotated[int, Field(ge=1)]
    made_at: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$")]
    cases: Annotated[int, Field(ge=0)]
    entries: Annotated[int, Field(ge=0)]
    changed: Annotated[int, Field(ge=0)]
    root: Hash
    previous: Hash
    hash: Hash


class LedgerAnchor(Announced):
    """An anchor of the ledger: about no case, so no ``Announcement``; keyed and named ``ledger``."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Literal["/waymark"] = SOURCE
    type: Literal["waymark.ledger.anchor.v1"] = "waymark.ledger.anchor.v1"
    subject: Literal["ledger"] = "ledger"
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: AnchorData


AnyAnnouncement = (
    ObligationRaised
    | ObligationApproaching
    | ObligationBreached
    | ObligationOverdue
    | ObligationSatisfied
    | ObligationSatisfiedLate
    | ObligationWaived
    | ObligationRescinded
    | ObligationBreachWithdrawn
    | ObligationOverdueWithdrawn
    | ObligationReopened
    | ObligationAmended
    | ObligationWarningWithdrawn
    | ObligationWaiverWithdrawn
    | FlagRaised
    | FlagEnded
    | FlagWithdrawn
    | FlagAmended
    | NewsToTell
    | NewsWithdrawn
)
ComplianceEvent = Annotated[AnyAnnouncement | LedgerAnchor | StoreRestored, Field(discriminator="type")]
"""Whatever is on ``compliance.events``, told apart by ``type``."""


def _by_type(models: Iterable[type[Announcement]]) -> Mapping[str, type[Announcement]]:
    """Return the models by the type each stands for."""
    return MappingProxyType({model.model_fields["type"].default: model for model in models})


ANNOUNCEMENTS: Final[Mapping[str, type[Announcement]]] = _by_type(get_args(AnyAnnouncement))
"""The model of every announcement about a case, by full type."""

PUBLISHED: Final[Mapping[str, type[Announcement | LedgerAnchor | StoreRestored]]] = MappingProxyType(
    {**ANNOUNCEMENTS, LEDGER_ANCHOR: LedgerAnchor, STORE_RESTORED: StoreRestored}
)
"""The model of everything on ``compliance.events``, by full type: announcements, ledger anchors, restores."""
