"""How many events a second: taken bare, accepted, and accepted and assessed; and how long one takes to be told of."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.ground import Ground, Look, Place, cpu_s, look_at
from benchmarks.invented import case_name, event, journey, journeys
from infra import clock
from infra.kafka_connection import aiokafka_options

EVENTS_A_SECOND = 200
AT_ONCE = min(os.cpu_count() or 1, 4)
"""How many of ingest, and of clock, run beside each other: one for each core, as in service."""
INGEST, CLOCK = ("ingest",) * AT_ONCE, ("clock",) * AT_ONCE
_ANSWER_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Events a second, and milliseconds that the process under test computed for each."""

    per_s: float
    cpu_ms: float


async def bare_and_accepted(ground: Ground, cases: int, now: datetime) -> tuple[float, Rate]:
    """Return events a second: FastStream alone, and our ingest process into the store, on one and the same topic."""
    place = ground.place()
    published = await place.publish(journeys(cases, now))
    bare = float(await asyncio.to_thread(place.printed_by, "benchmarks.bare", str(published)))
    look = await look_at(place)
    try:
        with place.running(*INGEST) as running:
            rate = await _rate_of_facts(look, 0, published, running["ingest"], assessed=False)
    finally:
        await look.connection.close()
    return bare, rate


async def whole_journeys(place: Place, look: Look, cases: int, now: datetime) -> Rate:
    """Return events a second accepted and assessed, whole journeys in a row, until no case waits."""
    published = await place.publish(journeys(cases, now))
    return await _accepted_and_assessed(place, look, published, now)


async def spread(place: Place, look: Look, cases: int, now: datetime, round_: int) -> Rate:
    """Return events a second accepted and assessed, one event each over cases that have their facts already."""
    published = await place.publish(_one_each(cases, now, f"spread-{round_}"))
    return await _accepted_and_assessed(place, look, published, now)


async def _accepted_and_assessed(place: Place, look: Look, published: int, now: datetime) -> Rate:
    """Return events a second for what is on the topic: an assessor that is warm, and an ingest process from its start.

    The first batch of ingest, which pays for its start, is not counted (see ``_rate_of_facts``).
    """
    with place.running(*CLOCK) as running:
        await look.until(lambda: look.has_listeners(AT_ONCE), "the clock processes listen")
        await place.accept(journey(f"KP-WARM-{await look.facts()}", now))
        await look.until(look.has_no_wake, "a clock process is warm")
        before = await look.facts()
        with place.running(*INGEST):
            return await _rate_of_facts(look, before, before + published, running["clock"], assessed=True)


def _one_each(cases: int, now: datetime, name: str) -> Iterable[dict[str, Any]]:
    at = now - timedelta(hours=1)
    for number in range(cases):
        case_id = case_name(number)
        yield event(case_id, f"{case_id}-{name}", "policing.suspect.arrested", at, suspect_ref=f"S-{name}")


async def _rate_of_facts(
    look: Look, before: int, after: int, processes: Sequence[psutil.Process], *, assessed: bool
) -> Rate:
    """Return facts a second from the first look that saw one of them to the one that saw all (and no case waiting).

    What the first look saw done is not counted: with ``assessed``, what was stored and waited then is.
    """
    first = waiting = 0

    async def has_begun() -> bool:
        nonlocal first, waiting
        first = await look.facts()
        waiting = await look.wakes() if assessed else 0
        return first > before

    async def is_done() -> bool:
        return await look.facts() >= after and (not assessed or await look.has_no_wake())

    began = await look.until(has_begun, "the first fact is stored")
    computed = cpu_s(processes)
    ended = await look.until(is_done, "everything is stored and assessed")
    counted = after - first + waiting
    if not counted:
        raise LookupError("Everything was done by the first look: too little was sent to measure anything.")
    return Rate(counted / (ended - began), (cpu_s(processes) - computed) / counted * 1000)


async def told_after(place: Place, look: Look, cases: int, now: datetime, *, seconds: int) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds from sending an arrest to its announcement, at 200 events a second."""
    consumer = AIOKafkaConsumer(
        f"{place.settings.topic_prefix}compliance.events",
        **aiokafka_options(place.settings),
        auto_offset_reset="latest",
        group_id=None,
    )
    producer = AIOKafkaProducer(**aiokafka_options(place.settings), acks="all", enable_idempotence=True)
    with place.running(*CLOCK, "relay", *INGEST):
        await look.until(lambda: look.has_listeners(AT_ONCE + 1), "clock and relay listen")
        await _everything_told(place, look, now)
        await consumer.start()
        await consumer.seek_to_end()
        await producer.start()
        try:
            sent = list(arrests(cases, now, EVENTS_A_SECOND * seconds))
            delays = await _delays(producer, consumer, f"{place.settings.topic_prefix}case.events", sent)
        finally:
            await producer.stop()
            await consumer.stop()
    cuts = quantiles(sorted(delays), n=100)
    return cuts[49] * 1000, cuts[98] * 1000


async def _everything_told(place: Place, look: Look, now: datetime) -> None:
    """Let an event of a case of its own go the whole way, so that every process is warm and nothing is left over."""
    before = await look.facts()
    await place.publish([event("KP-WARM", f"warm-{before}", "policing.crime.reported", now, offence="stalking")])

    async def is_told() -> bool:
        return await look.facts() > before and await look.has_no_wake() and await look.has_nothing_to_send()

    await look.until(is_told, "all is announced")


def arrests(cases: int, now: datetime, wanted: int, name: str = "told") -> Iterable[dict[str, Any]]:
    """Return so many arrests, spread over cases that have their facts already."""
    for number in range(wanted):
        yield event(
            case_name(number % cases), f"{name}-{number}", "policing.suspect.arrested", now, suspect_ref=f"S-{number}"
        )


async def _delays(
    producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, topic: str, events: Sequence[dict[str, Any]]
) -> list[float]:
    sent: dict[str, float] = {}
    told: dict[str, float] = {}

    async def hear() -> None:
        while len(told) < len(events):
            record = await consumer.getone()
            obligation = json.loads(record.value)["data"].get("obligation", {})
            id_ = obligation.get("trigger_event_id", "")
            if id_ in sent:
                told.setdefault(id_, clock.monotonic())

    hearing = asyncio.create_task(hear())
    began = clock.monotonic()
    for number, each in enumerate(events):
        await asyncio.sleep(max(began + number / EVENTS_A_SECOND - clock.monotonic(), 0))
        sent[each["id"]] = clock.monotonic()
        await producer.send(topic, json.dumps(each).encode(), key=each["subject"].encode())
    await asyncio.wait_for(hearing, _ANSWER_WITHIN_S)
    return [told[id_] - sent[id_] for id_ in sent]
