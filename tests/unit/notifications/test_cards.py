"""Cards and their addressees: pure, over snapshots as they are announced."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from services.contacts import card_words
from services.contacts.addressee import COVER, Addressee, addressee_of
from services.contacts.cards import SUPERVISOR, CardKind, cards_of, text_task
from services.contacts.grade_cards import grade_cards
from services.contacts.london import by_words, clock_words, due_day
from services.journeys.assessment import GradedContact
from services.journeys.changes import Announcement, Thing
from services.journeys.facts import Fact
from services.provisions.working_days import WorkingDays
from tests.unit.gate_cases import NOON, asked, fact, hearing

DAY = timedelta(days=1)
DAYS = WorkingDays()


def announced(thing: Thing, state: str, **body: Any) -> Announcement:
    obligation = {
        "rule": "VC-R6-ARREST",
        "victim_id": "V-1",
        "trigger_event_id": "arrest",
        "triggered_at": (NOON - DAY).isoformat(),
        "warn_at": (NOON - DAY / 2).isoformat(),
        "advisory": False,
        "due_at": (NOON + 12 * timedelta(hours=1)).isoformat(),
        "confidence": "H",
        "owner": "police",
        "possible_discharge": [],
    }
    flag = {"kind": "tick_box_run", "victim_id": "V-1", "event_id": "e", "since": NOON.isoformat(), "until": None}
    return Announcement(
        "x", thing, "id-1", "absent", state, {**(obligation if thing == "obligation" else flag), **body}
    )


def made(announcement: Announcement, *facts: Fact, owed: frozenset[tuple[str, str]] = frozenset()) -> list[Any]:
    return cards_of(announcement, owed, {each.id: each for each in facts}, DAYS, NOON)


@pytest.mark.parametrize("state", ["pending", "satisfied", "satisfied_late", "waived", "absent"])
def test_a_duty_that_asks_for_nothing_is_no_card(state: str) -> None:
    assert made(announced("obligation", state)) == []


@pytest.mark.parametrize(("state", "kind"), [("warned", CardKind.APPROACHING), ("breached", CardKind.OVERDUE)])
def test_a_duty_keeps_one_card(state: str, kind: CardKind) -> None:
    card = made(announced("obligation", state))[0]
    assert card.kind is kind
    (other,) = made(announced("obligation", "warned"))
    assert card.key("KP-1") == other.key("KP-1") != card.key("KP-2")


def test_a_duty_past_due_is_also_on_the_supervisors_list_at_seven() -> None:
    late, review = made(announced("obligation", "breached"))
    assert (review.kind, review.duty_of, review.about, review.urgent) == (
        CardKind.REVIEW,
        SUPERVISOR,
        late.about,
        False,
    )
    assert review.raised_at.isoformat() == "2026-11-18T07:00:00+00:00"
    assert review.key("KP-1") != late.key("KP-1")


def test_an_advisory_past_due_goes_to_no_supervisor() -> None:
    (late,) = made(announced("obligation", "breached", advisory=True))
    assert (late.kind, late.never_interrupts) == (CardKind.OVERDUE, True)


def test_a_duty_warned_of_with_its_trigger_is_a_short_one() -> None:
    (card,) = made(announced("obligation", "warned"))
    (short,) = made(announced("obligation", "warned", warn_at=(NOON - DAY).isoformat()))
    assert (card.is_short, short.is_short) == (False, True)


def test_an_untimed_duty_is_no_card() -> None:
    assert made(announced("obligation", "warned", due_at=None)) == []


@pytest.mark.parametrize("kind", sorted(card_words.BESIDE_AN_OBLIGATION))
def test_a_flag_beside_its_duty_adds_nothing(kind: str) -> None:
    beside = frozenset({(card_words.BESIDE_AN_OBLIGATION[kind], "V-1")})
    assert made(announced("flag", "raised", kind=kind), owed=beside) == []


@pytest.mark.parametrize("kind", sorted(card_words.FLAGS))
def test_a_flag_that_stands_alone_is_a_card_until_it_ends(kind: str) -> None:
    (card,) = made(announced("flag", "raised", kind=kind))
    assert (card.kind, card.rule) == (CardKind.FLAG, kind)
    assert made(announced("flag", "ended", kind=kind)) == []


@pytest.mark.parametrize(("minutes_ago", "waits_for"), [(0, 60), (20, 40), (60, 0), (500, 0)])
def test_a_run_of_contacts_without_news_is_not_spoken_of_in_the_first_hour(minutes_ago: int, waits_for: int) -> None:
    since = NOON - timedelta(minutes=minutes_ago)
    (card,) = made(announced("flag", "raised", kind="tick_box_run", since=since.isoformat()))
    assert card.raised_at == NOON + timedelta(minutes=waits_for)


def test_protection_that_ends_is_due_on_its_last_day() -> None:
    bail = fact("e", "policing.suspect.released.v1", ends_on="2026-11-24", suspect_ref="S", outcome="bail")
    (card,) = made(announced("flag", "raised", kind="protection_ending"), bail)
    assert by_words(card.due_at) == "the end of Tue 24 Nov 2026"


def test_a_duty_that_a_contact_may_have_met_is_asked_about_first() -> None:
    contact = fact("c", "contact.made.v1", at=NOON, recorded_by={"officer_ref": "P-7"})
    late = announced("obligation", "breached", due_at=(NOON - DAY).isoformat(), possible_discharge=["c", "gone"])
    overdue, review, link = made(late, contact)
    assert review.raised_at.isoformat() == "2026-11-18T07:00:00+00:00"
    assert (overdue.raised_at - NOON).days >= 0
    assert overdue.raised_at.isoformat() == "2026-11-18T00:00:00+00:00"
    assert (link.kind, link.for_officer, link.raised_at) == (CardKind.LINK, "P-7", NOON)
    assert "a suspect was arrested" in link.say


def test_whoever_made_many_contacts_is_asked_once_which_of_them_told() -> None:
    contacts = [
        fact(f"c{number}", "contact.made.v1", at=NOON + number * DAY, recorded_by={"officer_ref": ref})
        for number, ref in enumerate(["P-7", "P-8", "P-7", "P-7"])
    ]
    late = announced(
        "obligation", "breached", due_at=(NOON - DAY).isoformat(), possible_discharge=["c3", "c2", "c1", "c0"]
    )
    seventh, eighth = (card for card in made(late, *contacts) if card.kind is CardKind.LINK)
    assert (seventh.for_officer, seventh.event_id) == ("P-7", "c0")
    assert "and 2 since" in seventh.say
    assert (eighth.for_officer, eighth.event_id) == ("P-8", "c1")
    assert "since" not in eighth.say
    (without_the_first,) = (
        card
        for card in made(
            announced("obligation", "breached", due_at=(NOON - DAY).isoformat(), possible_discharge=["c2", "c3"]),
            *contacts,
        )
        if card.kind is CardKind.LINK
    )
    assert without_the_first.key("KP-1") == seventh.key("KP-1"), "the same question, about fewer contacts"


def graded(event_id: str, grade: str, **changes: Any) -> GradedContact:
    return GradedContact(event_id, "V-1", grade, (), **{"recorded_by": "P-7", **changes})


@pytest.mark.parametrize(
    ("contacts", "shown"),
    [
        ([graded("a", "tick_box")], 1),
        ([graded("a", "attempt")], 0),
        ([graded("a", "tick_box", recorded_by=None)], 0),
        ([graded("a", "tick_box", same_as="b")], 0),
        ([graded("old", "tick_box")], 0),
        ([graded("a", "tick_box"), graded("b", "meaningful")], 0),
        ([graded("b", "tick_box"), graded("a", "meaningful")], 1),
    ],
)
def test_who_is_told_of_a_contact_without_news(contacts: list[GradedContact], shown: int) -> None:
    facts = {
        "a": fact("a", "contact.made.v1", at=NOON - 2 * DAY),
        "b": fact("b", "contact.made.v1", at=NOON - DAY),
        "old": fact("old", "contact.made.v1", at=NOON - 8 * DAY),
    }
    cards = list(grade_cards(contacts, facts, None, NOON))
    assert len(cards) == shown
    assert list(grade_cards(contacts, facts, NOON, NOON)) == []


def assigned(role: str, ref: str, days_ago: int, **data: Any) -> Fact:
    given = {"team": f"team-{ref}", **data}
    return fact(f"{ref}-{role}", "policing.officer.assigned.v1", at=NOON - days_ago * DAY, victim=None, role=role,
                officer_ref=ref, **given)  # fmt: skip


def released(role: str, ref: str, days_ago: int) -> Fact:
    return fact(f"x-{ref}", "policing.officer.released.v1", at=NOON - days_ago * DAY, victim=None, role=role,
                officer_ref=ref)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "to"),
    [
        ([], COVER),
        ([assigned("supervisor", "S", 5)], "S"),
        ([assigned("supervisor", "S", 5), assigned("OIC", "O", 4)], "O"),
        ([assigned("DALO", "D", 5), assigned("OIC", "O", 4)], "D"),
        ([assigned("SOLO", "A", 5), assigned("DALO", "D", 4)], "A"),
        ([assigned("SOLO", "A", 5), assigned("SOLO", "B", 4)], "B"),
        ([assigned("SOLO", "A", 5), assigned("SOLO", "B", 4), released("SOLO", "B", 3)], "A"),
        ([assigned("SOLO", "A", 5), released("SOLO", "A", 3), assigned("OIC", "O", 9)], "O"),
        ([assigned("SOLO", "A", -1), assigned("OIC", "O", 9)], "O"),
        ([assigned("WCU_officer", "W", 5)], COVER),
    ],
)
def test_police_duties_go_to_whoever_looks_after_the_victim(facts: list[Fact], to: str) -> None:
    assert addressee_of("police", None, "V-1", facts, NOON).ref == to


def test_a_restricted_case_is_shown_only_to_those_allowed() -> None:
    facts = [assigned("SOLO", "A", 5), assigned("OIC", "O", 5)]
    restricted = fact("r", "policing.case.restricted.v1", at=NOON - 2 * DAY, victim=None, allowed=["O"])
    lifted = fact("u", "policing.case.unrestricted.v1", at=NOON - DAY, victim=None)
    assert addressee_of("police", None, "V-1", [*facts, restricted], NOON).ref == "O"
    assert addressee_of("police", None, "V-1", [*facts, restricted, lifted], NOON).ref == "A"


@pytest.mark.parametrize(("duty_of", "to"), [("WCU", "WCU"), ("CPS", "CPS"), ("court", "court"), ("wcu", "WCU")])
def test_other_agencies_duties_go_to_their_worklists(duty_of: str, to: str) -> None:
    assert addressee_of(duty_of, None, "V-1", [assigned("SOLO", "A", 5)], NOON) == Addressee(to)


def test_an_officer_of_another_victim_is_not_asked() -> None:
    other = fact("a", "policing.officer.assigned.v1", victim="V-2", role="SOLO", officer_ref="A")
    assert addressee_of("police", None, "V-1", [other], NOON).ref == COVER
    assert addressee_of("police", "P-7", "V-1", [other], NOON).ref == "P-7"


def test_a_task_is_one_for_each_fact_victim_and_purpose() -> None:
    request = asked(hearing())
    assert text_task(request, "a", None, NOON).key("KP-1") == text_task(request, "b", "2", NOON).key("KP-1")


ALL_WORDS = [
    *(
        part
        for duty in card_words.DUTIES.values()
        for part in (duty.happened, duty.owed, duty.next_step, duty.if_late or "")
    ),
    *card_words.FLAGS.values(),
    card_words.say_no_news("V-1", NOON),
    card_words.say_link("V-1", NOON, "KENT-UPDATE"),
    card_words.say_overdue("VC-R6-NFA", "V-1", NOON, NOON, "M", may_be_linked=True),
    card_words.say_approaching("made up", "V-1", NOON, NOON, "L"),
]


def test_a_card_about_court_news_gives_no_day_of_the_verdict_that_was_another() -> None:
    said = card_words.say_approaching("VC-R9-OUTCOME", "V-1", NOON, NOON, "H")
    assert "News of a verdict reached the Witness Care Unit on" in said
    assert "verdict was given" not in said
    assert "Was it told then that a verdict was given?" in card_words.say_link("V-1", NOON, "VC-R9-OUTCOME")


def test_what_is_only_a_target_is_never_called_overdue() -> None:
    words: dict[str, Any] = {
        "rule": "KENT-SARC",
        "victim_id": "V-1",
        "triggered_at": NOON,
        "due_at": NOON,
        "confidence": "H",
    }
    assert "verdue" not in card_words.say_overdue(**words, may_be_linked=False, advisory=True)
    assert "verdue" in card_words.say_overdue(**words | {"rule": "VC-R11-ESCAPE"}, may_be_linked=False, advisory=True)


def test_nobody_is_asked_for_what_can_no_longer_be_done() -> None:
    said = card_words.say_overdue("VC-R7-STATEMENT", "V-1", NOON, NOON, "H", may_be_linked=False)
    assert "The sentence has been passed" in said
    assert "when they will hear again" not in said


@pytest.mark.parametrize("words", ALL_WORDS)
def test_words_for_staff_accuse_nobody_and_are_not_gendered(words: str) -> None:
    assert not re.search(r"\b(breach\w*|she|her|hers|he|his|him|fail\w*)\b", words, re.IGNORECASE)


@pytest.mark.parametrize(("hours", "words"), [(-3, "9am"), (0, "12pm"), (0.5, "12:30pm"), (12, "12am")])
def test_times_are_said_as_people_say_them(hours: float, words: str) -> None:
    assert clock_words(NOON + timedelta(hours=hours)) == words


def test_a_midnight_belongs_to_the_day_it_ends() -> None:
    midnight = NOON + timedelta(hours=12)
    assert due_day(midnight) == NOON.date()
    assert by_words(midnight) == "the end of Tue 17 Nov 2026"
    assert by_words(NOON) == "12:00 on Tue 17 Nov 2026"
