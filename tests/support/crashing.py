"""Waymark run step by step in a random order, crashing at random steps, until nothing is left to do; one seed a run.

A crash raises StoppedHere at a named step of a use case, before any statement, before any commit, inside the broker or
inside the provider of texts. What a process held in memory is then gone; what Kafka and PostgreSQL hold stays.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.topics import CASE_EVENTS
from notifications.alerting import Alerts
from notifications.channels.channel import Accepted, OutcomeUnknownError, Outgoing, Refused
from services.accept import Incoming, accept
from services.assess_case import assess_cases
from services.contacts.reading import read_note
from services.contacts.text_states import TextState
from services.relay import NotPublishedError, Relay
from services.relay import Outgoing as Message
from services.storage.clock_rows import advance_clock
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import adopt_rule_set
from services.storage.tables import metadata
from tests.support.app import NOW, StoppedHere, record, vault
from tests.support.crash_histories import History
from tests.support.texting import notifier, real_rules, store_people

MOST_ACTIONS: Final = 2000
"""More than this, and a run goes round in circles."""

_CRASHES: Final = 0.75
"""How many of the actions are armed to crash; some end before they reach the step."""

_NAMED: Final = 0.5
"""How many of those crash at a step that the use case names; the others also between any two statements."""

_REACH: Final = {"accept": (6, 16), "assess": (6, 40), "relay": (4, 12), "notify": (5, 28), "alerts": (3, 14)}
"""Within how many steps from its start an action crashes, about as many as it takes: named ones only, and all."""

_WORK_LEFT: Final = text("""
    SELECT (SELECT count(*) FROM wakes)
         + (SELECT count(*) FROM outbox)
         + (SELECT count(*) FROM dead_letters WHERE published_at IS NULL)
         + (SELECT count(*) FROM cases WHERE due_at <= waymark_now() OR retry_at <= waymark_now())
         + (SELECT count(*) FROM cards WHERE closed_at IS NULL AND planned_at IS NULL)
         + (SELECT count(*) FROM text_requests
            WHERE state = 'sending' OR (state IN ('requested', 'held') AND wake_at <= waymark_now()))
