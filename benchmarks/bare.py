"""The floor: FastStream alone takes the same records in the same batches, and does nothing with them.

`python -m benchmarks.bare HOW_MANY` in a place's environment prints the seconds from the first batch to the last.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaMessage
from faststream.kafka.message import KafkaAckableMessage

from consumers.app import build_broker
from consumers.case_events import LARGEST_BATCH
from contracts.topics import CASE_EVENTS, LARGEST_CASE_EVENT
from infra import clock
from infra.settings import load_settings


async def consume(wanted: int) -> tuple[int, float]:
    """Take so many records from the input topic; return how many came after the first batch, and in what seconds."""
    settings = load_settings()
    broker = build_broker(settings)
    done = asyncio.Event()
    counted: list[tuple[float, int]] = []
    subscriber = broker.subscriber(
        f"{settings.topic_prefix}{CASE_EVENTS.name}",
        group_id=f"{settings.topic_prefix}bare-{uuid.uuid4().hex[:8]}",
        batch=True,
        max_records=LARGEST_BATCH,
        batch_timeout_ms=10,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        max_workers=1,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=LARGEST_CASE_EVENT + 64 * 1024,
    )

    async def parse(records: tuple[Any, ...]) -> KafkaMessage:
        return KafkaAckableMessage(raw_message=records, body=b"", consumer=subscriber.consumer)

    async def decode(message: KafkaMessage) -> list[bytes]:
        raw = message.raw_message
        return [each.value for each in (raw if isinstance(raw, tuple) else (raw,))]

    @subscriber(parser=parse, decoder=decode)
    async def take(batch: list[bytes]) -> None:
        counted.append((clock.monotonic(), len(batch)))
        if sum(number for _, number in counted) >= wanted:
            done.set()

    await broker.start()
    await done.wait()
    await broker.stop()
    began, first = counted[0]
    return sum(number for _, number in counted) - first, counted[-1][0] - began


if __name__ == "__main__":
    events, seconds = asyncio.run(consume(int(sys.argv[1])))
    print(events / seconds)
