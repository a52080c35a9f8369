"""The relay: in order within each case, nothing lost, nothing swapped, whoever relays and wherever it stops."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.topics import COMPLIANCE_EVENTS, DEAD_CASE_EVENTS, LARGEST_CASE_EVENT
from infra.database import create_engine, listening
from infra.kafka_connection import aiokafka_options
from infra.migrations import migrate
from infra.settings import Settings
from infra.topics import apply_topics
from services.accept import accept
from services.contacts.reading import read_note
from services.publishing import KafkaPublisher
from services.relay import NotPublishedError, Outgoing, Relay, keep_relaying
from services.storage.dead_letters import mark_retried
from services.storage.outgoing import SHARD_LOCKS, erase_dead_letters
from services.storage.payloads import packed_headers
from services.storage.sets import columns_of, insert_set
from services.storage.tables import OUTBOX_CHANNEL, case_key, dead_letters, outbox, shard_of
from services.storage.vault import MasterKey, Vault
from tests.support.app import StoppedHere, counts, record, stop_at, vault
from tests.support.recorded_publisher import RecordedPublisher
from tests.support.servers import run_apart

_PUT = insert_set(outbox, ["shard", "topic", "key", "value", "headers"])
_END_RELAYS = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = :locks")
_HEADERS = packed_headers([("content-type", b"application/cloudevents+json")])


async def put(engine: AsyncEngine, *messages: tuple[str, int]) -> None:
    """Put numbered messages of cases into the outbox, in one transaction."""
    rows = [
        (shard_of(case_key(case)), COMPLIANCE_EVENTS.name, case.encode(), str(number).encode(), _HEADERS)
        for case, number in messages
    ]
    async with engine.begin() as conn:
        await conn.execute(_PUT, columns_of(rows, ["shard", "topic", "key", "value", "headers"]))
        await conn.execute(text("SELECT pg_notify('waymark_outbox', '')"))


def by_case(sent: list[Outgoing]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = defaultdict(list)
    for each in sent:
        assert each.key is not None
        assert each.value is not None
        found[each.key].append(int(each.value))
    return dict(found)


async def test_what_is_in_the_outbox_is_sent_in_order_and_then_gone(engine: AsyncEngine) -> None:
    await put(engine, *((f"KP-{n % 30}", n) for n in range(300)))
    publisher = RecordedPublisher()
    async with Relay(engine, publisher, at_once=70) as relay:
        while (await relay.round()).sent:
            pass
    assert by_case(publisher.sent) == {f"KP-{case}".encode(): list(range(case, 300, 30)) for case in range(30)}
    assert {each.topic for each in publisher.sent} == {"compliance.events"}
    assert await counts(engine, outbox) == [0]


async def test_two_relays_share_the_shards_and_never_swap(engine: AsyncEngine) -> None:
    publisher = RecordedPublisher()
    async with Relay(engine, publisher, at_once=20) as one, Relay(engine, publisher, at_once=20) as other:
        await one.round()
        await put(engine, *((f"KP-{n % 9}", n) for n in range(90)))
        assert (await other.round()).sent == 0
        while (await one.round()).sent:
            pass
    assert sorted(len(numbers) for numbers in by_case(publisher.sent).values()) == [10] * 9
    assert all(numbers == sorted(numbers) for numbers in by_case(publisher.sent).values())


async def test_the_shards_of_a_relay_that_is_gone_are_taken_over(engine: AsyncEngine) -> None:
    publisher = RecordedPublisher()
    await put(engine, ("KP-1", 1))
    async with Relay(engine, publisher) as other:
        async with Relay(engine, RecordedPublisher(refuses=lambda _: busy())) as gone:
            await gone.round()
            assert (await other.round()).sent == 0
        assert (await other.round()).sent == 1


async def test_a_message_committed_late_with_a_smaller_number_is_not_missed(engine: AsyncEngine) -> None:
    publisher = RecordedPublisher()
    async with Relay(engine, publisher) as relay:
        async with engine.connect() as slow:
            row = (shard_of(case_key("KP-1")), COMPLIANCE_EVENTS.name, b"KP-1", b"1", _HEADERS)
            await slow.execute(_PUT, columns_of([row], ["shard", "topic", "key", "value", "headers"]))
            await put(engine, ("KP-2", 2))
            await relay.round()
            await slow.commit()
        await relay.round()
    assert sorted(int(each.value or b"") for each in publisher.sent) == [1, 2]


@pytest.mark.parametrize(("step", "sent_twice"), [("sent", True), ("forgotten", False)])
async def test_stopped_between_its_steps_it_loses_nothing_and_keeps_order(
    engine: AsyncEngine, step: str, *, sent_twice: bool
) -> None:
    publisher = RecordedPublisher()
    await put(engine, ("KP-1", 1), ("KP-1", 2))
    with pytest.raises(StoppedHere):
        async with Relay(engine, publisher, at=stop_at(step)) as relay:
            await relay.round()
    async with Relay(engine, publisher) as relay:
        await relay.round()
    assert by_case(publisher.sent) == {b"KP-1": [1, 2, 1, 2] if sent_twice else [1, 2]}


def busy() -> NotPublishedError:
    return NotPublishedError("The broker is busy.", is_for_good=False)


async def test_nothing_of_a_case_overtakes_a_message_that_waits(engine: AsyncEngine) -> None:
    down = True
    publisher = RecordedPublisher(refuses=lambda each: busy() if down and each.value == b"2" else None)
    await put(engine, ("KP-1", 1), ("KP-1", 2), ("KP-1", 3))
    async with Relay(engine, publisher) as relay:
        done = await relay.round()
        assert (done.sent, done.waits) == (1, True)
        down = False
        await relay.round()
    assert by_case(publisher.sent) == {b"KP-1": [1, 3, 2, 3]}
    assert await counts(engine, outbox) == [0]


async def test_a_message_that_the_broker_never_takes_is_put_aside_where_it_can_be_seen(engine: AsyncEngine) -> None:
    too_large = NotPublishedError("The broker did not take this message: too large.", is_for_good=True)
    publisher = RecordedPublisher(refuses=lambda each: too_large if each.value == b"2" else None)
    await put(engine, ("KP-1", 1), ("KP-1", 2), ("KP-1", 3))
    async with Relay(engine, publisher) as relay:
        done = await relay.round()
        assert (done.sent, done.parked, done.waits) == (2, 1, False)
        assert (await relay.round()).sent == 0
    async with engine.connect() as conn:
        assert (await conn.execute(select(outbox.c.problem))).scalars().all() == [too_large.sentence]


async def test_a_relay_that_lost_its_session_deletes_nothing_more(engine: AsyncEngine) -> None:
    publisher = RecordedPublisher()

    async def ends_the_session(step: str) -> None:
        if step == "sent":
            async with engine.begin() as conn:
                await conn.execute(_END_RELAYS, {"locks": SHARD_LOCKS})

    await put(engine, ("KP-1", 1))
    async with Relay(engine, publisher, at=ends_the_session) as relay:
        with pytest.raises(Exception, match=r"."):
            await relay.round()
    assert await counts(engine, outbox) == [1]


@asynccontextmanager
async def reading(settings: Settings, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of everything on a topic."""
    consumer = AIOKafkaConsumer(
        f"{settings.topic_prefix}{topic}",
        **aiokafka_options(settings),
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=3 * LARGEST_CASE_EVENT,
    )
    await consumer.start()
    yield consumer
    await consumer.stop()


