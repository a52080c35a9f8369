"""Where a consumer group stands in a topic, and how it is sent back; by kafka-python's administration.

A store restored from a backup is older than its group's offsets: without sending the group back, what came after the
backup would be passed over in silence. Reading twice is no harm, so back is the safe side.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import GroupIdNotFoundError, KafkaError
from kafka.structs import OffsetAndMetadata

from infra import clock
from infra.kafka_connection import admin_options, is_reachable
from infra.settings import Settings

T = TypeVar("T")
_PATIENCE_S: Final = 15.0
_LOOK_EVERY_S: Final = 0.2
_NOBODY = frozenset({"Empty", "Dead"})


class RewindError(Exception):
    """The group cannot be sent back, or its standing not be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Rewound:
    """What sending back did: partitions of the topic, and how many records are read again at the most."""

    partitions: int
    records: int


def rewind(settings: Settings, group: str, topic: str, to: datetime | None = None) -> Rewound:
    """Send the group back to the first record that Kafka was given at ``to`` or later, or to the first there is.

    Records bear the time of whoever sent them: a clock that went wrong hides a record from ``to``, never from the
    beginning.

    Raises:
        RewindError: if members are at work, or Kafka does not answer or refuses.
    """
    with _administration(settings) as admin:
        members = _members(admin, group)
        if members:
            raise RewindError(
                f"{members} of the group's members are at work: stop every `waymark ingest` and `waymark up` first, "
                f"and wait {settings.kafka_session_timeout_ms / 1000:.0f} s for one that was killed."
            )
        partitions = _partitions(admin, topic)
        begins = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
        ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        wanted = {each: begins[each].offset for each in partitions}
        if to is not None:
            found = admin.list_partition_offsets(dict.fromkeys(partitions, round(to.timestamp() * 1000)))
            # -1: nothing was given to Kafka since then.
            wanted = {each: found[each].offset if found[each].offset >= 0 else ends[each].offset for each in partitions}
        answered = admin.alter_group_offsets(
            group, {each: OffsetAndMetadata(offset, "", -1) for each, offset in wanted.items()}
        )
        refused = {each: error for each, error in answered.items() if getattr(error, "errno", 0)}
        if refused:
            raise RewindError(f"Kafka did not take {len(refused)} of {len(wanted)} offsets: somebody has just joined.")
    return Rewound(len(wanted), sum(ends[each].offset - offset for each, offset in wanted.items()))


def lag(settings: Settings, group: str, topic: str) -> int:
    """Return how many records of the topic the group has not committed yet.

    Raises:
        RewindError: if Kafka does not answer or refuses.
    """
    with _administration(settings) as admin:
        partitions = _partitions(admin, topic)
        begins = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
        ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        committed = _patiently(lambda: admin.list_group_offsets({group: partitions}))[group]
        return sum(
            ends[each].offset - max(committed[each].offset if each in committed else 0, begins[each].offset)
            for each in partitions
        )


@contextmanager
def _administration(settings: Settings) -> Iterator[KafkaAdminClient]:
    if not is_reachable(settings):
        raise RewindError("No Kafka broker can be reached: check WAYMARK_KAFKA_BOOTSTRAP_SERVERS, and start Kafka.")
    try:
        admin = KafkaAdminClient(**admin_options(settings))
    except KafkaError as error:
        raise RewindError(f"Kafka does not answer ({type(error).__name__}): `waymark doctor` says more.") from error
    try:
        yield admin
    except KafkaError as error:
        raise RewindError(f"Kafka refused ({type(error).__name__}): check the rights of the Kafka user.") from error
    finally:
        admin.close()


def _members(admin: KafkaAdminClient, group: str) -> int:
    try:
        found = _patiently(lambda: admin.describe_groups([group]))[group]
    except GroupIdNotFoundError:
        return 0
    return 0 if found["group_state"] in _NOBODY else max(len(found["members"]), 1)


def _partitions(admin: KafkaAdminClient, topic: str) -> list[TopicPartition]:
    (described,) = admin.describe_topics([topic])
    if not described["partitions"]:
        raise RewindError("The topic does not exist: `waymark topics apply` makes it.")
    return [TopicPartition(topic, each["partition_index"]) for each in described["partitions"]]


def _patiently(ask: Callable[[], T]) -> T:
    """Ask again while Kafka says that it will answer later: a broker just started has no coordinator yet."""
    give_up_at = clock.monotonic() + _PATIENCE_S
    while True:
        try:
            return ask()
        except KafkaError as error:
            if not error.retriable or clock.monotonic() > give_up_at:
                raise
        time.sleep(_LOOK_EVERY_S)
