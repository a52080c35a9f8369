"""The officers of a simulated force: posts, teams, shifts, leave, and who takes the next case.

Numbers of posts follow a force's year of 12,000 cases (figures.py) and shrink or grow with the number simulated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from services.provisions.working_days import london_date
from services.simulator import figures as f
from services.simulator.chance import Chance
from services.simulator.days import DAY, MINUTE, WORKING, local, on

SHIFTS: Final = ((7, 15),) * 3 + ((14, 22),) * 3 + (None,) * 4
"""Three early shifts, three late ones, four rest days, in London hours."""
OFFICE: Final = (8, 16)
DIVISIONS: Final = ("east", "north", "west")
_AT_LEAST: Final = 2
_KNOCKING_OFF: Final = 10 * MINUTE


@dataclass(slots=True)
class Officer:
    """One person: post, shifts, absences, and how well the list is followed (``care``, a share of one)."""

    ref: str
    role: str
    team: str
    supervisor_ref: str
    cover_ref: str
    offset: int
    works_office_hours: bool
    care: float
    away: tuple[tuple[date, date], ...] = ()
    leaves_on: date | None = None
    live: list[datetime] = field(default_factory=list)

    @property
    def address(self) -> str:
        """An address at a domain that can belong to nobody."""
        return f"{self.ref.lower()}@{self.team}.force.invalid"

    def shift(self, day: date) -> tuple[int, int] | None:
        """The hours of this officer's shift on a London day, or None on rest days, leave and after leaving."""
        if self.leaves_on is not None and day >= self.leaves_on:
            return None
        if any(first <= day <= last for first, last in self.away):
            return None
        if self.works_office_hours:
            return OFFICE if WORKING.is_working(day) else None
        return SHIFTS[(day.toordinal() + self.offset) % len(SHIFTS)]

    def load(self, at: datetime) -> int:
        """How many cases are live with this officer at a moment."""
        if self.live:
            self.live = [each for each in self.live if each > at]
        return len(self.live)


class Force:
    """All officers of a run, by role and team; the same seed and size give the same people."""

    def __init__(self, seed: int, cases: int, first: date, last: date, solos: float = 1.0) -> None:
        self._chance = Chance(seed, "officers")
        self.first, self.last = first, last
        self.officers: dict[str, Officer] = {}
        self._posts: dict[str, list[Officer]] = {}
        self._found(cases / f.FORCE_YEAR.value, solos)

    def _found(self, scale: float, solos: float) -> None:
        inspector = self._hire("supervisor", "inspectors", 1, "")[0].ref
        phoenix = (("SOLO", f.SOLOS, "SOLO"), ("OIC", f.PHOENIX, "phoenix"))
        others = (("DALO", f.DALOS, "DALO"), ("OIC", f.INVESTIGATORS, "vit"), ("OIC", f.LOCALS, "local"))
        for role, posts, name in (*phoenix, *others, ("WCU_officer", f.WCU, "wcu")):
            count = max(_AT_LEAST, round(posts.value * scale * (solos if role == "SOLO" else 1.0)))
            teams = max(1, round(count / f.TEAM.value))
            folder = {"SOLO": "phoenix", "DALO": "vit"}.get(name, name)
            for number in range(teams):
                division = DIVISIONS[number % len(DIVISIONS)]
                team = f"{folder}-{division}-{number // len(DIVISIONS) + 1}"
                sergeant = self._sergeant(team, inspector)
                share = count // teams + (1 if number < count % teams else 0)
                self._posts.setdefault(name, []).extend(self._hire(role, team, share, sergeant))

    def _sergeant(self, team: str, inspector: str) -> str:
        known = self._posts.get(f"sergeant {team}")
        if known is None:
            known = self._posts[f"sergeant {team}"] = self._hire("supervisor", team, 1, inspector)
        return known[0].ref

    def _hire(self, role: str, team: str, count: int, supervisor: str) -> list[Officer]:
        start = 1001 + len(self.officers)
        refs = [f"P-{start + number}" for number in range(count)]
        hired = []
        for number, ref in enumerate(refs):
            cover = refs[(number + 1) % count] if count > 1 else supervisor
            found = Officer(
                ref, role, team, supervisor, cover,
                offset=(number * 3 + self._chance.whole(0, 1)) % len(SHIFTS),
                works_office_hours=role in {"WCU_officer", "supervisor"},
                care=self._chance.along(f.CARE),
                away=tuple(self._absences()),
            )  # fmt: skip
            if role != "supervisor" and count > _AT_LEAST and self._chance.yes(f.LEAVES_FORCE):
                found.leaves_on = self.first + self._chance.whole(30, 360) * DAY
            self.officers[ref] = found
            hired.append(found)
        return hired

    def _absences(self) -> Iterator[tuple[date, date]]:
        quarter = self.first
        while quarter <= self.last:
            begins = quarter + self._chance.whole(0, 70) * DAY
            yield begins, begins + (self._chance.weighted(f.LEAVE_DAYS) - 1) * DAY
            sick = self._chance.of(f.SICK_DAYS.value) if self._chance.falls(1 / 4) else 0
            if sick:
                begins = quarter + self._chance.whole(0, 80) * DAY
                yield begins, begins + (sick - 1) * DAY
            quarter += 91 * DAY

    def posted(self, chance: Chance, name: str, at: datetime) -> Officer:
        """The officer of a post who takes a case at a moment: of a few asked, the one with the fewest live cases."""
        posts = self._posts[name]
        day = london_date(at)
        asked = posts if len(posts) <= 4 else [chance.pick(posts) for _ in range(4)]  # noqa: PLR2004 - a few
        staying = [each for each in asked if each.leaves_on is None or each.leaves_on > day + 7 * DAY] or asked
        return min(staying, key=lambda each: (each.load(at), each.shift(day) is None, each.ref))

    def supervisor_of(self, officer: Officer) -> Officer:
        """Who supervises an officer; an inspector supervises themselves."""
        return self.officers.get(officer.supervisor_ref, officer)

    def cover_of(self, officer: Officer) -> Officer:
        """Who covers for an officer on leave."""
        return self.officers.get(officer.cover_ref, officer)

    @staticmethod
    def on_duty(chance: Chance, officer: Officer, after: datetime, hours: tuple[int, int]) -> datetime:
        """The next moment at which an officer is at work between two London hours; a week on where there is none."""
        day = london_date(after)
        for _ in range(30):
            shift = officer.shift(day)
            if shift is not None and max(shift[0], hours[0]) < min(shift[1], hours[1]):
                begins, ends = on(day, max(shift[0], hours[0])), on(day, min(shift[1], hours[1])) - _KNOCKING_OFF
                if after < ends:
                    begins = max(after, begins)
                    room = min((ends - begins).total_seconds(), 3 * 3600)
                    return begins + timedelta(seconds=int(chance.between(0, room)))
            day += DAY
        return on(london_date(after) + 7 * DAY, max(9, hours[0])) + chance.whole(0, 50) * MINUTE


def officers_rows(force: Force, first: date, last: date) -> Iterator[tuple[str, ...]]:
    """The lines of an officers file between two London days, the header first: one a shift, no line on leave."""
    yield ("officer_ref", "role", "team", "supervisor_ref", "address", "from", "to", "cover_ref")
    for officer in force.officers.values():
        day = first
        while day <= last:
            shift = officer.shift(day)
            if shift is not None:
                yield (
                    officer.ref, officer.role, officer.team, officer.supervisor_ref, officer.address,
                    local(on(day, shift[0])), local(on(day, shift[1])), officer.cover_ref,
                )  # fmt: skip
            day += DAY
