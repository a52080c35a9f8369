"""The pages: what they show, to whom, and that nothing in a case's data can hide or change the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.contacts.cards import CardKind
from services.projections import shown
from services.storage.officers import officer_key
from services.storage.tables import obligations
from services.storage.tables_notify import text_requests
from services.web.app import build_web
from tests.support.app import NOW, assess_all, event, take_in, told_within, vault
from tests.support.web import HOUR, NASTY, Page, add_text, browser, card, page_of, put_on_list, raise_card, web_settings

CONTACT = "contact.made.v1"


@pytest.fixture
def app(store_settings: Settings, engine: AsyncEngine, at_noon: datetime) -> FastAPI:
    assert at_noon == NOW
    return build_web(web_settings(store_settings), engine, vault=vault)


async def test_an_empty_store_says_so_and_says_the_moment_and_that_the_clock_is_simulated(app: FastAPI) -> None:
    page = await page_of(app)
    assert "Friday 20 November 2026, 12:0" in page.text
    assert "simulated clock" in page.text
    assert "Nothing is overdue." in page.text
    assert "No text was sent." in page.text


async def test_a_real_clock_is_not_called_simulated(store_settings: Settings, engine: AsyncEngine) -> None:
    page = await page_of(build_web(web_settings(store_settings), engine))
    assert "simulated" not in page.text


async def test_an_event_of_an_unknown_type_is_kept_and_shown_on_its_case(app: FastAPI, engine: AsyncEngine) -> None:
    await take_in(engine, event("odd", "weather.changed.v7", time=NOW - HOUR), event("known", time=NOW - HOUR))
    await assess_all(engine, told_within())
    words = (await page_of(app, "/cases/KP-1")).text
    assert "Events of a kind that is not known here" in words
    assert "weather.changed.v7, Fri 20 Nov at 11:00" in words
    assert "policing.suspect.arrested.v1, " not in words


async def test_what_is_overdue_is_said_in_words_and_never_called_a_breach(app: FastAPI, engine: AsyncEngine) -> None:
    await take_in(engine, event("late", time=NOW - 3 * 24 * HOUR), event("soon", time=NOW - HOUR))
    await assess_all(engine, told_within())
    page = await page_of(app)
    assert "1 overdue" in page.text
    assert "Overdue: since 12:00 on Wed 18 Nov" in page.text
    assert "Open: by 11:00 tomorrow, Sat 21 Nov" in page.text
    assert "breach" not in page.text.lower()


async def test_an_advisory_past_its_date_is_not_counted_as_overdue(app: FastAPI, engine: AsyncEngine) -> None:
    await take_in(engine, event("late", time=NOW - 3 * 24 * HOUR))
    await assess_all(engine, told_within())
    async with engine.begin() as conn:
        await conn.execute(obligations.update().values(advisory=True))
    page = await page_of(app)
    assert "0 overdue" in page.text
    assert "Past its target date: since 12:00 on Wed 18 Nov" in page.text
    assert "Advisory: a target, not a right." in page.text


async def test_what_fell_due_before_go_live_is_apart_from_what_is_overdue(app: FastAPI, engine: AsyncEngine) -> None:
    await take_in(engine, event("late", time=NOW - 3 * 24 * HOUR))
    await assess_all(engine, told_within(), announce_from=NOW)
    page = await page_of(app)
    assert "0 overdue" in page.text
    assert "1 from before go-live" in page.text
    assert "From before go-live: nobody was alerted." in (await page_of(app, "/cases/KP-1")).text


async def test_cards_come_soonest_first_and_say_which_are_overdue(app: FastAPI, engine: AsyncEngine) -> None:
    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    for name, due_at in (("Third thing", None), ("Second thing", NOW + 6 * HOUR), ("First thing", NOW - HOUR)):
        await raise_card(engine, card(name, due_at=due_at, about=name, kind=CardKind.APPROACHING))
    words = (await page_of(app)).text
    # One card a victim: what is said first on it is what can still be done in time, and how much more there is.
    assert "By 18:00 today" in words
    assert "Second thing And 2 more on this card. P-7" in words
    words = (await page_of(app, "/cases/KP-1")).text
    assert "Overdue Was to be done by 11:00 today First thing P-7" in words
    assert "By 18:00 today Second thing P-7" in words
    assert "No date Third thing P-7" in words
    assert words.index("First thing") < words.index("Second thing") < words.index("Third thing")


async def test_texts_show_their_words_why_they_are_held_and_what_a_person_should_do(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await add_text(engine, "sent", body="Hello. The hearing is on Thursday.")
    await add_text(engine, "held", why="4: it is outside the safe hours")
    await add_text(engine, "suppressed", why="2: no safe contact is recorded")
    async with engine.connect() as conn:
        row = (
            await conn.execute(select(text_requests.c.event_id).where(text_requests.c.state == "suppressed"))
        ).scalar_one()
    await raise_card(engine, card("Please ring V-1 about it.", about=f"text:news:/kent/rms:{row}"))
    for path in ("/", "/cases/KP-1"):
        if path != "/":
            await take_in(engine, event("a"))
            await assess_all(engine, told_within())
        words = (await page_of(app, path)).text
        assert "Hello. The hearing is on Thursday." in words
        assert "Held until Fri 20 Nov at 13:00" in words
        assert "4: it is outside the safe hours." in words
        assert "2: no safe contact is recorded. Please ring V-1 about it." in words
        assert "No text provider is set up" in words


async def test_the_words_of_an_erased_victim_are_gone_and_the_rest_of_the_page_is_not(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await add_text(engine, "sent", body="Hello. The hearing is on Thursday.")
    async with engine.begin() as conn:
        await vault.erase(conn, "V-1")
    words = (await page_of(app)).text
    assert "Hello" not in words
    assert "The words cannot be shown" in words


async def test_dead_letters_cases_set_aside_and_problems_of_the_record_are_shown(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await take_in(engine, b"not JSON", event("a"), event("a", time=NOW - HOUR))
    await take_in(engine, event("b", "policing.case.reviewed.v1", case="KP-2", by="supervisor"))
    await assess_all(engine, told_within(fails_on="policing.case.reviewed.v1"))
    page = await page_of(app)
    assert "2 dead letters" in page.text
    assert "1 cases set aside" in page.text
    assert "stopped with ArithmeticError" in page.text
    assert "must not stand in any log" not in page.text
    assert "An event came again under the same id with other content." in page.text
    assert "/cases/KP-2" in [each.get("href") for each in page.all("a")]


async def test_the_page_of_a_case_with_a_damaged_row_shows_its_card_and_does_not_say_that_all_else_is_well(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await take_in(engine, event("a"))
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE facts SET payload = '\\x7b22'"))
    await assess_all(engine, told_within())
    words = (await page_of(app, "/cases/KP-1")).text
    assert "This case is set aside" in words
    assert "Please look at the case by hand meanwhile" in words
    assert "as it should be" not in words


async def test_the_page_of_a_case_says_how_many_of_its_records_were_refused_until_they_are_settled(
    app: FastAPI, engine: AsyncEngine
) -> None:
    wrong = {**event("b"), "time": "yesterday"}
    await take_in(engine, event("a"), wrong, {**wrong, "id": "c"}, {**wrong, "subject": "KP-2"})
    await assess_all(engine, told_within())
    page = await page_of(app, "/cases/KP-1")
    assert "2 records of this case could not be taken in, and nobody has dealt with them" in page.text
    assert "/lists/dead" in [each.get("href") for each in page.all("a")]
    await take_in(engine, event("b"))
    assert "1 record of this case could not be taken in" in (await page_of(app, "/cases/KP-1")).text
    await take_in(engine, event("c"))
    assert "could not be taken in" not in (await page_of(app, "/cases/KP-1")).text


async def test_nothing_is_graded_aloud_in_the_first_hour_after_a_contact(app: FastAPI, engine: AsyncEngine) -> None:
    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    body = (
        b'{"contacts":[{"event_id":"new","victim_id":"V-1","grade":"tick_box","reasons":["boilerplate"]},'
        b'{"event_id":"old","victim_id":"V-1","grade":"tick_box","reasons":["boilerplate"]}]}'
    )
    contact: dict[str, Any] = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    await take_in(
        engine,
        event("new", CONTACT, time=NOW - 0.5 * HOUR, **contact),
        event("old", CONTACT, time=NOW - 2 * HOUR, **contact),
    )
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE case_views SET body = :body"), {"body": body})
    words = (await page_of(app, "/cases/KP-1")).text
    assert words.count("No news in this contact") == 1
    assert "Just made It is looked at an hour after it was made." in words
    assert "No news in this contact" not in (await page_of(app)).text


async def test_long_lists_are_cut_and_say_how_many_more_there_are(
    app: FastAPI, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.web.contents.SHOWN", 11)
    await take_in(engine, *(event(f"e{n}", time=NOW - HOUR) for n in range(13)))
    await assess_all(engine, told_within())
    front = await page_of(app)
    assert "13 owed, not yet due" in front.text
    assert len([id_ for id_ in front.ids if id_.startswith("coming-link-")]) == shown.ON_FRONT == 8
    assert "All 13 owed, not yet due" in front.text
    page = await page_of(app, next(each["href"] or "" for each in front.all("a") if each.get("id") == "all-coming"))
    assert len([id_ for id_ in page.ids if id_.startswith("coming-link-")]) == 11
    assert "The first 11 are shown. There are 2 more." in page.text


ODD_CASES = [
    "KP-1", "a/b", "a/b/", "..", ".", "x?y#z", "a b", "é🙈", "%2F", "a%2Fb", "live", "<b>", "\u05e9",
    'q"uo\'te', "x\ty",
    "L" * 500, "é" * 6000,
]  # fmt: skip


@pytest.mark.parametrize("case", ODD_CASES, ids=lambda case: case[:12].encode("ascii", "backslashreplace").decode())
async def test_a_case_of_any_id_has_a_page_that_the_first_page_links_to(
    app: FastAPI, engine: AsyncEngine, case: str
) -> None:
    await take_in(engine, event("a", case=case))
    await assess_all(engine, told_within())
    front = await page_of(app)
    link = next(each["href"] for each in front.all("a") if (each.get("id") or "").startswith("coming-link-"))
    assert link is not None
    page = await page_of(app, link)
    assert page.text.count("Case ") >= 1
    assert "something is owed to V-1".lower() in page.text.lower()
    by_id = f"/cases/{quote(case, safe='')}"
    if case not in (".", "..") and len(by_id) < 10_000:  # what a browser would not send as written
        assert "Owed" in (await page_of(app, by_id)).text


async def test_a_case_page_shows_what_met_a_duty_and_what_was_announced_when(app: FastAPI, engine: AsyncEngine) -> None:
    told: dict[str, Any] = {"channel": "phone", "direction": "outbound", "outcome": "reached", "informed_of": ["a"]}
    await take_in(engine, event("a", time=NOW - 72 * HOUR))
    await assess_all(engine, told_within())
    await take_in(engine, event("told", CONTACT, time=NOW - HOUR, **told))
    await assess_all(engine, told_within())
    words = (await page_of(app, "/cases/KP-1")).text
    assert "Met late" in words
    assert "Fri 20 Nov at 11:00 Record told" in words
    assert "From the ledger of this case" in words
    assert words.index("2 Fri 20 Nov at 12:0") < words.index("1 Fri 20 Nov at 12:0")


NOWHERE = ["/cases/nobody", "/case-keys/00", "/case-keys/zz", f"/case-keys/{'0' * 64}", "/lists/x", "/x"]


@pytest.mark.parametrize("path", [*NOWHERE, f"/people-keys/{'0' * 64}", "/people-keys/x"])
async def test_what_is_not_there_is_said_in_a_sentence(app: FastAPI, path: str) -> None:
    async with browser(app) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    page = Page(answer.text)
    said = ("Waymark knows no case of this id.", "Waymark knows no list of this name.", "There is no such page.")
    assert any(each in page.text for each in said)
    assert "nobody" not in page.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_nothing_can_be_changed_but_by_a_button(app: FastAPI, method: str) -> None:
    async with browser(app) as client:
        for path in ("/", "/cases/KP-1", f"/case-keys/{'0' * 64}", "/people/P-7", "/lists/overdue", "/live"):
            assert (await client.request(method, path, headers={"Origin": str(client.base_url)})).status_code == 405


async def test_hostile_references_change_nothing_around_them(app: FastAPI, engine: AsyncEngine) -> None:
    late = NOW - 72 * HOUR
    await take_in(engine, event("a", victim_id=NASTY, suspect_ref=NASTY), event("b", time=late, victim_id=NASTY))
    await assess_all(engine, told_within())
    await put_on_list(engine, card(f"Please ring {NASTY}.", victim=NASTY), to=NASTY)
    for path in ("/", "/cases/KP-1", f"/people-keys/{officer_key(NASTY).hex()}"):
        async with browser(app) as client:
            html = (await client.get(path)).text
        page = Page(html)
        assert "<script>alert" not in html
        assert [each.get("src") for each in page.all("script")] == ["/static/live.js"]
        assert not any(sign in html for sign in ("\x00", "\u202e"))
        assert '<script>alert(1)</script>[U+202E]\u05e9[U+0000]🙈 & "V"\'' in page.text


async def test_half_a_surrogate_pair_in_a_reference_does_not_keep_the_page_from_coming(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await raise_card(engine, card("Please ring them.", victim="V\ud800"))
    assert "V[U+D800]" in (await page_of(app)).text
