"""Sends texts, or says why not: decides at the moment of sending, commits, asks the channel once, records the answer.

The database is released before the channel is called: a provider that hangs would hold connections and locks. What
was committed as `sending` and has no answer is never sent again blind; it becomes unknown, and a person's task.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import uuid4

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifications.channels.channel import Channel, Outgoing
from notifications.fields import hear_by_of, values_of
from notifications.person_view import case_record, view_of
from notifications.render import NotRenderedError, Rendered, render
from notifications.sending import Ready, Sender
from notifications.tasks import call_task, raised_for, undecided_task, unknown_task
from notifications.template import gate_terms, template_for
from services.contacts.cards import text_task
from services.contacts.decision import Decision, TextRequest, Verdict
from services.contacts.gate import decide, refused
from services.contacts.gate_words import may_wait
from services.contacts.news import URGENT, rule_told
from services.contacts.person import CaseRecord, Person
from services.contacts.text_states import TextState
from services.steps import At, carry_on
from services.storage import texts, texts_due
from services.storage.cards import raise_cards
from services.storage.clock_rows import show_clock
from services.storage.duties import due_of, open_duties
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
    failed: int = 0
    """Not sent for certain, after the decision to send."""


@dataclass(frozen=True, slots=True)
class _Made:
    """The words, where they go, and by when they say that the victim will hear again."""

    rendered: Rendered
    point: StoredPoint
    promised_by: date | None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A text and what the gate said of it."""

    due: texts_due.DueText
    request: TextRequest
    decision: Decision
    case: CaseRecord
    now: datetime


class LiveChannelError(Exception):
    """Texts would reach people while the clock is simulated."""


