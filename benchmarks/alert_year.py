"""The alert budget: what a simulated force's year would put in front of each person, shift by shift.

Pure: the core's own functions, run through the year moment by moment for every case, as the processes would with
nothing late. Whoever is shown a card is taken to acknowledge it in that shift. Texts and their tasks are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import quantiles

from contracts import Refused, read_line
from infra.clock import parse_instant
from services.contacts.addressee import addressee_of
from services.contacts.cards import Card, CardKind, cards_of
from services.contacts.grade_cards import grade_cards
from services.contacts.officers_file import read_officers
from services.contacts.planning import Item, Plan, SafeTimes, plan, safe_times_of
from services.contacts.roster import Officer, Roster
from services.contacts.safe_contact import safe_contact_of
from services.journeys.assess import assess
from services.journeys.assessment import Assessment
from services.journeys.changes import Announced, Announcement, changes, fold
from services.journeys.fact_of import fact_of
from services.journeys.facts import Fact
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from services.journeys.rule_set import RuleSet, load_rule_set
from services.provisions.working_days import WorkingDays
from services.simulator.officers import officers_rows
from services.simulator.ordering import value_of
from services.simulator.simulation import LAST_DAY, Invented, Simulation

BUDGET_CARDS, BUDGET_INTERRUPTIONS, BUDGET_LIVE = 6, 1, 18
"""At p90, for 18 live cases: cards a shift and interruptions (alerts.md)."""

_days = WorkingDays()


@dataclass(frozen=True, slots=True)
class Showing:
    """One victim's item put in front of somebody."""

    to: str
    at: datetime
    case_id: str
    victim_id: str | None
    rule: str | None
    kind: str
    interrupts: bool


@dataclass(slots=True)
class _Open:
    card: Card
    plan: Plan
    to: str
    shown: bool = False
    again: bool = False


@dataclass(slots=True)
class CaseYear:
    """What one case put in front of people. ``live`` are spans (from, until) in which it was somebody's live case."""

    showings: list[Showing] = field(default_factory=list)
    live: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    overdue: int = 0
    overdue_unseen: list[str] = field(default_factory=list)
    """Duties that became overdue, known in time, without a card before: ``rule case``."""


def year_of(case: Invented, facts: Sequence[Fact], rules: RuleSet, roster: Roster, horizon: datetime) -> CaseYear:
    """Run one case through the year and return what it showed to whom."""
    return _Driver(case.id, rules, roster, horizon).run(facts)


