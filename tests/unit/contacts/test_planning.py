"""Who sees a card, by when they must act, and when it is put in front of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contacts.planning import AWAY, GRADE_WAITS, WAITS, Item, Plan, SafeTimes, plan
from services.contacts.roster import Officer, Roster, Shift
from services.contacts.safe_hours import ANY_TIME, LONDON, read_hours, windows

MONDAY, TUESDAY, WEDNESDAY, SATURDAY = (date(2026, 11, day) for day in (16, 17, 18, 21))


def at(day: date, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON).astimezone(UTC)


def shifts(*days: date, start: str = "08:00", end: str = "16:00") -> tuple[Shift, ...]:
    return tuple(Shift(at(day, start), at(day, end)) for day in days)


def officer(ref: str, *worked: date, role: str = "SOLO", **more: Any) -> Officer:
    given = {"team": "T-1", "supervisor_ref": None, "cover_ref": None, **more}
    own = given.pop("shifts", None) or shifts(*worked)
    return Officer(ref=ref, role=role, shifts=own, **given)


WEEK = [MONDAY + timedelta(days=ahead) for ahead in range(5)]
SOLO = officer("SOLO-1", *WEEK, cover_ref="SOLO-2", supervisor_ref="SV-1")
COVER = officer("SOLO-2", *(MONDAY + timedelta(days=ahead) for ahead in range(12)))
SUPERVISOR = officer("SV-1", *WEEK, role="supervisor")
ROSTER = Roster({each.ref: each for each in (SOLO, COVER, SUPERVISOR)})
MORNINGS = SafeTimes(read_hours([{"from": "10:00", "to": "12:00"}]) or ANY_TIME)


def item(**given: Any) -> Item:
    base: dict[str, Any] = {
        "kind": "approaching",
        "rule": "VC-R6-ARREST",
        "due_at": at(WEDNESDAY, "00:00"),
        "raised_at": at(MONDAY, "13:00"),
        "addressee": "SOLO-1",
        "team": "T-1",
    }
    return Item(**(base | given))


def planned(safe: SafeTimes | None = None, roster: Roster = ROSTER, **given: Any) -> Plan:
    wanted = item(**given)
    return plan(wanted, safe or SafeTimes(), roster, wanted.raised_at)


def test_what_is_due_at_midnight_is_to_be_done_before_the_shift_ends() -> None:
    assert planned().act_by == at(TUESDAY, "16:00")


def test_what_is_due_at_midnight_is_to_be_done_before_the_safe_hours_end() -> None:
    assert planned(MORNINGS).act_by == at(TUESDAY, "12:00")


def test_a_card_waits_for_the_list_of_the_next_shift() -> None:
    found = planned()
    assert (found.to, found.show_at, found.interrupts) == ("SOLO-1", at(TUESDAY, "09:00"), False)


def test_what_cannot_wait_for_the_next_shift_interrupts() -> None:
    found = planned(due_at=at(TUESDAY, "00:00"))
    assert (found.act_by, found.show_at, found.interrupts) == (at(MONDAY, "16:00"), at(MONDAY, "13:00"), True)


def test_an_advisory_never_interrupts() -> None:
    assert not planned(due_at=at(TUESDAY, "00:00"), never_interrupts=True).interrupts


def test_on_rest_days_the_cover_has_what_cannot_wait_for_the_officer() -> None:
    found = planned(raised_at=at(SATURDAY, "10:00"), due_at=at(SATURDAY + timedelta(days=2), "00:00"))
    assert (found.to, found.act_by) == ("SOLO-2", at(SATURDAY + timedelta(days=1), "16:00"))
    assert found.show_at == at(SATURDAY + timedelta(days=1), "09:00")


def test_a_card_without_a_deadline_does_not_wait_for_somebody_on_leave() -> None:
    assert planned(due_at=None).to == "SOLO-1"
    friday_evening = at(MONDAY + timedelta(days=4), "18:00")
    assert planned(due_at=None, raised_at=friday_evening).to == "SOLO-2"


def test_a_question_only_one_person_can_answer_waits_for_them() -> None:
    back = officer("SOLO-9", MONDAY + timedelta(days=9))
    roster = Roster({**ROSTER.officers, "SOLO-9": back})
    found = planned(kind="link", for_officer="SOLO-9", due_at=None, roster=roster)
    assert (found.to, found.show_at) == ("SOLO-9", at(MONDAY + timedelta(days=9), "09:00"))


def test_where_no_window_is_safe_somebody_asks_by_eight_in_the_evening() -> None:
    never = SafeTimes(((),) * 7)
    assert planned(never).act_by == at(TUESDAY, "20:00")
    assert planned(never, due_at=at(TUESDAY, "14:00")).act_by == at(MONDAY, "20:00")
    assert planned(never).to == "SOLO-1"


@pytest.mark.parametrize(("raised", "by"), [("10:00", "20:00"), ("15:30", "20:00")])
def test_what_is_overdue_with_no_safe_window_in_sight_is_never_to_be_done_in_the_past(raised: str, by: str) -> None:
    found = planned(SafeTimes(((),) * 7), kind="overdue", due_at=at(MONDAY, "00:00"), raised_at=at(MONDAY, raised))
    assert found.act_by == at(TUESDAY, by), "asked on the day of the list on which it is seen"
    assert found.act_by > found.show_at


def test_a_short_limit_is_shown_again_at_the_start_of_the_last_shift() -> None:
    thursday = MONDAY + timedelta(days=3)
    found = planned(due_at=at(thursday, "00:00"), is_short=True)
    assert (found.show_at, found.again_at) == (at(TUESDAY, "09:00"), at(WEDNESDAY, "09:00"))
    assert planned(is_short=True).again_at is None
    assert planned(due_at=at(thursday, "00:00")).again_at is None


def test_a_task_that_nothing_is_owed_for_opens_no_card() -> None:
    waiting: dict[str, Any] = {"kind": "task", "due_at": None, "never_interrupts": True}
    always = Roster({**ROSTER.officers, "SOLO-1": officer("SOLO-1", *(MONDAY + timedelta(days=n) for n in range(60)))})
    found = planned(roster=always, **waiting)
    assert found.show_at >= at(MONDAY, "13:00") + WAITS
    assert not found.interrupts
    for owed in ({"never_interrupts": False}, {"due_at": at(WEDNESDAY, "00:00")}, {"kind": "approaching"}):
        assert planned(roster=always, **waiting | owed).show_at == at(TUESDAY, "09:00")
    assert planned(roster=always, **waiting, urgent=True).interrupts


def test_what_a_grade_says_waits_some_days_for_the_victims_next_card() -> None:
    grade: dict[str, Any] = {"kind": "grade", "rule": None, "due_at": None, "for_officer": "SOLO-2"}
    found = planned(**grade)
    last = at(MONDAY, "13:00") + GRADE_WAITS
    assert found.show_at == at(MONDAY + timedelta(days=5), "09:00") <= last, "the last list within those days"
    assert found.to == "SOLO-2"
    rarely = Roster({**ROSTER.officers, "SOLO-2": officer("SOLO-2", MONDAY + timedelta(days=9))})
    assert planned(roster=rarely, **grade).show_at == at(MONDAY + timedelta(days=9), "09:00"), "else the next there is"
    a_run = planned(**grade | {"kind": "flag", "rule": "tick_box_run"})
    assert a_run.show_at == at(TUESDAY, "09:00"), "two in a row do not wait"


def test_a_task_whose_duty_has_a_card_is_shown_by_itself_on_the_last_list_before_its_date() -> None:
    thursday, friday = (MONDAY + timedelta(days=ahead) for ahead in (3, 4))
    found = planned(kind="task", never_interrupts=True, due_at=at(friday, "00:00"))
    assert (found.show_at, found.act_by) == (at(thursday, "09:00"), at(thursday, "16:00"))
    assert not found.interrupts
    late = planned(kind="task", never_interrupts=True, due_at=at(MONDAY, "00:00"))
    assert late.show_at == at(TUESDAY, "09:00")


def test_an_urgent_card_goes_to_whoever_is_at_work() -> None:
    found = planned(urgent=True)
    assert (found.to, found.show_at, found.interrupts) == ("SOLO-1", at(MONDAY, "13:00"), True)
    at_night = planned(urgent=True, raised_at=at(MONDAY, "23:00"))
    assert (at_night.to, at_night.show_at) == ("cover", at(MONDAY, "23:00"))
    assert planned(urgent=True, raised_at=at(SATURDAY, "10:00")).to == "SOLO-2"


@pytest.mark.parametrize(
    ("raised", "shown"),
    [("2026-11-16T23:59", "2026-11-17T07:00"), ("2026-11-17T07:00", "2026-11-17T07:00"),
     ("2026-11-17T07:01", "2026-11-18T07:00"), ("2026-03-28T12:00", "2026-03-29T07:00")],
)  # fmt: skip
def test_what_is_overdue_stands_on_the_supervisors_list_at_seven(raised: str, shown: str) -> None:
    instant = datetime.fromisoformat(raised).replace(tzinfo=LONDON).astimezone(UTC)
    every_working_day = Roster({each.ref: replace(each, shifts=()) for each in (SOLO, COVER, SUPERVISOR)})
    found = planned(kind="review", raised_at=instant, roster=every_working_day)
    assert found == Plan("SV-1", None, datetime.fromisoformat(shown).replace(tzinfo=LONDON).astimezone(UTC))


def test_whoever_is_on_no_roster_has_assumed_hours() -> None:
    found = planned(addressee="WCU")
    assert (found.to, found.act_by) == ("WCU", at(TUESDAY, "17:00"))


def test_the_cover_of_last_resort_is_there_every_day() -> None:
    christmas = date(2026, 12, 25)
    found = planned(
        addressee="WCU", raised_at=at(christmas, "08:00"), due_at=at(christmas + timedelta(days=1), "00:00")
    )
    assert (found.to, found.act_by) == ("cover", at(christmas, "20:00"))


def test_a_roster_that_ends_is_no_leave() -> None:
    found = planned(raised_at=at(MONDAY + timedelta(days=30), "10:00"), due_at=at(MONDAY + timedelta(days=32), "00:00"))
    assert found.to == "SOLO-1"


def test_whoever_left_has_no_assumed_hours() -> None:
    left = officer("SOLO-7", MONDAY - timedelta(days=40), cover_ref="SOLO-2")
    assert planned(addressee="SOLO-7", roster=Roster({**ROSTER.officers, "SOLO-7": left})).to == "SOLO-2"


_MOMENTS = st.integers(0, 20 * 24 * 4).map(lambda quarters: at(MONDAY, "00:00") + timedelta(minutes=15 * quarters))
_HOURS = st.one_of(
    st.just(SafeTimes()),
    st.just(MORNINGS),
    st.just(SafeTimes(((),) * 7)),
    st.builds(lambda days: SafeTimes(ANY_TIME, frozenset(days)), st.lists(st.sampled_from(WEEK))),
)


@given(raised=_MOMENTS, lead=st.integers(1, 12 * 24), safe=_HOURS, now=_MOMENTS,
       who=st.sampled_from(["SOLO-1", "SOLO-2", "WCU", "unknown"]))  # fmt: skip
def test_nobody_is_sent_ringing_when_it_is_not_safe_or_they_are_not_there(
    raised: datetime, lead: int, safe: SafeTimes, now: datetime, who: str
) -> None:
    due_at = raised + timedelta(hours=lead)
    wanted = item(raised_at=raised, due_at=due_at, addressee=who)
    found = plan(wanted, safe, ROSTER, now)
    assert found.show_at >= max(raised, now)
    assert found.act_by is not None
    if due_at <= max(raised, now):
        return
    assert found.act_by <= due_at
    moment = found.act_by - timedelta(microseconds=1)
    if any(window.opens < due_at for window in windows(safe.week, max(raised, now), safe.not_on, None)):
        assert any(each.opens <= moment < each.closes for each in windows(safe.week, moment, safe.not_on, None))
        assert ROSTER.shift_at(found.to, moment) is not None
    assert found.interrupts == (found.act_by <= found.show_at) or found.show_at == max(raised, now)


@given(raised=_MOMENTS, who=st.sampled_from(["SOLO-1", "unknown"]))
def test_every_card_has_a_live_reader_within_days(raised: datetime, who: str) -> None:
    found = planned(raised_at=raised, due_at=None, addressee=who)
    shift = next(ROSTER.shifts_of(found.to, raised, raised + AWAY), None)
    assert shift is not None
    assert found.show_at - raised <= AWAY + timedelta(days=4)