@dataclass
class OnServers:
    """A store and topics of this test's own, on real servers."""

    settings: Settings
    engine: AsyncEngine


@pytest.fixture(name="servers")
async def _servers(server_settings: Settings) -> AsyncIterator[OnServers]:
    assert server_settings.database_url is not None
    run_apart(migrate(server_settings.database_url.get_secret_value()))
    apply_topics(server_settings)
    engine = create_engine(server_settings)
    yield OnServers(server_settings, engine)
    await engine.dispose()


async def test_on_kafka_every_case_arrives_in_order_whoever_relays_and_dies(servers: OnServers) -> None:
    settings, engine = servers.settings, servers.engine
    wanted = {f"KP-{case}": list(range(40)) for case in range(25)}
    rng = random.Random(7)  # noqa: S311 - an order for a test, no secret

    async def writes() -> None:
        left = {case: list(numbers) for case, numbers in wanted.items()}
        while left:
            batch = [(case, left[case].pop(0)) for case in rng.sample(sorted(left), min(len(left), 5))]
            left = {case: numbers for case, numbers in left.items() if numbers}
            await put(engine, *batch)

    async def relays_to(publisher: KafkaPublisher) -> None:
        async with listening(settings, OUTBOX_CHANNEL) as listener:
            await keep_relaying(engine, publisher, listener.wait, at_once=30)

    async with KafkaPublisher(settings) as publisher:
        relays = [asyncio.create_task(relays_to(publisher)) for _ in range(2)]
        await writes()
        relays[0].cancel()
        relays.append(asyncio.create_task(relays_to(publisher)))
        async with asyncio.timeout(30), reading(settings, COMPLIANCE_EVENTS.name) as consumer:
            seen: dict[str, list[int]] = defaultdict(list)
            while sum(len(set(numbers)) for numbers in seen.values()) < 1000:
                message = await consumer.getone()
                seen[message.key.decode()].append(int(message.value))
        for each in relays:
            each.cancel()
        await asyncio.gather(*relays, return_exceptions=True)
    for case, numbers in wanted.items():
        firsts = list(dict.fromkeys(seen[case]))
        assert firsts == numbers


