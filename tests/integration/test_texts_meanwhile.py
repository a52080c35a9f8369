"""Texts and what happens meanwhile, on a real PostgreSQL: told, taken back, paused, listed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from notifications.notify import Round
from services.storage.tables import victim_key
from services.storage.tables_notify import contact_points, recorded_outbox
from services.storage.texts import list_texts, set_paused
from tests.support.app import NOW, event, vault
from tests.support.texting import (
    HOUR,
    all_texts,
    bring_in,
    by_text,
    hearing,
    in_store,
    notifier,
    report,
    safe_contact,
    store_people,
    the_worklist,
)

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]


async def tasks(engine: AsyncEngine) -> list[str]:
    return [item.say for item in await the_worklist(engine) if item.kind == "task"]


async def test_news_told_meanwhile_is_not_texted_and_nobody_has_the_task(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), hearing())
    await notifier(engine).send_due()
    assert len(await tasks(engine)) == 1
    told = event("told", "contact.made.v1", time=NOW, channel="phone", direction="outbound", outcome="reached",
                 informed_of=["news"])  # fmt: skip
    await bring_in(engine, told)
    assert await tasks(engine) == []


async def test_the_release_of_news_wakes_the_text_that_waits_for_it(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), by_text(), event("news", time=NOW - HOUR))
    assert (await notifier(engine).send_due()).held == 1
    (task,) = await tasks(engine)
    assert "has not released" in task
    await bring_in(engine, event("rel", "policing.news.released.v1", event_id="news", category="other"))
    assert (await notifier(engine).send_due()).sent == 1
    assert await tasks(engine) == []


async def test_what_was_texted_and_then_taken_back_is_urgent(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    await bring_in(engine, event("undo", "record.retracted.v1", event_id="news", reason="wrong case"))
    (card,) = [each for each in await the_worklist(engine) if each.kind == "task"]
    assert card.urgent
    assert "put it right" in card.say


async def test_a_corrected_record_makes_a_task_and_no_text(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), report("V-2"), safe_contact(), hearing(victim_id="V-2"))
    replacement = {"time": (NOW - HOUR).isoformat(), "data": {**hearing()["data"], "victim_id": "V-1"}}
    await bring_in(engine, event("k", "record.corrected.v1", event_id="news", reason="x", replacement=replacement))
    await notifier(engine).send_due()
    mine = [each for each in await all_texts(engine) if each["victim_id"] == "V-1"]
    assert [(each["state"], each["rule"]) for each in mine] == [("suppressed", "7")]
    assert any(each.startswith("Please tell V-1 about the court hearing") for each in await tasks(engine))


async def test_the_switch_holds_all_texts_until_it_is_lifted(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    async with engine.begin() as conn:
        assert await set_paused(conn, paused=True)
        assert not await set_paused(conn, paused=True)
    assert (await notifier(engine).send_due()).held == 1
    assert "paused" in (await tasks(engine))[0]
    async with engine.begin() as conn:
        assert await set_paused(conn, paused=False)
    assert (await notifier(engine).send_due()).sent == 1


async def test_the_local_outbox_records_attempts_and_no_number(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    async with engine.connect() as conn:
        (row,) = await in_store(conn, recorded_outbox)
    assert (row.to_ref, row.segments) == ("CP-1", 2)
    assert isinstance(row.valid_until, datetime)


async def test_a_text_that_cannot_be_decided_about_stops_no_other(engine: AsyncEngine) -> None:
    await store_people(engine, {}, {"victim_id": "V-2", "value": "07700 900124"})
    others = [
        {**safe_contact("safe-2"), "data": {"victim_id": "V-2", "sms": "allowed"}},
        hearing("n2", victim_id="V-2"),
    ]
    await bring_in(engine, report(), report("V-2"), safe_contact(), hearing(), *others)
    async with engine.begin() as conn:
        await conn.execute(
            update(contact_points).where(contact_points.c.victim_key == victim_key("V-1")).values(sealed=b"broken")
        )
    done = await notifier(engine).send_due()
    assert (done.sent, done.held) == (1, 1)
    by_victim = {each["victim_id"]: each for each in await all_texts(engine)}
    assert (by_victim["V-1"]["state"], by_victim["V-2"]["state"]) == ("held", "delivered")
    assert "VaultError" in by_victim["V-1"]["history"][-1]["why"]
    assert any("keeps Waymark from deciding" in each for each in await tasks(engine))


async def test_a_history_that_is_loaded_makes_neither_texts_nor_tasks(engine: AsyncEngine) -> None:
    old = NOW - timedelta(days=30)
    told = event("told", "contact.made.v1", time=old + HOUR, channel="phone", direction="outbound", outcome="reached",
                 informed_of=["free"])  # fmt: skip
    free = event("free", "policing.suspect.released.v1", time=old, outcome="bail")
    await bring_in(engine, report(time=old - HOUR), safe_contact(time=old), hearing(time=old), free, told)
    assert {(each["state"], each["rule"]) for each in await all_texts(engine)} == {("suppressed", "7")}
    assert (await notifier(engine).send_due()) == Round()
    assert await tasks(engine) == []


async def test_a_release_pages_a_person_at_once_whatever_the_hour(engine: AsyncEngine) -> None:
    await bring_in(engine, report(), event("out", "probation.offender.released.v1", time=NOW))
    (card,) = [each for each in await the_worklist(engine) if each.kind == "task"]
    assert (card.urgent, card.rule) == (True, None)
    await notifier(engine).send_due()
    (card,) = [each for each in await the_worklist(engine) if each.kind == "task"]
    assert (card.urgent, card.rule) == (True, "1")


async def test_assessing_and_sending_at_once_wait_for_each_other_only_briefly(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(sms="discreet"), hearing())

    async def feed() -> None:
        for number in range(10):
            await bring_in(engine, event(f"n{number}", "wcu.pretrial_visit.offered.v1", time=NOW - HOUR))

    async def send() -> None:
        for _ in range(20):
            await notifier(engine).send_due()

    async with asyncio.timeout(60):
        await asyncio.gather(feed(), send())
    await notifier(engine).send_due()
    states = [each["state"] for each in await all_texts(engine)]
    assert states.count("delivered") == 1


async def test_the_latest_texts_are_listed_oldest_first(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact())
    for n in range(3):
        await bring_in(engine, hearing(f"news-{n}", hearing_ref=f"H-{n}"))
    await notifier(engine).send_due()
    whole = await all_texts(engine)
    assert [each["event_id"] for each in whole] == ["news-0", "news-1", "news-2"]
    async with engine.connect() as conn:
        assert await list_texts(conn, vault, limit=2) == whole[1:]
        assert await list_texts(conn, vault, "KP-1", limit=9) == whole
        assert await list_texts(conn, vault, "KP-2") == []


async def test_words_that_were_changed_hide_no_others(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    await bring_in(engine, hearing("later", hearing_ref="H-2"))
    async with engine.begin() as conn:
        await conn.execute(
            text(
                "UPDATE text_requests SET sealed_body = went.sealed_body FROM text_requests AS went "
                "WHERE text_requests.event_id = 'later' AND went.event_id = 'news'"
            )
        )
    first, later = await all_texts(engine)
    assert first["body"].startswith("Hello")
    assert later["body"] is None
