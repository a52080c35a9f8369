"""Sends texts, or says why not: decides at the moment of sending, commits, asks the channel once, records the answer.

The database is released before the channel is called: a provider that hangs would hold connections and locks. What
was committed as `sending` and has no answer is never sent again blind; it becomes unknown, and a person's task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifications.channels.channel import Accepted, Channel, Outgoing, Refused
from notifications.fields import values_of
from notifications.person_view import case_record, view_of
from notifications.render import NotRenderedError, Rendered, render
from notifications.report_back import report_back
from notifications.tasks import call_task, failed_task, raised_for, undecided_task, unknown_task
from notifications.template import gate_terms, template_for
from services.contacts.cards import text_task
from services.contacts.decision import Decision, TextRequest, Verdict
from services.contacts.gate import decide, refused
from services.contacts.gate_words import may_wait
from services.contacts.news import URGENT, rule_told
from services.contacts.person import CaseRecord, Person
from services.contacts.safe_hours import LONDON
from services.contacts.text_states import TextState
from services.steps import At, carry_on
from services.storage import texts
from services.storage.cards import close_cards, raise_cards
from services.storage.duties import due_of, next_update_of, open_duties
from services.storage.failures import is_of_the_server
from services.storage.people import StoredPoint, facts_of_person, points_of
from services.storage.vault import Vault

LOOK_AGAIN: Final = timedelta(minutes=15)
"""How soon a text is looked at again that is held for something no clock ends."""

_BUSY: Final = timedelta(seconds=2)
"""How soon it is looked at again where another text to the same person is being decided."""

_MOST_IN_A_ROUND: Final = 200

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    sent: int = 0
    held: int = 0
    suppressed: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class _Judged:
    """A text and what the gate said of it."""

    due: texts.DueText
    request: TextRequest
    decision: Decision
    case: CaseRecord
    now: datetime


@dataclass(frozen=True, slots=True)
class _Ready:
    """A text committed to be sent."""

    text_id: UUID
    message: Outgoing
    request: TextRequest
    decision: Decision
    case: CaseRecord
    task: str | None


@dataclass(frozen=True)
class Notifier:
    """Everything a round of sending needs. ``texts_from`` is go-live; None means since this store knows of texts."""

    engine: AsyncEngine
    vault: Vault
    channel: Channel
    texts_from: datetime | None = None
    at: At = carry_on

    async def send_due(self, most: int = _MOST_IN_A_ROUND) -> Round:
        """Decide about every text that is due, send those that may go, and settle what was left in between."""
        done = Round(unknown=await self._lose_overdue())
        for _ in range(most):
            outcome = await self._decide_next()
            if outcome is None:
                return done
            if isinstance(outcome, _Ready):
                await self.at("sending_committed")
                await self._send(outcome)
                done = replace(done, sent=done.sent + 1)
            elif outcome is Verdict.HOLD:
                done = replace(done, held=done.held + 1)
            else:
                done = replace(done, suppressed=done.suppressed + 1)
        return done

    async def _decide_next(self) -> _Ready | Verdict | None:
        """Take the next due text and decide, in one transaction; the answer is committed when this returns."""
        async with self.engine.begin() as conn:
            due = await texts.take_due(conn)
            if due is None:
                return None
            if not await texts.hold_person(conn, due.request.victim_id):
                await texts.put_off(conn, due.text_id, _BUSY)
                return Verdict.HOLD
            try:
                async with conn.begin_nested():
                    return await self._decide(conn, due)
            except Exception as failure:
                # The database away, or its disk full, is no fault of this text: the round ends, and all wait.
                if is_of_the_server(failure):
                    raise
                return await self._set_aside(conn, due, failure)

    async def _set_aside(self, conn: AsyncConnection, due: texts.DueText, failure: Exception) -> Verdict:
        """Hold a text that cannot be decided about, with a task, so that its neighbours go on."""
        now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
        _log.error("text_set_aside", text_id=str(due.text_id), error=type(failure).__name__)
        why = f"nobody could decide about it ({type(failure).__name__}); it is tried again"
        await texts.hold(conn, due.text_id, rule=None, why=why, wake_at=now + LOOK_AGAIN)
        card = text_task(due.request, undecided_task(due.request), None, now, urgent=due.request.type in URGENT)
        await raise_cards(conn, [raised_for(CaseRecord(due.request.case_id, ()), card, now)])
        return Verdict.HOLD

    async def _decide(self, conn: AsyncConnection, due: texts.DueText) -> _Ready | Verdict:
        now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
        switch = await texts.read_switch(conn)
        if switch.is_moved:
            _log.error("texts_wait_store_moved", text_id=str(due.text_id))
        points = await points_of(conn, self.vault, due.request.victim_id)
        facts = await facts_of_person(conn, due.request.victim_id)
        earlier = await texts.texts_of(conn, due.request.victim_id)
        duties = await open_duties(conn, due.case_key)
        person = view_of(due.request.victim_id, facts, [each.point for each in points], earlier, now)
        asked = due.request
        request = replace(asked, due_at=due_of(duties, asked.victim_id, asked.event_id, rule_told(asked.type)))
        decision = decide(
            request,
            person,
            gate_terms(),
            now,
            texts_from=switch.texts_from(self.texts_from),
            paused=switch.paused,
        )
        case = person.cases.get(request.case_id) or CaseRecord(request.case_id, ())
        if decision.verdict is Verdict.SEND:
            hear_by = next_update_of(duties, request.victim_id, now.astimezone(LONDON).date())
            made = self._words(request, person, decision, points, values={"hear_by": hear_by})
            if isinstance(made, tuple):
                rendered, point = made
                return await self._commit_to_send(conn, _Judged(due, request, decision, case, now), rendered, point)
            decision = made
        return await self._keep(conn, _Judged(due, request, decision, case, now))

    def _words(
        self,
        request: TextRequest,
        person: Person,
        decision: Decision,
        points: list[StoredPoint],
        *,
        values: Mapping[str, Any],
    ) -> tuple[Rendered, StoredPoint] | Decision:
        """Return the words and the number, or the decision not to send after all."""
        fact = person.fact(request.case_id, request.source, request.event_id)
        template = template_for(request.type, request.purpose)
        point = next(each for each in points if each.point.ref == decision.to_ref)
        assert fact is not None  # noqa: S101 - the gate suppresses what has no fact
        assert template is not None  # noqa: S101 - the gate suppresses what has no template
        try:
            rendered = render(
                template,
                values_of(fact, hear_by=values["hear_by"]),
                discreet=decision.discreet,
                sender_name=point.sender_name,
            )
        except NotRenderedError as reason:
            return refused(decision, person, request, "5", str(reason))
        index = self.vault.index_of("body", rendered.body)
        if any(index == bytes(each.words) for each in person.texts):
            return refused(decision, person, request, "7", "the same words went to them before")
        return rendered, point

    async def _commit_to_send(
        self, conn: AsyncConnection, judged: _Judged, rendered: Rendered, point: StoredPoint
    ) -> _Ready | Verdict:
        due, request, decision = judged.due, judged.request, judged.decision
        if decision.valid_until is None:
            raise AssertionError("the gate lets a text go only inside a window")
        attempt_id = uuid4()
        (sealed,) = await self.vault.seal_many(
            conn, [(request.victim_id, texts.body_identity(due.text_id), rendered.body.encode())]
        )
        moved = await texts.begin_sending(
            conn,
            due.text_id,
            attempt_id,
            {
                "template": rendered.template,
                "to_ref": point.point.ref,
                "sealed_body": sealed,
                "body_index": self.vault.index_of("body", rendered.body),
                "states_the_event": decision.states_the_event,
                "valid_until": decision.valid_until,
            },
        )
        if not moved:
            return Verdict.SUPPRESS
        message = Outgoing(
            attempt_id, point.point.ref, point.value, rendered.body, rendered.segments, decision.valid_until
        )
        return _Ready(due.text_id, message, request, decision, judged.case, call_task(request, decision))

    async def _keep(self, conn: AsyncConnection, judged: _Judged) -> Verdict:
        """Hold the text, or let it end, with every reason in its history and the task for a person."""
        due, request, decision, now = judged.due, judged.request, judged.decision, judged.now
        why = "; ".join(f"{each.rule}: {each.why}" for each in decision.reasons)
        if decision.verdict is Verdict.HOLD:
            wake_at = min(decision.until or now + LOOK_AGAIN, now + timedelta(days=1))
            await texts.hold(conn, due.text_id, rule=decision.rule, why=why, wake_at=wake_at)
        else:
            was_held = due.state is TextState.HELD and decision.rule == "7"
            state = TextState.EXPIRED if was_held else TextState.SUPPRESSED
            await texts.move(
                conn, due.text_id, state, rule=decision.rule, why=why, values={"template": decision.template}
            )
        _log.info("text_not_sent", text_id=str(due.text_id), verdict=decision.verdict.value, rule=decision.rule)
        must_act = decision.verdict is Verdict.SUPPRESS or decision.until is None
        if decision.task is not None and must_act:
            waits = may_wait(request)
            urgent = request.type in URGENT and not waits
            card = text_task(
                request, decision.task, decision.rule, now, due_at=request.due_at, urgent=urgent, may_wait=waits
            )
            await raise_cards(conn, [raised_for(judged.case, card, now)])
        return decision.verdict

    async def _send(self, ready: _Ready) -> None:
        """Ask the channel, with no database session open, and record what it said."""
        try:
            answer: Accepted | Refused | None = await self.channel.send(ready.message)
        except Exception as failure:  # noqa: BLE001 - whatever a channel raises, the text may have gone
            _log.warning("text_outcome_lost", text_id=str(ready.text_id), error=type(failure).__name__)
            answer = None
        await self.at("channel_answered")
        async with self.engine.begin() as conn:
            await self._record(conn, ready, answer)

    async def _record(self, conn: AsyncConnection, ready: _Ready, answer: Accepted | Refused | None) -> None:
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
            await report_back(conn, ready.text_id, ready.request, now, states_it=ready.decision.states_the_event)
        if ready.task is not None:
            await self._raise(conn, ready, ready.task, now)
        else:
            key = text_task(ready.request, "", None, now).key(ready.request.case_id)
            await close_cards(conn, [key], "the text went")

    async def _raise(self, conn: AsyncConnection, ready: _Ready, say: str, now: datetime) -> None:
        request = ready.request
        card = text_task(request, say, None, now, due_at=request.due_at, urgent=request.type in URGENT)
        await raise_cards(conn, [raised_for(ready.case, card, now)])

    async def _lose_overdue(self) -> int:
        """Turn texts whose answer was never kept into unknown ones, and into tasks."""
        async with self.engine.begin() as conn:
            lost = await texts.lose_overdue(conn)
            now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
            for each in lost:
                _log.warning("text_outcome_lost", text_id=str(each.text_id), error="lease_ran_out")
                facts = await facts_of_person(conn, each.request.victim_id)
                case = case_record(each.request.case_id, facts.get(each.request.case_id, []))
                card = text_task(each.request, unknown_task(each.request), None, now)
                await raise_cards(conn, [raised_for(case, card, now)])
            return len(lost)
