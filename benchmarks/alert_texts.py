"""The texts of one simulated case, for the alert budget: what the gate says of each, and the tasks that come of it.

Pure: the gate's own decision, moment by moment. A text that may go is taken to arrive at once, and is reported back
to its case as the process does. Not followed are a victim's other cases, words that went before, and texts that fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from notifications.person_view import view_of
from notifications.tasks import call_task
from notifications.template import gate_terms
from services.contacts.cards import Card, text_task
from services.contacts.decision import Decision, TextRequest, Verdict
from services.contacts.gate import decide
from services.contacts.gate_words import may_wait
from services.contacts.news import URGENT, Purpose, rule_told
from services.contacts.news_cards import news_task
from services.contacts.news_said import TEXTS_SOURCE
from services.contacts.person import ContactPoint, EarlierText
from services.journeys.assessment import Assessment, State
from services.journeys.changes import Announcement
from services.journeys.fact_of import fact_from
from services.journeys.facts import Fact
from services.simulator.simulation import Invented

_LONGEST_HOLD = timedelta(days=1)
"""A held text is looked at again after this at the latest (notifications.notify)."""

_OPEN = frozenset({State.PENDING, State.BREACHED})


@dataclass(slots=True)
class _Waiting:
    request: TextRequest
    look_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round of deciding did: tasks to raise, keys of tasks that are done, and contacts that texts were."""

    raised: list[Card] = field(default_factory=list)
    closed: list[bytes] = field(default_factory=list)
    contacts: list[Fact] = field(default_factory=list)


class Texts:
    """The texts of one case as the year goes by; ``counts`` says how often each verdict was given for good."""

    def __init__(self, case: Invented, counts: dict[str, int]) -> None:
        self.case_id, self.counts = case.id, counts
        self._points = {
            victim.id: ContactPoint(
                ref=victim.point,
                can_text=True,
                belongs_to="self",
                confirmed_at=at,
                has_cover=True,
                has_sender_name=True,
            )
            for victim, at in case.people
            if victim.age != "under_18" and victim.sms != "never"
        }
        self._waiting: dict[tuple[str, ...], _Waiting] = {}
        self._sent: dict[str, list[EarlierText]] = {}

    @property
    def next_look(self) -> datetime | None:
        """When the next text is to be decided about, or None."""
        return min((each.look_at for each in self._waiting.values()), default=None)

    def take(self, told: Sequence[Announcement], at: datetime, *, is_correction: bool) -> Outcome:
        """Take news that is to be told, and let go of what was told meanwhile."""
        done = Outcome()
        for each in told:
            if each.thing != "news":
                continue
            request = _request(self.case_id, each.body)
            key = (request.victim_id, request.source, request.event_id, request.purpose.value)
            if each.what != "news.to_tell":
                self._waiting.pop(key, None)
                done.closed.append(text_task(request, "", None, at).key(self.case_id))
                continue
            occurred_at = datetime.fromisoformat(each.body["occurred_at"])
            if card := news_task(request, occurred_at, at, is_correction=is_correction):
                done.raised.append(card)
            if not is_correction:
                self._waiting[key] = _Waiting(request, at)
        for each_waiting in self._waiting.values():
            each_waiting.look_at = min(each_waiting.look_at, at)  # new facts: every text is decided about anew
        return done

    def decide(self, known: Sequence[Fact], found: Assessment, at: datetime) -> Outcome:
        """Decide about every text whose moment has come."""
        done = Outcome()
        due = [key for key, each in self._waiting.items() if each.look_at <= at]
        for key in due:
            waiting = self._waiting[key]
            request = waiting.request
            person = view_of(
                request.victim_id,
                {self.case_id: known},
                [self._points[request.victim_id]] if request.victim_id in self._points else [],
                self._sent.get(request.victim_id, ()),
                at,
            )
            decision = decide(_with_due(request, found), person, gate_terms(), at)
            if decision.verdict is Verdict.HOLD:
                waiting.look_at = min(decision.until or at + _LONGEST_HOLD, at + _LONGEST_HOLD)
            else:
                del self._waiting[key]
                self.counts[f"{decision.verdict.value} {decision.rule or ''}".strip()] += 1
            if decision.verdict is Verdict.SEND:
                self._send(request, decision, found, at, done)
            elif decision.task is not None and (decision.verdict is Verdict.SUPPRESS or decision.until is None):
                done.raised.append(_task(_with_due(request, found), decision.task, decision.rule, at))
        return done

    def _send(self, request: TextRequest, decision: Decision, found: Assessment, at: datetime, done: Outcome) -> None:
        words = sha256(f"{decision.template}{request.event_id}".encode()).digest()
        facts = ((request.source, request.event_id),)
        self._sent.setdefault(request.victim_id, []).append(EarlierText(at, words, decision.template or "", facts))
        done.contacts.append(_contact(request, at, states_it=decision.informs))
        task = call_task(request, decision)
        if task is None:
            done.closed.append(text_task(request, "", None, at).key(self.case_id))
        else:
            done.raised.append(_task(_with_due(request, found), task, None, at))


def _request(case_id: str, body: Any) -> TextRequest:
    return TextRequest(
        case_id=case_id,
        victim_id=body["victim_id"],
        event_id=body["event_id"],
        source=body["source"],
        type=body["type"],
        purpose=Purpose(body["purpose"]),
        known_at=datetime.fromisoformat(body["known_at"]),
    )


def _with_due(request: TextRequest, found: Assessment) -> TextRequest:
    rule = rule_told(request.type)
    due = min(_dues(request, rule, found), default=None)
    return TextRequest(
        request.case_id, request.victim_id, request.event_id, request.source, request.type, request.purpose,
        request.known_at, due_at=due,
    )  # fmt: skip


def _dues(request: TextRequest, rule: str | None, found: Assessment) -> Iterator[datetime]:
    for each in found.obligations:
        if (
            each.due_at is not None
            and each.state in _OPEN
            and (each.victim_id, each.trigger_event_id, each.rule) == (request.victim_id, request.event_id, rule)
        ):
            yield each.due_at


def _task(request: TextRequest, say: str, rule: str | None, at: datetime) -> Card:
    waits = rule is not None and may_wait(request)
    urgent = request.type in URGENT and not waits
    return text_task(request, say, rule, at, due_at=request.due_at, urgent=urgent, may_wait=waits)


def _contact(request: TextRequest, at: datetime, *, states_it: bool) -> Fact:
    data: dict[str, Any] = {
        "victim_id": request.victim_id,
        "channel": "sms",
        "direction": "outbound",
        "outcome": "delivered",
        "recorded_at": at.isoformat(),
    }
    if states_it:
        data["informed_of"] = [request.event_id]
    return fact_from(
        event_id=f"text-{request.purpose.value}-{request.event_id}-{request.victim_id}",
        source=TEXTS_SOURCE,
        type_="contact.made.v1",
        case_id=request.case_id,
        occurred_at=at,
        data=data,
        reading=None,
    )
