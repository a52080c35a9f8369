"""A real Apache Kafka on this machine's loopback, where Java 17 and Maven are: one KRaft node or three.

It is for `make kafka`, for tests of what only a real broker does (idempotent producers, replicas, a leader killed) and
for benchmarks; in service Kafka is the force's own.
"""

from __future__ import annotations

from infra.embedded.apache.cluster import ApacheKafka
from infra.embedded.apache.libraries import fetch_libraries, missing_tools

__all__ = ["ApacheKafka", "fetch_libraries", "missing_tools"]
