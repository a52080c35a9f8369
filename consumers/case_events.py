"""The subscriber to ``case.events``: a batch at a time, read record by record, stored, and only then committed.

Every setting here is one that a default lost or looped records with (design.md, "What was tried"): the batch is
acknowledged after its transaction, the parser touches neither headers nor bodies, the decoder never raises, and a
batch that cannot be stored is tried again here, because a raise alone would leave a hole behind a later commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import KafkaAckableMessage
from sqlalchemy.exc import DBAPIError

from consumers.traced import accepting
from contracts.envelope import UnknownEvent
from contracts.reading import read_record
from contracts.registry import CaseRecord
from contracts.topics import CASE_EVENTS, LARGEST_CASE_EVENT
from infra import clock
from infra.metrics import BATCHES_AGAIN, RECORDS, UNKNOWN_EVENTS
from infra.settings import Settings
from services.accept import Accepted, Incoming
from services.storage.failures import in_words
from services.storage.intake import RawRecord

_GROUP: Final = "waymark-accept"

LARGEST_BATCH: Final = 500
_HEADROOM: Final = 64 * 1024
_LONGEST_POLL_MS: Final = 300_000
_IDLE_MS: Final = 10
"""FastStream sleeps this long after a look that found nothing: a record waits half of it on average."""

GIVE_UP_AFTER_S: Final = 60.0
"""How long the store may be away before the process ends: shorter than the time Kafka lets a batch take."""

_FIRST_BACK_OFF_S: Final = 0.1
_LONGEST_BACK_OFF_S: Final = 5.0

_log = structlog.get_logger(__name__)


class StoreAwayError(Exception):
    """The store stayed away for too long: this process should end, and be started again when it is back."""


AcceptBatch = Callable[[Sequence[Incoming]], Awaitable[Accepted]]
"""services.accept.accept with everything but the batch given."""


@dataclass(slots=True)
class Intake:
    """Hands batches to ``accept``, tries again while the store is away, and gives up in the end.

    ``failed`` holds why the process should end; whoever runs the consumer awaits it. ``taken`` counts batches, for
    those who judge by progress whether this process lives.
    """

    accept: AcceptBatch
    give_up_after_s: float = GIVE_UP_AFTER_S
    taken: int = 0
    failed: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def take(self, batch: Sequence[Incoming]) -> None:
        """Store a batch, or raise after having tried for ``give_up_after_s`` seconds."""
        give_up_at = clock.monotonic() + self.give_up_after_s
        back_off = _FIRST_BACK_OFF_S
        while True:
            try:
                done = await self.accept(batch)
            except (DBAPIError, OSError) as failure:
                if clock.monotonic() + back_off > give_up_at:
                    raise self._gave_up(failure) from failure
                BATCHES_AGAIN.inc()
                _log.warning(
                    "batch_not_stored",
                    records=len(batch),
                    error=type(failure).__name__,
                    why=in_words(failure),
                    again_in_s=back_off,
                )
            except Exception as failure:
                # Nothing known raises here. Whatever does would do so again: end, visibly, with nothing lost.
                raise self._gave_up(failure) from failure
            else:
                self.taken += 1
                RECORDS.labels("stored").inc(done.stored)
                RECORDS.labels("duplicate").inc(done.duplicates)
                RECORDS.labels("refused").inc(done.refused)
                UNKNOWN_EVENTS.inc(sum(isinstance(each.read_as, UnknownEvent) for each in batch))
                _log.debug("batch_accepted", stored=done.stored, duplicates=done.duplicates, refused=done.refused)
                return
            await asyncio.sleep(back_off)
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_S)

    def _gave_up(self, failure: Exception) -> StoreAwayError:
        error = StoreAwayError(
            f"A batch of events could not be stored ({type(failure).__name__}), so this process ends; nothing is lost, "
            f"Kafka keeps them. {_known(failure)}Check the database with `waymark doctor` and start it again."
        )
        if not self.failed.done():
            self.failed.set_exception(error)
        return error


def _known(failure: Exception) -> str:
    return f"{in_words(failure)} " if isinstance(failure, DBAPIError | OSError) else ""


def group_of(settings: Settings) -> str:
    """Return the consumer group, whose members share the partitions of ``case.events``."""
    return f"{settings.topic_prefix}{_GROUP}"


def subscribe(broker: KafkaBroker, settings: Settings, intake: Intake, listener: Any = None) -> Any:
    """Declare the subscriber on a broker and return it; ``listener`` hears of partitions given and taken."""
    subscriber = broker.subscriber(
        f"{settings.topic_prefix}{CASE_EVENTS.name}",
        group_id=group_of(settings),
        batch=True,
        max_records=LARGEST_BATCH,
        batch_timeout_ms=_IDLE_MS,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        max_workers=1,
        auto_offset_reset="earliest",
        # An event of a producer's transaction that was given up never happened. The embedded broker has none.
        isolation_level="read_committed" if settings.kafka_idempotence else "read_uncommitted",
        max_partition_fetch_bytes=LARGEST_CASE_EVENT + _HEADROOM,
        session_timeout_ms=settings.kafka_session_timeout_ms,
        heartbeat_interval_ms=max(settings.kafka_session_timeout_ms // 4, 250),
        max_poll_interval_ms=_LONGEST_POLL_MS,
        listener=listener,
        title="case_events",
        description="What happened in a case, from every agency: CloudEvents 1.0, keyed by case.",
    )

    async def parse(records: tuple[Any, ...]) -> KafkaMessage:
        first, last = records[0], records[-1]
        return KafkaAckableMessage(
            raw_message=records,
            body=b"",
            message_id=f"{first.topic}/{first.partition}/{first.offset}-{last.partition}/{last.offset}",
            consumer=subscriber.consumer,
        )

    async def decode(message: KafkaMessage) -> list[CaseRecord]:
        return [read_record(each.value, each.headers) for each in _records_of(message)]

    @subscriber(parser=parse, decoder=decode)
    async def store(batch: list[CaseRecord], message: KafkaMessage) -> None:
        """Store what was read of each record, in one transaction."""
        records = _records_of(message)
        incoming = [Incoming(raw_record(raw), read) for raw, read in zip(records, batch, strict=True)]
        with accepting(incoming):
            await intake.take(incoming)

    return subscriber


def raw_record(record: Any) -> RawRecord:
    """Return aiokafka's record as the store keeps it."""
    return RawRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp or 0,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
    )


def _records_of(message: KafkaMessage) -> tuple[Any, ...]:
    raw = message.raw_message
    return raw if isinstance(raw, tuple) else (raw,)
