"""Reading metrics as Prometheus does, and everything that the code can show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from consumers.progress import Look, Progress
from infra.beats import Beats
from infra.metrics import REGISTRY
from services.cli.watching import measure_progress
from services.projections.gauges import families_of
from services.storage.standing import Standing
from services.storage.standing_alerts import AlertsStanding


def read(text: str) -> dict[str, Metric]:
    """The families of an exposition by name, as Prometheus parses them."""
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(families: Mapping[str, Metric], sample: str, **labels: str) -> float | None:
    """The value of one sample, or None where there is none."""
    for family in families.values():
        for each in family.samples:
            if each.name == sample and each.labels == labels:
                return each.value
    return None


def everything() -> list[Metric]:
    """Every family that any process can show, with nothing left out for want of a value."""
    given: dict[str, Any] = dict.fromkeys(Standing.__dataclass_fields__, 1)
    given |= {"database_clock": datetime(2026, 11, 20, tzinfo=UTC), "texts": {}, "cards": {}, "feeds": {"court": 1.0}}
    standing = Standing(**given)
    ages: dict[str, Any] = dict.fromkeys(AlertsStanding.__dataclass_fields__, 1)
    alerts = AlertsStanding(**ages | {"interruptions": {}, "notices": {}, "texts": {}})
    beats = Beats()
    beats.start("clock")
    progress = Progress()
    progress.saw(Look({0: 1}, {0: 1}), 0.0)
    return [
        *REGISTRY.collect(),
        *families_of(standing, alerts, ("court",)),
        *beats.measure(),
        *measure_progress(progress),
    ]


def sample_names(families: Iterable[Metric]) -> set[str]:
    """The names of series that a query may ask for; counters are queried with ``_total``."""
    names = set()
    for family in families:
        names.update({each.name for each in family.samples} or {family.name})
        if family.type == "counter":
            names.add(f"{family.name}_total")
        if family.type == "histogram":
            names.update(f"{family.name}{end}" for end in ("_bucket", "_sum", "_count"))
    return names
