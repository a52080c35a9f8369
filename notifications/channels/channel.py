"""What every channel for texts is: one protocol, three kinds of answer, and an outcome that nobody knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from services.contacts.text_states import TextState


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text on its way out; its repr holds neither number nor words.

    ``attempt_id`` comes back with every receipt. ``valid_until`` (UTC) ends the safe window: the provider is asked not
    to deliver later.
    """

    attempt_id: UUID
    to_ref: str
    number: str = field(repr=False)
    body: str = field(repr=False)
    segments: int
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """The channel took the text; ``delivered`` where it also says that it arrived."""

    provider_id: str
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel did not take the text, for certain; ``why`` is a sentence for staff."""

    failure: Literal[TextState.PERMANENT_FAILURE, TextState.TEMPORARY_FAILURE, TextState.TECHNICAL_FAILURE]
    why: str


class OutcomeUnknownError(Exception):
    """The text may have been sent: a time-out, a broken connection or an answer nobody understands."""


class Channel(Protocol):
    """A way out for texts."""

    is_live: bool
    """Whether texts reach people: refused while the clock is simulated, which would send them at the wrong hour."""

    async def send(self, message: Outgoing) -> Accepted | Refused:
        """Send one text, once, with no database session open.

        Raises:
            OutcomeUnknownError: if nobody can say whether it was sent; any other exception counts as that.
        """
