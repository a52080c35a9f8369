"""What this process counts of its own work, for Prometheus; what stands in the store is measured when it is asked for.

One registry a process: `waymark up` shows all of it at the web's `/metrics`, single processes at their metrics port.
No label holds an id, a name or a number of anybody, and each has few values, known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # the library gives it no types

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
REGISTRY: Final = CollectorRegistry()

_QUICK: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_WAITED: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

ProcessCollector(registry=REGISTRY)

RECORDS: Final = Counter(
    "waymark_records_total",
    "Records read from case.events by what became of them: stored, duplicate or refused.",
    ["outcome"],
    registry=REGISTRY,
)
UNKNOWN_EVENTS: Final = Counter(
    "waymark_events_of_unknown_type_total",
    "Events read whose type is not known here: kept, and changing nothing that is owed.",
    registry=REGISTRY,
)
BATCHES_AGAIN: Final = Counter(
    "waymark_batches_tried_again_total",
    "Batches that could not be stored at once and were tried again.",
    registry=REGISTRY,
)
ASSESSMENTS: Final = Counter(
    "waymark_assessments_total",
    "Assessments of a case by how they ended: assessed or set_aside.",
    ["outcome"],
    registry=REGISTRY,
)
ANNOUNCEMENTS: Final = Counter(
    "waymark_announcements_total",
    "Differences written to the ledger, the quiet ones too.",
    registry=REGISTRY,
)
ASSESSMENT_S: Final = Histogram(
    "waymark_assessment_seconds",
    "How long judging one case took, without reading and writing it.",
    buckets=_QUICK,
    registry=REGISTRY,
)
EVENT_TO_ASSESSMENT_S: Final = Histogram(
    "waymark_event_to_assessment_seconds",
    "How long the oldest wake of a case waited from the acceptance of its event until the case was taken.",
    buckets=_WAITED,
    registry=REGISTRY,
)
PUBLISHED: Final = Counter(
    "waymark_published_total",
    "Messages handed to Kafka by topic and outcome: published, or parked because the broker refuses them for good.",
    ["topic", "outcome"],
    registry=REGISTRY,
)
ANCHORS: Final = Counter(
    "waymark_anchors_made_total",
    "Anchors of the ledger made by this process.",
    registry=REGISTRY,
)
TEXTS: Final = Counter(
    "waymark_texts_decided_total",
    "Decisions about texts by what was decided: sent, held, suppressed, failed, or unknown where no answer came.",
    ["decision"],
    registry=REGISTRY,
)

for _counter, _values in ((RECORDS, ("stored", "duplicate", "refused")), (ASSESSMENTS, ("assessed", "set_aside")),
                          (TEXTS, ("sent", "held", "suppressed", "unknown"))):  # fmt: skip
    for _value in _values:
        # There from the start: a rate over a series that begins at its first mishap does not see that mishap.
        _counter.labels(_value)


Measure = Callable[[], Iterable[Metric]]
"""Measures something of this process when it is asked for, without waiting for anybody."""


class _Measured(Collector):
    """Families that were measured already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        """Return them."""
        yield from self._families


def gauge(name: str, meaning: str, values: Mapping[str, float], label: str | None = None) -> GaugeMetricFamily:
    """Return a gauge with a value for each value of its label; without a label, with the value under the empty text."""
    family = GaugeMetricFamily(name, meaning, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family


def exposition(measured: Iterable[Metric] = (), registry: CollectorRegistry = REGISTRY) -> bytes:
    """Return what Prometheus reads: this process's own counters, and the families measured for this scrape."""
    return generate_latest(registry) + generate_latest(_Measured(measured))
