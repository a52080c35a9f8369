"""Sets two rule sets side by side over the same events: which obligations differ, and what becomes of each rate.

Nothing is stored and nobody is told: it answers what a draft edition, or a force's own copy of a pack, would change
before anybody decides on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from services.figures.rates import Rate, Verdict, on_time_rate, verdict_on
from services.journeys.assess import assess
from services.journeys.assessment import Assessment, Awaited, Obligation
from services.journeys.facts import Fact
from services.journeys.rule_set import RuleSet
from services.provisions.working_days import NEVER_ON

EXAMPLES: Final = 3
"""How many examples are kept of each way in which a rule's obligations differ."""

_SAME: Final = ("owner", "advisory", "right", "warn_at", "entitlement", "satisfied_at", "satisfied_by")
"""What else of an obligation may differ, beside its date and its state."""


class Difference(StrEnum):
    """How one obligation differs between two rule sets, A and B."""

    ONLY_IN_A = "only_in_a"
    """Owed under A alone."""
    ONLY_IN_B = "only_in_b"
    """Owed under B alone."""
    DUE_EARLIER = "due_earlier"
    """Due earlier under B."""
    DUE_LATER = "due_later"
    """Due later under B, or without a date there."""
    STATE = "state"
    """In another state under B, whatever its date."""
    OTHER = "other"
    """Another owner, another warning, advisory in one of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an obligation, or a window of the victim's own (``open``), stands on one side."""

    state: str
    due_on: date | None
    due_at: datetime | None = None
    advisory: bool = False

    def as_json(self) -> dict[str, Any]:
        """How it stands, as `--json` has it."""
        return {
            "state": self.state,
            "due_on": self.due_on.isoformat() if self.due_on is not None else None,
            "due_at": self.due_at.isoformat() if self.due_at is not None else None,
            "advisory": self.advisory,
        }


@dataclass(frozen=True, slots=True)
class Example:
    """One obligation that differs, by ids alone, and how it stands on each side (None: not owed there)."""

    case_id: str
    victim_id: str
    event_id: str
    obligation_id: str | None
    a: Standing | None
    b: Standing | None

    def as_json(self) -> dict[str, Any]:
        """The example as `--json` has it."""
        return {
            "case_id": self.case_id,
            "victim_id": self.victim_id,
            "event_id": self.event_id,
            "obligation_id": self.obligation_id,
            "a": self.a.as_json() if self.a is not None else None,
            "b": self.b.as_json() if self.b is not None else None,
        }


@dataclass(slots=True)
class RuleCompared:
    """What one rule owes under each side: how many are the same, how the others differ, and both rates."""

    rule: str
    same: int = 0
    differ: int = 0
    differences: Counter[Difference] = field(default_factory=Counter)
    examples: dict[Difference, list[Example]] = field(default_factory=dict)
    verdicts_a: Counter[Verdict] = field(default_factory=Counter)
    verdicts_b: Counter[Verdict] = field(default_factory=Counter)

    @property
    def rate_a(self) -> Rate:
        """The on-time rate under A."""
        return on_time_rate(self.verdicts_a.elements())

    @property
    def rate_b(self) -> Rate:
        """The on-time rate under B."""
        return on_time_rate(self.verdicts_b.elements())

    def note(self, found: set[Difference], example: Example) -> None:
        """Count one pair of obligations, or of windows, that differ so."""
        self.differ += 1
        self.differences.update(found)
        for difference in found:
            kept = self.examples.setdefault(difference, [])
            if len(kept) < EXAMPLES:
                kept.append(example)

    def as_json(self) -> dict[str, Any]:
        """The rule as `--json` has it."""
        return {
            "rule": self.rule,
            "same": self.same,
            "differ": self.differ,
            "differences": {each.value: self.differences[each] for each in Difference},
            "examples": {each.value: [one.as_json() for one in kept] for each, kept in sorted(self.examples.items())},
            "rate_a": self.rate_a.as_json(),
            "rate_b": self.rate_b.as_json(),
        }


@dataclass(slots=True)
class Compared:
    """Two rule sets over the same cases at one moment."""

    as_of: datetime
    cases: int = 0
    cases_that_differ: int = 0
    failed: list[str] = field(default_factory=list)
    """Cases that one of the sides could not assess; they are in no count."""
    by_rule: dict[str, RuleCompared] = field(default_factory=dict)

    def rules(self) -> list[RuleCompared]:
        """Every rule that owes something under either side, by id."""
        return [self.by_rule[rule] for rule in sorted(self.by_rule)]

    def rate_a(self) -> Rate:
        """The on-time rate under A over all rules."""
        return on_time_rate(verdict for each in self.rules() for verdict in each.verdicts_a.elements())

    def rate_b(self) -> Rate:
        """The on-time rate under B over all rules."""
        return on_time_rate(verdict for each in self.rules() for verdict in each.verdicts_b.elements())

    def as_json(self) -> dict[str, Any]:
        """The comparison as `--json` has it."""
        return {
            "as_of": self.as_of.isoformat(),
            "cases": self.cases,
            "cases_that_differ": self.cases_that_differ,
            "failed": self.failed,
            "rules": [each.as_json() for each in self.rules()],
            "rate_a": self.rate_a().as_json(),
            "rate_b": self.rate_b().as_json(),
        }


