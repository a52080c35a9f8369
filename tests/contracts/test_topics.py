"""The topics keep what the input contract and the design ask of them."""

from __future__ import annotations

from datetime import timedelta

from contracts.topics import CASE_EVENTS, DEAD_CASE_EVENTS, TOPICS

TWO_MIB = 2 * 1024 * 1024


def test_there_are_four_topics() -> None:
    assert [topic.name for topic in TOPICS] == [
        "case.events",
        "case.events.dead",
        "compliance.events",
        "notifications.requests",
    ]


def test_case_events_are_cut_in_twelve_and_kept_seven_days_because_of_notes() -> None:
    assert CASE_EVENTS.partitions == 12
    assert CASE_EVENTS.settings(in_service=False) == {
        "cleanup.policy": "delete",
        "retention.ms": str(7 * 24 * 3600 * 1000),
        "max.message.bytes": str(TWO_MIB),
    }


def test_dead_letters_are_kept_no_longer_than_what_they_came_from() -> None:
    assert DEAD_CASE_EVENTS.retention == CASE_EVENTS.retention == timedelta(days=7)


def test_a_dead_letter_has_room_for_its_reasons() -> None:
    assert DEAD_CASE_EVENTS.largest_record > CASE_EVENTS.largest_record


def test_in_service_every_topic_is_on_three_brokers_and_acknowledged_by_two() -> None:
    for topic in TOPICS:
        assert topic.replication(in_service=True) == 3
        assert topic.settings(in_service=True)["min.insync.replicas"] == "2"
        assert topic.replication(in_service=False) == 1
