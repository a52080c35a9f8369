"""Whether a consumer lives, judged by what it gets done: while there is something to read, its offsets must move.

A Kafka client can hang after a broker was restarted and look alive in every other way. So the broker is asked over a
connection of its own how much lies there, and the group's offsets are asked for: records waiting and offsets that
stand mean that nobody reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from consumers.case_events import group_of
from contracts.topics import CASE_EVENTS
from infra import clock
from infra.kafka_connection import aiokafka_options
from infra.settings import Settings

LOOK_EVERY_S: Final = 5.0
STANDS_AFTER_S: Final = 90.0
"""How long an offset may stand while records wait; longer than the store may be away before the process ends."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """One look from outside, by partition: the end of the log, and how far the group has come."""

    ends: Mapping[int, int]
    reached: Mapping[int, int]

    @property
    def lag(self) -> int:
        """How many records wait."""
        return sum(max(end - self.reached.get(partition, 0), 0) for partition, end in self.ends.items())


@dataclass(slots=True)
class Progress:
    """What was seen of a consumer's progress; ``is_alive`` and ``says`` are for the health page."""

    stands_after_s: float = STANDS_AFTER_S
    mine: frozenset[int] = frozenset()
    """The partitions this process was given; empty before the first time, and while they are shared out anew."""
    lag: int | None = None
    """Records waiting for the whole group at the last look; None before the first."""
    _since: dict[int, float] = field(default_factory=dict)
    """Since when (monotonic seconds) each partition's offset stands with records waiting."""
    _reached: dict[int, int] = field(default_factory=dict)

    def saw(self, look: Look, now: float) -> None:
        """Take note of a look made at ``now`` (monotonic seconds)."""
        self.lag = look.lag
        for partition, end in look.ends.items():
            reached = look.reached.get(partition, 0)
            moved = reached != self._reached.get(partition)
            self._reached[partition] = reached
            if reached >= end:
                self._since.pop(partition, None)
            elif moved or partition not in self._since:
                self._since[partition] = now

    def standing(self, now: float) -> list[int]:
        """Return the partitions that stand too long: this process's own, or any while it has none."""
        return sorted(
            partition
            for partition, since in self._since.items()
            if now - since > self.stands_after_s and (partition in self.mine or not self.mine)
        )

    def standing_now(self) -> list[int]:
        """Return the partitions that stand too long at this moment."""
        return self.standing(clock.monotonic())

    def is_alive(self, now: float | None = None) -> bool:
        """Tell whether this consumer gets anything done, as far as there is something to do."""
        return not self.standing(clock.monotonic() if now is None else now)

    def says(self, now: float | None = None) -> str:
        """Return a sentence for the health page."""
        standing = self.standing(clock.monotonic() if now is None else now)
        if standing:
            where = ", ".join(str(partition) for partition in standing)
            return f"Events wait in partition {where} and nobody has read any for {self.stands_after_s:.0f} s."
        if self.lag is None:
            return "No look at the topic has been made yet."
        return f"{self.lag} events wait."


class PartitionsKnown(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Tells a Progress which partitions this process has, and whoever waits that it was given any."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.joined = asyncio.Event()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka calls it so
        """Take note that the partitions are being shared out anew."""
        self.progress.mine = frozenset()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Take note of the partitions given."""
        self.progress.mine = frozenset(each.partition for each in assigned)
        self.joined.set()


async def keep_looking(settings: Settings, progress: Progress, every_s: float = LOOK_EVERY_S) -> None:
    """Look from outside until cancelled; a look that fails is no judgement on the consumer."""
    while True:
        try:
            look = await look_once(settings)
        except (KafkaError, OSError, TimeoutError) as failure:
            _log.warning("progress_not_seen", error=type(failure).__name__)
        else:
            was_alive = progress.is_alive()
            progress.saw(look, clock.monotonic())
            if was_alive and not progress.is_alive():
                _log.error("consumer_stood_still", partitions=progress.standing(clock.monotonic()), lag=progress.lag)
        await asyncio.sleep(every_s)


async def look_once(settings: Settings, limit_s: float = 15.0) -> Look:
    """Ask the broker, over a connection of its own that joins no group, how far the log and the group have come."""
    topic = f"{settings.topic_prefix}{CASE_EVENTS.name}"
    client = AIOKafkaConsumer(
        **aiokafka_options(settings),
        group_id=group_of(settings),
        enable_auto_commit=False,
        client_id="waymark-progress",
    )
    # Assigned by hand, so that the client learns of the topic; paused, so that it reads nothing.
    client.assign([TopicPartition(topic, 0)])
    client.pause(TopicPartition(topic, 0))
    async with asyncio.timeout(limit_s):
        try:
            # Within the try: a client that could not start holds connections that want closing as well.
            await client.start()
            places = [TopicPartition(topic, number) for number in sorted(client.partitions_for_topic(topic) or ())]
            ends = await client.end_offsets(places) if places else {}
            reached = {place: await client.committed(place) for place in places}
        finally:
            await client.stop()
    return Look(
        {place.partition: end for place, end in ends.items()},
        {place.partition: offset for place, offset in reached.items() if offset is not None},
    )