def compare(
    cases: Mapping[str, Sequence[Fact]],
    a: RuleSet,
    b: RuleSet,
    now: datetime,
    told: Callable[[int], None] = lambda _: None,
) -> Compared:
    """Assess every case under both rule sets at one moment, and count what differs; ``told`` hears of each case."""
    found = Compared(now)
    for case_id in sorted(cases):
        facts = cases[case_id]
        try:
            under_a, under_b = assess(facts, a, now), assess(facts, b, now)
        except Exception:  # noqa: BLE001 - a pack being tried out must not hide what it does in the other cases
            found.failed.append(case_id)
            continue
        finally:
            told(1)
        found.cases += 1
        before = sum(each.differ for each in found.by_rule.values())
        _compare_obligations(found.by_rule, case_id, under_a, under_b)
        _compare_windows(found.by_rule, case_id, (under_a, under_b), {*a.by_id, *b.by_id})
        found.cases_that_differ += sum(each.differ for each in found.by_rule.values()) > before
    return found


def _compare_obligations(by_rule: dict[str, RuleCompared], case_id: str, a: Assessment, b: Assessment) -> None:
    ours, theirs = ({each.id: each for each in side.obligations} for side in (a, b))
    for id_ in {**ours, **theirs}:
        one, other = ours.get(id_), theirs.get(id_)
        duty = one or other
        if duty is None:
            continue
        rule = by_rule.setdefault(duty.rule, RuleCompared(duty.rule))
        if one is not None:
            rule.verdicts_a[verdict_on(one)] += 1
        if other is not None:
            rule.verdicts_b[verdict_on(other)] += 1
        found = differences_between(one, other)
        if not found:
            rule.same += 1
            continue
        example = Example(case_id, duty.victim_id, duty.trigger_event_id, id_, _stands(one), _stands(other))
        rule.note(found, example)


def differences_between(a: Obligation | None, b: Obligation | None) -> set[Difference]:
    """How an obligation of the same id differs; one that is missing is owed on the other side alone."""
    if a is None or b is None:
        return {Difference.ONLY_IN_B} if a is None else {Difference.ONLY_IN_A}
    found = set[Difference]()
    if a.due_at != b.due_at:
        is_earlier = b.due_at is not None and (a.due_at is None or b.due_at < a.due_at)
        found.add(Difference.DUE_EARLIER if is_earlier else Difference.DUE_LATER)
    if a.state is not b.state:
        found.add(Difference.STATE)
    if not found and any(getattr(a, name) != getattr(b, name) for name in _SAME):
        found.add(Difference.OTHER)
    return found


def _stands(duty: Obligation | None) -> Standing | None:
    return Standing(duty.state.value, duty.due_on, duty.due_at, duty.advisory) if duty is not None else None


def _compare_windows(
    by_rule: dict[str, RuleCompared], case_id: str, sides: tuple[Assessment, Assessment], rules: Iterable[str]
) -> None:
    """The victim's own windows: no obligations, and yet what a draft may lengthen or shorten."""
    known = frozenset(rules)
    ours, theirs = (
        {(each.victim_id, each.what, each.event_id): each for each in side.awaited if each.what in known}
        for side in sides
    )
    for key in {**ours, **theirs}:
        victim_id, what, event_id = key
        rule = by_rule.setdefault(what, RuleCompared(what))
        a, b = (_open_until(side.get(key)) for side in (ours, theirs))
        if a == b:
            rule.same += 1
        else:
            rule.note({_window_difference(a, b)}, Example(case_id, victim_id, event_id, None, a, b))


def _window_difference(a: Standing | None, b: Standing | None) -> Difference:
    if a is None or b is None:
        return Difference.ONLY_IN_B if a is None else Difference.ONLY_IN_A
    return Difference.DUE_EARLIER if (b.due_on or NEVER_ON) < (a.due_on or NEVER_ON) else Difference.DUE_LATER


def _open_until(window: Awaited | None) -> Standing | None:
    if window is None:
        return None
    last = window.expected_by
    return Standing("open", last.date() if isinstance(last, datetime) else last)
