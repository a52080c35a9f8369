"""Topics: made as contracts.topics says, mended where that is safe, and left alone where it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.topics import CASE_EVENTS, TOPICS
from infra.embedded.process import free_port
from infra.settings import Settings
from infra.topics import TopicsError, apply_topics, check_topics

pytestmark = pytest.mark.servers


def test_applying_twice_creates_once_and_then_finds_all_right(server_settings: Settings) -> None:
    assert {result.outcome for result in check_topics(server_settings)} == {"missing"}
    first = apply_topics(server_settings)
    assert [result.name for result in first] == [server_settings.topic_prefix + topic.name for topic in TOPICS]
    assert {result.outcome for result in first} == {"created"}
    assert {result.outcome for result in apply_topics(server_settings)} == {"right"}
    assert {result.outcome for result in check_topics(server_settings)} == {"right"}


def test_a_setting_that_differs_is_set_and_named(server_settings: Settings) -> None:
    apply_topics(server_settings, (CASE_EVENTS,))
    shorter = (replace(CASE_EVENTS, retention=timedelta(days=3)),)
    (found,) = check_topics(server_settings, shorter)
    assert found.outcome == "differs"
    assert "retention.ms" in found.says
    (changed,) = apply_topics(server_settings, shorter)
    assert (changed.outcome, changed.says) == ("changed", "Set: retention.ms.")
    assert [result.outcome for result in check_topics(server_settings, shorter)] == ["right"]


def test_partitions_are_never_added_to_a_topic_that_exists(server_settings: Settings) -> None:
    apply_topics(server_settings, (CASE_EVENTS,))
    more = (replace(CASE_EVENTS, partitions=CASE_EVENTS.partitions + 1, retention=timedelta(days=3)),)
    (result,) = apply_topics(server_settings, more)
    assert result.outcome == "differs"
    assert result.says.startswith("Set: retention.ms. It has 12 partitions instead of 13")
    assert check_topics(server_settings, more)[0].outcome == "differs"


def test_in_service_too_few_brokers_are_refused(server_settings: Settings) -> None:
    service = server_settings.model_copy(update={"service": True})
    four = (replace(CASE_EVENTS, replication_in_service=99),)
    with pytest.raises(TopicsError, match=r"in service each topic is kept on 99"):
        apply_topics(service, four)


def test_a_kafka_that_does_not_answer_is_told_in_a_sentence(server_settings: Settings) -> None:
    nowhere = server_settings.model_copy(update={"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}"})
    with pytest.raises(TopicsError, match="WAYMARK_KAFKA_BOOTSTRAP_SERVERS"):
        check_topics(nowhere, limit_s=1)
