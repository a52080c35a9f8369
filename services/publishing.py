"""Sending to Kafka: one producer a process, in order for each key, each message acknowledged by all in-sync brokers."""

from __future__ import annotations

from asyncio import Future, wait
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from contracts.topics import LARGEST_CASE_EVENT
from infra.kafka_connection import aiokafka_options
from infra.settings import Settings
from services.relay import NotPublishedError, Outgoing

_HEADROOM: Final = 64 * 1024
"""Bytes beside a record's value: its key, its headers, and what Kafka itself adds."""

_REQUEST_TIMEOUT_MS: Final = 15_000
_LINGER_MS: Final = 2

_FOR_GOOD: Final = (MessageSizeTooLargeError, RecordTooLargeError)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the broker put a message."""

    topic: str
    partition: int
    offset: int


class KafkaPublisher:
    """A Publisher on aiokafka; use as ``async with KafkaPublisher(settings) as publisher``.

    ``acks`` is ``all``. Where the broker has it the producer is idempotent, so that a send repeated by the client
    itself is stored once. Such a producer counts what it sends to a partition, and aiokafka never takes back the number
    of what failed: from then on the broker refuses all that follows there (OutOfOrderSequenceNumber). So after a
    failure the next messages go by a new producer, when nothing is in flight any more. One caller at a time.
    """

    def __init__(self, settings: Settings, client_id: str = "waymark") -> None:
        self._settings = settings
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._is_spent = False

    async def __aenter__(self) -> Self:
        """Connect; raises KafkaConnectionError where no broker answers."""
        self._producer = await self._connected()
        return self

    async def _connected(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(**producer_options(self._settings, self._client_id))
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def __aexit__(self, *_: object) -> None:
        """Send what is in line, and disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def send_all(self, messages: Sequence[Outgoing]) -> list[NotPublishedError | None]:
        """Send these and return what came of each (see services.relay.Publisher)."""
        return [each if isinstance(each, NotPublishedError) else None for each in await self.deliver(messages)]

    async def deliver(self, messages: Sequence[Outgoing]) -> list[Placed | NotPublishedError]:
        """Send these, wait for the broker's answers, and return where each now stands, or why it does not."""
        if self._producer is None:
            raise RuntimeError("This publisher is not open: use it in `async with`.")
        if self._is_spent:
            try:
                fresh = await self._connected()
            except KafkaError as failure:
                return [_what_came_of(each, failure) for each in messages]
            spent, self._producer, self._is_spent = self._producer, fresh, False
            await spent.stop()
        in_line: list[Future[Any] | KafkaError] = []
        for each in messages:
            try:
                in_line.append(
                    await self._producer.send(
                        f"{self._settings.topic_prefix}{each.topic}",
                        key=each.key,
                        value=each.value,
                        headers=[(_sendable(name), value) for name, value in each.headers],
                    )
                )
            except KafkaError as failure:
                in_line.append(failure)
        waiting = [each for each in in_line if isinstance(each, Future)]
        if waiting:
            await wait(waiting)
        # What the client itself found too large was never counted.
        self._is_spent = any(each.exception() for each in waiting) or any(
            isinstance(each, KafkaError) and not isinstance(each, _FOR_GOOD) for each in in_line
        )
        return [_what_came_of(message, each) for message, each in zip(messages, in_line, strict=True)]


def _sendable(name: str) -> str:
    """Return a header's name as a client can send it: what is not UTF-8 in it becomes a replacement character."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def producer_options(settings: Settings, client_id: str) -> dict[str, Any]:
    """Return the arguments of every aiokafka producer here."""
    return {
        **aiokafka_options(settings),
        "client_id": client_id,
        "acks": "all",
        "enable_idempotence": settings.kafka_idempotence,
        "max_request_size": LARGEST_CASE_EVENT + _HEADROOM,
        "request_timeout_ms": _REQUEST_TIMEOUT_MS,
        "linger_ms": _LINGER_MS,
    }


def _what_came_of(message: Outgoing, delivery: Future[Any] | KafkaError) -> Placed | NotPublishedError:
    failure = delivery.exception() if isinstance(delivery, Future) else delivery
    if failure is None and isinstance(delivery, Future):
        place = delivery.result()
        return Placed(place.topic, place.partition, place.offset)
    return NotPublishedError(
        f"The broker did not take this message for {message.topic}: {type(failure).__name__}.",
        is_for_good=isinstance(failure, _FOR_GOOD),
    )
