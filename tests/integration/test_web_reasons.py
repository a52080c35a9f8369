"""Good reasons on the page of a case: recorded ones with whether they were reviewed, and what the record suggests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.record import GoodReasonData
from infra.settings import Settings
from services.assess_case import Rules
from services.journeys.assess import assess
from services.journeys.rule_set import load_rule_set
from services.storage.tables import case_key
from services.web.app import build_web
from services.web.reason_words import CATEGORIES
from tests.support.app import NOW, assess_all, event, take_in, vault
from tests.support.web import Page, page_of, web_settings

RULES = load_rule_set()
CARRIED = Rules(RULES.hash, lambda facts, now: assess(facts, RULES, now))
DAY = timedelta(days=1)


@pytest.fixture
def app(store_settings: Settings, engine: AsyncEngine, at_noon: datetime) -> FastAPI:
    assert at_noon == NOW
    return build_web(web_settings(store_settings), engine, vault=vault)


async def _page(app: FastAPI, engine: AsyncEngine, *more: dict[str, Any]) -> Page:
    report = event("r", "policing.crime.reported.v1", time=NOW - 20 * DAY, offence="stalking")
    await take_in(engine, report, event("a", time=NOW - 10 * DAY), *more)
    await assess_all(engine, CARRIED)
    return await page_of(app, f"/case-keys/{case_key('KP-1').hex()}")


def _given(**data: Any) -> dict[str, Any]:
    told = {
        "event_id": "a",
        "rule": "VC-R6-ARREST",
        "category": "unreachable",
        "words": "Six calls, none <b>answered</b>.",
        "decided_at": (NOW - DAY).isoformat(),
        "recorded_by": {"role": "OIC", "officer_ref": "P-1"},
    }
    return event("g", "record.good_reason.v1", time=NOW - DAY, **told | data)


async def test_a_recorded_reason_stands_beside_its_duty_and_says_whether_it_was_reviewed(
    app: FastAPI, engine: AsyncEngine
) -> None:
    page = await _page(app, engine, _given())
    assert "Good reason recorded: the victim could not be reached. Six calls, none <b>answered</b>." in page.text
    assert "Not reviewed by anybody else yet." in page.text
    assert "It stays overdue or late." in page.text
    assert "breach" not in page.text.lower()


async def test_a_reviewed_one_says_by_whom(app: FastAPI, engine: AsyncEngine) -> None:
    assert "Reviewed by P-9." in (await _page(app, engine, _given(reviewed_by="P-9"))).text


async def test_what_the_record_suggests_is_offered_until_one_is_recorded(app: FastAPI, engine: AsyncEngine) -> None:
    call = {"channel": "phone", "direction": "outbound", "outcome": "no_answer"}
    tries = [
        event(f"t{hours}", "contact.made.v1", time=NOW - 9 * DAY + timedelta(hours=hours), **call)
        for hours in (0, 5, 22)
    ]
    offered = "The record may hold a good reason: the victim could not be reached. 3 attempts on 2 days"
    assert offered in (await _page(app, engine, *tries)).text
    assert offered not in (await _page(app, engine, _given())).text


async def test_a_feed_silent_now_is_offered(app: FastAPI, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        last = {"at": NOW - 9 * DAY}
        await conn.execute(text("INSERT INTO feeds (name, last_received_at) VALUES ('contact', :at)"), last)
    assert "the record reached us late. Nothing came from the contact feed" in (await _page(app, engine)).text


def test_every_category_has_words() -> None:
    assert set(get_args(GoodReasonData.model_fields["category"].annotation)) == set(CATEGORIES)
