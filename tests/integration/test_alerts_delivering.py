"""An alert that leaves Waymark carries a case, a moment and a link; nothing else, and nothing of it is logged."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from notifications.channels.staff import MOST_CASES, Alert
from services.storage.notices import TRIES_AFTER
from services.storage.officers import address_of, officer_key
from tests.support.alerting import (
    DAY,
    PAGES,
    SOLO,
    SUPERVISOR,
    all_notices,
    deliverer,
    go_on,
    mail_server,
    referral,
    solo,
    store_officers,
    webhook,
)
from tests.support.app import NOW, event, vault
from tests.support.texting import HOUR, bring_in, report, safe_contact

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

SECRET = "s3cret-of-the-hook"


async def one_list(engine: AsyncEngine, **changes: str) -> None:
    """P-1 has one list, with one case, whose victim, officer and note must not leave."""
    await store_officers(engine, {**SOLO, **changes}, SUPERVISOR)
    call = event("c", "contact.made.v1", time=NOW - HOUR, channel="phone", direction="outbound", outcome="reached",
                 note="Rang Persephone at the blue house.", recorded_by={"role": "SOLO", "officer_ref": "P-1"},
                 informed_of=["report-V-1-KP-1"])  # fmt: skip
    await bring_in(engine, report(), safe_contact(), solo(), referral(), call, event("arrest", time=NOW - HOUR))
    await go_on(engine, timedelta(days=6))
    await go_on(engine, timedelta(hours=21, minutes=6))


async def states(engine: AsyncEngine, to: str = "P-1") -> list[tuple[str, int]]:
    return [(each.state, each.attempts) for each in await all_notices(engine) if each.to_ref == to]


def holds_nothing_else(words: str) -> None:
    for personal in ("V-1", "P-1", "S-1", "VC-R6", "arrest", "Persephone", "stalking", "force.example", SECRET):
        assert not re.search(rf"(?<!K){personal}", words)


async def test_an_e_mail_carries_case_moment_and_link_alone(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await one_list(engine)
    async with mail_server() as box:
        mail = f"mailto://waymark:{SECRET}@127.0.0.1:{box.port}?from=waymark@force.example&to=other@force.example"
        await deliverer(engine, mail.replace(f"waymark:{SECRET}@", "")).deliver_due()
        assert box.recipients == ["p1@force.example"]
        (words,) = box.texts()
    assert words.splitlines()[0] == "Waymark"
    assert "KP-1: act by 17:00 on Fri 27 Nov 2026" in words
    assert words.splitlines()[-1] == f"{PAGES}/people-keys/{officer_key('P-1').hex()}"
    holds_nothing_else(words)
    assert await states(engine) == [("delivered", 1)]
    assert "force.example" not in caplog.text
    assert str(box.port) not in caplog.text


async def test_a_webhook_carries_the_same_and_its_secret_is_nowhere_logged(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with webhook() as hook:
        await one_list(engine, address=f"http://127.0.0.1:{hook.port}/in/{SECRET}?sig={SECRET}&x=")
        hook.status = 503
        await deliverer(engine).deliver_due()
        assert await states(engine) == [("stored", 1)]
        hook.status = 200
        await go_on(engine, TRIES_AFTER[0])
        await deliverer(engine).deliver_due()
        (_, (line, body)) = hook.requests
    assert line == f"POST /in/{SECRET}?sig={SECRET}&x= HTTP/1.1"
    sent = json.loads(body)
    assert "KP-1: act by 17:00 on Fri 27 Nov 2026" in sent["message"]
    holds_nothing_else(body)
    assert await states(engine) == [("delivered", 2)]
    notice = (await all_notices(engine))[-1]
    assert [step["state"] for step in notice.history] == ["failed", "delivered"]
    assert SECRET not in caplog.text
    assert SECRET not in json.dumps(notice.history)


async def test_a_mail_server_that_refuses_is_tried_again_and_then_given_up(engine: AsyncEngine) -> None:
    await one_list(engine)
    async with mail_server() as box:
        box.refuses = True
        delivering = deliverer(engine, f"mailto://127.0.0.1:{box.port}?from=waymark@force.example")
        await delivering.deliver_due()
        await delivering.deliver_due()
        assert await states(engine) == [("stored", 1)]
        for number, pause in enumerate(TRIES_AFTER, start=2):
            await go_on(engine, pause)
            await delivering.deliver_due()
            ends = "failed" if number > len(TRIES_AFTER) else "stored"
            assert (await states(engine))[0] == (ends, number)
        await go_on(engine, DAY)
        await delivering.deliver_due()
    assert (await states(engine))[0] == ("failed", len(TRIES_AFTER) + 1)


async def test_without_an_address_or_a_way_the_list_stands_all_the_same(engine: AsyncEngine) -> None:
    await one_list(engine)
    await deliverer(engine).deliver_due()
    assert await states(engine) == [("no_address", 1)]
    assert (await all_notices(engine))[0].history[-1]["why"].endswith(("WAYMARK_ALERT_MAIL", "no address is known"))


async def test_a_delivery_that_died_half_way_is_made_again(engine: AsyncEngine) -> None:
    await one_list(engine)
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE notices SET state = 'delivering', attempts = 1"))
        await conn.execute(text("UPDATE notices SET retry_at = waymark_now() + interval '2 minutes'"))
    async with mail_server() as box:
        delivering = deliverer(engine, f"mailto://127.0.0.1:{box.port}?from=waymark@force.example")
        await delivering.deliver_due()
        assert box.raw == []
        await go_on(engine, timedelta(minutes=3))
        await delivering.deliver_due()
        assert len(box.raw) == 1


async def test_the_control_room_is_reached_at_the_address_that_is_set(engine: AsyncEngine) -> None:
    await store_officers(engine)
    escaped = event("esc", "probation.offender.escaped.v1", time=NOW - timedelta(minutes=1), suspect_ref="S-1")
    await bring_in(engine, report(), safe_contact(), solo(), escaped)
    for _ in range(3):
        await go_on(engine)
        await go_on(engine, timedelta(minutes=15, seconds=1))
    async with webhook() as hook:
        await deliverer(engine, None, f"http://127.0.0.1:{hook.port}/control").deliver_due()
        link = f"{PAGES}/people-keys/{officer_key('control room').hex()}"
        assert [json.loads(body)["message"].splitlines()[1] for _, body in hook.requests] == [link]
    assert await states(engine, "control room") == [("delivered", 1)]


async def test_an_address_is_sealed_and_gone_with_its_key(engine: AsyncEngine) -> None:
    await store_officers(engine)
    async with engine.begin() as conn:
        stored: Any = (await conn.execute(text("SELECT * FROM officers WHERE officer_ref = 'P-1'"))).one()
        assert b"force.example" not in bytes(stored.sealed_address)
        assert await address_of(conn, vault, "P-1") == "p1@force.example"
        assert await address_of(conn, vault, "S-1") is None
        await vault.erase(conn, "P-1")
        assert await address_of(conn, vault, "P-1") == "p1@force.example"
        await vault.erase(conn, "officer\0P-1")
        assert await address_of(conn, vault, "P-1") is None


def test_an_id_cannot_look_like_more_of_the_message() -> None:
    words = Alert((("KP-1\nRing 1 now", None), ("../x?y", None)), PAGES).words()
    assert words.splitlines() == ["KP-1?Ring 1 now: see the list", "../x?y: see the list", PAGES]


def test_a_long_list_names_some_cases_and_says_how_many_more() -> None:
    words = Alert(tuple((f"KP-{n}", None) for n in range(MOST_CASES + 7)), PAGES).words()
    assert words.splitlines()[-2:] == ["7 more", PAGES]
