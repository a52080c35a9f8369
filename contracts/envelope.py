"""What every case event has in common: the CloudEvents envelope and the fields common to every ``data``."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from contracts.fields import Agency, Identity, Instant, Moment, Text


class Strict(BaseModel):
    """A frozen model that coerces nothing, keeps unknown fields and takes null and empty text as absent."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", defer_build=True)

    known_names: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Note once which names are this model's own."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.known_names = frozenset(field.alias or name for name, field in cls.model_fields.items())

    @model_validator(mode="before")
    @classmethod
    def leave_out_what_is_absent(cls, value: Any) -> Any:
        """Drop known fields that are null or empty, so that a required one is missing and an optional one is not there.

        Unknown fields stay as they came.
        """
        if type(value) is dict and (None in value.values() or "" in value.values()):
            names = cls.known_names
            return {
                name: held for name, held in value.items() if (held is not None and held != "") or name not in names
            }
        return value


class RecordedBy(Strict):
    """Who wrote the event down at the source: a role and an opaque reference."""

    role: Text | None = None
    officer_ref: Text | None = None


class CaseData(Strict):
    """The fields common to every ``data``; without ``victim_id`` the event concerns every victim of the case."""

    victim_id: Text | None = None
    suspect_ref: Text | None = None
    recorded_at: Instant | None = None
    recorded_by: RecordedBy | None = None
    agency: Agency | None = None


class VictimData(CaseData):
    """The data of an event that concerns one person and is malformed without ``victim_id``."""

    victim_id: Text


class SuspectData(CaseData):
    """The data of an event that is about one suspect."""

    suspect_ref: Text


class CaseEventBase(Strict):
    """A CloudEvent about a case; ``subject`` is the case id and ``time`` is when it happened.

    A missing ``specversion`` is tolerated (events.md does not require it); another version than 1.0 is refused.
    """

    specversion: Literal["1.0"] = "1.0"
    id: Identity
    source: Identity
    type: Identity
    subject: Identity
    time: Moment
    data: Any = None


class CommonEvent(CaseEventBase):
    """An event that needs nothing in its data: ``data`` may be absent."""

    data: CaseData = CaseData()


class VictimEvent(CaseEventBase):
    """An event that names its victim and needs nothing more."""

    data: VictimData


class SuspectEvent(CaseEventBase):
    """An event that names its suspect and needs nothing more."""

    data: SuspectData


class UnknownEvent(CaseEventBase):
    """An event of a type that this version does not know: kept, counted and shown; it changes no obligation.

    Its data is not judged, because a new major version may have given any field a new form.
    """
