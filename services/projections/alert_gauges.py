"""How alerts and texts stand, as Prometheus gauges."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from infra.metrics import gauge
from services.storage.standing_alerts import FATES, NOTICE_STATES, STEPS, AlertsStanding


def alert_families(standing: AlertsStanding) -> Iterator[Metric]:
    """Return how alerts and texts stand as gauges; an age is absent while there is nothing to be old."""
    for name, meaning, value in (
        (
            "waymark_cards_unplanned",
            "Open cards of which nobody has worked out who sees them when.",
            standing.unplanned,
        ),
        (
            "waymark_oldest_unplanned_card_age_seconds",
            "How long ago the oldest open card that is not planned was raised.",
            standing.oldest_unplanned_s,
        ),
        ("waymark_cards_not_shown", "Planned cards whose list or moment has come and is not shown.", standing.unshown),
        (
            "waymark_longest_not_shown_card_age_seconds",
            "How long ago the card that is late the longest was to be shown; lists wait five minutes.",
            standing.longest_unshown_s,
        ),
        (
            "waymark_oldest_notice_to_deliver_age_seconds",
            "How long ago the oldest notice to staff that is not delivered yet was made.",
            standing.oldest_notice_s,
        ),
    ):
        if value is not None:
            yield gauge(name, meaning, {"": float(value)})
    yield gauge(
        "waymark_interruptions_not_acknowledged",
        "Interruptions that nobody has acknowledged, by who has them now.",
        {step: float(standing.interruptions.get(step, 0)) for step in STEPS},
        "step",
    )
    yield gauge(
        "waymark_notices_of_a_day",
        "Notices to staff made in the last 24 hours, by what became of their delivery.",
        {state: float(standing.notices.get(state, 0)) for state in NOTICE_STATES},
        "state",
    )
    yield gauge(
        "waymark_texts_of_a_day",
        "Texts asked for in the last 24 hours that are decided about, by state.",
        {state: float(standing.texts.get(state, 0)) for state in FATES},
        "state",
    )
