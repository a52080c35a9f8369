"""What is announced: every way to change has a name or cannot come to be, and what was told adds up to what stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.announcements import ANNOUNCEMENTS
from services.journeys.arrows import FLAG_ARROWS, NEWS_ARROWS, OBLIGATION_ARROWS, Arrow, Stands, Unheard
from services.journeys.assessment import Assessment, Flag, News, Obligation, State, instant_text
from services.journeys.changes import Announced, RepeatedIdError, Standing, changes, fold, standing, stands
from services.journeys.entries import Telling, event_type, read_entry, write_entry, write_event

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def an_obligation(id_: str = "o1", state: State = State.PENDING, **others: object) -> Obligation:
    made = Obligation(
        id=id_,
        rule="T-ARREST",
        pack="TEST",
        right=6,
        owner="police",
        victim_id="V-1",
        suspect_ref=None,
        trigger_event_id="a",
        trigger_source="/kent/rms",
        triggered_at=NOON,
        entitlement="standard",
        due_on=None,
        due_at=NOON + timedelta(days=2),
        due_on_standard=None,
        state=state,
        satisfied_at=None,
        satisfied_by=None,
        advisory=False,
        confidence="H",
        warn_at=NOON + timedelta(days=1),
    )
    return msgspec.structs.replace(made, **others)


def an_assessment(
    *obligations: Obligation,
    flags: tuple[Flag, ...] = (),
    news: tuple[News, ...] = (),
    as_of: datetime = NOON,
) -> Assessment:
    return Assessment("KP-1", as_of, obligations, (), flags, (), news, (), None, None)


def names(before: Announced, after: Assessment, announce_from: datetime | None = None) -> list[str]:
    return [each.what for each in changes(before, after, announce_from)]


def test_every_pair_of_states_has_an_arrow_or_a_reason_why_not() -> None:
    assert set(OBLIGATION_ARROWS) == set(product(Stands, Stands))
    assert set(FLAG_ARROWS) == set(product(("absent", "raised", "ended"), repeat=2))
    assert set(NEWS_ARROWS) == set(product(("absent", "to_tell"), repeat=2))
    for table in (OBLIGATION_ARROWS, FLAG_ARROWS, NEWS_ARROWS):
        for arrow in table.values():
            assert isinstance(arrow, Arrow) or str(arrow).startswith("impossible, because ")


def test_every_name_is_in_the_contract_and_every_name_of_the_contract_is_used() -> None:
    used = {
        event_type(name)
        for table in (OBLIGATION_ARROWS, FLAG_ARROWS, NEWS_ARROWS)
        for arrow in table.values()
        if isinstance(arrow, Arrow)
        for name in (*arrow.names, *arrow.for_advisory().names)
    }
    assert used == set(ANNOUNCEMENTS)


def test_only_what_stays_absent_cannot_come_to_be() -> None:
    unheard = {pair for pair, arrow in OBLIGATION_ARROWS.items() if isinstance(arrow, Unheard)}
    assert unheard == {(Stands.ABSENT, Stands.ABSENT)}


LATE = (Stands.BREACHED, Stands.SATISFIED_LATE)


@pytest.mark.parametrize(("before", "after"), [pair for pair in product(LATE, Stands) if pair[1] not in LATE])
def test_that_somebody_was_late_is_never_taken_back_silently(before: Stands, after: Stands) -> None:
    arrow = OBLIGATION_ARROWS[before, after]
    assert isinstance(arrow, Arrow)
    assert arrow.names[0] == "obligation.breach_withdrawn"


@pytest.mark.parametrize(
    "pair", [pair for pair in product(Stands, Stands) if pair[1] in LATE and pair[0] is not pair[1]]
)
def test_a_new_breach_or_lateness_is_told_as_such(pair: tuple[Stands, Stands]) -> None:
    arrow = OBLIGATION_ARROWS[pair]
    assert isinstance(arrow, Arrow)
    assert arrow.names == (f"obligation.{pair[1]}",)


def test_nothing_is_announced_where_nothing_differs() -> None:
    said = an_assessment(an_obligation(), flags=(Flag("no_solo", "V-1", "a", NOON),))
    assert changes(standing(said), said) == []


def test_a_date_that_appears_before_go_live_was_never_announced() -> None:
    undated = an_obligation(due_at=None, due_on=None, warn_at=None)
    late = msgspec.structs.replace(an_obligation(), state=State.BREACHED)
    told = standing(an_assessment(undated), NOON + timedelta(days=900))
    (found,) = changes(told, an_assessment(late), NOON + timedelta(days=900))
    assert (found.what, found.quiet) == ("obligation.breached", True)
    aloud = standing(an_assessment(an_obligation()))
    (found,) = changes(aloud, an_assessment(late), NOON + timedelta(days=900))
    assert not found.quiet


def test_a_state_that_stays_is_told_only_if_the_snapshot_differs() -> None:
    before = standing(an_assessment(an_obligation()))
    assert names(before, an_assessment(an_obligation(possible_discharge=("c1",)))) == ["obligation.amended"]


def test_a_pending_duty_stands_as_warned_from_its_warning_on_and_no_other_does() -> None:
    warned_at = NOON + timedelta(days=1)
    assert stands(an_obligation(), warned_at - timedelta(microseconds=1)) is Stands.PENDING
    assert stands(an_obligation(), warned_at) is Stands.WARNED
    assert stands(an_obligation(state=State.WAIVED), warned_at) is Stands.WAIVED
    assert stands(an_obligation(warn_at=None), warned_at) is Stands.PENDING


def test_an_advisory_duty_is_overdue_and_never_breached() -> None:
    owed = an_obligation(advisory=True)
    late = an_assessment(msgspec.structs.replace(owed, state=State.BREACHED))
    assert names(standing(an_assessment(owed)), late) == ["obligation.overdue"]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ([State.SATISFIED], ["obligation.overdue_withdrawn"]),
        ([], ["obligation.overdue_withdrawn", "obligation.rescinded"]),
    ],
)
def test_what_is_taken_back_of_an_advisory_duty_is_never_called_a_breach(now: list[State], said: list[str]) -> None:
    late = an_obligation(advisory=True, state=State.BREACHED)
    after = an_assessment(*(msgspec.structs.replace(late, state=state) for state in now))
    assert names(standing(an_assessment(late)), after) == said


def test_a_duty_that_becomes_advisory_has_its_breach_taken_back() -> None:
    breached = an_obligation(state=State.BREACHED)
    found = changes(standing(an_assessment(breached)), an_assessment(msgspec.structs.replace(breached, advisory=True)))
    assert [each.what for each in found] == [
        "obligation.breach_withdrawn",
        "obligation.rescinded",
        "obligation.overdue",
    ]
    assert fold(found, standing(an_assessment(breached))).obligations["o1"].body["advisory"] is True


def test_a_flag_is_raised_ended_corrected_raised_again_and_withdrawn() -> None:
    up = Flag("no_solo", "V-1", "a", NOON)
    ended, ended_later = (msgspec.structs.replace(up, until=NOON + timedelta(days)) for days in (1, 2))
    told = Announced()
    heard = []
    for flags in ((up,), (ended,), (ended_later,), (up,), ()):
        found = changes(told, an_assessment(flags=flags))
        heard += [each.what for each in found]
        told = fold(found, told)
    assert heard == ["flag.raised", "flag.ended", "flag.amended", "flag.raised", "flag.withdrawn"]


def test_two_spells_of_one_flag_are_two() -> None:
    first = Flag("no_solo", "V-1", "a", NOON, NOON + timedelta(hours=1))
    second = Flag("no_solo", "V-1", "a", NOON + timedelta(hours=2))
    assert names(standing(an_assessment(flags=(first,))), an_assessment(flags=(first, second))) == ["flag.raised"]


def test_news_is_to_be_told_until_it_is_withdrawn() -> None:
    news = News("V-1", "a", "/kent/rms", "policing.suspect.arrested.v1", "offer", NOON, NOON)
    assert names(Announced(), an_assessment(news=(news,))) == ["news.to_tell"]
    assert names(standing(an_assessment(news=(news,))), an_assessment()) == ["news.withdrawn"]


def test_two_obligations_of_one_id_are_refused() -> None:
    with pytest.raises(RepeatedIdError):
        changes(Announced(), an_assessment(an_obligation(), an_obligation()))


def test_what_fell_due_before_go_live_is_told_to_nobody_and_what_was_told_stays_told() -> None:
    go_live = NOON + timedelta(days=5)
    quiet = changes(Announced(), an_assessment(an_obligation()), go_live)
    assert [each.quiet for each in quiet] == [True]
    later = an_assessment(an_obligation(due_at=go_live))
    loud = changes(fold(quiet), later, go_live)
    assert [each.quiet for each in loud] == [False]
    back = changes(fold(loud, fold(quiet)), an_assessment(an_obligation()), go_live)
    assert [each.quiet for each in back] == [False]


snapshots = st.builds(
    an_obligation,
    st.sampled_from(["o1", "o2", "o3"]),
    st.sampled_from(State),
    advisory=st.booleans(),
    warn_at=st.sampled_from([None, NOON - timedelta(1), NOON + timedelta(1)]),
    due_at=st.sampled_from([NOON, NOON + timedelta(9)]),
)
flag_spells = st.builds(
    Flag,
    st.sampled_from(["no_solo", "tick_box_run"]),
    st.sampled_from(["V-1", "V-\ud800", "V-\x00"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from([NOON, NOON - timedelta(1)]),
    st.sampled_from([None, NOON]),
)
pieces_of_news = st.builds(
    News,
    st.sampled_from(["V-1", "V-2"]),
    st.just("a"),
    st.just("/kent/rms"),
    st.just("policing.suspect.arrested.v1"),
    st.sampled_from(["offer", "news"]),
    st.sampled_from([NOON, NOON - timedelta(1)]),
    st.just(NOON),
)
assessments = st.builds(
    lambda obligations, flags, news: an_assessment(*obligations, flags=tuple(flags), news=tuple(news)),
    st.lists(snapshots, max_size=3, unique_by=lambda each: each.id),
    st.lists(flag_spells, max_size=4),
    st.lists(pieces_of_news, max_size=2, unique_by=lambda each: (each.victim_id, each.purpose)),
)


@given(st.lists(assessments, max_size=6), st.sampled_from([None, NOON + timedelta(5)]))
def test_all_that_was_told_adds_up_to_what_stands_whatever_the_history(
    history: list[Assessment], announce_from: datetime | None
) -> None:
    told = Announced()
    for said in history:
        found = changes(told, said, announce_from)
        written = [write_entry(Telling("KP-1", "k", NOON, "event", "r"), 1, each) for each in found]
        assert [read_entry(entry) for entry in written] == found
        told = fold((read_entry(entry) for entry in written), told)
        now = standing(said)
        for thing in ("obligation", "flag", "news"):
            stored = {id_: (each.state, each.body) for id_, each in told.of(thing).items()}
            assert stored == {id_: (each.state, each.body) for id_, each in now.of(thing).items()}
        assert changes(told, said, announce_from) == []


@given(assessments, assessments)
def test_every_announcement_keeps_the_contract(before: Assessment, after: Assessment) -> None:
    for each in changes(standing(before), after):
        published = write_event(Telling("KP-1", "k", NOON, "time", "r"), 7, each)
        if b"\\ud800" not in published:  # half a pair: the schema's own reader stops at it
            ANNOUNCEMENTS[event_type(each.what)].model_validate_json(published)


def test_what_is_no_announcement_is_refused() -> None:
    with pytest.raises(ValueError, match="no announcement"):
        read_entry(b"{}")


@given(
    st.datetimes(
        timezones=st.sampled_from(
            [UTC, timezone(timedelta(hours=1)), timezone(timedelta(0)), ZoneInfo("Europe/London")]
        )
    )
)
def test_an_instant_is_written_as_isoformat_writes_it(instant: datetime) -> None:
    assert instant_text(instant) == instant.isoformat()


@pytest.mark.parametrize("change", [{"possible_discharge": None}, {"added_later": 1}, {"due_at": "soon"}])
def test_a_snapshot_that_another_version_wrote_is_told_anew(change: dict[str, object]) -> None:
    said = an_assessment(an_obligation())
    (written,) = standing(said).obligations.values()
    body = {
        name: value for name, value in {**written.body, **change}.items() if value is not None or name not in change
    }
    before = Announced({"o1": Standing(written.state, body)})
    assert names(before, said) == names(standing(an_assessment(an_obligation(confidence="M"))), said) != []
