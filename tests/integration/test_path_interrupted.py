"""The whole path at work while what it stands on is taken away and given back: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.app import ingest
from contracts.topics import CASE_EVENTS
from infra.database import create_engine, listening
from infra.embedded.apache import ApacheKafka, missing_tools
from infra.embedded.process import ServerStartError
from infra.settings import Settings
from infra.topics import apply_topics
from services.accept import accept
from services.assess_case import Rules, keep_assessing
from services.contacts.reading import read_note
from services.projections.ledger import verify_ledger
from services.publishing import KafkaPublisher, Placed
from services.relay import Outgoing, Publisher, keep_relaying
from services.storage.tables import OUTBOX_CHANNEL, WAKE_CHANNEL, dead_letters, facts, ledger, outbox
from tests.support.app import counts, event, told_within, vault
from tests.support.recorded_publisher import RecordedPublisher
from tests.support.servers import KafkaServer, missing, settings_for, start_apache

LIMIT_S = 90
RULES = told_within(hash_="rules-1")
END_SESSIONS = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again until it is so, for as long as a test may take."""
    async with asyncio.timeout(LIMIT_S):
        while not await is_so():  # noqa: ASYNC110 - neither the store nor the broker tells of it
            await asyncio.sleep(0.05)


@asynccontextmanager
async def at_work(settings: Settings, rules: Rules, publisher: Publisher) -> AsyncIterator[AsyncEngine]:
    """Ingest, two assessors and two relays, each with connections of its own."""
    engines = [create_engine(settings, f"test-{number}", pool_size=4) for number in range(3)]
    joined = asyncio.Event()

    async def ready() -> None:
        joined.set()

    async def assesses() -> None:
        async with listening(settings, WAKE_CHANNEL) as bell:
            await keep_assessing(engines[1], rules, bell.wait)

    async def relays() -> None:
        async with listening(settings, OUTBOX_CHANNEL) as bell:
            await keep_relaying(engines[2], publisher, bell.wait, vault=vault)

    take = partial(accept, engines[0], vault=vault, read_note=read_note)
    working = [
        asyncio.create_task(work)
        for work in (ingest(settings, take, ready=ready), assesses(), assesses(), relays(), relays())
    ]
    async with asyncio.timeout(LIMIT_S):
        await joined.wait()
    try:
        yield engines[0]
    finally:
        for each in working:
            each.cancel()
        ended = await asyncio.gather(*working, return_exceptions=True)
        for engine in engines:
            await engine.dispose()
    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended


async def send(settings: Settings, numbers: range) -> None:
    """Publish arrests, each of a case among twenty, again and again until the broker has them all."""
    left = [json.dumps(event(f"e{number}", case=f"KP-{number % 20}")).encode() for number in numbers]
    async with asyncio.timeout(LIMIT_S), KafkaPublisher(settings, "test") as publisher:
        while left:
            messages = [Outgoing(CASE_EVENTS.name, json.loads(each)["subject"].encode(), each, ()) for each in left]
            outcome = await publisher.deliver(messages)
            left = [each for each, came in zip(left, outcome, strict=True) if not isinstance(came, Placed)]


def all_is_done(engine: AsyncEngine, events: int) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        try:
            return await counts(engine, facts, ledger, outbox, dead_letters) == [events, events, 0, 0]
        except Exception:  # noqa: BLE001 - its session was ended as well
            return False

    return is_so


async def test_ending_every_database_session_again_and_again_loses_and_doubles_nothing(
    store_settings: Settings, kafka_server: KafkaServer, given_settings: Settings
) -> None:
    url = store_settings.database_url
    assert url is not None
    settings = settings_for(
        given_settings,
        kafka=kafka_server,
        database_url=url.get_secret_value(),
        topic_prefix=f"t-{uuid.uuid4().hex[:9]}.",
    )
    apply_topics(settings)
    publisher = RecordedPublisher()
    outside = create_engine(settings, "test-outside", pool_size=1)
    ended = 0
    async with at_work(settings, RULES, publisher) as engine:
        for round_ in range(5):
            await send(settings, range(round_ * 100, round_ * 100 + 100))
            async with outside.connect() as conn:
                ended += (await conn.execute(END_SESSIONS)).scalar_one()
        assert ended > 0
        await until(all_is_done(engine, 500))
        async with engine.connect() as conn:
            assert (await verify_ledger(conn)).problem is None
    await outside.dispose()
    ids = [json.loads(each.value or b"")["id"] for each in publisher.sent]
    assert len(set(ids)) == 500
    for case in range(20):
        of_case = [
            json.loads(each.value or b"")["data"]["sequence"]
            for each in publisher.sent
            if each.key == f"KP-{case}".encode()
        ]
        assert list(dict.fromkeys(of_case)) == sorted(set(of_case)) == list(range(1, 26))


@pytest.fixture(name="own_broker")
def _own_broker(server_folder: Path) -> Iterator[ApacheKafka]:
    if tools := missing_tools():
        missing(" ".join(tools))
    try:
        cluster = start_apache(server_folder / uuid.uuid4().hex[:6])
    except ServerStartError as error:
        missing(str(error))
    yield cluster
    cluster.kill(0)


@pytest.mark.servers
async def test_a_broker_killed_and_started_again_loses_and_doubles_nothing(
    store_settings: Settings, own_broker: ApacheKafka, given_settings: Settings
) -> None:
    url = store_settings.database_url
    assert url is not None
    kafka = KafkaServer(own_broker.bootstrap_servers, "apache")
    settings = settings_for(given_settings, kafka=kafka, database_url=url.get_secret_value())
    apply_topics(settings)
    async with (
        KafkaPublisher(settings, "test-relay") as publisher,
        at_work(settings, RULES, publisher) as engine,
    ):
        await send(settings, range(200))
        await asyncio.to_thread(own_broker.kill, 0)
        await asyncio.to_thread(own_broker.restart, 0)
        await send(settings, range(200, 400))
        await until(all_is_done(engine, 400))