async def test_a_dead_letter_reaches_its_topic_byte_for_byte_with_its_reason(servers: OnServers) -> None:
    settings, engine = servers.settings, servers.engine
    odd = record(b"\xff\x00 not JSON", headers=[("trace", b"\xfe"), ("none", None)], partition=3)
    large = record(b"x" * (LARGEST_CASE_EVENT - 1000))
    empty = record(None)
    await accept(engine, [odd, large, empty], vault=vault, read_note=read_note)
    async with KafkaPublisher(settings) as publisher, Relay(engine, publisher, vault=vault) as relay:
        assert (await relay.round()).sent == 3
        assert (await relay.round()).sent == 0
    async with asyncio.timeout(30), reading(settings, DEAD_CASE_EVENTS.name) as consumer:
        found = {message.value: message for message in [await consumer.getone() for _ in range(3)]}
    assert set(found) == {odd.record.value, large.record.value, None}
    headers = found[odd.record.value].headers
    assert headers[:2] == (("trace", b"\xfe"), ("none", None))
    added = dict(headers[2:])
    assert b"not JSON" in (added["waymark-reason"] or b"")
    assert added["waymark-position"] == f"case.events/3/{odd.record.offset}".encode()
    async with engine.connect() as conn:
        published = (await conn.execute(select(dead_letters.c.published_at))).scalars().all()
    assert None not in published


async def test_a_dead_letter_is_erased_once_past_the_retention_of_its_topic(engine: AsyncEngine) -> None:
    await accept(engine, [record(b"not JSON, V-1 said"), record(b"nor this")], vault=vault, read_note=read_note)
    publisher = RecordedPublisher()
    async with engine.begin() as conn:
        await conn.execute(
            text("UPDATE dead_letters SET received_at = received_at - interval '6 days 23 hours' WHERE id = 1")
        )
    async with Relay(engine, publisher, vault=vault) as relay:
        assert (await relay.round()).sent == 2
    assert await kept(engine) == [("open", True), ("open", True)]
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE dead_letters SET received_at = received_at - interval '1 hour' WHERE id = 1"))
    async with Relay(engine, publisher, vault=vault) as relay:
        assert (await relay.round()).sent == 0
    assert await kept(engine) == [("erased", False), ("open", True)]
    async with engine.begin() as conn:
        row = (await conn.execute(select(dead_letters).where(dead_letters.c.id == 1))).one()
        await mark_retried(conn, [1])
    assert (row.reason[:22], row.topic, row.publish_problem) == ("the record is not JSON", "case.events", None)
    assert await kept(engine) == [("erased", False), ("open", True)]


