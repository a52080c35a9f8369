"""The facts of a case as one victim's journey: what concerns them, when their status changed, when it ended.

Made anew for every assessment from what has happened by its moment; nothing here depends on the clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby

from services.journeys import event_types as t
from services.journeys.facts import BY_ORDER, Fact
from services.provisions.rules import Clause


class CaseFacts:
    """What has happened in a case, in order, indexed once by type and by id."""

    def __init__(self, happened: Sequence[Fact], links: Mapping[str, Sequence[str]]) -> None:
        self.happened = happened
        self.links = links
        self.by_type: dict[str, list[Fact]] = {}
        for fact in happened:
            if fact.suspect_ref is not None and fact.type.startswith("policing.phone."):
                continue  # a suspect's phone raises nothing anywhere (victims-code.md, "Phones")
            self.by_type.setdefault(fact.type, []).append(fact)
        self.first_report: dict[str, datetime] = {}
        for fact in self.by_type.get(t.REPORTED, ()):
            if fact.victim_id is not None:
                self.first_report.setdefault(fact.victim_id, fact.occurred_at)
        self.case_opened_at = min(self.first_report.values(), default=None)

    @cached_property
    def by_id(self) -> Mapping[str, Sequence[Fact]]:
        """The same events by id; two sources may use one id."""
        found: dict[str, list[Fact]] = {}
        for facts in self.by_type.values():
            for fact in facts:
                found.setdefault(fact.id, []).append(fact)
        for facts in found.values():
            facts.sort(key=BY_ORDER)
        return found

    def victims(self) -> list[str]:
        """Everybody whom a report or another event names as the one it concerns, in a stable order."""
        return sorted({fact.victim_id for fact in self.happened if fact.victim_id is not None})

    def concerns(self, fact: Fact, victim_id: str) -> bool:
        """Whether an event concerns a victim (events.md: named alone, else all who had reported by then)."""
        if fact.victim_id is not None:
            return fact.victim_id == victim_id
        reported = self.first_report.get(victim_id)
        if reported is None or self.case_opened_at is None:
            return False
        return reported <= fact.occurred_at or (fact.occurred_at < self.case_opened_at == reported)


class Journey:
    """One victim in one case: their events, their status, their choices."""

    def __init__(self, case: CaseFacts, victim_id: str) -> None:
        self.case = case
        self.victim_id = victim_id
        self._concerning: dict[str, list[Fact]] = {}
        self.reported_at = case.first_report.get(victim_id)
        self.reports = self.concerning(t.REPORTED)
        self._status = self._status_changes()
        self._status_from = [at for at, _ in self._status]
        self.gains = [at for at, enhanced in self._status if enhanced]

    def concerning(self, type_: str) -> list[Fact]:
        """The events of a type that concern this victim, in order."""
        found = self._concerning.get(type_)
        if found is None:
            found = self._concerning[type_] = []
            if type_ in self.case.by_type:
                concerns, victim_id = self.case.concerns, self.victim_id
                found += [
                    fact
                    for fact in self.case.by_type[type_]
                    if (concerns(fact, victim_id) if fact.victim_id is None else fact.victim_id == victim_id)
                ]
        return found

    def counting(self, clause: Clause) -> list[Fact]:
        """The events that can discharge for this victim, in order: naming them, or nobody (events.md)."""
        if clause.type not in self.case.by_type:
            return []
        victim_id = self.victim_id
        return [
            fact
            for fact in self.case.by_type[clause.type]
            if (fact.victim_id is None or fact.victim_id == victim_id)
            and (not clause.where or clause.admits(fact.data))
        ]

    def concerning_all(self, types: Iterable[str]) -> list[Fact]:
        """The events of several types that concern this victim, in order."""
        found = [fact for type_ in types for fact in self.concerning(type_)]
        if len(found) > 1:
            found.sort(key=BY_ORDER)
        return found

    @cached_property
    def choices(self) -> Sequence[Fact]:
        """The victim's waivers and resumptions of whatever right, in order."""
        return self.concerning_all((t.RIGHT_WAIVED, t.RIGHT_RESUMED))

    def _status_changes(self) -> list[tuple[datetime, bool]]:
        """When Enhanced Rights began and ended: automatic reports for good, assessments until the next one."""
        automatic = next((fact.occurred_at for fact in self.reports if is_automatic(fact)), None)
        changes: list[tuple[datetime, bool]] = []
        now = False
        for fact in self.concerning(t.NEEDS_ASSESSED):
            if automatic is not None and fact.occurred_at >= automatic:
                break
            says = bool(fact.data["enhanced_rights"])
            if changes and changes[-1][0] == fact.occurred_at:
                changes.pop()
                now = bool(changes and changes[-1][1])
            if says != now:
                changes.append((fact.occurred_at, says))
                now = says
        if automatic is not None and not now:
            changes.append((automatic, True))
        return changes

    def is_enhanced(self, at: datetime) -> bool:
        """Whether the victim has Enhanced Rights at an instant, that instant included (victims-code.md 4.6)."""
        index = bisect_right(self._status_from, at)
        return index > 0 and self._status[index - 1][1]


def is_automatic(report: Fact) -> bool:
    """Whether a report gives Enhanced Rights by its offence or because the victim is under 18."""
    return report.data["offence"] in t.AUTOMATIC_OFFENCES or report.data.get("victim_age_band") == "under_18"


class Waivers:
    """When one rule was waived and resumed by a victim (victims-code.md section 4.9)."""

    def __init__(self, journey: Journey, scopes: frozenset[str]) -> None:
        self.changes: list[tuple[datetime, bool, Fact]] = []
        if scopes:
            for fact in journey.choices:
                if fact.data["scope"] in scopes:
                    self.changes.append((fact.occurred_at, fact.type == t.RIGHT_WAIVED, fact))
            # At one instant resumption wins: it sorts last.
            self.changes.sort(key=lambda change: (change[0], not change[1]))
        self._changed_at = [at for at, _, _ in self.changes]

    def is_waived(self, at: datetime) -> bool:
        """Whether the rule is waived at an instant, that of the waiver included."""
        index = bisect_right(self._changed_at, at)
        return index > 0 and self.changes[index - 1][1]

    def waived_from(self) -> Iterator[datetime]:
        """The instants at which a waiver took effect."""
        for at, waives, _fact in self.changes:
            if waives and self.is_waived(at):
                yield at

    def first_from(self, start: datetime) -> datetime | None:
        """When a duty that began at an instant first met a waiver: that instant itself, a later one, or None."""
        if not self.changes:
            return None
        return start if self.is_waived(start) else next((at for at in self.waived_from() if at > start), None)

    def resumed(self) -> Iterator[Fact]:
        """The resumptions that ended a waiver."""
        was_waived = False  # by a waiver of an earlier instant: one of the resumption's own instant never began
        for _at, together in groupby(self.changes, key=lambda change: change[0]):
            found = list(together)
            resumption = next((fact for _, waives, fact in found if not waives), None)
            if resumption is not None and was_waived:
                yield resumption
            was_waived = resumption is None