""")
_LEASES_RUN_OUT: Final = text(
    "UPDATE text_requests SET lease_until = clock_timestamp() - interval '1 second' WHERE state = 'sending'"
)


@dataclass
class Seam:
    """Counts the steps done, and crashes at the one it is armed for."""

    crashes: Counter[str] = field(default_factory=Counter)
    """How often it crashed at each step."""
    _whose: str = ""
    _left: int | None = None
    _named_only: bool = False

    def arm(self, whose: str, after: int, *, named_only: bool) -> None:
        """Crash at the step with this number, counted from 1; statements and commits are steps too, or are not."""
        self._whose, self._left, self._named_only = whose, after, named_only

    def disarm(self) -> None:
        """Crash at no step."""
        self._left = None

    async def at(self, step: str) -> None:
        """Be told of a step of a use case, a broker or a provider."""
        self._passed(step)

    def _passed(self, step: str, *, is_named: bool = True) -> None:
        if self._left is None or (self._named_only and not is_named):
            return
        self._left -= 1
        if self._left == 0:
            self._left = None
            self.crashes[f"{self._whose}: {step}"] += 1
            raise StoppedHere(step)

    @contextmanager
    def between_statements(self, engine: AsyncEngine) -> Iterator[None]:
        """Also count the moment before every statement and every commit on this engine."""

        def statement(_conn: Any, _cursor: Any, _words: str, *_: Any) -> None:
            self._passed("before a statement", is_named=False)

        def commit(_conn: Any) -> None:
            self._passed("before a commit", is_named=False)

        listeners = (("before_cursor_execute", statement), ("commit", commit))
        for name, listener in listeners:
            sqlalchemy_event.listen(engine.sync_engine, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners:
                sqlalchemy_event.remove(engine.sync_engine, name, listener)


@dataclass
class CountingChannel:
    """A provider of texts that counts what reaches it, and answers as providers do."""

    rng: random.Random
    seam: Seam
    asked: list[Outgoing] = field(default_factory=list)
    is_live: bool = False

    async def send(self, message: Outgoing) -> Accepted | Refused:
        """Take a text, or crash before or after it was taken."""
        await self.seam.at("text on its way")
        self.asked.append(message)
        await self.seam.at("text taken by the provider")
        match self.rng.randrange(8):
            case 0:
                raise OutcomeUnknownError
            case 1:
                return Refused(TextState.PERMANENT_FAILURE, "the number cannot receive texts")
            case 2:
                return Accepted("provider-1")
            case _:
                return Accepted("provider-1", delivered=True)


@dataclass
class CrashingBroker:
    """Kafka as Waymark sees it: the input topic with its offset, and everything ever published, also twice."""

    rng: random.Random
    seam: Seam
    records: list[Incoming] = field(default_factory=list)
    offset: int = 0
    published: list[Message] = field(default_factory=list)

    async def send_all(self, messages: Sequence[Message]) -> list[NotPublishedError | None]:
        """Take messages one by one; sometimes it is away for the rest, sometimes the sender crashes in between."""
        outcome: list[NotPublishedError | None] = []
        away_after = self.rng.randrange(len(messages) * 8)
        for number, message in enumerate(messages):
            if number > away_after:
                outcome.append(NotPublishedError("The broker is away.", is_for_good=False))
                continue
            self.published.append(message)
            if message.topic == CASE_EVENTS.name:
                self.records.append(record(message.value))
            outcome.append(None)
            if number % 5 == 0:
                await self.seam.at("message taken by the broker")
        return outcome


@dataclass
class World:
    """One store, one broker and one provider, and the processes that crash over them."""

    engine: AsyncEngine
    history: History
    rng: random.Random
    seam: Seam

    def __post_init__(self) -> None:
        self.channel = CountingChannel(self.rng, self.seam)
        self.broker = CrashingBroker(self.rng, self.seam)
        self.broker.records += [record(each) for each in self.history.records]
        self._hours_left = self.history.hours

    async def prepare(self) -> None:
        """Empty the store, put its clock at NOW, and bring in the people."""
        tables = ", ".join(table.name for table in metadata.sorted_tables if table.name != "clock")
        async with self.engine.begin() as conn:
            await conn.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
            await conn.execute(
                text("UPDATE clock SET simulated = true, ahead = :now - clock_timestamp()"), {"now": NOW}
            )
            await adopt_rule_set(conn, real_rules().hash)
        await store_people(self.engine, *self.history.people)

    async def run(self) -> None:
        """Run the processes in a random order, crashing, until nothing is left to do."""
        with self.seam.between_statements(self.engine):
            for number in range(MOST_ACTIONS):
                if number % 4 == 0 and await self._is_done():
                    return
                await self._act()
            raise AssertionError(f"There is still something to do after {MOST_ACTIONS} actions.")

    async def _is_done(self) -> bool:
        if self.broker.offset < len(self.broker.records) or self._hours_left:
            return False
        async with self.engine.connect() as conn:
            return int((await conn.execute(_WORK_LEFT)).scalar_one()) == 0

    async def _act(self) -> None:
        chosen = self.rng.choices(
            ("accept", "assess", "relay", "notify", "alerts", "hours", "leases"), (8, 10, 6, 28, 5, 1, 2)
        )[0]  # fmt: skip
        if chosen == "hours":
            await self._hours_pass()
        elif chosen == "leases":
            # Nobody is sending: whoever was has crashed.
            async with self.engine.begin() as conn:
                await conn.execute(_LEASES_RUN_OUT)
        else:
            if self.rng.random() < _CRASHES:
                named_only = self.rng.random() < _NAMED
                reach = _REACH[chosen][0 if named_only else 1]
                self.seam.arm(chosen, self.rng.randint(1, reach), named_only=named_only)
            with suppress(StoppedHere):
                await getattr(self, f"_{chosen}")()
            self.seam.disarm()

    async def _hours_pass(self) -> None:
        if self._hours_left:
            async with self.engine.begin() as conn:
                await advance_clock(conn, timedelta(hours=self._hours_left.pop()))

    async def _accept(self) -> None:
        batch = self.broker.records[self.broker.offset :][: self.rng.randint(1, 12)]
        if batch:
            await accept(self.engine, batch, vault=vault, read_note=read_note, at=self.seam.at)
            self.broker.offset += len(batch)

    async def _assess(self) -> None:
        await assess_cases(
            self.engine,
            real_rules(),
            writers=[partial(write_cards_and_requests, announce_from=None)],
            at_once=self.rng.choice((1, 3, 50)),
            at=self.seam.at,
        )

    async def _relay(self) -> None:
        at_once = self.rng.choice((2, 10, 1000))
        async with Relay(self.engine, self.broker, vault=vault, at_once=at_once, at=self.seam.at) as relay:
            await relay.round()

    async def _notify(self) -> None:
        await notifier(self.engine, self.channel, at=self.seam.at).send_due(most=self.rng.randint(1, 5))

    async def _alerts(self) -> None:
        await Alerts(self.engine, at=self.seam.at).round()


def published_on(broker: CrashingBroker, topic: str) -> list[dict[str, Any]]:
    """Return what was published on a topic, in order, with whatever was published twice."""
    return [json.loads(each.value or b"") for each in broker.published if each.topic == topic]