@dataclass(frozen=True)
class Notifier:
    """Everything a round of sending needs. ``texts_from`` is go-live; None means since this store knows of texts."""

    engine: AsyncEngine
    vault: Vault
    channel: Channel
    texts_from: datetime | None = None
    at: At = carry_on

    async def send_due(self, most: int = _MOST_IN_A_ROUND) -> Round:
        """Decide about every text that is due, send those that may go, and settle what was left in between.

        Raises:
            LiveChannelError: if the channel reaches people and the clock is a simulated one.
        """
        await self._refuse_simulated()
        sender = Sender(self.engine, self.channel, self.at)
        done = Round(unknown=await self._lose_overdue())
        for _ in range(most):
            outcome = await self._decide_next()
            if outcome is None:
                return done
            if isinstance(outcome, Ready):
                await self.at("sending_committed")
                sent = await sender.send(outcome)
                done = replace(done, sent=done.sent + sent, failed=done.failed + (not sent))
            elif outcome is Verdict.HOLD:
                done = replace(done, held=done.held + 1)
            else:
                done = replace(done, suppressed=done.suppressed + 1)
        return done

    async def _decide_next(self) -> Ready | Verdict | None:
        """Take the next due text and decide, in one transaction; the answer is committed when this returns."""
        async with self.engine.begin() as conn:
            due = await texts_due.take_due(conn)
            if due is None:
                return None
            if not await texts_due.hold_person(conn, due.request.victim_id):
                await texts_due.put_off(conn, due.text_id, _BUSY)
                return Verdict.HOLD
            due = await texts_due.more_pressing(conn, due) or due
            try:
                async with conn.begin_nested():
                    return await self._decide(conn, due)
            except Exception as failure:
                # The database away, or its disk full, is no fault of this text: the round ends, and all wait.
                if is_of_the_server(failure):
                    raise
                return await self._set_aside(conn, due, failure)

    async def _set_aside(self, conn: AsyncConnection, due: texts_due.DueText, failure: Exception) -> Verdict:
        """Hold a text that cannot be decided about, with a task, so that its neighbours go on."""
        now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
        _log.error("text_set_aside", text_id=str(due.text_id), error=type(failure).__name__)
        why = f"nobody could decide about it ({type(failure).__name__}); it is tried again"
        await texts.hold(conn, due.text_id, rule=None, why=why, wake_at=now + LOOK_AGAIN)
        card = text_task(due.request, undecided_task(due.request), None, now, urgent=due.request.type in URGENT)
        await raise_cards(conn, [raised_for(CaseRecord(due.request.case_id, ()), card, now)])
        return Verdict.HOLD

    async def _decide(self, conn: AsyncConnection, due: texts_due.DueText) -> Ready | Verdict:
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
            since=switch.since(self.texts_from),
            paused=switch.paused,
        )
        case = person.cases.get(request.case_id) or CaseRecord(request.case_id, ())
        if decision.verdict is Verdict.SEND:
            hear_by = hear_by_of(person, request.case_id, duties)
            made = self._words(request, person, decision, points, hear_by=hear_by)
            if isinstance(made, _Made):
                return await self._commit_to_send(conn, _Judged(due, request, decision, case, now), made)
            decision = made
        return await self._keep(conn, _Judged(due, request, decision, case, now))

    def _words(
        self,
        request: TextRequest,
        person: Person,
        decision: Decision,
        points: list[StoredPoint],
        *,
        hear_by: date | None,
    ) -> _Made | Decision:
        """Return the words and the number, or the decision not to send after all."""
        fact = person.fact(request.case_id, request.source, request.event_id)
        template = template_for(request.type, request.purpose)
        point = next(each for each in points if each.point.ref == decision.to_ref)
        assert fact is not None  # noqa: S101 - the gate suppresses what has no fact
        assert template is not None  # noqa: S101 - the gate suppresses what has no template
        try:
            rendered = render(
                template,
                values_of(fact, hear_by=hear_by),
                discreet=decision.discreet,
                sender_name=point.sender_name,
            )
        except NotRenderedError as reason:
            return refused(decision, person, request, "5", str(reason))
        index = self.vault.index_of("body", rendered.body)
        if any(index == bytes(each.words) for each in person.texts):
            return refused(decision, person, request, "7", "the same words went to them before")
        promises = "hear_by" in template.fields and not decision.discreet
        return _Made(rendered, point, hear_by if promises else None)

    async def _commit_to_send(self, conn: AsyncConnection, judged: _Judged, made: _Made) -> Ready | Verdict:
        due, request, decision = judged.due, judged.request, judged.decision
        rendered, point = made.rendered, made.point
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
        task = call_task(request, decision)
        return Ready(due.text_id, message, request, decision, judged.case, task, made.promised_by)

    async def _keep(self, conn: AsyncConnection, judged: _Judged) -> Verdict:
        """Hold the text, or let it end, with every reason in its history and the task for a person."""
        due, request, decision, now = judged.due, judged.request, judged.decision, judged.now
        why = "; ".join(f"{each.rule}: {each.why}" for each in decision.reasons)
        if decision.verdict is Verdict.HOLD:
            wake_at = min(decision.until or now + LOOK_AGAIN, now + timedelta(days=1))
            is_new = await texts.hold(conn, due.text_id, rule=decision.rule, why=why, wake_at=wake_at)
            must_act = is_new and (decision.until is None or decision.is_withheld)
        else:
            must_act = True
            was_held = due.state is TextState.HELD and decision.rule == "7"
            state = TextState.EXPIRED if was_held else TextState.SUPPRESSED
            await texts.move(
                conn, due.text_id, state, rule=decision.rule, why=why, values={"template": decision.template}
            )
        _log.info("text_not_sent", text_id=str(due.text_id), verdict=decision.verdict.value, rule=decision.rule)
        if decision.task is not None:
            waits = (may_wait(request) or decision.is_waived) and not decision.is_withheld
            urgent = request.type in URGENT and not waits
            card = text_task(
                request, decision.task, decision.rule, now, due_at=request.due_at, urgent=urgent, may_wait=waits
            )
            # A text that only waits for its hour is nobody's task, and what a person has done comes back only when the
            # reason changes; a task that is open must not say what is untrue now.
            await raise_cards(conn, [raised_for(judged.case, card, now)], only_change=not must_act)
        return decision.verdict

    async def _refuse_simulated(self) -> None:
        if not self.channel.is_live:
            return
        async with self.engine.connect() as conn:
            if (await show_clock(conn)).simulated:
                raise LiveChannelError(
                    "Texts would reach people, and this store's clock is simulated: they would come at the wrong hour. "
                    "Use a store with the real clock, or leave the provider's settings out."
                )

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
