"""A self-referral to a sexual assault referral centre is shown to nobody until a victim of the case reports."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import Result

from infra.settings import Settings
from services.storage.tables import obligations
from services.web.app import build_web
from tests.support.alerting import all_notices, go_on, store_officers
from tests.support.app import NOW, event, vault
from tests.support.commands import Invoke
from tests.support.texting import HOUR, bring_in
from tests.support.web import browser, card, put_on_list, web_settings

pytestmark = pytest.mark.servers

CASE = "SARC-77"


def self_referral(**others: Any) -> dict[str, Any]:
    return event(
        "sarc", "support.sarc.attended.v1", case=CASE, time=NOW - HOUR, victim_id="V-77", self_referred=True, **others
    )


def reported() -> dict[str, Any]:
    return event(
        "report", "policing.crime.reported.v1", case=CASE, time=NOW - HOUR / 2, victim_id="V-77", offence="rape"
    )


async def sealed_case(engine: AsyncEngine) -> None:
    """With all that could make somebody look at it: a record that contradicts itself, a card, an arrest."""
    await store_officers(engine)
    await bring_in(engine, self_referral())
    await bring_in(engine, self_referral(forensic_examination=True))
    await bring_in(engine, event("arrest", case=CASE, time=NOW - HOUR, victim_id="V-77"))
    await put_on_list(engine, card("Please ring V-77.", victim="V-77"), to="WCU", case=CASE)


async def ask(app: FastAPI, path: str) -> tuple[int, str]:
    async with browser(app) as client:
        answer = await client.get(path)
    return answer.status_code, answer.text


async def test_a_sealed_case_is_on_no_page_not_even_for_whoever_sits_at_this_machine(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    app = build_web(web_settings(store_settings), engine, vault=vault)
    await sealed_case(engine)
    assert (await ask(app, f"/cases/{CASE}"))[0] == 404
    for page in ("/", "/people/WCU", "/people/cover", "/lists/problems", "/lists/cards", "/lists/coming"):
        status, html = await ask(app, page)
        assert status == 200
        assert CASE not in html
        assert "V-77" not in html
    assert "No problem of the record is known." in (await ask(app, "/lists/problems"))[1]
    await bring_in(engine, reported())
    status, html = await ask(app, f"/cases/{CASE}")
    assert status == 200
    assert "V-77" in html
    assert CASE in (await ask(app, "/lists/problems"))[1]


async def test_nothing_of_a_sealed_case_is_put_in_front_of_anybody_until_it_is_reported(
    engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    await store_officers(engine)
    escaped = event("esc", "probation.offender.escaped.v1", case=CASE, time=NOW, suspect_ref="S-1", victim_id="V-77")
    await bring_in(engine, self_referral(), escaped)
    await go_on(engine)
    assert await all_notices(engine) == []
    await bring_in(engine, reported())
    await go_on(engine)
    found = {(each.kind, each.about[0]["case_id"]) for each in await all_notices(engine)}
    assert ("interruption", CASE) in found


async def test_no_command_shows_a_sealed_case(engine: AsyncEngine, at_noon: datetime, run: Invoke) -> None:
    assert at_noon == NOW
    await sealed_case(engine)
    async with engine.connect() as conn:
        duty = (await conn.execute(select(obligations.c.id).limit(1))).scalar_one()

    async def ask_for(*words: str) -> Result:
        return await asyncio.to_thread(run, *words)

    assert "not in the store" in (await ask_for("case", CASE)).stderr
    assert json.loads((await ask_for("worklist", "--json")).stdout) == []
    assert json.loads((await ask_for("texts", "list", "--json")).stdout) == []
    assert "No obligation of this id" in (await ask_for("explain", duty)).stderr
    await bring_in(engine, reported())
    assert "V-77" in (await ask_for("case", CASE)).stdout
    assert CASE in (await ask_for("worklist")).stdout
    assert (await ask_for("explain", duty)).exit_code == 0
