"""What a text told and the record no longer says is put right by a person, at a safe hour, and then done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.storage.tables_notify import cards
from tests.support.alerting import go_on, referral, solo, store_officers
from tests.support.app import NOW, event
from tests.support.texting import HOUR, bring_in, hearing, notifier, report, safe_contact, store_people

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

AT_NIGHT = NOW + 14 * HOUR
IN_THE_MORNING = NOW + 23 * HOUR


async def task(engine: AsyncEngine) -> Any:
    async with engine.connect() as conn:
        found = await conn.execute(select(cards).where(cards.c.about == "put_right:/kent/rms:news"))
        return found.one()


async def taken_back_at_night(engine: AsyncEngine) -> None:
    await store_officers(engine)
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), solo(), referral(), hearing())
    assert (await notifier(engine).send_due()).sent == 1
    await go_on(engine, AT_NIGHT - NOW)
    await bring_in(engine, event("x", "record.retracted.v1", time=AT_NIGHT, event_id="news", reason="wrong case"))
    await go_on(engine)


def call(id_: str, **given: Any) -> dict[str, Any]:
    base = {"channel": "phone", "direction": "outbound", "outcome": "reached",
            "recorded_by": {"role": "SOLO", "officer_ref": "P-1"}}  # fmt: skip
    return event(id_, "contact.made.v1", time=IN_THE_MORNING, **{**base, **given})


async def test_at_night_nobody_is_asked_to_ring_at_an_unsafe_hour(engine: AsyncEngine) -> None:
    await taken_back_at_night(engine)
    found = await task(engine)
    assert found.urgent
    assert "as soon as it is safe to ring" in found.say
    assert "Please ring" not in found.say


@pytest.mark.parametrize(
    "told",
    [
        [call("told", informed_of=["news"])],
        [call("told"), event("l", "contact.linked.v1", time=IN_THE_MORNING, event_id="told", informed_of=["news"])],
    ],
)
async def test_it_is_done_once_a_person_has_told_the_victim(engine: AsyncEngine, told: list[dict[str, Any]]) -> None:
    await taken_back_at_night(engine)
    await go_on(engine, IN_THE_MORNING - AT_NIGHT + timedelta(minutes=1))
    await bring_in(engine, call("other", informed_of=["referral"]), call("missed", outcome="no_answer"))
    assert (await task(engine)).closed_at is None
    await bring_in(engine, *told)
    assert (await task(engine)).closed_because == "a person has told them since"
