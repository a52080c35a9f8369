"""Tracing, where an OpenTelemetry collector is named: from the Kafka record to what is announced of it, in one trace.

Without a collector OpenTelemetry's SDK is not loaded, every span is the same object that does nothing, and no trace is
stored. The SDK is never made the global one: FastAPI would then trace requests, and an address may hold a case's id.
A trace crosses processes as a W3C ``traceparent`` on the rows that hold the work: wakes and the outbox. Spans hold keys
of cases, event types and counts: never a name, a note, a number, or the words of an exception.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Final, Protocol

from infra.settings import Settings

TRACEPARENT: Final = "traceparent"
"""The header (and the CloudEvents attribute) that carries a trace."""

Attribute = str | int | float | bool

_STANDARD: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

wake_traces: ContextVar[Mapping[bytes, str] | None] = ContextVar("wake_traces", default=None)
"""The trace of each case (by key) in the batch that is being accepted: what is stored with its wake.

A context variable, as OpenTelemetry's own context is: acceptance neither knows of cases nor of traces.
"""


class Span(Protocol):
    """One piece of work in a trace; ``end`` it once."""

    @property
    def traceparent(self) -> str | None:
        """What whoever goes on with this work is given; None where nothing is traced."""

    def note(self, **attributes: Attribute) -> None:
        """Add what became known on the way."""

    def end(self, failed: str | None = None) -> None:
        """End the span; ``failed`` names the type of what was raised."""


class Tracing(Protocol):
    """Makes spans and sends them away (infra.tracing_otlp.OtlpTracing)."""

    def start(self, name: str, parents: Sequence[str], attributes: Mapping[str, Attribute]) -> Span:
        """Begin a span: a child of the first parent, linked to the others; without any a trace of its own."""

    def close(self) -> None:
        """Send what is left, which may take seconds, and stop."""


class _NoSpan:
    traceparent = None

    def note(self, **attributes: Attribute) -> None:
        """Do nothing."""

    def end(self, failed: str | None = None) -> None:
        """Do nothing."""


_NO_SPAN: Final = _NoSpan()


class _Switch:
    """Holds the one Tracing of this process; None: nothing is traced."""

    tracing: Tracing | None = None


def is_wanted(settings: Settings) -> bool:
    """Tell whether a collector is named, by our setting or by a standard variable."""
    return settings.otlp_endpoint is not None or any(os.environ.get(name) for name in _STANDARD)


def begin_tracing(settings: Settings) -> None:
    """Trace from here on, if a collector is named."""
    if is_wanted(settings):
        use(import_module("infra.tracing_otlp").OtlpTracing.to(settings.otlp_endpoint))


def use(tracing: Tracing | None) -> None:
    """Trace with this from here on; None: not at all."""
    _Switch.tracing = tracing


def end_tracing() -> None:
    """Send what is left and trace no more; call it beside the event loop, since it may wait for the collector."""
    tracing, _Switch.tracing = _Switch.tracing, None
    if tracing is not None:
        tracing.close()


def is_on() -> bool:
    """Tell whether anything is traced in this process."""
    return _Switch.tracing is not None


def start(name: str, parents: Sequence[str | None] = (), **attributes: Attribute) -> Span:
    """Begin a span that the caller ends."""
    tracing = _Switch.tracing
    if tracing is None:
        return _NO_SPAN
    return tracing.start(name, [each for each in parents if each is not None], attributes)


@contextmanager
def span(name: str, parents: Sequence[str | None] = (), **attributes: Attribute) -> Iterator[Span]:
    """Begin a span that ends with the block; what the block raises is named by its type alone."""
    made = start(name, parents, **attributes)
    try:
        yield made
    except BaseException as failure:
        made.end(type(failure).__name__)
        raise
    made.end()
