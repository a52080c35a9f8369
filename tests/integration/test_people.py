"""Contact points in the store: quarantine of what changed or is shared, lifted only by a later confirmation."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.storage.people import points_of
from tests.support.app import vault
from tests.support.texting import store_people

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]


async def quarantine(engine: AsyncEngine, victim: str = "V-1") -> list[str | None]:
    async with engine.connect() as conn:
        found = await points_of(conn, vault, victim)
    return [each.point.quarantine for each in sorted(found, key=lambda each: each.point.ref)]


async def test_a_contact_point_comes_back_as_it_was_given(engine: AsyncEngine) -> None:
    done = await store_people(engine, {}, {"contact_point_ref": "CP-2", "belongs_to": "parent", "cover": ""})
    assert (done.new, done.changed, done.shared) == (2, 0, 0)
    async with engine.connect() as conn:
        mine, parents = sorted(await points_of(conn, vault, "V-1"), key=lambda each: each.point.ref)
        assert await points_of(conn, vault, "V-2") == []
    assert (mine.value, mine.sender_name, mine.point.belongs_to) == ("+447700900123", "Sam", "self")
    assert (parents.point.belongs_to, parents.point.has_cover) == ("parent", False)
    assert "900123" not in repr(mine)


async def test_a_changed_number_is_in_quarantine_until_it_is_confirmed_later(engine: AsyncEngine) -> None:
    await store_people(engine)
    assert (await store_people(engine)).unchanged == 1
    other = {"value": "07700 900124", "confirmed_at": "2026-11-19T09:00:00+00:00"}
    assert (await store_people(engine, other)).changed == 1
    assert await quarantine(engine) == ["changed"]
    assert (await store_people(engine, other)).unchanged == 1
    assert await quarantine(engine) == ["changed"]
    future = {**other, "confirmed_at": "2027-01-01T09:00:00+00:00"}
    await store_people(engine, future)
    assert await quarantine(engine) == ["changed"]


async def test_a_confirmation_after_the_change_lifts_the_quarantine(engine: AsyncEngine) -> None:
    await store_people(engine)
    await store_people(engine, {"value": "07700 900124"})
    async with engine.begin() as conn:
        now = (await conn.exec_driver_sql("SELECT waymark_now()")).scalar_one()
    done = await store_people(engine, {"value": "07700 900124", "confirmed_at": now.isoformat()})
    assert done.confirmed == 1
    assert await quarantine(engine) == [None]


async def test_a_number_stored_for_two_people_is_in_quarantine_for_both(engine: AsyncEngine) -> None:
    await store_people(engine)
    done = await store_people(engine, {"victim_id": "V-2", "value": "+44 7700 900123"})
    assert done.shared == 2
    assert await quarantine(engine) == await quarantine(engine, "V-2") == ["shared"]
    async with engine.begin() as conn:
        now = (await conn.exec_driver_sql("SELECT waymark_now()")).scalar_one()
    await store_people(engine, {"confirmed_at": now.isoformat()})
    assert await quarantine(engine) == ["shared"]


async def test_two_imports_at_once_still_see_that_a_number_is_shared(engine: AsyncEngine) -> None:
    await asyncio.gather(store_people(engine), store_people(engine, {"victim_id": "V-2"}))
    assert await quarantine(engine) == await quarantine(engine, "V-2") == ["shared"]


async def test_an_erased_victim_has_no_contact_point_left(engine: AsyncEngine) -> None:
    await store_people(engine)
    async with engine.begin() as conn:
        await vault.erase(conn, "V-1")
    assert await quarantine(engine) == []
