"""Officers have shifts, leave and cover; cases go to those who have room; the files are ones the imports read."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

from infra.clock import parse_instant, parse_start
from services.contacts.officers_file import read_officers
from services.contacts.people_file import read_people
from services.provisions.working_days import WorkingDays
from services.simulator.officers import officers_rows
from services.simulator.victims import people_rows
from tests.unit.simulator.conftest import Year

DAY = timedelta(days=1)


def as_csv(rows: object) -> io.StringIO:
    to = io.StringIO(newline="")
    csv.writer(to).writerows(rows)  # type: ignore[arg-type]  # rows of texts
    to.seek(0)
    return to


def test_the_officers_file_is_read_without_refusal(year: Year) -> None:
    rows = officers_rows(year.simulation.force, date(2026, 3, 20), date(2026, 4, 10))
    found = read_officers(as_csv(rows), parse_instant, in_service=False, days=WorkingDays())
    assert not found.refusals
    assert {row.role for row in found.rows} == {"OIC", "SOLO", "DALO", "supervisor", "WCU_officer"}


def test_shifts_follow_the_london_clock_over_its_change(year: Year) -> None:
    rows = list(officers_rows(year.simulation.force, date(2026, 3, 28), date(2026, 3, 30)))[1:]
    begins = {datetime.fromisoformat(row[5]) for row in rows}
    assert {each.hour for each in begins} <= {7, 8, 14}
    assert {each.utcoffset() for each in begins} == {timedelta(0), timedelta(hours=1)}


def test_nobody_has_a_shift_on_leave_and_somebody_else_covers(year: Year) -> None:
    force = year.simulation.force
    away = [(officer, first) for officer in force.officers.values() for first, _last in officer.away]
    assert away
    for officer, first in away:
        assert officer.shift(first) is None
        assert officer.role == "supervisor" or officer.cover_ref in force.officers
        assert officer.cover_ref != officer.ref


def test_every_officer_rests(year: Year) -> None:
    for officer in year.simulation.force.officers.values():
        days = [officer.shift(year.simulation.first + number * DAY) for number in range(60)]
        assert days.count(None) > 15


def test_solos_carry_about_eighteen_cases_at_most(year: Year) -> None:
    live: dict[str, int] = {}
    most = 0
    moves: list[tuple[datetime, int, str]] = []
    for events in year.by_case().values():
        last = max(datetime.fromisoformat(each["time"]) for each in events)
        for each in events:
            if each["type"] == "policing.officer.assigned.v1" and each["data"]["role"] == "SOLO":
                moves += [(datetime.fromisoformat(each["time"]), 1, each["data"]["officer_ref"])]
                moves += [(last, -1, each["data"]["officer_ref"])]
    for _moment, change, ref in sorted(moves):
        live[ref] = live.get(ref, 0) + change
        most = max(most, live[ref])
    assert 10 <= most <= 24


def test_the_people_file_is_read_and_no_two_victims_share_a_number(year: Year) -> None:
    rows = list(people_rows(person for each in year.cases for person in each.people))
    found = read_people(as_csv(rows), parse_start, in_service=False)
    assert not found.refusals
    assert 100 < len(found.rows) <= 900
    assert len({row.value for row in found.rows}) == len(found.rows) == len({row.victim_id for row in found.rows})
