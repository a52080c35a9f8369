"""The alert budget: what a simulated force's year would put in front of each person, shift by shift.

Every case is run through its year (``benchmarks.alert_case``), with the tasks that come of its texts; then the cards
and interruptions of each shift are counted for everybody who looks after victims, by how many live cases they had.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import quantiles

from benchmarks.alert_case import CaseYear, Showing, year_of
from contracts import Refused, read_line
from infra.clock import parse_instant
from services.contacts.officers_file import read_officers
from services.contacts.roster import Officer, Roster
from services.journeys.fact_of import fact_of
from services.journeys.facts import Fact
from services.journeys.rule_set import load_rule_set
from services.provisions.working_days import WorkingDays
from services.simulator.officers import officers_rows
from services.simulator.ordering import value_of
from services.simulator.simulation import LAST_DAY, Invented, Simulation

BUDGET_CARDS, BUDGET_INTERRUPTIONS, BUDGET_LIVE = 6, 1, 18
"""At p90, for 18 live cases: cards a shift and interruptions (alerts.md)."""

LIVE_A_SOLO = 8.5
"""Live cases of a SOLO in the simulated year with all posts: with fewer SOLOs each has more."""

ROLES = ("SOLO", "DALO", "OIC")
"""Those who look after victims, and whom the budget is for."""

_BANDS = ((1, 7), (8, 15), (16, 20), (21, 26), (27, 999))
_ENOUGH = 100
_SETTLING = timedelta(days=65)
"""The first weeks are left out: live cases build up meanwhile."""
_YEAR = timedelta(days=365)


@dataclass(slots=True)
class Budget:
    """Cards and interruptions a shift, of everybody who looks after victims."""

    shifts: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    """By role: live cases, cards, interruptions of one person's shift."""
    overdue: int = 0
    unseen: list[str] = field(default_factory=list)
    by_kind: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)

    def rows(self, role: str) -> Iterator[tuple[str, int, list[float], list[float]]]:
        """By number of live cases of a role: shifts, then p50, p90 and most of cards and of interruptions."""
        for low, high in _BANDS:
            band = [each for each in self.shifts.get(role, ()) if low <= each[0] <= high]
            if len(band) > 1:
                label = f"{low} to {high}" if high < _BANDS[-1][1] else f"{low} or more"
                yield label, len(band), _spread([each[1] for each in band]), _spread([each[2] for each in band])

    def broken(self) -> list[str]:
        """What does not hold, in words; bands above the budget's live cases, or of few shifts, are not judged.

        A p90 over a few dozen shifts is one officer's bad fortnight.
        """
        found = [f"{each} was overdue without a card before" for each in self.unseen]
        for role in ROLES:
            for label, shifts, cards, interruptions in self.rows(role):
                is_judged = shifts >= _ENOUGH and int(label.split()[0]) <= BUDGET_LIVE
                if is_judged and (cards[1] > BUDGET_CARDS or interruptions[1] > BUDGET_INTERRUPTIONS):
                    found.append(f"{role} with {label} live cases: {cards[1]:g} cards, {interruptions[1]:g} at once")
        return found

    def take(self, year: CaseYear) -> None:
        """Add what one case came to."""
        self.overdue += year.overdue
        self.unseen += year.overdue_unseen
        self.texts += year.texts


def _spread(values: list[int]) -> list[float]:
    cuts = quantiles(values, n=10, method="inclusive")
    return [cuts[4], cuts[8], max(values)]


def budget(
    cases: int, seed: int, until: date = LAST_DAY, *, every: int = 1, live: float = LIVE_A_SOLO, watch: bool = False
) -> Budget:
    """Simulate a year of so many cases and return what those who look after victims were shown.

    ``every``: only each so-manyth case is run through; the others are left out of everything, live cases too.
    ``live``: about so many live cases a SOLO, by giving the force fewer of them. ``watch`` says how far it is.
    """
    simulation = Simulation(cases, seed, until, solos=LIVE_A_SOLO / live)
    rules = load_rule_set()
    roster = _roster(simulation)
    shown: dict[str, list[Showing]] = defaultdict(list)
    live_of: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    found = Budget()
    for number, case in enumerate(simulation.run()):
        if number % every:
            continue
        year = year_of(case, _facts(case), rules, roster, simulation.horizon)
        found.take(year)
        for showing in year.showings:
            shown[showing.to].append(showing)
        for ref, since, ended in year.live:
            live_of[ref].append((since, ended))
        if watch and number % 1000 == 0:
            print(f"{number} of {cases} cases", file=sys.stderr, flush=True)
    counted = (simulation.horizon - _YEAR + _SETTLING, simulation.horizon)
    for ref in sorted(roster.officers.keys() | shown.keys()):
        role = roster.officers[ref].role if ref in roster.officers else ref
        if role in ROLES:
            _count(found, ref, roster, (shown[ref], live_of[ref]), counted)
        else:
            found.elsewhere[role] += len(shown[ref])
    return found


def _count(
    found: Budget,
    ref: str,
    roster: Roster,
    of_them: tuple[list[Showing], list[tuple[datetime, datetime]]],
    counted: tuple[datetime, datetime],
) -> None:
    shown, live = of_them
    shown.sort(key=lambda each: each.at)
    role = roster.officers[ref].role
    place = 0
    for shift in roster.shifts_of(ref, *counted):
        while place < len(shown) and shown[place].at < shift.starts_at:
            place += 1
        cards: set[tuple[str, str | None]] = set()
        interruptions: set[tuple[str, str | None, datetime]] = set()
        while place < len(shown) and shown[place].at < shift.ends_at:
            each = shown[place]
            if role == ROLES[0]:
                found.by_kind[f"{each.rule or ''} {each.kind}{' at once' if each.interrupts else ''}".strip()] += 1
            cards.add((each.case_id, each.victim_id))
            if each.interrupts:
                interruptions.add((each.case_id, each.victim_id, each.at))
            place += 1
        load = sum(since <= shift.starts_at < ended for since, ended in live)
        if load:
            found.shifts.setdefault(role, []).append((load, len(cards), len(interruptions)))


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
    days = WorkingDays()
    read = read_officers((",".join(row) for row in rows), parse_instant, in_service=False, days=days)
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
    parser.add_argument("--live", type=float, default=LIVE_A_SOLO, help="about so many live cases a SOLO")
    given = parser.parse_args()
    found = budget(given.cases, given.seed, every=given.every, live=given.live, watch=True)
    broken = found.broken()
    print("role  live cases    shifts   cards p50 p90 max   interruptions p50 p90 max")
    for role in ROLES:
        for label, shifts, cards, interruptions in found.rows(role):
            print(f"{role:<6}{label:<12}{shifts:>8}   {_three(cards):>17}   {_three(interruptions):>25}")
    print(f"overdue {found.overdue}, of these without a card before {len(found.unseen)}: {found.unseen[:20]}")
    print("most shown to SOLOs:", found.by_kind.most_common(30))
    print("shown to others:", found.elsewhere.most_common(12))
    print("texts:", found.texts.most_common(12))
    print("The budget holds." if not broken else f"The budget does not hold: {broken[:20]}")
    return 1 if broken else 0


def _three(values: list[float]) -> str:
    return " ".join(f"{value:g}" for value in values)


if __name__ == "__main__":
    sys.exit(main())