class _Driver:
    def __init__(self, case_id: str, rules: RuleSet, roster: Roster, horizon: datetime) -> None:
        self.case_id, self.rules, self.roster, self.horizon = case_id, rules, roster, horizon
        self.found = CaseYear()
        self.open: dict[bytes, _Open] = {}
        self.announced = Announced()
        self.seen_duties: set[str] = set()
        self.holder: tuple[str, datetime] | None = None

    def run(self, facts: Sequence[Fact]) -> CaseYear:
        waiting = sorted(facts, key=lambda each: (each.known_at, each.id))
        known: list[Fact] = []
        look: datetime | None = None
        while waiting or look is not None:
            at = min(moment for moment in (waiting[0].known_at if waiting else None, look) if moment is not None)
            if at >= self.horizon:
                break
            while waiting and waiting[0].known_at <= at:
                known.append(waiting.pop(0))
            self._show(at)
            look = self._assess(known, at)
        self._show(self.horizon)
        self._hold(None, self.horizon)
        return self.found

    def _assess(self, known: Sequence[Fact], at: datetime) -> datetime | None:
        found = assess(known, self.rules, at)
        told = changes(self.announced, found)
        self.announced = fold(told, self.announced)
        record = put_right(known, None, read_replacement_of)
        by_id = {fact.id: fact for fact in record.happenings}
        self._change(told, found, record.happenings, by_id, at)
        self._grades(found, record.happenings, by_id, at)
        self._follow_holder(found, record.happenings, at)
        moments = (found.next_change_at, found.next_look_at)
        return min((moment for moment in moments if moment is not None and moment > at), default=None)

    def _change(
        self,
        told: Iterable[Announcement],
        found: Assessment,
        stand: Sequence[Fact],
        by_id: dict[str, Fact],
        at: datetime,
    ) -> None:
        owed = frozenset((each.rule, each.victim_id) for each in found.obligations)
        for each in told:
            if each.thing == "news":
                continue
            called_for = cards_of(each, owed, by_id, _days, at)
            if each.thing == "obligation" and each.state == "breached" and not each.body["advisory"]:
                self._count_overdue(each, at)
            keys = {card.key(self.case_id) for card in called_for}
            for key in [key for key, item in self.open.items() if item.card.about == each.id and key not in keys]:
                del self.open[key]
            for card in called_for:
                self._raise(card, stand, at)
        for item in self.open.values():
            self._replan(item, stand, at)

    def _count_overdue(self, each: Announcement, at: datetime) -> None:
        due_at = datetime.fromisoformat(each.body["due_at"])
        self.found.overdue += 1
        if at - due_at < timedelta(minutes=1) and each.previous != "absent" and each.id not in self.seen_duties:
            self.found.overdue_unseen.append(f"{each.body['rule']} {self.case_id} due {due_at:%a %d %b %H:%M}")

    def _grades(self, found: Assessment, stand: Sequence[Fact], by_id: dict[str, Fact], at: datetime) -> None:
        cards = {card.key(self.case_id): card for card in grade_cards(found.contacts, by_id, None, at)}
        shown = [key for key, item in self.open.items() if item.card.kind is CardKind.GRADE]
        for key in shown:
            if key not in cards:
                del self.open[key]
        for key, card in cards.items():
            if key not in self.open:
                self._raise(card, stand, at)

    def _raise(self, card: Card, stand: Sequence[Fact], at: datetime) -> None:
        key = card.key(self.case_id)
        known = self.open.get(key)
        if known is not None:
            known.card = card
            return
        to, planned = self._plan(card, stand, at)
        self.open[key] = _Open(card, planned, to)

    def _replan(self, item: _Open, stand: Sequence[Fact], at: datetime) -> None:
        to, planned = self._plan(item.card, stand, at)
        if to != item.to:
            item.to, item.plan, item.shown, item.again = to, planned, False, False

    def _plan(self, card: Card, stand: Sequence[Fact], at: datetime) -> tuple[str, Plan]:
        to = addressee_of(card.duty_of, card.for_officer, card.victim_id, stand, at)
        safe = SafeTimes()
        if card.victim_id is not None:
            safe = safe_times_of(safe_contact_of(card.victim_id, stand, at))
        item = Item(
            kind=card.kind.value,
            rule=card.rule,
            due_at=card.due_at,
            raised_at=card.raised_at,
            addressee=to.ref,
            team=to.team,
            for_officer=card.for_officer,
            urgent=card.urgent,
            advisory=card.advisory,
            is_short=card.is_short,
        )
        return to.ref, plan(item, safe, self.roster, at)

    def _show(self, until: datetime) -> None:
        for item in self.open.values():
            if not item.shown and item.plan.show_at <= until:
                item.shown = True
                self._put(item, item.plan.show_at, interrupts=item.plan.interrupts)
            if not item.again and item.plan.again_at is not None and item.plan.again_at <= until:
                item.again = True
                self._put(item, item.plan.again_at, interrupts=False)

    def _put(self, item: _Open, at: datetime, *, interrupts: bool) -> None:
        card = item.card
        self.seen_duties.add(card.about)
        self.found.showings.append(
            Showing(item.plan.to, at, self.case_id, card.victim_id, card.rule, card.kind.value, interrupts)
        )

    def _follow_holder(self, found: Assessment, stand: Sequence[Fact], at: datetime) -> None:
        is_live = any(each.rule == "KENT-UPDATE" and each.satisfied_at is None for each in found.obligations)
        victim = next((each.victim_id for each in found.obligations), None)
        to = addressee_of("police", None, victim, stand, at).ref if is_live else None
        self._hold(to, at)

    def _hold(self, to: str | None, at: datetime) -> None:
        if self.holder is not None and self.holder[0] != to:
            self.found.live.append((self.holder[0], self.holder[1], at))
            self.holder = None
        if to is not None and self.holder is None:
            self.holder = (to, at)


@dataclass(slots=True)
class Budget:
    """Cards and interruptions a shift, of everybody who looks after victims."""

    shifts: list[tuple[int, int, int]] = field(default_factory=list)
    """Live cases, cards, interruptions of one person's shift."""
    overdue: int = 0
    unseen: list[str] = field(default_factory=list)
    by_kind: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)

    def rows(self) -> Iterator[tuple[str, int, list[float], list[float]]]:
        """By number of live cases: shifts, then p50, p90 and most of cards and of interruptions."""
        for low, high in ((1, 6), (7, 12), (13, 18), (19, 24), (25, 999)):
            band = [each for each in self.shifts if low <= each[0] <= high]
            if len(band) > 1:
                label = f"{low} to {high}" if high < 999 else f"{low} or more"
                yield label, len(band), _spread([each[1] for each in band]), _spread([each[2] for each in band])


