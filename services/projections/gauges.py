"""What stands in the store as Prometheus gauges: measured at each scrape, within a limit, and never failing it.

With the database away there is one gauge, ``waymark_database_up 0``: a scrape that failed would look like a web server
that is down. Each age is absent while there is nothing to be old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

import structlog
from prometheus_client.metrics_core import Metric
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra import clock
from infra.metrics import gauge
from services.contacts.cards import CardKind
from services.projections.alert_gauges import alert_families
from services.storage.feeds import FEEDS
from services.storage.standing import UNSETTLED, Standing, what_stands
from services.storage.standing_alerts import AlertsStanding, how_alerts_stand

LIMIT_S: Final = 4.0
"""Seconds the database has to answer in; Prometheus gives up after ten."""

_log = structlog.get_logger(__name__)


async def gauges(engine: AsyncEngine, sources: tuple[str, ...] = ()) -> list[Metric]:
    """Return the gauges of the store; ``sources`` are the event types, or prefixes, that are connected (none: all)."""
    try:
        async with asyncio.timeout(LIMIT_S), engine.connect() as conn:
            standing = await what_stands(conn)
            alerts = await how_alerts_stand(conn)
    except (SQLAlchemyError, OSError, TimeoutError) as failure:
        return _away(failure)
    except Exception as failure:  # noqa: BLE001 - a driver's own errors differ by how the connection was lost
        return _away(failure)
    return families_of(standing, alerts, sources)


def families_of(standing: Standing, alerts: AlertsStanding, sources: tuple[str, ...] = ()) -> list[Metric]:
    """Return what stands in the store as gauges."""
    return [_is_up(1), *_gauges(standing), *alert_families(alerts), *_feed_gauges(standing, sources)]


def _away(failure: Exception) -> list[Metric]:
    _log.warning("store_not_measured", error=type(failure).__name__)
    return [_is_up(0)]


def _is_up(value: int) -> Metric:
    return gauge("waymark_database_up", "Whether the database answered this scrape.", {"": value})


def _gauges(standing: Standing) -> Iterator[Metric]:
    apart_s = (clock.wall_now() - standing.database_clock).total_seconds()
    for name, meaning, value in (
        ("waymark_wakes", "Wakes that no assessment has taken yet, counted up to 100,000.", standing.wakes),
        (
            "waymark_oldest_wake_age_seconds",
            "How long the oldest wake that no assessment has taken has waited.",
            standing.oldest_wake_s,
        ),
        ("waymark_due_cases_late", "Cases whose moment has come and that are not assessed yet.", standing.due),
        (
            "waymark_longest_due_age_seconds",
            "For how long the case that is late the longest has been due.",
            standing.longest_due_s,
        ),
        ("waymark_cases_set_aside", "Cases whose assessment failed and is tried again later.", standing.set_aside),
        (
            "waymark_dead_letters_open",
            "Refused records that nobody has dealt with; erasing what they held does not close them.",
            standing.dead_letters,
        ),
        (
            "waymark_oldest_open_dead_letter_age_seconds",
            "How long ago the oldest refused record that nobody has dealt with was received.",
            standing.oldest_dead_letter_s,
        ),
        (
            "waymark_dead_letters_unpublished",
            "Refused records that are not on case.events.dead yet.",
            standing.dead_letters_unpublished,
        ),
        (
            "waymark_dead_letters_parked",
            "Open refused records that cannot be published to case.events.dead.",
            standing.dead_letters_parked,
        ),
        ("waymark_outbox_messages", "Messages that wait to be published, counted up to 100,000.", standing.outbox),
        (
            "waymark_oldest_outbox_message_age_seconds",
            "How long the oldest message that waits to be published has waited.",
            standing.oldest_message_s,
        ),
        (
            "waymark_outbox_messages_parked",
            "Messages that the broker refuses for good.",
            standing.messages_parked,
        ),
        (
            "waymark_text_overdue_seconds",
            "How long the text that has waited longest for a decision has been due for one.",
            standing.text_overdue_s,
        ),
        ("waymark_texts_paused", "Whether all texts are paused by the switch.", standing.texts_paused),
        (
            "waymark_urgent_cards_not_acknowledged",
            "Open urgent cards that nobody has acknowledged.",
            standing.urgent_cards,
        ),
        (
            "waymark_oldest_urgent_card_age_seconds",
            "How long ago the oldest open urgent card that nobody has acknowledged was raised.",
            standing.oldest_urgent_card_s,
        ),
        (
            "waymark_interruptions_unreached",
            "Interruptions that nobody has in hand and of which nobody could be told, the control room neither.",
            standing.unreached,
        ),
        ("waymark_anchor_age_seconds", "How old the last anchor of the ledger is.", standing.anchor_s),
        (
            "waymark_clock_ahead_seconds",
            "How far the simulated clock is ahead of the database's, 0 with the real one.",
            standing.clock_ahead_s,
        ),
        (
            "waymark_clock_apart_seconds",
            "How far this machine's clock is ahead of the database's.",
            apart_s,
        ),
    ):
        if value is not None:
            yield gauge(name, meaning, {"": float(value)})
    yield gauge(
        "waymark_texts",
        "Texts that are not settled, by state.",
        {state: float(standing.texts.get(state, 0)) for state in UNSETTLED},
        "state",
    )
    yield gauge(
        "waymark_cards_open",
        "Open cards by kind, those that are to be shown already.",
        {kind.value: float(standing.cards.get(kind.value, 0)) for kind in CardKind},
        "kind",
    )


def _feed_gauges(standing: Standing, sources: tuple[str, ...]) -> Iterator[Metric]:
    yield gauge(
        "waymark_feed_silence_seconds",
        "How long ago an event of each feed was last received; a feed is the first word of its event types.",
        standing.feeds,
        "feed",
    )
    if not sources:
        return
    connected = {source.partition(".")[0] for source in sources}
    yield gauge(
        "waymark_feed_connected",
        "Whether a feed is connected by WAYMARK_SOURCES; absent while all are.",
        {feed: float(feed in connected) for feed in sorted(FEEDS)},
        "feed",
    )
