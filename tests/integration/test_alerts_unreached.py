"""An interruption that reaches nobody goes on at once, and where it ends in nothing that is seen from outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.doctor import examine
from infra.embedded.process import free_port
from infra.settings import Settings
from services.contacts.addressee import COVER
from services.projections.gauges import gauges
from services.projections.health import readiness
from tests.support.alerting import (
    COLLEAGUE,
    SOLO,
    SUPERVISOR,
    all_notices,
    deliverer,
    go_on,
    referral,
    solo,
    store_officers,
    take_in_hand,
    webhook,
)
from tests.support.app import NOW, event
from tests.support.texting import HOUR, bring_in, report, safe_contact

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def paged(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    """Whom interruptions reached, in the order in which they did."""
    found = sorted((each for each in await all_notices(engine) if each.kind != "list"), key=lambda each: each.made_at)
    return [(each.kind, each.to_ref, each.state) for each in found]


def seized() -> dict[str, Any]:
    """A phone held for twenty hours."""
    return event("phone", "policing.phone.seized.v1", time=NOW - 20 * HOUR, device_ref="D")


async def a_phone(engine: AsyncEngine, **changes: str) -> None:
    await store_officers(engine, {**SOLO, **changes}, SUPERVISOR, COLLEAGUE)
    await bring_in(engine, report(), safe_contact(), solo(), referral(), seized())
    await go_on(engine)


async def unreached(engine: AsyncEngine) -> float:
    (found,) = [each for each in await gauges(engine) if each.name == "waymark_interruptions_unreached"]
    return found.samples[0].value


async def test_what_has_no_address_goes_on_at_once_up_to_the_control_room(engine: AsyncEngine) -> None:
    await a_phone(engine, address="")
    async with webhook() as hook:
        delivering = deliverer(engine, None, f"http://127.0.0.1:{hook.port}/control")
        for _ in range(3):
            await delivering.deliver_due()
            await go_on(engine, SECOND)
        assert len(hook.requests) == 1
    assert await paged(engine) == [
        ("interruption", "P-1", "no_address"),
        ("escalation", "S-1", "no_address"),
        ("last_resort", "control room", "delivered"),
    ]
    assert await unreached(engine) == 0
    assert (await readiness(engine, "127.0.0.1:1")).complaints == ()


async def test_what_a_webhook_refuses_goes_on_at_once_and_is_tried_again(engine: AsyncEngine) -> None:
    async with webhook() as hook:
        await a_phone(engine, address=f"http://127.0.0.1:{hook.port}/p1")
        hook.status = 503
        await deliverer(engine).deliver_due()
        await go_on(engine, SECOND)
    assert await paged(engine) == [("interruption", "P-1", "stored"), ("escalation", "S-1", "stored")]


async def test_a_supervisor_who_is_reached_has_a_quarter_of_an_hour(engine: AsyncEngine) -> None:
    async with webhook() as hook:
        changed = {**SUPERVISOR, "address": f"http://127.0.0.1:{hook.port}/s1"}
        await store_officers(engine, {**SOLO, "address": ""}, changed, COLLEAGUE)
        await bring_in(engine, report(), safe_contact(), solo(), referral(), seized())
        for _ in range(2):
            await go_on(engine, SECOND)
            await deliverer(engine).deliver_due()
        await go_on(engine, 14 * MINUTE)
        assert [kind for kind, *_ in await paged(engine)] == ["interruption", "escalation"]
        await go_on(engine, MINUTE)
        assert [kind for kind, *_ in await paged(engine)][-1] == "last_resort"


async def test_what_reached_nobody_is_measured_and_complained_of_until_it_is_in_hand(engine: AsyncEngine) -> None:
    await a_phone(engine, address="")
    for _ in range(3):
        await deliverer(engine).deliver_due()
        await go_on(engine, SECOND)
    assert [kind for kind, *_ in await paged(engine)] == ["interruption", "escalation", "last_resort"]
    assert await unreached(engine) == 1
    (complaint,) = (await readiness(engine, "127.0.0.1:1")).complaints
    assert "WAYMARK_CONTROL_ROOM" in complaint
    await take_in_hand(engine, "KP-1", "P-1")
    assert await unreached(engine) == 0
    assert (await readiness(engine, "127.0.0.1:1")).complaints == ()


async def test_steps_are_a_quarter_of_an_hour_apart_also_after_a_stop(engine: AsyncEngine) -> None:
    await a_phone(engine)
    await go_on(engine, 40 * MINUTE)
    await go_on(engine, SECOND)
    assert [kind for kind, *_ in await paged(engine)] == ["interruption", "escalation"]
    await go_on(engine, 15 * MINUTE)
    assert [kind for kind, *_ in await paged(engine)] == ["interruption", "escalation", "last_resort"]


async def test_the_doctor_says_where_an_interruption_would_end_in_nothing(
    engine: AsyncEngine, store_settings: Settings
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    in_service = store_settings.model_copy(update={"service": True, "kafka_bootstrap_servers": nowhere})
    found = {each.check: each for each in await examine(in_service)}
    assert (found["alerts"].state, found["cover"].state) == ("problem", "problem")
    assert "WAYMARK_CONTROL_ROOM" in found["alerts"].says
    await store_officers(engine, {**SOLO, "officer_ref": COVER})
    found = {each.check: each for each in await examine(in_service)}
    assert found["cover"].state == "ok"
