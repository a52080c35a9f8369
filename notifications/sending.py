"""Sends a text that was committed to be sent: looks once more, asks the channel once, records what it said.

No database session is open while the channel is asked. Whoever stood still between the decision and the sending does
not send: the hours may have ended, the texts have been paused, another process may have given the text up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifications.channels.channel import Accepted, Channel, Outgoing, Refused
from notifications.report_back import report_back
from notifications.tasks import failed_task, raised_for, too_late_task, unknown_task
from services.contacts.cards import text_task
from services.contacts.decision import Decision, TextRequest
from services.contacts.news import URGENT
from services.contacts.person import CaseRecord
from services.contacts.safe_hours import QUIET_END
from services.contacts.text_states import TextState
from services.steps import At
from services.storage import texts
from services.storage.cards import close_cards, raise_cards
from services.storage.texts_due import InHand, in_hand

AT_MOST: Final = timedelta(seconds=20)
"""Real time between the decision and the channel; whoever took longer decides anew, by asking a person."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A text committed to be sent. ``task`` follows it; ``promised_by`` is when its words say they will hear again."""

    text_id: UUID
    message: Outgoing
    request: TextRequest
    decision: Decision
    case: CaseRecord
    task: str | None
    promised_by: date | None = None


@dataclass(frozen=True)
class Sender:
    """What a text is sent with; ``at`` is told of each step, so that a test can stop between any two."""

    engine: AsyncEngine
    channel: Channel
    at: At

    async def send(self, ready: Ready) -> bool:
        """Ask the channel, with no database session open, and record what it said; False: it was not asked."""
        async with self.engine.begin() as conn:
            stands = await in_hand(conn, ready.text_id)
            paused = (await texts.read_switch(conn)).paused
            if paused or not _may_still_go(ready, stands):
                await self._give_up(conn, ready, stands.now)
                return False
        try:
            answer: Accepted | Refused | None = await self.channel.send(ready.message)
        except Exception as failure:  # noqa: BLE001 - whatever a channel raises, the text may have gone
            _log.warning("text_outcome_lost", text_id=str(ready.text_id), error=type(failure).__name__)
            answer = None
        await self.at("channel_answered")
        async with self.engine.begin() as conn:
            await self._record(conn, ready, answer)
        return True

    async def _give_up(self, conn: AsyncConnection, ready: Ready, now: datetime) -> None:
        why = "it was not sent: its moment had passed before the channel was asked"
        attempt_id = ready.message.attempt_id
        if await texts.move(conn, ready.text_id, TextState.TECHNICAL_FAILURE, why=why, attempt_id=attempt_id):
            _log.warning("text_not_sent_in_time", text_id=str(ready.text_id))
            await self._raise(conn, ready, too_late_task(ready.request), now)

    async def _record(self, conn: AsyncConnection, ready: Ready, answer: Accepted | Refused | None) -> None:
        now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
        attempt_id = ready.message.attempt_id
        if answer is None:
            why = "the channel gave no clear answer; it may have been sent"
            await texts.move(conn, ready.text_id, TextState.UNKNOWN, why=why, attempt_id=attempt_id)
            await self._raise(conn, ready, unknown_task(ready.request), now)
            return
        if isinstance(answer, Refused):
            await texts.move(conn, ready.text_id, answer.failure, why=answer.why, attempt_id=attempt_id)
            await self._raise(conn, ready, failed_task(ready.request, answer.why), now)
            return
        if not await texts.move(
            conn, ready.text_id, TextState.SENT, attempt_id=attempt_id, values={"provider_id": answer.provider_id}
        ):
            return
        _log.info("text_sent", text_id=str(ready.text_id), template=ready.decision.template)
        if answer.delivered and await texts.move(conn, ready.text_id, TextState.DELIVERED, attempt_id=attempt_id):
            await report_back(
                conn,
                ready.text_id,
                ready.request,
                now,
                informs=ready.decision.informs,
                promised_by=ready.promised_by,
            )
        if ready.task is not None:
            await self._raise(conn, ready, ready.task, now)
        else:
            key = text_task(ready.request, "", None, now).key(ready.request.case_id)
            await close_cards(conn, [key], "the text went")

    async def _raise(self, conn: AsyncConnection, ready: Ready, say: str, now: datetime) -> None:
        request = ready.request
        card = text_task(request, say, None, now, due_at=request.due_at, urgent=request.type in URGENT)
        await raise_cards(conn, [raised_for(ready.case, card, now)])


def _may_still_go(ready: Ready, stands: InHand) -> bool:
    """Whether a text that was decided on may still go: it is this attempt's, soon after, inside the window."""
    if stands.state is not TextState.SENDING or stands.attempt_id != ready.message.attempt_id:
        return False
    return texts.LEASE - stands.left <= AT_MOST and stands.now <= ready.message.valid_until - QUIET_END + AT_MOST
