"""The four Kafka topics, as data for whoever creates them and whoever checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

DEFAULT_LARGEST_RECORD: Final = 1024 * 1024
LARGEST_CASE_EVENT: Final = 2 * 1024 * 1024
"""Bytes; Kafka's own limit of about 1 MB refuses a contact note of that length. Clients must be set to it too."""

ROOM_FOR_REASONS: Final = 64 * 1024
"""Bytes; a dead letter is the original record and headers that say why, and must fit even where that one just did."""

REPLICATION_IN_SERVICE: Final = 3
MIN_INSYNC_IN_SERVICE: Final = 2


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its name, how it is cut, how long it keeps records, and the largest record it takes (bytes).

    Records are keyed by case id, so that one case stays in one partition and in order.
    """

    name: str
    partitions: int
    retention: timedelta
    largest_record: int = DEFAULT_LARGEST_RECORD
    cleanup_policy: str = "delete"
    replication_in_service: int = REPLICATION_IN_SERVICE
    min_insync_in_service: int = MIN_INSYNC_IN_SERVICE

    def settings(self, *, in_service: bool) -> Mapping[str, str]:
        """Return the settings by Kafka's names; the in-sync minimum only where several brokers hold a partition."""
        found = {
            "cleanup.policy": self.cleanup_policy,
            "retention.ms": str(self.retention // timedelta(milliseconds=1)),
            "max.message.bytes": str(self.largest_record),
        }
        if in_service:
            found["min.insync.replicas"] = str(self.min_insync_in_service)
        return found

    def replication(self, *, in_service: bool) -> int:
        """Return how many brokers hold each partition: one on a laptop."""
        return self.replication_in_service if in_service else 1


CASE_EVENTS: Final = Topic("case.events", 12, timedelta(days=7), LARGEST_CASE_EVENT)
"""What happened, from every agency. Seven days, because contact notes are in it."""

DEAD_CASE_EVENTS: Final = Topic("case.events.dead", 12, CASE_EVENTS.retention, LARGEST_CASE_EVENT + ROOM_FOR_REASONS)
"""Records that could not be read, byte for byte; so with the protection and retention of what they came from."""

COMPLIANCE_EVENTS: Final = Topic("compliance.events", 12, timedelta(days=30))
"""What Waymark announces, for named consumers; nothing personal. The ledger, not this topic, is the lasting record."""

NOTIFICATION_REQUESTS: Final = Topic("notifications.requests", 12, timedelta(days=1))
"""Wakes whoever sends; the request itself is a row in the database, and a sweeper finds what no record woke."""

TOPICS: Final = (CASE_EVENTS, DEAD_CASE_EVENTS, COMPLIANCE_EVENTS, NOTIFICATION_REQUESTS)
"""Every topic there is."""
