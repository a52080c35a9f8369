"""A publisher that writes down what it is given, and fails where a test wants it to; no Kafka."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.relay import NotPublishedError, Outgoing


@dataclass
class RecordedPublisher:
    """Takes every message, but those for which ``refuses`` names a failure."""

    sent: list[Outgoing] = field(default_factory=list)
    refuses: Callable[[Outgoing], NotPublishedError | None] = lambda _: None

    async def send_all(self, messages: Sequence[Outgoing]) -> list[NotPublishedError | None]:
        """Write them down, those refused left out."""
        outcome = [self.refuses(each) for each in messages]
        self.sent += [each for each, failure in zip(messages, outcome, strict=True) if failure is None]
        return outcome
