"""A force's year: how many cases on which day, and one case from its report to whatever became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.provisions.working_days import end_of_day, london_date
from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.aftermath import ask_for_review, complain_and_answer, meet_prosecutors, withdraw
from services.simulator.casebook import Case
from services.simulator.chance import Chance
from services.simulator.contacts import Talks
from services.simulator.court import Court
from services.simulator.days import DAY, on, plus
from services.simulator.evidence import evidence
from services.simulator.officers import Force
from services.simulator.ordering import keyed
from services.simulator.recording import held_up, outages_of, put_right, written_event
from services.simulator.reporting import hand_over, report, staff
from services.simulator.supporting import review_by_supervisors, support
from services.simulator.suspecting import investigate
from services.simulator.victims import SEXUAL, Victim, victim_of

LAST_DAY: Final = date(2026, 10, 31)
"""The last day of the simulated year where none is given: fixed, so that the bytes do not depend on today.

The year before it holds both clock changes, every bank holiday, and 12 January 2026, when notices of third-party
material began to be owed.
"""
YEAR: Final = 365
_ALWAYS_DOMESTIC: Final = frozenset({"domestic_abuse", "coercive_control", "honour_based_abuse", "forced_marriage"})
_MAY_BE_DOMESTIC: Final = {"assault": f.DOMESTIC_ASSAULT, "stalking": f.DOMESTIC_OTHER, "harassment": f.DOMESTIC_OTHER,
                           "rape": f.DOMESTIC_OTHER}  # fmt: skip
_KNOWN_FROM: Final = 20


@dataclass(frozen=True, slots=True)
class Invented:
    """One case as told: its victims, when their terms of contact were recorded, and its lines by recording time."""

    id: str
    number: int
    start: datetime
    outcome: str
    people: tuple[tuple[Victim, datetime], ...]
    lines: tuple[bytes, ...]


class Simulation:
    """All cases of one run, in the order in which they were reported; each is invented when it is asked for.

    The same seed, number of cases and last day give the same cases on every machine and Python version. ``solos`` is
    a share of the SOLOs a force has: with fewer each has more live cases.
    """

    def __init__(
        self, cases: int, seed: int, until: date = LAST_DAY, *, known_by: datetime | None = None, solos: float = 1.0
    ) -> None:
        self.cases, self.seed = cases, seed
        self.first, self.last = until - (YEAR - 1) * DAY, until
        self.horizon = end_of_day(until)
        # What is left out for a moment within the last day changes nothing that is told: a demo started twice on a
        # day sends the same events again, and only more of them.
        self.known_by = self.horizon if known_by is None else min(known_by, self.horizon)
        self.force = Force(seed, cases, self.first - int(f.CARRIED_DAYS.value[-1]) * DAY, until + 60 * DAY, solos)
        self.outages = outages_of(seed, self.first, self.last)

    def run(self) -> Iterator[Invented]:
        """Every case, whole."""
        for number, (start, is_carried) in enumerate(self._starts(), 1):
            yield self._told(self._invent(number, start, is_carried=is_carried))

    def _starts(self) -> Iterator[tuple[datetime, bool]]:
        chance = Chance(self.seed, "starts")
        carried = round(self.cases * f.CARRIED_IN.value)
        before = sorted((chance.along(f.CARRIED_DAYS) for _ in range(carried)), reverse=True)
        for days in before:
            yield plus(on(self.first, 9), -days), True
        days_of = [self.first + count * DAY for count in range(YEAR)]
        weights = [f.MONTHS.value[day.month - 1] * f.WEEKDAYS.value[day.weekday()] for day in days_of]
        total, passed, done = sum(weights), 0.0, 0
        hours = tuple(enumerate(f.HOURS.value))
        for day, weight in zip(days_of, weights, strict=True):
            passed += weight
            upto = int(passed / total * (self.cases - carried) + 1e-9)
            times = sorted(
                on(day, chance.of(hours)) + timedelta(seconds=chance.whole(0, 3599)) for _ in range(upto - done)
            )
            for at in times:
                yield min(at, self.horizon - timedelta(seconds=1)), False
            done = upto

    def _offence(self, number: int, *, is_carried: bool) -> str:
        chance = Chance(self.seed, "offence", number)
        return chance.weighted(f.CARRIED_OFFENCES if is_carried else f.OFFENCES)

    def _victim(self, chance: Chance, number: int, offence: str) -> Victim:
        """A victim of their own, or one who is known from an earlier case."""
        carried = round(self.cases * f.CARRIED_IN.value)
        if number > _KNOWN_FROM and chance.yes(f.KNOWN_VICTIM):
            earlier = chance.whole(1, number - 1)
            return victim_of(self.seed, earlier, "A", self._offence(earlier, is_carried=earlier <= carried))
        return victim_of(self.seed, number, "A", offence)

    def _invent(self, number: int, start: datetime, *, is_carried: bool) -> Case:
        chance = Chance(self.seed, "case", number)
        offence = self._offence(number, is_carried=is_carried)
        case = Case(
            id=f"SIM{self.seed}-{number:06}",
            seed=self.seed,
            number=number,
            chance=chance,
            force=self.force,
            start=start,
            horizon=self.horizon,
            offence=offence,
            domestic=offence in _ALWAYS_DOMESTIC
            or (offence in _MAY_BE_DOMESTIC and chance.yes(_MAY_BE_DOMESTIC[offence])),
            outcome="",
            is_carried=is_carried,
            division="",
        )
        case.outcome = "charged" if is_carried else chance.weighted(f.OUTCOMES[_table_of(case)])
        case.victims.append(self._victim(chance, number, offence))
        decided = _decided(case)
        staff(case, start)
        self._open(case, start, decided)
        investigate(case, start, decided)
        for suspect in case.suspects:
            if suspect.charged is not None and suspect.charged.at < case.horizon:
                Court(case, suspect, suspect.charged).run()
        self._go_on(case)
        return case

    def _open(self, case: Case, start: datetime, decided: datetime) -> None:
        chance = case.chance
        reports = [(case.victims[0], start)]
        if chance.yes(f.SECOND_VICTIM):
            later = plus(start, chance.within(a.SECOND_REPORT_DAYS) if chance.yes(a.SECOND_LATER) else 0.01)
            if later < decided:
                second = victim_of(self.seed, case.number, "B", case.offence)
                case.victims.append(second)
                reports.append((second, later))
        for victim, at in reports:
            report(case, victim, at)
            support(case, victim, at)
            withdraw(case, victim, at, decided)
            evidence(case, victim, at, decided)

    @staticmethod
    def _go_on(case: Case) -> None:
        for victim, at in zip(case.victims, case.reported, strict=True):
            ask_for_review(case, victim)
            meet_prosecutors(case, victim)
            complain_and_answer(case, victim, at)
        hand_over(case)
        review_by_supervisors(case)
        for victim, at in zip(case.victims, case.reported, strict=True):
            Talks(case, victim, at).run()
        put_right(case)

    def _told(self, case: Case) -> Invented:
        """What the sources have recorded by the horizon, each event as a line with the key it is sorted by."""
        lines = []
        for place, event in enumerate(case.events):
            event.recorded = max(event.recorded, case.start)
            held_up(event, self.outages)
            if event.at >= self.known_by or event.recorded >= self.known_by:
                continue
            value = json.dumps(written_event(case, event), ensure_ascii=False, separators=(",", ":")).encode()
            copies = 2 if case.chance.yes(f.SENT_TWICE) else 1
            lines += [keyed(event.recorded, case.number, place, copy, value) for copy in range(copies)]
        people = tuple((each, case.terms_at[each.id]) for each in case.victims if each.id in case.terms_at)
        return Invented(case.id, case.number, case.start, case.outcome, people, tuple(lines))


def _table_of(case: Case) -> str:
    if case.offence == "rape":
        return "rape"
    if case.offence in SEXUAL:
        return "sexual"
    if case.domestic:
        return "domestic"
    return "stalking" if case.offence == "stalking" else "other"


def _decided(case: Case) -> datetime:
    """When the police or the CPS decide: soon where nothing can be done, months on in sexual offences."""
    chance = case.chance
    if case.outcome == "charged" and case.domestic and chance.yes(f.QUICK_CHARGE):
        return plus(case.start, chance.within(a.QUICK_CHARGE_DAYS))
    is_quick = case.outcome in {"not_investigated", "unidentified"}
    if case.outcome == "not_supporting" and chance.yes(f.WITHDRAWN_AT_OUTSET):
        is_quick = True
    kind = "quick" if is_quick else "sexual" if case.offence in SEXUAL else "usual"
    days = chance.along(f.INVESTIGATION_DAYS[kind])
    if case.is_carried:
        days = min(days, 200.0)
    if case.outcome == "not_investigated":
        days = min(days, 9.0)
    return plus(case.start, max(days, 0.4))


def reported_on(invented: Invented) -> date:
    """The London day on which a case was first reported."""
    return london_date(invented.start)
