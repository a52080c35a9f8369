"""Creates and alters the Kafka topics, by kafka-python's administration; applying twice changes nothing.

What could harm is not done by itself but said: more partitions would move cases to others, and their events out of
order; another replication factor is an operator's planned move.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from contracts.topics import TOPICS, Topic
from infra import clock
from infra.kafka_connection import admin_options, is_reachable
from infra.settings import Settings

Outcome = Literal["created", "changed", "right", "differs", "missing"]


_SPREAD_LIMIT_S = 3.0
_LOOK_EVERY_S = 0.05


class TopicsError(Exception):
    """The topics could not be read or made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TopicResult:
    """What was found of one topic, or done to it; `says` is a sentence, empty where it was right already."""

    name: str
    outcome: Outcome
    says: str = ""


@contextmanager
def _administration(settings: Settings, limit_s: float = 20) -> Iterator[KafkaAdminClient]:
    if not is_reachable(settings):
        raise TopicsError("No Kafka broker can be reached: check WAYMARK_KAFKA_BOOTSTRAP_SERVERS, and start Kafka.")
    try:
        admin = KafkaAdminClient(**admin_options(settings, limit_s=limit_s))
    except KafkaError as error:
        raise TopicsError(
            f"Kafka does not answer ({type(error).__name__}): check WAYMARK_KAFKA_BOOTSTRAP_SERVERS and the sign-in.",
        ) from error
    try:
        yield admin
    except KafkaError as error:
        raise TopicsError(f"Kafka refused ({type(error).__name__}): check the rights of the Kafka user.") from error
    finally:
        admin.close()


def _is_replicated(admin: KafkaAdminClient, settings: Settings, topics: Iterable[Topic]) -> bool:
    """Say whether topics are kept as in service: always in service, and wherever there are brokers enough."""
    brokers = len(admin.describe_cluster()["brokers"])
    wanted = max(topic.replication_in_service for topic in topics)
    if settings.service and brokers < wanted:
        raise TopicsError(f"Kafka has {brokers} broker(s), and in service each topic is kept on {wanted}.")
    return brokers >= wanted


def _found(admin: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, Any]]:
    existing = set(admin.list_topics()) & set(names)
    return {topic["name"]: topic for topic in admin.describe_topics(sorted(existing))} if existing else {}


def _values(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    told = admin.describe_configs(resources, config_filter="all").get("topic", {})
    return {name: {key: entry["value"] for key, entry in entries.items()} for name, entries in told.items()}


def _values_once_set(admin: KafkaAdminClient, wanted: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return the topics' values once they are as wanted; as they then are, if that does not come about."""
    give_up_at = clock.monotonic() + _SPREAD_LIMIT_S
    while True:
        values = _values(admin, wanted)
        # The node that answers learns of a change a moment after the one that took it.
        if not any(_differences(wanted[name], values.get(name, {})) for name in wanted):
            return values
        if clock.monotonic() > give_up_at:
            return values
        time.sleep(_LOOK_EVERY_S)


def _differences(wanted: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in wanted.items() if values.get(key) != value}


def _shape_sentence(topic: Topic, found: dict[str, Any], *, replicated: bool) -> str:
    partitions = found["partitions"]
    copies = min((len(partition["replica_nodes"]) for partition in partitions), default=0)
    words = []
    if len(partitions) != topic.partitions:
        words.append(
            f"It has {len(partitions)} partitions instead of {topic.partitions}; left so, because cases would move "
            "between partitions and their events out of order.",
        )
    if copies < topic.replication(in_service=replicated):
        words.append(
            f"It is kept on {copies} broker(s) instead of {topic.replication(in_service=replicated)}: "
            "move its replicas with Kafka's own tools.",
        )
    return " ".join(words)


def apply_topics(settings: Settings, topics: tuple[Topic, ...] = TOPICS) -> list[TopicResult]:
    """Create what is missing and set what differs; return one result a topic, in their order.

    Raises:
        TopicsError: if Kafka does not answer, refuses, or has too few brokers for service.
        LookupError: if no Kafka is set.
    """
    named = {settings.topic_prefix + topic.name: topic for topic in topics}
    with _administration(settings) as admin:
        replicated = _is_replicated(admin, settings, topics)
        wanted = {name: dict(topic.settings(in_service=replicated)) for name, topic in named.items()}
        found = _found(admin, list(named))
        missing = {
            name: {
                "num_partitions": topic.partitions,
                "replication_factor": topic.replication(in_service=replicated),
                "configs": wanted[name],
            }
            for name, topic in named.items()
            if name not in found
        }
        for name, options in missing.items():
            # One by one: of two processes that start together, each may be the first for some topics.
            try:
                admin.create_topics({name: options}, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                admin.wait_for_topics([name])
        values = _values(admin, found)
        differing = {name: _differences(wanted[name], values.get(name, {})) for name in found}
        changes = {name: difference for name, difference in differing.items() if difference}
        if changes:
            admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, change) for name, change in changes.items()],
                raise_on_unknown=False,
            )
        after = _values_once_set(admin, {name: wanted[name] for name in changes})
    results = []
    for name, topic in named.items():
        if name in missing:
            results.append(TopicResult(name, "created", f"{topic.partitions} partitions."))
            continue
        words = [_shape_sentence(topic, found[name], replicated=replicated)]
        refused = _differences(wanted[name], after.get(name, {})) if name in changes else {}
        if refused:
            words.append(f"The broker did not take over: {', '.join(sorted(refused))}.")
        remains = " ".join(word for word in words if word)
        done = sorted(set(changes.get(name, ())) - set(refused))
        said = f"Set: {', '.join(done)}." if done else ""
        outcome: Outcome = "differs" if remains else "changed" if done else "right"
        results.append(TopicResult(name, outcome, f"{said} {remains}".strip()))
    return results


def check_topics(
    settings: Settings,
    topics: tuple[Topic, ...] = TOPICS,
    *,
    limit_s: float = 20,
) -> list[TopicResult]:
    """Compare the topics with what is wanted and change nothing; one result a topic, in their order.

    Raises:
        TopicsError: if Kafka does not answer, refuses, or has too few brokers for service.
        LookupError: if no Kafka is set.
    """
    named = {settings.topic_prefix + topic.name: topic for topic in topics}
    with _administration(settings, limit_s) as admin:
        replicated = _is_replicated(admin, settings, topics)
        found = _found(admin, list(named))
        values = _values(admin, found)
    results = []
    for name, topic in named.items():
        if name not in found:
            results.append(TopicResult(name, "missing", "It does not exist: run `waymark topics apply`."))
            continue
        words = [_shape_sentence(topic, found[name], replicated=replicated)]
        difference = _differences(dict(topic.settings(in_service=replicated)), values.get(name, {}))
        if difference:
            words.append(f"Set otherwise: {', '.join(sorted(difference))}; run `waymark topics apply`.")
        said = " ".join(word for word in words if word)
        results.append(TopicResult(name, "differs" if said else "right", said))
    return results
