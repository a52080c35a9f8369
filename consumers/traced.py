"""The trace of what is accepted: one span a batch, one for each event that brought a trace of its own.

An event's trace is the one its record was sent with (Kafka header ``traceparent``), else the one it was born with (the
CloudEvents attribute of that name). Its case's wake carries it on; a case of which no event brought any goes on in the
trace of the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from contracts.refusal import Refused
from contracts.registry import TYPES
from infra import tracing
from infra.tracing import TRACEPARENT, Span
from services.accept import Incoming
from services.storage.tables import case_key

_LONGEST: Final = 55
"""Characters of a W3C traceparent."""


@contextmanager
def accepting(batch: Sequence[Incoming]) -> Iterator[None]:
    """Trace the acceptance of a batch while the block lasts; where nothing is traced, do nothing at all."""
    if not tracing.is_on():
        yield
        return
    traces: dict[bytes, str] = {}
    own: list[Span] = []
    with tracing.span("accept batch", records=len(batch)) as whole:
        waiting = set()
        for each in batch:
            if isinstance(each.read_as, Refused):
                continue
            case = case_key(each.read_as.subject)
            brought = traceparent_of(each)
            if brought is None:
                waiting.add(case)
                continue
            kind = each.read_as.type if each.read_as.type in TYPES else "unknown"
            made = tracing.start("accept event", [brought, whole.traceparent], event_type=kind, case_key=case.hex())
            own.append(made)
            traces.setdefault(case, made.traceparent or brought)
        if whole.traceparent is not None:
            for case in waiting:
                traces.setdefault(case, whole.traceparent)
        given = tracing.wake_traces.set(traces)
        failed: str | None = None
        try:
            yield
        except BaseException as failure:
            failed = type(failure).__name__
            raise
        finally:
            tracing.wake_traces.reset(given)
            for made in own:
                made.end(failed)


def traceparent_of(incoming: Incoming) -> str | None:
    """Return the trace that a record brought, or None; whether it is one at all is seen by who continues it."""
    for name, value in incoming.record.headers:
        if name.lower() == TRACEPARENT and value is not None and len(value) == _LONGEST:
            return value.decode("ascii", "replace")
    born: Any = (getattr(incoming.read_as, "model_extra", None) or {}).get(TRACEPARENT)
    return born if isinstance(born, str) and len(born) == _LONGEST else None
