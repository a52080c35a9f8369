"""One obligation's life from trigger to verdict: dates, gains of Enhanced Rights, waivers, ends, what met it.

Chronological and pure: everything that could have changed the obligation is taken in the order in which it happened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import IntEnum

import msgspec

from services.journeys.assessment import Entitlement, Obligation, State
from services.journeys.facts import Fact
from services.journeys.journey import Journey, Waivers
from services.journeys.limits import Due, due_after, warn_at
from services.provisions.rules import Rule, Unit
from services.provisions.working_days import WorkingDays, london_date


class Met(msgspec.Struct, frozen=True, gc=False):
    """What met an obligation and when; ``at`` may be before the trigger."""

    at: datetime
    by: Fact


# Bound once: looking up an enum's member costs 0.1 microseconds, and an assessment would do it hundreds of times.
_PENDING, _SATISFIED, _SATISFIED_LATE = State.PENDING, State.SATISFIED, State.SATISFIED_LATE
_BREACHED, _WAIVED = State.BREACHED, State.WAIVED
_OPEN = frozenset({_PENDING, _BREACHED})
_WORKING_DAYS = Unit.WORKING_DAYS


class _Change(IntEnum):
    """What can happen to an open obligation, in the order taken at one instant."""

    GAIN = 0
    WAIVER = 1
    END = 2


class Duties:
    """Makes the obligations of one victim under one rule set at one moment."""

    def __init__(self, journey: Journey, days: WorkingDays, now: datetime) -> None:
        self.journey = journey
        self.days = days
        self.now = now
        self._waivers: dict[frozenset[str], Waivers] = {}
        self._none = Waivers(journey, frozenset())

    def waivers(self, rule: Rule) -> Waivers:
        """The waivers and resumptions that cover a rule."""
        if not self.journey.choices:
            return self._none
        found = self._waivers.get(rule.waived_with)
        if found is None:
            found = self._waivers[rule.waived_with] = Waivers(self.journey, rule.waived_with)
        return found

    def obligation(
        self,
        rule: Rule,
        trigger: Fact,
        met: Met | None,
        *,
        suspect_ref: str | None,
        due: Due | None = None,
        by_limit: bool = True,
        ends: Sequence[datetime] = (),
        possible: Callable[[], tuple[str, ...]] | None = None,
    ) -> Obligation | None:
        """The obligation as it stands now, or None where it is no longer owed.

        Where the shape alone knows the date, ``by_limit`` is false and ``due`` is that date or None (Enhanced Rights
        do not move it); else the rule's limit is counted from the trigger. ``ends`` are the instants that end it
        unless it is met or past due by then.
        """
        start = trigger.occurred_at
        enhanced = self.journey.is_enhanced(start)
        standard = due
        limit = rule.limit if by_limit else None
        if limit is not None:
            standard = due_after(limit, start, self.days, enhanced=False)
            is_sooner = enhanced and limit.enhanced != limit.standard
            due = due_after(limit, start, self.days, enhanced=True) if is_sooner else standard
        waivers = self.waivers(rule)
        waived = waivers.is_waived(start)
        gains = self.journey.gains
        if not waived and (ends or waivers.changes or (gains and gains[-1] > start)):
            for at, change in self._changes(start, waivers, ends):
                if (met is not None and met.at <= at) or (due is not None and at >= due.at):
                    break
                if change is _Change.END:
                    return None
                if change is _Change.WAIVER:
                    waived = True
                    break
                enhanced = True
                if limit is not None and due is not None:
                    gained = due_after(limit, at, self.days, enhanced=True)
                    due = min(due, gained, key=lambda each: each.at)
        return self._stated(
            rule, trigger, None if waived else met, waived=waived, enhanced=enhanced, due=due, standard=standard,
            suspect_ref=suspect_ref, possible=possible,
        )  # fmt: skip

    def _changes(self, start: datetime, waivers: Waivers, ends: Sequence[datetime]) -> list[tuple[datetime, _Change]]:
        found = [(at, _Change.GAIN) for at in self.journey.gains if at > start]
        if waivers.changes:
            found += [(at, _Change.WAIVER) for at in waivers.waived_from() if at > start]
        if ends:
            found += [(at, _Change.END) for at in ends]
        found.sort()
        return found

    def _stated(
        self,
        rule: Rule,
        trigger: Fact,
        met: Met | None,
        *,
        waived: bool,
        enhanced: bool,
        due: Due | None,
        standard: Due | None,
        suspect_ref: str | None,
        possible: Callable[[], tuple[str, ...]] | None,
    ) -> Obligation:
        state = _state(met, due, self.now, waived=waived)
        entitlement: Entitlement = "enhanced" if enhanced else "standard"
        is_open = state in _OPEN
        return Obligation(
            id=obligation_id(trigger.case_id, rule.id, self.journey.victim_id, trigger.source, trigger.id),
            rule=rule.id,
            pack=rule.pack,
            right=rule.right,
            owner=trigger.data[rule.owner_from] if rule.owner_from else rule.owner,
            victim_id=self.journey.victim_id,
            suspect_ref=suspect_ref,
            trigger_event_id=trigger.id,
            trigger_source=trigger.source,
            triggered_at=trigger.occurred_at,
            entitlement=entitlement,
            due_on=due.on if due is not None else None,
            due_at=due.at if due is not None else None,
            due_on_standard=standard.on if standard is not None else None,
            state=state,
            satisfied_at=met.at if met is not None else None,
            satisfied_by=met.by.id if met is not None else None,
            advisory=rule.advisory,
            confidence=rule.confidence_of(trigger.data),
            warn_at=warn_at(rule, trigger.occurred_at, due, self.days, enhanced=enhanced),
            possible_discharge=possible() if possible is not None and is_open else (),
            provisional=due is not None and self._is_provisional(rule, trigger, due),
        )

    def _is_provisional(self, rule: Rule, trigger: Fact, due: Due) -> bool:
        """Whether the date needed holidays that are computed, not announced."""
        counts = rule.limit is not None and rule.limit.unit is _WORKING_DAYS
        return counts and self.days.is_provisional(london_date(trigger.occurred_at), due.on)


def _state(met: Met | None, due: Due | None, now: datetime, *, waived: bool) -> State:
    if waived:
        return _WAIVED
    if met is not None:
        return _SATISFIED if due is None or met.at < due.at else _SATISFIED_LATE
    return _BREACHED if due is not None and now >= due.at else _PENDING


def obligation_id(case_id: str, rule: str, victim_id: str, source: str, event_id: str) -> str:
    """The stable id of an obligation: a hash of case, rule, victim, trigger source and id (surfaces.md)."""
    return hashlib.sha256(msgspec.json.encode((case_id, rule, victim_id, source, event_id))).hexdigest()[:32]
