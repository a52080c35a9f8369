"""Spans by OpenTelemetry's SDK, sent to a collector over HTTP; imported only where one is named."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, Self

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, Status, StatusCode, get_current_span
from opentelemetry.trace.propagation import set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from infra.tracing import TRACEPARENT, Attribute

_MOST_LINKS: Final = 32
_PATH: Final = "/v1/traces"
_propagator: Final = TraceContextTextMapPropagator()


class OtlpSpan:
    """One span of the SDK, without its habit of keeping the words of exceptions."""

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        """The W3C traceparent of this span."""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, set_span_in_context(self._span, Context()))
        return carrier.get(TRACEPARENT)

    def note(self, **attributes: Attribute) -> None:
        """Add attributes, each under ``waymark.``."""
        self._span.set_attributes(_named(attributes))

    def end(self, failed: str | None = None) -> None:
        """End it; what failed is named by its type."""
        if failed is not None:
            self._span.set_status(Status(StatusCode.ERROR, failed))
        self._span.end()


class OtlpTracing:
    """Makes spans of one provider; sampling, limits and the service's name follow the standard OTEL_… variables."""

    def __init__(self, processor: SpanProcessor) -> None:
        self._provider = TracerProvider(
            resource=Resource.create(None if os.environ.get(OTEL_SERVICE_NAME) else {SERVICE_NAME: "waymark"}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("waymark")

    @classmethod
    def to(cls, endpoint: str | None) -> Self:
        """Return tracing to this collector; None: to the one that the standard variables name."""
        exporter = OTLPSpanExporter(endpoint=None if endpoint is None else f"{endpoint}{_PATH}")
        return cls(BatchSpanProcessor(exporter))

    def start(self, name: str, parents: Sequence[str], attributes: Mapping[str, Attribute]) -> OtlpSpan:
        """Begin a span; what is no traceparent among the parents is passed over."""
        known = [_propagator.extract({TRACEPARENT: each}, Context()) for each in parents]
        found = [(each, get_current_span(each).get_span_context()) for each in known]
        found = [each for each in found if each[1].is_valid]
        return OtlpSpan(
            self._tracer.start_span(
                name,
                context=found[0][0] if found else Context(),
                attributes=_named(attributes),
                links=[Link(linked) for _, linked in found[1 : _MOST_LINKS + 1]],
                record_exception=False,
                set_status_on_exception=False,
            )
        )

    def close(self) -> None:
        """Send what is left and stop."""
        self._provider.shutdown()


def _named(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    return {f"waymark.{name}": value for name, value in attributes.items()}
