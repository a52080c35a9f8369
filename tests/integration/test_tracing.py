"""One trace from the Kafka record to what is published of it; and nothing at all where no collector is named."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.traced import accepting, traceparent_of
from infra import tracing
from infra.settings import Settings
from infra.tracing_otlp import OtlpTracing
from services.accept import Incoming, accept
from services.assess_case import assess_cases
from services.contacts.reading import read_note
from services.relay import Relay
from services.storage.tables import case_key, outbox, wakes
from tests.support.app import event, record, told_within, vault
from tests.support.recorded_publisher import RecordedPublisher

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BROUGHT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.use(OtlpTracing(SimpleSpanProcessor(exporter)))
    yield exporter
    tracing.end_tracing()


async def take_in_traced(engine: AsyncEngine, *batch: Incoming) -> None:
    with accepting(batch):
        await accept(engine, batch, vault=vault, read_note=read_note)


async def relayed(engine: AsyncEngine) -> list[str | None]:
    """The traceparents of what is published now."""
    publisher = RecordedPublisher()
    async with Relay(engine, publisher) as relay:
        await relay.round()
    found = [dict(each.headers).get("traceparent") for each in publisher.sent]
    return [None if each is None else each.decode() for each in found]


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [each for each in spans.get_finished_spans() if each.name == name]


def trace_of(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    return f"{context.trace_id:032x}"


async def test_one_trace_reaches_from_the_record_to_what_is_published(
    engine: AsyncEngine, spans: InMemorySpanExporter
) -> None:
    await take_in_traced(engine, record(event("e-1"), headers=[("traceparent", BROUGHT.encode())]))
    await assess_cases(engine, told_within())
    (published,) = set(await relayed(engine))
    accepted, assessed, sent = (named(spans, name)[0] for name in ("accept event", "assess case", "publish"))
    assert {trace_of(each) for each in (accepted, assessed, sent)} == {TRACE}
    assert published is not None
    assert published.startswith(f"00-{TRACE}-")
    for child, parent in ((assessed, accepted), (sent, assessed)):
        context = parent.get_span_context()
        assert child.parent is not None
        assert context is not None
        assert child.parent.span_id == context.span_id
    assert assessed.attributes is not None
    assert assessed.attributes["waymark.cause"] == "event"


async def test_an_event_that_brought_no_trace_goes_on_in_that_of_its_batch(
    engine: AsyncEngine, spans: InMemorySpanExporter
) -> None:
    await take_in_traced(engine, record(event("e-1")), record(event("e-2", case="KP-2")), record(b"no event"))
    await assess_cases(engine, told_within())
    (batch,) = named(spans, "accept batch")
    assert batch.attributes is not None
    assert batch.attributes["waymark.records"] == 3
    assert {trace_of(each) for each in named(spans, "assess case")} == {trace_of(batch)}


async def test_a_case_woken_twice_goes_on_in_the_first_trace_and_is_linked_to_the_second(
    engine: AsyncEngine, spans: InMemorySpanExporter
) -> None:
    await take_in_traced(engine, record(event("e-1"), headers=[("traceparent", BROUGHT.encode())]))
    await take_in_traced(engine, record(event("e-2")))
    await assess_cases(engine, told_within())
    (assessed,) = named(spans, "assess case")
    second = named(spans, "accept batch")[1]
    assert trace_of(assessed) == TRACE
    assert [link.context.trace_id for link in assessed.links] == [int(trace_of(second), 16)]


async def test_without_tracing_nothing_is_stored_and_nothing_is_published_of_a_trace(engine: AsyncEngine) -> None:
    await take_in_traced(engine, record(event("e-1"), headers=[("traceparent", BROUGHT.encode())]))
    async with engine.connect() as conn:
        assert (await conn.execute(select(wakes.c.trace))).scalars().all() == [None]
    await assess_cases(engine, told_within())
    assert set(await relayed(engine)) == {None}


async def test_a_process_that_traces_nothing_hands_on_the_trace_it_was_given(
    engine: AsyncEngine, spans: InMemorySpanExporter
) -> None:
    await take_in_traced(engine, record(event("e-1"), headers=[("traceparent", BROUGHT.encode())]))
    tracing.use(None)
    await assess_cases(engine, told_within())
    (published,) = set(await relayed(engine))
    assert published is not None
    assert published.split("-")[1] == TRACE
    assert not named(spans, "assess case")


async def test_a_span_of_a_failure_names_its_type_and_none_of_its_words(
    engine: AsyncEngine, spans: InMemorySpanExporter
) -> None:
    await take_in_traced(engine, record(event("e-1")))
    await assess_cases(engine, told_within(fails_on="policing.suspect.arrested.v1"))
    (failed,) = named(spans, "assess case")
    assert failed.status.description == "ArithmeticError"
    assert not failed.events
    assert "V-1" not in failed.to_json()


async def test_no_span_names_a_case_in_words_or_what_somebody_made_up(
    engine: AsyncEngine, spans: InMemorySpanExporter
) -> None:
    made_up = event("e-1", "somebody.wrote.anything.v1")
    await take_in_traced(engine, record(made_up, headers=[("traceparent", BROUGHT.encode())]))
    await assess_cases(engine, told_within())
    everything = "".join(each.to_json() for each in spans.get_finished_spans())
    assert "KP-1" not in everything
    assert "somebody" not in everything
    assert case_key("KP-1").hex() in everything


@pytest.mark.parametrize("bad", ["", "x" * 55, BROUGHT[:-1], "00-" + "0" * 32 + "-00f067aa0ba902b7-01"])
async def test_what_is_no_trace_is_passed_over(engine: AsyncEngine, spans: InMemorySpanExporter, bad: str) -> None:
    await take_in_traced(engine, record(event("e-1"), headers=[("traceparent", bad.encode()), ("traceparent", None)]))
    async with engine.connect() as conn:
        (stored,) = (await conn.execute(select(wakes.c.trace))).scalars()
    assert stored.split("-")[1] in {trace_of(each) for each in spans.get_finished_spans()}


def test_the_trace_of_the_record_outweighs_the_one_its_event_was_born_with() -> None:
    born = event("e-1") | {"traceparent": BROUGHT}
    other = BROUGHT.replace("4bf9", "1234")
    assert traceparent_of(record(born)) == BROUGHT
    assert traceparent_of(record(born, headers=[("Traceparent", other.encode())])) == other
    assert traceparent_of(record(event("e-1"))) is None


async def test_a_message_outside_any_trace_is_published_as_it_is(
    engine: AsyncEngine, spans: InMemorySpanExporter
) -> None:
    async with engine.begin() as conn:
        await conn.execute(outbox.insert().values(shard=0, topic="compliance.events", value=b"{}", headers=b"\x90"))
    assert await relayed(engine) == [None]
    assert not named(spans, "publish")


def test_spans_reach_a_collector_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            settings = Settings.model_construct(otlp_endpoint=f"http://127.0.0.1:{server.server_port}")
            assert tracing.is_wanted(settings)
            tracing.begin_tracing(settings)
            with tracing.span("accept batch", [BROUGHT], records=1):
                pass
            tracing.end_tracing()
        finally:
            server.shutdown()
            serving.join()
    ((path, body),) = bodies
    assert path == "/v1/traces"
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    (span,) = resource.scope_spans[0].spans
    assert span.trace_id.hex() == TRACE
    assert "waymark" in {each.value.string_value for each in resource.resource.attributes}


def test_no_part_that_makes_or_sends_spans_is_loaded_where_no_collector_is_named() -> None:
    program = (
        "import sys, services.cli.up, infra.tracing\n"
        "from infra.settings import Settings\n"
        "infra.tracing.begin_tracing(Settings.model_construct(otlp_endpoint=None))\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])\n"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={}
    )
    assert done.stdout.strip() == "[]"


def test_a_standard_variable_names_a_collector_too(monkeypatch: pytest.MonkeyPatch) -> None:
    unset = Settings.model_construct(otlp_endpoint=None)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert not tracing.is_wanted(unset)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert tracing.is_wanted(unset)
