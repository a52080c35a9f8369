"""The consumer as an application: built from settings, run until told to stop, described as AsyncAPI 3."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from faststream import FastStream
from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

from consumers.case_events import AcceptBatch, Intake, StoreAwayError, subscribe
from consumers.odd_headers import pass_odd_header_names
from consumers.progress import PartitionsKnown, Progress, keep_looking
from contracts.announcements import ComplianceEvent
from contracts.topics import COMPLIANCE_EVENTS
from infra.faststream_connection import faststream_security
from infra.kafka_connection import bootstrap_servers
from infra.settings import Settings

TITLE: Final = "Waymark"
_STOP_LIMIT_S: Final = 15.0
_JOIN_LOOK_S: Final = 0.05

_log = structlog.get_logger(__name__)


def build_broker(settings: Settings) -> KafkaBroker:
    """Return a broker that only consumes; it is not started.

    It logs nothing itself: FastStream writes an exception with its arguments, and those may be somebody's words.
    """
    return KafkaBroker(
        bootstrap_servers(settings),
        client_id="waymark-accept",
        security=faststream_security(settings),
        consumer_only=True,
        allow_auto_create_topics=False,
        graceful_timeout=_STOP_LIMIT_S,
        logger=None,
    )


async def ingest(
    settings: Settings,
    accept: AcceptBatch,
    progress: Progress | None = None,
    *,
    ready: Callable[[], Awaitable[None]] | None = None,
    give_up_after_s: float | None = None,
) -> None:
    """Consume case events until cancelled; ``ready`` is called once the group has given this process its share.

    Raises:
        StoreAwayError: the store stayed away; its message says what to do. The process should end with an error.
    """
    progress = progress or Progress()
    intake = Intake(accept) if give_up_after_s is None else Intake(accept, give_up_after_s)
    known = PartitionsKnown(progress)
    pass_odd_header_names()
    broker = build_broker(settings)
    subscribe(broker, settings, intake, known)
    looking = asyncio.create_task(keep_looking(settings, progress))
    try:
        await broker.start()
        while not known.joined.is_set() and not intake.failed.done():
            await asyncio.wait({intake.failed}, timeout=_JOIN_LOOK_S)
        if ready is not None and known.joined.is_set():
            await ready()
        await intake.failed
    except StoreAwayError as failure:
        _log.error("ingest_gave_up", error=str(failure))
        raise
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        await broker.stop()


def asyncapi(settings: Settings | None = None) -> dict[str, Any]:
    """Return what is read from and written to Kafka as an AsyncAPI 3 document, with the real event types."""
    broker = build_broker(settings or Settings.model_construct(kafka_bootstrap_servers="kafka:9092"))
    return document_of(broker, settings or Settings.model_construct())


def document_of(broker: KafkaBroker, settings: Settings) -> dict[str, Any]:
    """Return the AsyncAPI 3 document of a broker with our subscriber, and of the topic that the relay writes."""
    subscribe(broker, settings, _UNUSED)
    broker.publisher(
        f"{settings.topic_prefix}{COMPLIANCE_EVENTS.name}",
        title="compliance_events",
        description="What Waymark announces: differences in what a case is owed. In order within a case.",
        schema=ComplianceEvent,
    )
    specification = AsyncAPI(
        broker,
        title=TITLE,
        version="1",
        schema_version="3.0.0",
        description="Events of criminal cases in; what is owed to victims out.",
    )
    FastStream(broker, specification=specification)
    document: dict[str, Any] = json.loads(specification.to_specification().to_json())
    return document


class _Unused(Intake):
    """An intake that is only described, never used: it needs no running loop."""

    def __init__(self) -> None:
        """Nothing is ever taken."""


_UNUSED: Final = _Unused()
