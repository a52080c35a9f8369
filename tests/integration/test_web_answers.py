"""What is answered on a person's list: a card in hand, a grade disputed; by whom, and from which page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.contacts.addressee import COVER
from services.contacts.cards import CardKind
from services.contacts.grade_cards import dispute_review
from services.storage.card_answers import TEST_CASE
from services.storage.officers import officer_key
from services.storage.tables import access_log, case_key, victim_key
from services.storage.tables_notify import cards
from services.web.app import build_web
from tests.support.app import NOW
from tests.support.web import (
    HEADER,
    HOUR,
    browser,
    button_of,
    card,
    page_of,
    press,
    put_officer,
    put_on_list,
    web_settings,
)


async def rows(engine: AsyncEngine) -> dict[str, Any]:
    async with engine.connect() as conn:
        return {row.say: row for row in await conn.execute(select(cards))}


async def test_a_press_acknowledges_what_was_on_the_page_and_nothing_that_came_later(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await put_on_list(engine, card("Seen", about="a"))
    await put_on_list(engine, card("Another's", about="b", victim="V-2"))
    async with browser(app) as client:
        action, form = button_of((await client.get("/people/P-7")).text, "I have this in hand")
        await put_on_list(engine, card("Unseen", about="c"), shown_at=NOW - HOUR / 2, interrupts=True)
        answer = await client.post(action, data=form, headers={"Origin": str(client.base_url)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/people/P-7")
    found = await rows(engine)
    assert found["Seen"].acknowledged_by == "local"
    assert found["Unseen"].acknowledged_at is None
    assert found["Another's"].acknowledged_at is None
    words = (await page_of(app, "/people/P-7")).text
    assert "2 cards, 1 cannot wait" in words
    async with engine.connect() as conn:
        looks = (await conn.execute(select(access_log.c.officer_ref, access_log.c.case_key, access_log.c.what))).all()
    assert ("local", case_key("KP-1"), "card acknowledged") in [tuple(each) for each in looks]


async def test_a_card_that_names_nobody_is_acknowledged_alone(app: FastAPI, engine: AsyncEngine) -> None:
    await put_on_list(engine, card("About the case", victim=None), act_by=NOW + HOUR)
    await put_on_list(engine, card("About a victim", about="b"), act_by=NOW + 2 * HOUR)
    assert await press(app, "/people/P-7", "I have this in hand") == 303
    found = await rows(engine)
    assert found["About the case"].acknowledged_at is not None
    assert found["About a victim"].acknowledged_at is None


async def test_pressing_twice_is_no_mistake(app: FastAPI, engine: AsyncEngine) -> None:
    await put_on_list(engine, card("Once"))
    async with browser(app) as client:
        action, form = button_of((await client.get("/people/P-7")).text, "I have this in hand")
        for _ in range(2):
            answer = await client.post(action, data=form, headers={"Origin": str(client.base_url)})
            assert answer.status_code == 303
    assert "In hand since Fri 20 Nov at 12:0" in (await page_of(app, "/people/P-7")).text


async def test_a_grade_is_disputed_by_one_press_and_goes_to_the_supervisor(app: FastAPI, engine: AsyncEngine) -> None:
    await put_on_list(engine, card("No news in the contact.", about="contact:e", kind=CardKind.GRADE))
    assert await press(app, "/people/P-7", "This is wrong: ask a supervisor") == 303
    found = await rows(engine)
    assert found["No news in the contact."].disputed_by == "local"
    review = next(row for row in found.values() if row.kind == CardKind.REVIEW)
    assert review.for_officer == "P-7"
    assert "No news in the contact." not in (await page_of(app, "/people/P-7")).text


async def test_a_supervisor_ends_a_dispute_by_one_press_having_read_the_record(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    review = dispute_review("e", "V-1", "P-7", NOW - 48 * HOUR)
    await put_on_list(engine, card("No news in the contact.", about="contact:e", kind=CardKind.GRADE), to="P-7")
    await put_on_list(engine, review, to="S-1")
    assert await press(signed_in, "/people/S-1", "the grade stands", **{HEADER: "S-1"}) == 303
    assert [row.closed_because for row in (await rows(engine)).values()] == [
        "a supervisor read the record: the grade stands"
    ] * 2


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8080"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:8080"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://elsewhere.example"},
    ],
)
async def test_a_form_that_another_site_sends_changes_nothing(
    app: FastAPI, engine: AsyncEngine, sent: dict[str, str]
) -> None:
    await put_on_list(engine, card("Please ring."))
    async with browser(app) as client:
        action, form = button_of((await client.get("/people/P-7")).text, "I have this in hand")
        assert (await client.post(action, data=form, headers=sent)).status_code == 403
    assert (await rows(engine))["Please ring."].acknowledged_at is None


async def test_behind_a_proxy_that_renames_the_host_our_public_address_is_our_own(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    await put_on_list(engine, card("Please ring."))
    app = build_web(web_settings(store_settings, public_url="https://waymark.kent.example"), engine)
    async with browser(app) as client:
        action, form = button_of((await client.get("/people/P-7")).text, "I have this in hand")
        sent = {"Origin": "https://waymark.kent.example"}
        assert (await client.post(action, data=form, headers=sent)).status_code == 303


@pytest.mark.parametrize(
    "changed",
    [
        {"victim": "00"},
        {"victim": victim_key("V-9").hex()},
        {"until": "soon"},
        {"until": "2026-11-20T12:00:00"},
        {"list": "00"},
        {"list": "x"},
        {"list": "0" * 64},
        {"more": "x" * 5000},
    ],
)
async def test_a_form_that_is_not_ours_is_refused_in_a_sentence(
    app: FastAPI, engine: AsyncEngine, changed: dict[str, str]
) -> None:
    await put_on_list(engine, card("Please ring."))
    async with browser(app) as client:
        action, form = button_of((await client.get("/people/P-7")).text, "I have this in hand")
        origin = {"Origin": str(client.base_url)}
        answer = await client.post(action, data={**form, **changed}, headers=origin)
        assert answer.status_code == 400
        assert "not what a button of Waymark sends" in answer.text
        as_json = await client.post(action, json=form, headers=origin)
        assert as_json.status_code == 400
        nowhere = await client.post(f"/case-keys/{'0' * 64}/acknowledge", data=form, headers=origin)
        assert nowhere.status_code == 400
    assert (await rows(engine))["Please ring."].acknowledged_at is None


async def test_only_the_person_answers_what_can_wait_and_anybody_what_cannot(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    await put_officer(engine, "P-7", "P-9")
    await put_on_list(engine, card("Can wait", about="a"))
    await put_on_list(engine, card("Cannot wait", about="b", victim="V-2"), interrupts=True)
    async with browser(signed_in) as client:
        mine = (await client.get("/people/P-7", headers={HEADER: "P-7"})).text
        theirs = (await client.get("/people/P-7", headers={HEADER: "P-9"})).text
        assert (mine.count("<form"), theirs.count("<form")) == (2, 1)
        sent = {"Origin": str(client.base_url), HEADER: "P-9"}
        for victim, status in (("V-1", 403), ("V-2", 303)):
            form = {
                "list": officer_key("P-7").hex(),
                "victim": victim_key(victim).hex(),
                "until": NOW.isoformat(),
            }
            path = f"/case-keys/{case_key('KP-1').hex()}/acknowledge"
            assert (await client.post(path, data=form, headers=sent)).status_code == status
    found = await rows(engine)
    assert found["Can wait"].acknowledged_by is None
    assert found["Cannot wait"].acknowledged_by == "P-9"


async def test_the_link_in_an_alert_leads_to_a_button_also_for_the_weekly_test(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    await put_on_list(engine, card("The weekly test.", victim=None), to=COVER, case=TEST_CASE, interrupts=True)
    link = f"/people-keys/{officer_key(COVER).hex()}"
    assert await press(signed_in, link, "I have this in hand", **{HEADER: "P-8"}) == 303
    async with browser(signed_in) as client:
        for unit in (COVER, "control room", "WCU"):
            page = await client.get(f"/people-keys/{officer_key(unit).hex()}", headers={HEADER: "P-8"})
            assert page.status_code == 200
