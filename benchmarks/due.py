"""Ten thousand duties that fall due at one moment, among very many open cases: how long until the last is announced."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka import AIOKafkaConsumer
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.core import assess_all
from benchmarks.filled import fill, pattern_of, without_indexes
from benchmarks.ground import LOOK_EVERY_S, Ground, Look, Place, look_at
from benchmarks.invented import open_case, waiting_case
from benchmarks.streams import AT_ONCE, CLOCK
from infra import clock
from infra.database import create_engine
from infra.kafka_connection import aiokafka_options
from services.storage.clock_rows import advance_clock, start_simulated_clock

NOON: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""A Tuesday on which nobody has told of Monday's arrests: that falls due at midnight."""

TO_MIDNIGHT: Final = timedelta(hours=12, seconds=1)
_TRIED: Final = 200
_DUE, _OPEN = "KP-D", "KP-O"


async def due_announced_s(ground: Ground, due: int, open_: int) -> float:
    """Return seconds from the moment at which so many cases fall due until the last is on ``compliance.events``.

    ``open_`` is how many cases there are, those included. The moment comes by moving a simulated clock.
    """
    place = ground.place()
    look = await look_at(place)
    engine = create_engine(place.settings, "benchmark")
    try:
        await _fill(place, look, engine, due, open_)
        with place.running(*CLOCK, "relay"):
            await look.until(lambda: look.has_listeners(AT_ONCE + 1), "clock and relay listen")
            return await _told(place, look, engine, due)
    finally:
        await engine.dispose()
        await look.connection.close()


async def _fill(place: Place, look: Look, engine: AsyncEngine, due: int, open_: int) -> None:
    """Have the product make one case that falls due and one that is only open, and copy both."""
    async with engine.begin() as conn:
        await start_simulated_clock(conn, NOON)
    reported = NOON - timedelta(days=60)
    first = [(_DUE, due), (_OPEN, open_ - due)]
    await place.accept(waiting_case(_names(_DUE, 1)[0], reported, NOON - timedelta(hours=26)))
    await place.accept(open_case(_names(_OPEN, 1)[0], reported, enhanced=False))
    await assess_all(engine)
    async with without_indexes(look.connection):
        for kind, number in first:
            names = _names(kind, number)
            await fill(look.connection, await pattern_of(look.connection, names[0]), names[1:])
    await look.connection.execute("DELETE FROM outbox")
    found = await look.connection.fetchval(
        "SELECT count(*) FROM cases WHERE due_at <= waymark_now() + $1::interval", TO_MIDNIGHT
    )
    if found != due:
        raise LookupError(f"{found} cases fall due by midnight, and not {due}: the filled store is not as meant.")
    await look.connection.execute(
        "INSERT INTO wakes (case_key, case_id, cause) SELECT case_key, case_id, 'repair' FROM cases "
        "ORDER BY sha256(case_key) LIMIT $1",
        _TRIED,
    )
    done = await assess_all(engine)
    if done.assessed != _TRIED or done.announced:
        raise LookupError(f"The product would put {done.announced} things right in {_TRIED} of the filled cases.")


def _names(kind: str, number: int) -> list[str]:
    """Return names of equal length, none of which begins another."""
    return [f"{kind}{each:06}" for each in range(number)]


async def _told(place: Place, look: Look, engine: AsyncEngine, due: int) -> float:
    consumer = AIOKafkaConsumer(
        f"{place.settings.topic_prefix}compliance.events",
        **aiokafka_options(place.settings),
        auto_offset_reset="latest",
        group_id=None,
    )
    await consumer.start()
    await consumer.seek_to_end()
    told: set[bytes] = set()
    last = 0.0

    async def hear() -> None:
        nonlocal last
        async for record in consumer:
            if record.key is not None:
                told.add(record.key)
                last = clock.monotonic()

    async def is_all_told() -> bool:
        return len(told) >= due and await look.has_nothing_to_send()

    hearing = asyncio.create_task(hear())
    try:
        async with engine.begin() as conn:
            await advance_clock(conn, TO_MIDNIGHT)
        began = clock.monotonic()
        await look.until(is_all_told, f"all {due} cases are announced")
        # What the broker has and the consumer has not yet heard is not the last before it was.
        await asyncio.sleep(LOOK_EVERY_S * 4)
    finally:
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing
        await consumer.stop()
    return last - began
