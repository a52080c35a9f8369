"""The news lists: every event type stands in exactly one, and nobody is texted without safe contact, ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import TYPES
from notifications.template import gate_terms
from services.contacts.card_words import DUTIES
from services.contacts.decision import Verdict
from services.contacts.news import (
    MAY_BRING,
    NEEDS_RELEASE,
    OFFERED,
    PERSON_FIRST,
    URGENT,
    NewsList,
    Purpose,
    news_list,
    news_purpose,
    rule_told,
    topic_of,
)
from services.contacts.out_of_date import SUPERSEDED_BY
from services.journeys.facts import Fact
from services.journeys.rule_set import load_rule_set
from tests.unit.gate_cases import NOON, REPORTED, SAFE, fact, judge, point

NEVER_WORDS = ("safeguarding.", "support.sarc.")


def test_every_type_that_is_listed_exists() -> None:
    listed = MAY_BRING | PERSON_FIRST | NEEDS_RELEASE | URGENT | SUPERSEDED_BY.keys()
    assert listed <= TYPES.keys()
    assert all(later <= TYPES.keys() for later in SUPERSEDED_BY.values())


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_every_event_type_stands_in_exactly_one_list(type_: str) -> None:
    stands = [type_ in MAY_BRING, type_ in PERSON_FIRST, news_list(type_) is NewsList.NEVER]
    assert stands.count(True) == 1
    if type_.startswith(NEVER_WORDS):
        assert news_list(type_) is NewsList.NEVER


def test_what_nobody_listed_is_never_texted() -> None:
    assert news_list("policing.suspect.arrested.v2") is NewsList.NEVER
    assert news_purpose("made.up.v1", told=True) is None


@pytest.mark.parametrize("type_", sorted(MAY_BRING | PERSON_FIRST))
def test_every_listed_type_has_words_for_staff_and_for_each_purpose(type_: str) -> None:
    assert topic_of(type_) != topic_of("made.up.v1")
    purposes = [Purpose.NEWS] if type_ in MAY_BRING else []
    if type_ in OFFERED:
        purposes += [Purpose.OFFER, Purpose.FOLLOW_UP]
    assert all((type_, each) in gate_terms() for each in purposes)
    assert sum((type_, each) in gate_terms() for each in Purpose) == len(purposes)


def test_only_measures_that_were_granted_are_news_for_a_text() -> None:
    type_ = "court.special_measures.decided.v1"
    assert news_purpose(type_, told=False, data={"outcome": "granted"}) is Purpose.NEWS
    assert news_purpose(type_, told=False, data={"outcome": "refused"}) is None
    assert news_purpose(type_, told=False) is None


def test_rules_named_for_cards_and_waivers_are_rules_of_the_packs() -> None:
    rules = load_rule_set()
    timed = {rule.id for rule in rules.rules if rule.shape.value != "window"}
    assert timed <= DUTIES.keys()
    assert DUTIES.keys() <= rules.by_id.keys()
    assert {rule for type_ in MAY_BRING | PERSON_FIRST if (rule := rule_told(type_))} <= rules.by_id.keys()


TYPES_AROUND = sorted(TYPES.keys() - {SAFE})
around = st.builds(
    lambda type_, hours, victim, number: fact(
        f"e{number}", type_, at=NOON - timedelta(hours=hours), victim=victim, suspect_ref="S-1", device_ref="D",
        event_id="news", sms="allowed", scope="none", role="SOLO", officer_ref="P-1",
    ),
    st.sampled_from(TYPES_AROUND).filter(lambda each: not each.startswith(("record.", "contact.linked"))),
    st.integers(0, 72),
    st.sampled_from(["V-1", "V-2", None]),
    st.integers(0, 10_000),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(around, max_size=8), st.sampled_from(sorted(MAY_BRING | PERSON_FIRST)), st.sampled_from(list(Purpose)))
def test_nobody_is_texted_without_safe_contact(facts: list[Fact], type_: str, purpose: Purpose) -> None:
    news = fact("news", type_, at=NOON - timedelta(hours=1))
    decision = judge(fact("r", REPORTED, at=NOON - timedelta(days=9)), *facts, news, purpose=purpose)
    assert decision.verdict is (Verdict.HOLD if decision.is_withheld else Verdict.SUPPRESS)
    assert any(each.rule == "2" for each in decision.reasons)


@settings(deadline=None)
@given(
    st.lists(around, max_size=8),
    st.sampled_from(["never", "allowed", "discreet"]),
    st.booleans(),
    st.sampled_from(sorted(MAY_BRING)),
    st.integers(0, 23),
)
def test_what_goes_rests_on_a_record_that_allows_it(
    facts: list[Fact], sms: str, stop: bool, type_: str, hour: int
) -> None:
    record: dict[str, Any] = {"sms": sms, "told_to_stop": stop}
    now = NOON.replace(hour=hour)
    news = fact("news", type_, at=now)
    decision = judge(
        fact("r", REPORTED, at=NOON - timedelta(days=9)),
        fact("s", SAFE, at=NOON - timedelta(days=8), **record),
        *facts,
        news,
        now=now,
        points=[point()],
    )
    if decision.verdict is Verdict.SEND:
        assert sms in {"allowed", "discreet"}
        assert not stop
        assert 8 <= hour < 20
        assert decision.discreet is (sms == "discreet")
        assert decision.states_the_event is (sms == "allowed" and type_ != "victim.update.requested.v1")
        suspending = {REPORTED, "victim.support_withdrawn.v1"}
        assert not any(
            each.type in suspending and each.victim_id == "V-1" and each.occurred_at <= now for each in facts
        )
