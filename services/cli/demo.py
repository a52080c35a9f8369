"""What `waymark up --demo` shows: a tenth of a force's year around the clock's moment, and two hand-told cases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from services.provisions.working_days import london_date, london_time
from services.simulator.officers import officers_rows
from services.simulator.ordering import MemoryShelf, in_recorded_order, value_of
from services.simulator.simulation import Simulation
from services.simulator.victims import people_rows

CASES = 1_200
"""A tenth of a force's year of 12,000."""

LIVE_FOR = timedelta(days=35)
"""A demo's Waymark is taken to have gone live this long ago: otherwise a year's old failings stand on every list."""

_DAYS_BEFORE, _DAYS_AHEAD = 14, 56

_Step = tuple[float, str, dict[str, Any]]
"""Hours before the day began, event type without its version, data."""

_CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}

_JOURNEYS: dict[str, list[_Step]] = {
    "arrest nobody told of": [
        (150, "policing.crime.reported", {"offence": "domestic_abuse", "domestic": True, "victim_age_band": "25_34"}),
        (149, "policing.officer.assigned", {"role": "DALO", "officer_ref": "P-2001"}),
        (120, "policing.suspect.arrested", {"suspect_ref": "S-1"}),
        (110, "policing.suspect.released", {"suspect_ref": "S-1", "outcome": "under_investigation"}),
    ],
    "tick-box every four weeks": [
        (24 * 62, "policing.crime.reported", {"offence": "stalking", "victim_age_band": "35_44"}),
        (24 * 61, "policing.officer.assigned", {"role": "OIC", "officer_ref": "P-3307"}),
        (24 * 60, "contact.made", _CALL | {"note": "Introduced myself. Camera to be fitted on Friday."}),
        (24 * 33, "contact.made", _CALL | {"note": "No update. Enquiries ongoing."}),
        (24 * 6, "contact.made", _CALL | {"note": "No update at this time. VCOP complied with."}),
    ],
}  # fmt: skip
"""Two cases that a visitor finds by their name: DEMO-0001 and DEMO-0002."""


class Demo:
    """The invented cases of one day, with their officers and contact points; they are invented when it is made.

    Started again on the same London day it tells the same events, and those recorded since; on another day other
    cases, with other names. It takes about two seconds.
    """

    def __init__(self, now: datetime, cases: int = CASES) -> None:
        self.now, self.today = now, london_date(now)
        seed = int(f"{self.today:%Y%m%d}")
        self.name = f"SIM{seed}-"
        """With this the ids of all cases of this day begin, but for the two hand-told ones."""
        self._simulation = Simulation(cases, seed, self.today, known_by=now)
        self._cases = list(self._simulation.run())

    def cases(self) -> int:
        """How many cases have any event by the moment, without the hand-told ones."""
        return sum(1 for each in self._cases if each.lines)

    def facts(self) -> int:
        """How many different events these cases have by the moment: some are sent twice."""
        return sum(len({value_of(line) for line in each.lines}) for each in self._cases)

    def events(self) -> Iterator[tuple[str, bytes]]:
        """Every event as (case id, CloudEvent): the hand-told cases, then the others in the order of recording.

        All were recorded before the moment.
        """
        yield from _hand_told(london_time(self.today, 0))
        told = [(each.start, each.lines) for each in self._cases]
        for line in in_recorded_order(told, MemoryShelf()):
            number = int(line[10:17])
            yield self._cases[number - 1].id, value_of(line)

    def officers(self) -> Iterator[tuple[str, ...]]:
        """The lines of the officers file around today, the header first."""
        day = timedelta(days=1)
        return officers_rows(self._simulation.force, self.today - _DAYS_BEFORE * day, self.today + _DAYS_AHEAD * day)

    def people(self) -> Iterator[tuple[str, ...]]:
        """The lines of the people file, the header first: at most 900 numbers, all of Ofcom's drama range."""
        return people_rows(person for each in self._cases for person in each.people)


def demo_events(now: datetime) -> Iterator[tuple[str, bytes]]:
    """The demo's events as (case id, CloudEvent), all recorded before the moment."""
    return Demo(now).events()


def live_since(day: date) -> datetime:
    """Return the moment (UTC) from which a demo of that London day alerts people."""
    return london_time(day - LIVE_FOR, 0)


def _hand_told(midnight: datetime) -> Iterator[tuple[str, bytes]]:
    found: list[tuple[datetime, str, bytes]] = []
    for number, steps in enumerate(_JOURNEYS.values(), 1):
        case_id, victim_id = f"DEMO-{number:04}", f"V-DEMO-{number}"
        for index, (hours, type_, data) in enumerate(steps):
            at = midnight - timedelta(hours=hours)
            event = {
                "specversion": "1.0",
                "id": f"demo-{london_date(midnight):%Y%m%d}-{number}-{index}",
                "source": "/waymark/demo",
                "type": f"{type_}.v1",
                "subject": case_id,
                "time": at.isoformat(),
                "data": {"victim_id": victim_id, **data},
            }
            found.append((at, case_id, json.dumps(event).encode()))
    for _at, case_id, value in sorted(found):
        yield case_id, value
