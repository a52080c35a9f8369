"""What a page keeps from people, and what it keeps out of counts: restricted cases, rules not measured, not linked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.assess_case import Rules
from services.contacts.cards import CardKind
from services.journeys.assess import assess
from services.journeys.rule_set import load_rule_set
from services.storage.tables import access_log, case_key
from services.web.app import build_web
from tests.support.app import NOW, assess_all, event, take_in, told_within, vault
from tests.support.web import HEADER, HOUR, Page, add_text, browser, button_of, card, page_of, put_on_list, web_settings

RESTRICTED = "This case is restricted: ask the officer in charge."
SECRET = "Please ring V-1 about the hearing."


def real_rules() -> Rules:
    ruleset = load_rule_set()
    return Rules(ruleset.hash, lambda facts, now: assess(facts, ruleset, now))


async def restricted_case(engine: AsyncEngine, *more: dict[str, Any]) -> None:
    restricted = event("r", "policing.case.restricted.v1", time=NOW - 70 * HOUR, allowed=["P-7"], reason="known")
    await take_in(engine, event("a", time=NOW - 72 * HOUR), restricted, *more)
    await assess_all(engine, told_within())
    await add_text(engine, "sent", body="The hearing is on Thursday.")
    await put_on_list(engine, card(SECRET, due_at=NOW - HOUR), to="WCU", act_by=NOW + HOUR)


async def ask(app: FastAPI, path: str, who: str) -> Page:
    async with browser(app) as client:
        answer = await client.get(path, headers={HEADER: who})
    assert answer.status_code == 200
    return Page(answer.text)


@pytest.mark.parametrize(
    "path", ["/cases/KP-1", "/people/WCU", "/", "/lists/overdue", "/lists/cards", "/lists/texts-sent"]
)
async def test_only_those_named_see_a_restricted_case_and_others_that_it_is_one(
    signed_in: FastAPI, engine: AsyncEngine, path: str
) -> None:
    await restricted_case(engine)
    allowed, other = await ask(signed_in, path, "P-7"), await ask(signed_in, path, "P-8")
    for words in (SECRET, "The hearing is on Thursday.", "V-1"):
        assert words not in other.text
    assert "V-1" in allowed.text
    assert "restricted" in allowed.text.lower()
    assert "restricted" in other.text.lower()
    if path.startswith(("/cases", "/people")):
        assert RESTRICTED in other.text
        assert "By 13:00 today" in other.text


async def test_a_look_at_a_restricted_case_that_showed_nothing_is_written_down_as_such(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    await restricted_case(engine)
    await ask(signed_in, "/cases/KP-1", "P-8")
    await ask(signed_in, "/", "P-8")
    async with engine.connect() as conn:
        rows = (await conn.execute(select(access_log.c.officer_ref, access_log.c.case_key, access_log.c.what))).all()
    assert [tuple(row) for row in rows] == [
        ("P-8", case_key("KP-1"), "case page, restricted: not shown"),
        ("P-8", None, "front page"),
    ]


async def test_whoever_sits_at_this_machine_sees_it_marked(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    await restricted_case(engine)
    app = build_web(web_settings(store_settings), engine, vault=vault)
    for path in ("/", "/people/WCU", "/cases/KP-1"):
        words = (await page_of(app, path)).text
        assert SECRET in words
        assert "restricted" in words.lower()


async def test_a_case_is_seen_again_once_the_restriction_has_ended_or_was_retracted(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    await restricted_case(engine)
    ended = event("u", "policing.case.unrestricted.v1", case="KP-2", time=NOW - HOUR, reason="over")
    other = event(
        "r2", "policing.case.restricted.v1", case="KP-2", time=NOW - 70 * HOUR, allowed=["P-7"], reason="known"
    )
    retracted = event("x", "record.retracted.v1", time=NOW - HOUR, event_id="r", reason="wrong case")
    await take_in(engine, event("b", case="KP-2"), other, ended, retracted)
    await assess_all(engine, told_within())
    for path in ("/cases/KP-1", "/cases/KP-2"):
        assert RESTRICTED not in (await ask(signed_in, path, "P-8")).text


async def test_a_restriction_that_cannot_be_read_hides_the_case(
    signed_in: FastAPI, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_anything: object) -> None:
        raise ArithmeticError("V-1 must not stand in any log")

    await restricted_case(engine)
    monkeypatch.setattr("services.storage.sight.put_right", fails)
    assert RESTRICTED in (await ask(signed_in, "/cases/KP-1", "P-7")).text


async def test_a_case_of_which_the_stored_restriction_is_damaged_is_hidden_and_no_other(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    await restricted_case(engine)
    await take_in(engine, event("b", case="KP-2"))
    await assess_all(engine, told_within())
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE facts SET payload = '\\x7b22' WHERE event_id = 'r'"))
    assert RESTRICTED in (await ask(signed_in, "/cases/KP-1", "P-7")).text
    assert RESTRICTED not in (await ask(signed_in, "/cases/KP-2", "P-7")).text


async def test_nobody_takes_a_card_in_hand_that_they_may_not_read(signed_in: FastAPI, engine: AsyncEngine) -> None:
    await restricted_case(engine)
    assert "I have this in hand" not in (await ask(signed_in, "/people/WCU", "P-8")).text
    async with browser(signed_in) as client:
        action, form = button_of((await client.get("/people/WCU", headers={HEADER: "P-7"})).text, "I have this in hand")
        sent = {"Origin": str(client.base_url), "Sec-Fetch-Site": "same-origin"}
        refused = await client.post(action, data=form, headers={**sent, HEADER: "P-8"})
        assert refused.status_code == 403
        assert "not named as one who may see it" in refused.text
        taken = await client.post(action, data=form, headers={**sent, HEADER: "P-7"})
    assert taken.status_code == 303


@pytest.mark.parametrize("kind", ["grade", "review", "link", "flag"])
async def test_what_a_contact_was_graded_is_on_no_colleagues_page(
    signed_in: FastAPI, engine: AsyncEngine, kind: str
) -> None:
    await take_in(engine, event("a", time=NOW - 72 * HOUR))
    await assess_all(engine, told_within())
    rule = "tick_box_run" if kind == "flag" else None
    await put_on_list(engine, card(SECRET, about="contact:e", kind=CardKind(kind), rule=rule), act_by=NOW + HOUR)
    for path in ("/", "/lists/cards", "/cases/KP-1"):
        assert SECRET not in (await ask(signed_in, path, "P-8")).text
    assert SECRET in (await ask(signed_in, "/cases/KP-1", "P-7")).text


async def test_a_task_with_a_date_is_not_overdue_while_its_duty_may_have_been_met(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    await take_in(engine, event("a", time=NOW - 72 * HOUR))
    await assess_all(engine, told_within())
    await put_on_list(engine, card("Please ring.", due_at=NOW - HOUR))
    assert "overdue" not in (await ask(signed_in, "/people/P-7", "P-7")).text.lower()


def told(**data: Any) -> dict[str, Any]:
    return {"channel": "phone", "direction": "outbound", "outcome": "reached", **data}


async def late_arrest(engine: AsyncEngine) -> None:
    """An arrest long ago that nobody was told of, and a real update since that does not say what it covered."""
    note = "Rang. File went to the CPS on Monday; decision expected by 14 December. I will ring on 11 December at 10."
    await take_in(
        engine,
        event("rep", "policing.crime.reported.v1", time=NOW - 600 * HOUR, offence="stalking", victim_age_band="35_44"),
        event("arr", time=NOW - 500 * HOUR),
        event("call", "contact.made.v1", time=NOW - 72 * HOUR, **told(note=note)),
    )
    await assess_all(engine, real_rules())


async def test_what_a_later_contact_may_have_covered_is_not_linked_and_counts_as_nothing_else(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    await late_arrest(engine)
    app = build_web(web_settings(store_settings), engine, vault=vault)
    case = (await page_of(app, "/cases/KP-1")).text
    assert "Not linked" in case
    assert "Could be linked: the contact of Tue 17 Nov at 12:00, record call." in case
    listed = (await page_of(app, "/lists/not-linked")).text
    assert "A suspect was arrested" in listed
    assert "A suspect was arrested" not in (await page_of(app, "/lists/overdue")).text


async def test_rules_that_nothing_connected_could_meet_are_not_measured_and_in_no_count(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    await late_arrest(engine)
    everything = build_web(web_settings(store_settings), engine, vault=vault)
    policing = build_web(web_settings(store_settings, sources=("policing.",)), engine, vault=vault)
    assert "0 rules not measured" in (await page_of(everything)).text
    assert 'id="not-measured"' not in (await browser(everything).get("/cases/KP-1")).text
    front, case = (await page_of(policing)).text, (await page_of(policing, "/cases/KP-1")).text
    assert "VC-R6-ARREST Victims' Code, Right 6" in front
    assert "Not measured" in case
    assert "0 not linked" in front
    assert "No connected source could show that these are met" in case


async def test_duties_without_a_date_are_one_checklist(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    await late_arrest(engine)
    page = await page_of(build_web(web_settings(store_settings), engine, vault=vault), "/cases/KP-1")
    assert "Checklist: duties without a date" in page.text
    assert "Open: V-1 should have written confirmation, in a way that is safe." in page.text


async def test_nothing_in_a_text_can_pass_for_a_link(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    ref = '"possible_discharge":["x"]'
    await take_in(engine, event("a", time=NOW - 72 * HOUR, victim_id=ref, suspect_ref=ref))
    await assess_all(engine, told_within())
    app = build_web(web_settings(store_settings), engine, vault=vault)
    front = (await page_of(app)).text
    assert "1 overdue" in front
    assert "0 not linked" in front
