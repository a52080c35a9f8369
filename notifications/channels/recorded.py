"""The local recorded outbox: where texts go when no provider is configured. Nothing reaches a network.

It keeps what it was asked to send by attempt and contact point. The words are kept once, sealed, with the text; the
number is not kept at all.
"""

from __future__ import annotations

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from notifications.channels.channel import Accepted, Outgoing, Refused
from services.storage.tables_notify import recorded_outbox


class RecordedOutbox:
    """A channel that records, and says at once that the text arrived."""

    is_live = False

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def send(self, message: Outgoing) -> Accepted | Refused:
        """Record the text in a transaction of the channel's own, as a provider would."""
        async with self._engine.begin() as conn:
            await conn.execute(
                insert(recorded_outbox)
                .values(
                    attempt_id=message.attempt_id,
                    to_ref=message.to_ref,
                    segments=message.segments,
                    valid_until=message.valid_until,
                    recorded_at=func.waymark_now(),
                )
                .on_conflict_do_nothing()
            )
        return Accepted(provider_id=f"local-{message.attempt_id}", delivered=True)