def _spread(values: list[int]) -> list[float]:
    cuts = quantiles(values, n=10, method="inclusive")
    return [cuts[4], cuts[8], max(values)]


def budget(cases: int, seed: int, until: date = LAST_DAY, role: str = "SOLO", every: int = 1) -> Budget:
    """Simulate a year of so many cases and return what the officers of one role were shown.

    ``every``: only each so-manyth case is run through; the others are left out of everything, live cases too.
    """
    simulation = Simulation(cases, seed, until)
    rules = load_rule_set()
    roster = _roster(simulation)
    of_role = {ref for ref, officer in roster.officers.items() if officer.role == role}
    shown: dict[str, list[Showing]] = defaultdict(list)
    live: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    found = Budget()
    for number, case in enumerate(simulation.run()):
        if number % every:
            continue
        year = year_of(case, _facts(case), rules, roster, simulation.horizon)
        found.overdue += year.overdue
        found.unseen += year.overdue_unseen
        for showing in year.showings:
            shown[showing.to].append(showing)
        for ref, since, ended in year.live:
            live[ref].append((since, ended))
    start = simulation.horizon - timedelta(days=300)
    for ref in roster.officers.keys() | shown.keys():
        if ref in of_role:
            _count(found, ref, roster, shown[ref], live[ref], start, simulation.horizon)
        else:
            found.elsewhere[roster.officers[ref].role if ref in roster.officers else ref] += len(shown[ref])
    return found


def _count(  # noqa: PLR0917 - what it counts stands side by side
    found: Budget,
    ref: str,
    roster: Roster,
    shown: list[Showing],
    live: list[tuple[datetime, datetime]],
    start: datetime,
    end: datetime,
) -> None:
    shown.sort(key=lambda each: each.at)
    place = 0
    for shift in roster.shifts_of(ref, start, end):
        while place < len(shown) and shown[place].at < shift.starts_at:
            place += 1
        cards: set[tuple[str, str | None]] = set()
        interruptions: set[tuple[str, str | None, datetime]] = set()
        while place < len(shown) and shown[place].at < shift.ends_at:
            each = shown[place]
            found.by_kind[f"{each.rule or ''} {each.kind}{' at once' if each.interrupts else ''}"] += 1
            cards.add((each.case_id, each.victim_id))
            if each.interrupts:
                interruptions.add((each.case_id, each.victim_id, each.at))
            place += 1
        load = sum(since <= shift.starts_at < ended for since, ended in live)
        if load:
            found.shifts.append((load, len(cards), len(interruptions)))


def _facts(case: Invented) -> list[Fact]:
    facts: dict[tuple[str, str], Fact] = {}
    for line in case.lines:
        event = read_line(value_of(line))
        assert not isinstance(event, Refused), event.sentence
        facts.setdefault((event.source, event.id), fact_of(event))
    return list(facts.values())


def _roster(simulation: Simulation) -> Roster:
    first = simulation.first - timedelta(days=1)
    rows = officers_rows(simulation.force, first, simulation.last + timedelta(days=60))
    read = read_officers((",".join(row) for row in rows), parse_instant, in_service=False, days=_days)
    assert not read.refusals, read.refusals[:3]
    return Roster(
        {
            each.ref: Officer(each.ref, each.role, each.team, each.supervisor_ref, each.cover_ref, each.shifts)
            for each in read.rows
        }
    )


def main() -> int:
    """Print the budget of a simulated year; 1 where it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="run only each so-manyth case")
    given = parser.parse_args()
    found = budget(given.cases, given.seed, every=given.every)
    print("live cases    shifts   cards p50 p90 max   interruptions p50 p90 max")
    for label, shifts, cards, interruptions in found.rows():
        print(f"{label:<12}{shifts:>8}   {_three(cards):>17}   {_three(interruptions):>25}")
    print(f"overdue {found.overdue}, of these without a card before {len(found.unseen)}: {found.unseen[:20]}")
    print("most shown:", found.by_kind.most_common(24))
    print("shown to others:", found.elsewhere.most_common(12))
    return 0


def _three(values: list[float]) -> str:
    return " ".join(f"{value:g}" for value in values)


if __name__ == "__main__":
    sys.exit(main())
