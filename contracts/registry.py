"""Every event type there is, by name and as one type for annotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, get_args

from pydantic import Discriminator, Field, Tag

from contracts.contact import ContactEvent
from contracts.court import CourtEvent
from contracts.envelope import CaseEventBase, UnknownEvent
from contracts.policing_evidence import PolicingEvidenceEvent
from contracts.policing_report import PolicingReportEvent
from contracts.policing_suspect import PolicingSuspectEvent
from contracts.probation import ProbationEvent
from contracts.prosecution import ProsecutionEvent
from contracts.record import RecordEvent
from contracts.redress import RedressEvent
from contracts.refusal import Refused
from contracts.safeguarding import SafeguardingEvent
from contracts.support import SupportEvent
from contracts.victim import VictimVoiceEvent
from contracts.wcu import WcuEvent

AnyKnownEvent = (
    PolicingReportEvent
    | PolicingEvidenceEvent
    | PolicingSuspectEvent
    | SupportEvent
    | SafeguardingEvent
    | ProsecutionEvent
    | CourtEvent
    | WcuEvent
    | ContactEvent
    | VictimVoiceEvent
    | RedressEvent
    | ProbationEvent
    | RecordEvent
)
KnownEvent = Annotated[AnyKnownEvent, Field(discriminator="type")]
"""An event of a type in events.md."""


def type_of(model: type[CaseEventBase]) -> str:
    """Return the full type that a model of one type stands for, such as ``contact.made.v1``."""
    (name,) = get_args(model.model_fields["type"].annotation)
    return str(name)


def _by_type(models: Iterable[type[CaseEventBase]]) -> Mapping[str, type[CaseEventBase]]:
    """Return the models by the type each stands for."""
    return MappingProxyType({type_of(model): model for model in models})


TYPES: Final[Mapping[str, type[CaseEventBase]]] = _by_type(get_args(AnyKnownEvent))
"""The model of every type in events.md, by full type; any other type is an ``UnknownEvent``."""


def _known_or_not(value: Any) -> str:
    """Tell an event of a known type from one of an unknown type, as JSON or as a model."""
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "known" if isinstance(kind, str) and kind in TYPES else "unknown"


def _event_or_refusal(value: Any) -> str:
    """Tell what was read from a record: an event of a known or unknown type, or a refusal."""
    if isinstance(value, Refused) or (isinstance(value, dict) and "sentence" in value):
        return "refused"
    return _known_or_not(value)


CaseEvent = Annotated[
    Annotated[KnownEvent, Tag("known")] | Annotated[UnknownEvent, Tag("unknown")],
    Discriminator(_known_or_not),
]
"""Any case event; told apart by ``type``, so that validating one does not try every model."""

CaseRecord = Annotated[
    Annotated[KnownEvent, Tag("known")] | Annotated[UnknownEvent, Tag("unknown")] | Annotated[Refused, Tag("refused")],
    Discriminator(_event_or_refusal),
]
"""What a record of ``case.events`` is read into: an event or a refusal."""
