"""How a command that publishes reaches Kafka, and the store beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from services.cli.given import Data, settings_of
from services.cli.reaching import with_store
from services.cli.speaking import give_up
from services.storage.vault import Vault

T = TypeVar("T")


def with_kafka(data: Data, work: Callable[[Settings], Awaitable[T]]) -> T:
    """Do what needs the broker alone; what stands in the way is said in a sentence."""

    async def run() -> T:
        return await work(with_servers(settings_of(data)))

    with _kafka_problems_said():
        return asyncio.run(run())


def with_store_and_kafka(data: Data, work: Callable[[AsyncEngine, Vault, Settings], Awaitable[T]]) -> T:
    """Do what needs the broker and the store; what stands in the way is said in a sentence."""

    async def run(engine: AsyncEngine, vault: Vault, _settings: Settings) -> T:
        return await work(engine, vault, with_servers(settings_of(data)))

    with _kafka_problems_said():
        return with_store(data, run)


@contextmanager
def _kafka_problems_said() -> Iterator[None]:
    try:
        yield
    except (NothingRunningError, LookupError) as problem:
        give_up(str(problem))
    except KafkaError as problem:
        give_up(f"Kafka cannot be worked with ({type(problem).__name__}): `waymark doctor` says what is wrong.")
