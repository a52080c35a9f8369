"""To whom a card goes where the usual person cannot have it, and when it is put in front of them then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.contacts.planning import Item, Plan, SafeTimes, goes_on_to, plan
from services.contacts.roster import Officer, Roster, Shift
from services.contacts.safe_hours import ANY_TIME, read_hours

MINUTE = timedelta(minutes=1)
EARLY = SafeTimes(read_hours([{"from": "08:00", "to": "09:00"}]) or ANY_TIME)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of November 2026, in which London time is UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def days(*worked: int, start: int = 9, end: int = 17) -> tuple[Shift, ...]:
    return tuple(Shift(at(day, start), at(day, end)) for day in worked)


def officer(ref: str, shifts: tuple[Shift, ...], role: str = "SOLO", **given: Any) -> Officer:
    return Officer(**{"ref": ref, "role": role, "team": "east", "supervisor_ref": None, "cover_ref": None,
                      "shifts": shifts, **given})  # fmt: skip


def roster(*people: Officer) -> Roster:
    return Roster({each.ref: each for each in people})


ALWAYS = tuple(range(2, 31))
SOLO = officer("P-1", days(*ALWAYS), supervisor_ref="S-1", cover_ref="P-2")
COLLEAGUE = officer("P-2", days(*ALWAYS))
LINE = officer("S-1", days(*ALWAYS), "supervisor", cover_ref="S-3")
OTHER = officer("S-2", days(*ALWAYS), "supervisor")
ELSEWHERE = officer("S-9", days(*ALWAYS), "supervisor", team="west")


def planned(people: Roster, now: datetime, safe: SafeTimes | None = None, **given: Any) -> Plan:
    base: dict[str, Any] = {"kind": "approaching", "rule": "VC-R6-ARREST", "due_at": None, "raised_at": now,
                            "addressee": "P-1", "team": "east"}  # fmt: skip
    return plan(Item(**{**base, **given}), safe or SafeTimes(), people, now)


def reviewed(people: Roster, **given: Any) -> str:
    return planned(people, at(20), kind="review", due_at=at(19), **given).to


def test_where_nobody_looks_after_the_victim_the_teams_supervisor_does() -> None:
    assert planned(roster(LINE, ELSEWHERE), at(19, 12), addressee="cover").to == "S-1"
    assert planned(roster(LINE, ELSEWHERE), at(19, 12), addressee="cover", team=None).to == "cover"
    assert planned(roster(ELSEWHERE), at(19, 12), addressee="cover").to == "cover"


def test_what_nobody_looks_after_goes_to_the_cover_as_it_is_called_here() -> None:
    desk = Roster({}, cover="night-desk")
    assert planned(desk, at(21, 12), addressee="cover", team=None).to == "night-desk"


def test_a_review_goes_to_the_line_supervisor() -> None:
    assert reviewed(roster(SOLO, LINE, OTHER)) == "S-1"


def test_a_review_does_not_go_to_a_supervisor_who_has_left() -> None:
    gone = officer("S-1", days(2), "supervisor")
    assert reviewed(roster(SOLO, gone, OTHER)) == "S-2"
    stands_in = officer("S-3", days(*ALWAYS), "sergeant")
    away = officer("S-1", days(2), "supervisor", cover_ref="S-3")
    assert reviewed(roster(SOLO, away, stands_in, OTHER)) == "S-3"
    assert reviewed(roster(SOLO, gone)) == "cover"


def test_nobody_reviews_what_is_about_them() -> None:
    assert reviewed(roster(LINE, OTHER), addressee="S-1") == "S-2"
    assert reviewed(roster(SOLO, LINE, OTHER), for_officer="S-1") == "S-2"
    assert reviewed(roster(LINE), addressee="S-1") == "cover"


def test_what_another_agency_owes_is_not_for_a_police_supervisor() -> None:
    assert reviewed(roster(SOLO, LINE), addressee="CPS", team=None) == "CPS"


def test_of_a_restricted_case_only_a_supervisor_who_may_see_it_reviews() -> None:
    assert reviewed(roster(SOLO, LINE, OTHER), allowed=("P-1", "S-2")) == "S-2"


def test_what_a_contact_was_graded_is_for_whoever_recorded_it_however_long_they_are_away() -> None:
    away = officer("P-1", days(2, 3, 4, 5, 6), cover_ref="P-2")
    assert planned(roster(away, COLLEAGUE), at(25), kind="grade", for_officer="P-1").to == "P-1"


def test_the_end_of_one_teams_roster_is_not_that_of_another() -> None:
    west = officer("W-1", days(16, 17, 18, 19, 20), team="west")
    far = officer("E-1", (Shift(datetime(2026, 12, 10, 9, tzinfo=UTC), datetime(2026, 12, 10, 17, tzinfo=UTC)),))
    found = planned(roster(west, far), at(26, 9), addressee="W-1", team="west", due_at=at(28))
    assert found.to == "W-1"


def test_the_cover_of_last_resort_is_there_every_day_also_when_a_file_brought_its_address() -> None:
    people = roster(officer("cover", days(16, 17, 18, 19, 20)))
    assert [shift.starts_at for shift in people.shifts_of("cover", at(21), at(23))] == [at(21, 8), at(22, 8)]


def test_a_card_waits_for_the_early_shift_that_has_its_only_safe_hour_and_pages_nobody_at_night() -> None:
    early = officer("P-1", days(19, 20, 23, start=8, end=16), supervisor_ref="S-1")
    found = planned(roster(early), at(19, 22), EARLY, due_at=at(21))
    assert found == Plan("P-1", at(20, 9), at(20, 8))


def test_at_work_a_card_that_cannot_wait_for_the_list_interrupts() -> None:
    early = officer("P-1", days(19, 20, 23, start=8, end=16), supervisor_ref="S-1")
    assert planned(roster(early), at(20, 8, 10), EARLY, due_at=at(21)) == Plan(
        "P-1", at(20, 9), at(20, 8, 10), interrupts=True
    )


def test_nothing_is_to_be_done_by_a_moment_that_has_passed() -> None:
    found = planned(roster(SOLO), at(21, 2), due_at=at(21, 8), urgent=True)
    assert found.act_by == at(21, 8)


def test_two_minutes_are_no_window_where_somebody_else_has_the_next_day() -> None:
    people = roster(officer("P-1", days(20, 23), cover_ref="P-2"), officer("P-2", days(20, 21, 23)))
    found = planned(people, at(20, 16, 58), due_at=at(22))
    assert (found.to, found.act_by, found.interrupts) == ("P-2", at(21, 17), False)
    alone = roster(officer("P-1", days(20, 23)))
    assert planned(alone, at(20, 16, 58), due_at=at(21), addressee="P-1").act_by in {at(20, 17), at(20, 20)}


@pytest.mark.parametrize(("ends", "listed"), [((9, 4), (1, 0)), ((9, 5), (1, 0)), ((9, 6), (9, 0))])
def test_a_list_is_put_together_while_the_shift_lasts(ends: tuple[int, int], listed: tuple[int, int]) -> None:
    assert Shift(at(20, 1), at(20, *ends)).list_at == at(20, *listed)


def test_an_interruption_goes_on_to_no_one_whom_it_came_from_or_who_may_not_see_it() -> None:
    people = roster(SOLO, LINE, ELSEWHERE)
    assert goes_on_to("P-1", "east", None, people, at(20, 12)) == "S-1"
    assert goes_on_to("S-1", "east", None, people, at(20, 12)) == "cover"
    assert goes_on_to("P-1", "east", ("P-1", "P-2", "S-1"), people, at(20, 12)) == "S-1"
    assert goes_on_to("P-1", "east", ("P-1", "P-2"), people, at(20, 12)) == "P-2"
    assert goes_on_to("P-1", "east", ("P-1",), people, at(20, 12)) is None


@pytest.mark.parametrize("kind", ["approaching", "overdue", "flag", "task", "link"])
def test_who_may_not_see_a_case_never_gets_a_card_of_it(kind: str) -> None:
    for hours in range(0, 96, 7):
        for urgent in (False, True):
            found = planned(roster(SOLO, COLLEAGUE, LINE), at(20, 12) + timedelta(hours=hours), kind=kind,
                            due_at=at(22), urgent=urgent, allowed=("P-7", "P-2"))  # fmt: skip
            assert found.to in {"P-7", "P-2"}
