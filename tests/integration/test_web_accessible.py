"""The pages for those who cannot see them, see them small, or use no mouse: landmarks, labels, headings, names."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.contacts.cards import CardKind
from services.web.app import build_web
from services.web.showing import STATIC
from tests.support.app import NOW, assess_all, event, take_in, told_within, vault
from tests.support.web import HOUR, NASTY, Page, add_text, browser, card, put_on_list, raise_card, web_settings

PATHS = ("/", "/cases/KP-1", "/people/P-7", "/lists/coming", "/lists/people", "/cases/none")


@pytest.fixture
async def app(store_settings: Settings, engine: AsyncEngine, at_noon: datetime) -> FastAPI:
    late = at_noon - timedelta(days=3)
    twice = event("a"), event("a", time=late)
    await take_in(engine, b"not JSON", *twice, event("b", time=late, victim_id=NASTY), event("c", case="KP-2"))
    await assess_all(engine, told_within(fails_on="policing.case.reviewed.v1"))
    await take_in(engine, event("d", "policing.case.reviewed.v1", case="KP-3", by="supervisor"))
    await assess_all(engine, told_within(fails_on="policing.case.reviewed.v1"))
    for state in ("sent", "held", "suppressed"):
        await add_text(engine, state, body="Hello.", why="4: because")
    await raise_card(engine, card("First", due_at=NOW))
    await put_on_list(engine, card("Second", about="another"), act_by=NOW + HOUR, interrupts=True)
    await put_on_list(engine, card("Third", about="third", victim=NASTY), shown_at=None)
    await put_on_list(engine, card("Fourth", about="contact:e", victim="V-2", kind=CardKind.GRADE), case="KP-2")
    return build_web(web_settings(store_settings), engine, vault=vault)


async def pages(app: FastAPI) -> list[Page]:
    async with browser(app) as client:
        return [Page((await client.get(path)).text) for path in PATHS]


async def test_every_page_has_its_language_title_landmarks_and_one_first_heading(app: FastAPI) -> None:
    for page in await pages(app):
        assert page.all("html")[0]["lang"] == "en-GB"
        assert len(page.all("title")) == 1
        assert [len(page.all(tag)) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
        assert all(each.get("aria-label") for each in page.all("nav"))
        assert any("width=device-width" in (each.get("content") or "") for each in page.all("meta"))


async def test_headings_never_skip_a_level(app: FastAPI) -> None:
    for page in await pages(app):
        levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3", "h4"}]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


async def test_no_id_stands_twice_and_every_reference_leads_somewhere(app: FastAPI) -> None:
    for page in await pages(app):
        assert page.repeated_ids == []
        for _, attributes in page.tags:
            named = (attributes.get("aria-labelledby") or "").split()
            href = attributes.get("href") or ""
            named += [href[1:]] if href.startswith("#") else []
            assert set(named) <= set(page.ids)


async def test_tables_have_captions_scopes_and_labels_that_stay_when_rows_are_stacked(app: FastAPI) -> None:
    for page in (await pages(app))[:2]:
        assert len(page.all("caption")) == len(page.all("table")) > 3
        assert all(each.get("role") == "table" for each in page.all("table"))
        assert all(each.get("scope") in {"col", "row"} for each in page.all("th"))
        assert all(each.get("data-label") for each in page.all("td"))


async def test_every_link_can_be_found_again_after_the_page_refreshed_itself(app: FastAPI) -> None:
    for page in await pages(app):
        inside = [each for each in page.all("a") if each.get("class") != "skip"]
        assert all(each.get("id") for each in [*inside, *page.all("button")])


async def test_the_first_thing_on_a_page_leads_past_what_is_repeated(app: FastAPI) -> None:
    for page in await pages(app):
        assert page.all("a")[0] == {"class": "skip", "href": "#main"}
        assert page.all("main")[0]["id"] == "main"


async def test_it_refreshes_itself_politely_and_without_script_by_a_link(app: FastAPI) -> None:
    for page in (await pages(app))[:-1]:
        status = next(attributes for _, attributes in page.tags if attributes.get("id") == "live-status")
        assert status["aria-live"] == "polite"
        assert any(each.get("id") == "refresh" for each in page.all("a"))
        assert all(each.get("src") == "/static/live.js" for each in page.all("script"))
        assert not any(name.startswith("on") or name == "style" for _, found in page.tags for name in found)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("ink", ["ink", "quiet", "link", "mark"])
@pytest.mark.parametrize("ground", ["paper", "shade"])
def test_words_stand_out_from_what_is_behind_them(ink: str, ground: str) -> None:
    colours = {
        line.split(":")[0].strip("- "): line.split(":")[1].strip(" ;")
        for line in (STATIC / "page.css").read_text("utf-8").splitlines()
        if line.strip().startswith("--")
    }
    light, dark = _luminance(colours[ground]), _luminance(colours[ink])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_nothing_is_fetched_from_anywhere_else() -> None:
    for name in ("page.css", "live.js"):
        written = (STATIC / name).read_text("utf-8")
        assert "http:" not in written
        assert "https:" not in written
        assert "@import" not in written