async def test_many_dead_letters_are_erased_some_at_a_time(engine: AsyncEngine) -> None:
    await accept(engine, [record(b"{%d" % n) for n in range(7)], vault=vault, read_note=read_note)
    async with engine.begin() as conn:
        assert [await erase_dead_letters(conn, timedelta(0), 3) for _ in range(4)] == [3, 3, 1, 0]
        problems = set((await conn.execute(select(dead_letters.c.publish_problem))).scalars())
    assert len(problems) == 1
    assert "could not be published" in str(problems.pop())
    async with Relay(engine, RecordedPublisher(), vault=vault) as relay:
        assert (await relay.round()).sent == 0


async def test_a_dead_letter_that_does_not_open_stops_no_other(engine: AsyncEngine) -> None:
    other = Vault(MasterKey("another key of at least thirty-two characters"))
    await accept(engine, [record(b"not JSON")], vault=other, read_note=read_note)
    await accept(engine, [record(b"nor this")], vault=vault, read_note=read_note)
    publisher = RecordedPublisher()
    async with Relay(engine, publisher, vault=vault) as relay:
        done = await relay.round()
    assert (done.sent, done.parked) == (1, 1)
    assert [each.value for each in publisher.sent] == [b"nor this"]
    async with engine.connect() as conn:
        (problem,) = (
            await conn.execute(select(dead_letters.c.publish_problem).where(dead_letters.c.published_at.is_(None)))
        ).scalars()
    assert "WAYMARK_MASTER_KEY" in str(problem)


async def test_without_a_vault_dead_letters_wait(engine: AsyncEngine) -> None:
    await accept(engine, [record(b"not JSON")], vault=vault, read_note=read_note)
    publisher = RecordedPublisher()
    async with Relay(engine, publisher) as relay:
        assert (await relay.round()).sent == 0
    async with Relay(engine, publisher, vault=vault) as relay:
        assert (await relay.round()).sent == 1


async def kept(engine: AsyncEngine) -> list[tuple[str, bool]]:
    """The state of each dead letter, and whether its record is there."""
    async with engine.connect() as conn:
        rows = await conn.execute(select(dead_letters.c.state, dead_letters.c.sealed).order_by(dead_letters.c.id))
        return [(state, sealed is not None) for state, sealed in rows]


async def test_a_message_larger_than_its_topic_takes_is_put_aside_on_kafka_too(servers: OnServers) -> None:
    settings, engine = servers.settings, servers.engine
    await put_values(engine, json.dumps("x" * (3 << 20)).encode())
    async with KafkaPublisher(settings) as publisher, Relay(engine, publisher) as relay:
        done = await relay.round()
    assert (done.sent, done.parked) == (0, 1)


@pytest.mark.usefixtures("apache_kafka")
async def test_a_message_that_the_broker_refuses_stops_no_other_of_its_partition(servers: OnServers) -> None:
    settings, engine = servers.settings, servers.engine
    await put_values(engine, b"1", json.dumps("x" * (3 << 19)).encode(), b"2", b"3")
    async with KafkaPublisher(settings) as publisher, Relay(engine, publisher) as relay:
        done = [await relay.round() for _ in range(3)]
    assert (sum(each.sent for each in done), sum(each.parked for each in done)) == (3, 1)
    async with asyncio.timeout(30), reading(settings, COMPLIANCE_EVENTS.name) as consumer:
        assert [(await consumer.getone()).value for _ in range(3)] == [b"1", b"2", b"3"]


async def put_values(engine: AsyncEngine, *values: bytes) -> None:
    """Put these messages of one case into the outbox."""
    rows = [(0, COMPLIANCE_EVENTS.name, b"KP-1", value, _HEADERS) for value in values]
    async with engine.begin() as conn:
        await conn.execute(_PUT, columns_of(rows, ["shard", "topic", "key", "value", "headers"]))
