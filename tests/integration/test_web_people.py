"""A person's list: one card a victim, what cannot wait on top, and whose list is for whom."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.contacts.cards import CardKind
from services.projections.worklist import worklist
from services.storage.officers import officer_key
from services.storage.tables import access_log, case_key, victim_key
from services.storage.tables_notify import cards
from tests.support.app import NOW, assess_all, event, take_in, told_within
from tests.support.web import (
    HEADER,
    HOUR,
    NASTY,
    browser,
    card,
    page_of,
    press,
    put_officer,
    put_on_list,
)


async def test_everything_for_one_victim_is_one_card_and_what_cannot_wait_is_on_top(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await put_on_list(engine, card("Later", about="a"), act_by=NOW + 5 * HOUR)
    await put_on_list(engine, card("Sooner", about="b"), act_by=NOW + 4 * HOUR)
    await put_on_list(engine, card("Another", about="c", victim="V-2"), act_by=NOW + HOUR)
    await put_on_list(engine, card("Urgent", about="d", victim="V-3"), act_by=NOW + 9 * HOUR, interrupts=True)
    page = await page_of(app, "/people/P-7")
    assert len(page.all("article")) == 3
    assert "3 cards, 1 cannot wait" in page.text
    order = [page.text.index(word) for word in ("Urgent", "Another", "By 16:00 today", "Sooner", "Later")]
    assert order == sorted(order)
    assert "By 17:00" not in page.text


async def test_what_is_to_be_done_now_stands_before_what_has_a_moment(app: FastAPI, engine: AsyncEngine) -> None:
    await put_on_list(engine, card("Today.", about="a"), act_by=NOW + HOUR, interrupts=True)
    await put_on_list(engine, card("Today too.", about="b", victim="V-2"), act_by=NOW + HOUR, interrupts=True)
    await put_on_list(engine, card("Ring now.", about="c", victim="V-2"), act_by=None, interrupts=True)
    for path in ("/people/P-7", "/lists/cards", "/"):
        words = (await page_of(app, path)).text
        assert words.index("Ring now.") < words.index("Today."), path
        assert re.search(r"\bNow\b.*Ring now\.", words), path
        assert re.search(r"By 13:00 today.*Today\.", words), path
    async with engine.connect() as conn:
        assert [item.say for item in await worklist(conn)] == ["Ring now.", "Today.", "Today too."]


async def test_what_is_only_a_target_counts_as_overdue_on_no_list(app: FastAPI, engine: AsyncEngine) -> None:
    target: dict[str, Any] = {"kind": CardKind.OVERDUE, "due_at": NOW - HOUR}
    await put_on_list(engine, replace(card("One.", about="a", rule="KENT-SARC", **target), never_interrupts=True))
    await put_on_list(engine, replace(card("Two.", about="b", rule="KENT-SOLO", **target), never_interrupts=True))
    for path in ("/", "/people/P-7", "/lists/people"):
        assert not re.search(r"\d overdue|\boverdue (One|Two)", (await page_of(app, path)).text.split("In short")[0]), (
            path
        )
    await put_on_list(engine, replace(card("Three.", about="c", rule="VC-R11-ESCAPE", **target), never_interrupts=True))
    assert "1 overdue" in (await page_of(app, "/lists/people")).text
    assert "And 2 more on this card; 1 overdue." in (await page_of(app, "/lists/cards")).text


async def test_a_card_says_when_it_is_safe_to_ring_whether_to_leave_a_message_and_what_the_code_says(
    app: FastAPI, engine: AsyncEngine
) -> None:
    hours = [{"days": "mon-fri", "from": "10:00", "to": "14:00"}]
    safe: dict[str, Any] = {"sms": "allowed", "voicemail": False, "hours": hours}
    await take_in(engine, event("s", "policing.safe_contact.recorded.v1", time=NOW - 48 * HOUR, **safe))
    await assess_all(engine, told_within())
    overdue = card("Overdue since Monday.", due_at=NOW - HOUR, kind=CardKind.OVERDUE, rule="VC-R6-ARREST")
    await put_on_list(engine, overdue, act_by=NOW + HOUR)
    words = (await page_of(app, "/people/P-7")).text
    assert "Safe to ring: Mon to Fri 10:00-14:00" in words
    assert "Voicemail: leave no message" in words
    assert "Victims' Code, Right 6: tell the victim that a suspect has been arrested" in words
    assert "By 13:00 today KP-1 V-1 overdue" in words
    assert "breach" not in words.lower()


async def test_nobody_is_told_to_leave_a_message_where_nobody_has_asked(app: FastAPI, engine: AsyncEngine) -> None:
    await put_on_list(engine, card("Please ring."))
    words = (await page_of(app, "/people/P-7")).text
    assert "ask when it is safe to ring" in words
    assert "Voicemail: not asked: leave no message" in words


async def test_what_waits_for_a_later_shift_stands_apart_and_has_no_button(app: FastAPI, engine: AsyncEngine) -> None:
    await put_on_list(engine, card("Tomorrow"), act_by=NOW + 20 * HOUR, shown_at=None)
    page = await page_of(app, "/people/P-7")
    assert "No card is on this list now." in page.text
    assert "With the list of a later shift" in page.text
    assert "Tomorrow" in page.text
    assert page.all("form") == []


async def test_what_a_grade_says_is_on_the_list_of_whoever_made_the_contact_alone(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    await put_on_list(engine, card("There was no news.", about="contact:e", kind=CardKind.GRADE))
    async with browser(signed_in) as client:
        for who, path, is_seen in (
            ("P-7", "/people/P-7", True),
            ("P-7", "/cases/KP-1", True),
            ("P-8", "/cases/KP-1", False),
            ("P-7", "/", False),
            ("P-7", "/lists/cards", False),
        ):
            answer = await client.get(path, headers={HEADER: who})
            assert answer.status_code == 200
            assert ("There was no news." in answer.text) is is_seen, (who, path)


async def test_a_list_is_for_its_person_and_the_line_supervisor_and_a_units_list_for_everybody(
    signed_in: FastAPI, engine: AsyncEngine
) -> None:
    await put_officer(engine, "P-7", "P-9")
    await put_officer(engine, "P-8", None)
    await put_on_list(engine, card("Please ring.", about="a"))
    await put_on_list(engine, card("Please tell.", about="b", victim="V-2"), to="WCU")
    async with browser(signed_in) as client:
        for who, ref, status in (
            ("P-7", "P-7", 200),
            ("P-9", "P-7", 200),
            ("P-8", "P-7", 403),
            ("P-8", "WCU", 200),
            ("P-8", "P-8", 200),
            ("P-8", "P-404", 403),
        ):
            answer = await client.get(f"/people/{ref}", headers={HEADER: who})
            assert answer.status_code == status, (who, ref)
            live = await client.get(f"/live/people-keys/{officer_key(ref).hex()}", headers={HEADER: who})
            assert live.status_code == (404 if ref == "P-404" else status)
        for path in ("/", "/lists/people"):
            text = (await client.get(path, headers={HEADER: "P-8"})).text
            assert "/people/WCU" in text
            assert 'href="/people/P-7" id="person' not in text
            assert "1 more list is for those they belong to and their line supervisors." in text


@pytest.mark.parametrize("ref", ["P-7", "a/b", "..", "x?y#z", "é🙈", NASTY, "V\ud800", "L" * 3000], ids=ascii)
async def test_a_person_of_any_reference_has_a_list_that_the_first_page_links_to(
    app: FastAPI, engine: AsyncEngine, ref: str
) -> None:
    await put_on_list(engine, card("Please ring."), to=ref)
    front = await page_of(app)
    link = next(each["href"] for each in front.all("a") if (each.get("id") or "").startswith("person-link-"))
    assert link is not None
    assert "Please ring." in (await page_of(app, link)).text
    assert await press(app, link, "I have this in hand") == 303
    if "\ud800" not in ref and ref != ".." and len(ref) < 100:
        assert "Please ring." in (await page_of(app, f"/people/{quote(ref, safe='')}")).text


async def test_a_list_says_which_of_its_cases_are_set_aside(app: FastAPI, engine: AsyncEngine) -> None:
    await take_in(engine, event("b", "policing.case.reviewed.v1", by="supervisor"))
    await assess_all(engine, told_within(fails_on="policing.case.reviewed.v1"))
    await put_on_list(engine, card("Please ring."))
    assert "This case is set aside: what is said of it is from before." in (await page_of(app, "/people/P-7")).text


async def test_a_list_is_shown_also_where_the_stored_safe_contact_of_one_victim_is_damaged(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await take_in(engine, event("s", "policing.safe_contact.recorded.v1", sms="allowed"))
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE facts SET payload = '\\x7b22'"))
    await assess_all(engine, told_within())
    await put_on_list(engine, card("Please ring."))
    await put_on_list(engine, card("Please write.", victim="V-2"), case="KP-2")
    words = (await page_of(app, "/people/P-7")).text
    assert "Please ring." in words
    assert "Please write." in words


async def test_every_case_on_a_list_is_written_down_as_seen(app: FastAPI, engine: AsyncEngine) -> None:
    await put_on_list(engine, card("One", about="a"))
    await put_on_list(engine, card("Two", about="b"), case="KP-2")
    await page_of(app, "/people/P-7")
    async with engine.connect() as conn:
        found = (await conn.execute(select(access_log.c.case_key, access_log.c.what))).all()
    assert {tuple(each) for each in found} == {(case_key(case), "person's list") for case in ("KP-1", "KP-2")}


async def test_the_first_page_stays_small_when_everything_is_full(app: FastAPI, engine: AsyncEngine) -> None:
    long = "w" * 900
    for number in range(60):
        await put_on_list(
            engine,
            card(f"{number} {long}", about=str(number), victim=f"V-{number}", due_at=NOW + HOUR),
            to=f"P-{number}",
            act_by=NOW + HOUR,
        )
    events = [event(f"late{n}", case=f"KP-{n:0200}", victim_id="v" * 200, time=NOW - 72 * HOUR) for n in range(20)]
    events += [event(f"soon{n}", case=f"KP-{n:0200}", victim_id="v" * 200) for n in range(20)]
    twice = [event(f"late{n}", case="KP-other") for n in range(20)]
    await take_in(engine, *events, *([b"not JSON"] * 20), *twice)
    await assess_all(engine, told_within())
    async with browser(app) as client:
        html = (await client.get("/")).text
    assert "All 60 lists of people and units" in html
    assert len(html.encode()) < 200_000


async def test_work_of_a_large_force_is_listed_in_time(app: FastAPI, engine: AsyncEngine) -> None:
    """Twenty thousand open items of two hundred people: every page answers within its own limit (ten seconds)."""
    made = [
        {
            "card_key": victim_key(str(number)),
            "kind": "task",
            "case_key": case_key(f"KP-{number // 2}"),
            "case_id": f"KP-{number // 2}",
            "victim_id": f"V-{number // 2}",
            "about": str(number),
            "duty_of": "police",
            "addressee": f"P-{number % 200}",
            "to_ref": f"P-{number % 200}",
            "say": "Please ring.",
            "raised_at": NOW - HOUR,
            "planned_at": NOW - HOUR,
            "show_at": NOW - HOUR,
            "shown_at": NOW - HOUR,
            "act_by": NOW + timedelta(minutes=number % 600),
        }
        for number in range(20_000)
    ]
    async with engine.begin() as conn:
        for start in range(0, len(made), 1000):
            await conn.execute(insert(cards), made[start : start + 1000])
    for path in ("/", "/people/P-7", "/lists/people"):
        await page_of(app, path)
