"""Whoever is on call sees that cards are not planned or shown, who has what nobody answers, and what did not arrive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.storage.standing_alerts import AlertsStanding, how_alerts_stand
from services.storage.tables_alerts import notices
from services.storage.tables_notify import cards, text_requests
from tests.support.alerting import go_on, solo, store_officers
from tests.support.app import NOW, event
from tests.support.texting import HOUR, bring_in, report, safe_contact

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

MINUTE = timedelta(minutes=1)


async def standing(engine: AsyncEngine) -> AlertsStanding:
    async with engine.connect() as conn:
        return await how_alerts_stand(conn)


async def change(engine: AsyncEngine, table: Any, **values: Any) -> None:
    async with engine.begin() as conn:
        await conn.execute(update(table).values(**values))


async def an_escape(engine: AsyncEngine) -> None:
    await store_officers(engine)
    await bring_in(
        engine, report(), safe_contact(), solo(), event("esc", "probation.offender.escaped.v1", time=NOW - HOUR)
    )


async def test_a_card_that_nobody_plans_or_shows_is_seen_to_wait(engine: AsyncEngine) -> None:
    await an_escape(engine)
    seen = await standing(engine)
    assert seen.unplanned > 0
    assert seen.oldest_unplanned_s is not None
    assert 0 <= seen.oldest_unplanned_s < 60
    assert (seen.unshown, seen.longest_unshown_s) == (0, None)

    await go_on(engine)
    seen = await standing(engine)
    assert (seen.unplanned, seen.oldest_unplanned_s, seen.unshown) == (0, None, 0)

    await change(engine, cards, shown_at=None, show_at=NOW - HOUR)
    seen = await standing(engine)
    assert seen.unshown > 0
    assert seen.longest_unshown_s == pytest.approx(3600, abs=60)


async def test_who_has_an_interruption_that_nobody_answers_is_counted_by_step(engine: AsyncEngine) -> None:
    await store_officers(engine)
    seized = event("ph", "policing.phone.seized.v1", time=NOW - 19 * HOUR, device_ref="D")
    await bring_in(engine, report(), safe_contact(), solo(), seized)
    await go_on(engine)
    first = (await standing(engine)).interruptions
    assert first["officer"] > 0
    assert (first["supervisor"], first["control_room"]) == (0, 0)
    await go_on(engine, 16 * MINUTE)
    assert (await standing(engine)).interruptions == {**first, "officer": 0, "supervisor": first["officer"]}
    await go_on(engine, 16 * MINUTE)
    assert (await standing(engine)).interruptions == {**first, "officer": 0, "control_room": first["officer"]}
    await change(engine, cards, acknowledged_at=NOW)
    assert set((await standing(engine)).interruptions.values()) == {0}


async def test_what_became_of_texts_and_notices_is_counted_for_a_day(engine: AsyncEngine) -> None:
    await an_escape(engine)
    await go_on(engine)
    seen = await standing(engine)
    assert seen.notices["stored"] > 0
    assert seen.oldest_notice_s is not None
    assert sum(seen.texts.values()) > 0
    await change(engine, notices, state="failed", retry_at=None)
    await change(engine, text_requests, state="temporary_failure", wake_at=None)
    seen = await standing(engine)
    assert set(seen.notices) == {"failed"}
    assert set(seen.texts) == {"temporary_failure"}
    assert seen.oldest_notice_s is None
    await go_on(engine, timedelta(days=2))
    assert "temporary_failure" not in (await standing(engine)).texts
