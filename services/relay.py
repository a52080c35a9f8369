"""Publish what is in the outbox, in order within each case, and dead letters with their reason.

The outbox is cut into 16 shards; a shard is relayed by one process at a time, which holds its lock, sends the first
messages in order, waits until the broker has them all, and only then deletes them. A crash in between sends
some of them again, with the same id; it loses none and swaps none.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, Self

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.topics import CASE_EVENTS, DEAD_CASE_EVENTS
from infra import clock, tracing
from infra.metrics import PUBLISHED
from services.steps import At, carry_on
from services.storage.failures import in_words
from services.storage.outgoing import (
    DEAD_LETTER_SHARD,
    DeadLetter,
    Message,
    RecordOpener,
    erase_dead_letters,
    forget_sent,
    leave_shards,
    mark_published,
    next_dead_letters,
    next_messages,
    park_dead_letters,
    park_messages,
    take_shards,
)
from services.storage.payloads import Header
from services.storage.tables import SHARDS

AT_ONCE: Final = 1000
"""Messages that are sent together and waited for."""

LONGEST_WAIT_S: Final = 1.0
_FIRST_BACK_OFF_S: Final = 0.1
_LONGEST_BACK_OFF_S: Final = 5.0
_DEAD_AT_ONCE: Final = 20
"""Dead letters hold up to 2 MiB each."""

ERASE_EVERY_S: Final = 60.0
"""How often it is looked for dead letters past the retention of the topic they came from."""

_ERASED_AT_ONCE: Final = 500

_ALL_SHARDS: Final = frozenset((*range(SHARDS), DEAD_LETTER_SHARD))

_log = structlog.get_logger(__name__)


class NotPublishedError(Exception):
    """The broker did not take a message.

    ``is_for_good``: it never will (too large, not allowed there); otherwise the same may be taken later.
    """

    def __init__(self, sentence: str, *, is_for_good: bool) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_for_good = is_for_good


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for the broker; ``topic`` is the name in contracts.topics."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


class Publisher(Protocol):
    """Whoever hands messages to the broker (services.publishing.KafkaPublisher, or a fake)."""

    async def send_all(self, messages: Sequence[Outgoing]) -> list[NotPublishedError | None]:
        """Put all in line, wait until the broker has answered for each, and return what came of each, in order.

        Messages of one key are delivered in the order given, as far as they are taken.
        """


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one round did: messages and dead letters sent, and those put aside because they never can be."""

    sent: int = 0
    parked: int = 0
    waits: bool = False
    """The broker did not take something that it may take later."""


class Relay:
    """Relays the shards that it can get hold of; use as ``async with Relay(engine, publisher) as relay``.

    It holds its shards by locks of one database session. When that session is lost, so are the locks, and the next
    round fails: nothing is deleted any more that another relay may be sending by now. Whoever has the dead letters
    also erases those past their retention; without a ``vault``, which opens them, none is sent: they wait.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        publisher: Publisher,
        *,
        vault: RecordOpener | None = None,
        at_once: int = AT_ONCE,
        at: At = carry_on,
    ) -> None:
        self._engine = engine
        self._publisher = publisher
        self._vault = vault
        self._at_once = at_once
        self._at = at
        self._erase_at = 0.0
        self._conn: AsyncConnection | None = None
        self._held: set[int] = set()

    async def __aenter__(self) -> Self:
        """Open the session that holds the locks."""
        connection = await self._engine.connect()
        self._conn = await connection.execution_options(isolation_level="AUTOCOMMIT")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of the locks, for others to take the shards over."""
        conn, self._conn = self._conn, None
        self._held.clear()
        if conn is not None:
            try:
                if not conn.invalidated:
                    await leave_shards(conn)
            except (DBAPIError, OSError):
                # A session that may still hold a lock must not go back into the pool.
                await conn.invalidate()
            finally:
                await conn.close()

    async def round(self) -> Relayed:
        """Send the first messages of every shard held, and dead letters; return what was done.

        Raises:
            DBAPIError, OSError: the session is lost, and the locks with it: close this relay and open another.
        """
        conn = self._session
        if missing := _ALL_SHARDS - self._held:
            self._held |= await take_shards(conn, missing)
        done = [await self._send_messages(conn, self._held - {DEAD_LETTER_SHARD})]
        if DEAD_LETTER_SHARD in self._held:
            await self._erase_dead_letters(conn)
            if self._vault is not None:
                done.append(await self._send_dead_letters(conn, self._vault))
        return Relayed(
            sum(each.sent for each in done), sum(each.parked for each in done), any(each.waits for each in done)
        )

    @property
    def _session(self) -> AsyncConnection:
        if self._conn is None or self._conn.invalidated:
            # Asked again, SQLAlchemy would connect anew, without the locks.
            raise RuntimeError("This relay is not open, or lost its session: open another in `async with`.")
        return self._conn

    async def _send_messages(self, conn: AsyncConnection, shards: set[int]) -> Relayed:
        messages = await next_messages(conn, shards, self._at_once) if shards else []
        if not messages:
            return Relayed()
        with _traced(messages) as outgoing:
            outcome = await self._publisher.send_all(outgoing)
        await self._at("sent")
        sent, parked, waits = _settled([each.id for each in messages], outcome)
        if sent:
            await forget_sent(conn, sent)
            gone = set(sent)
            for topic, number in Counter(each.topic for each in messages if each.id in gone).items():
                PUBLISHED.labels(topic, "published").inc(number)
        if parked:
            await park_messages(conn, parked)
            topics = {each.id: each.topic for each in messages}
            for id_, _ in parked:
                PUBLISHED.labels(topics[id_], "parked").inc()
            _log.error("messages_parked", outbox_ids=[id_ for id_, _ in parked])
        await self._at("forgotten")
        return Relayed(len(sent), len(parked), waits)

    async def _erase_dead_letters(self, conn: AsyncConnection) -> None:
        if clock.monotonic() < self._erase_at:
            return
        erased = await erase_dead_letters(conn, CASE_EVENTS.retention, _ERASED_AT_ONCE)
        if erased < _ERASED_AT_ONCE:
            self._erase_at = clock.monotonic() + ERASE_EVERY_S
        if erased:
            _log.info("dead_letters_erased", dead_letters=erased)

    async def _send_dead_letters(self, conn: AsyncConnection, vault: RecordOpener) -> Relayed:
        letters, closed = await next_dead_letters(conn, vault, _DEAD_AT_ONCE)
        if closed:
            await park_dead_letters(conn, closed)
            _log.error("dead_letters_parked", dead_letters=[id_ for id_, _ in closed])
        if not letters:
            return Relayed(parked=len(closed))
        outcome = await self._publisher.send_all(
            [Outgoing(DEAD_CASE_EVENTS.name, each.key, each.value, _headers_of(each)) for each in letters]
        )
        sent, parked, waits = _settled([each.id for each in letters], outcome)
        if sent:
            await mark_published(conn, sent)
            PUBLISHED.labels(DEAD_CASE_EVENTS.name, "published").inc(len(sent))
        if parked:
            PUBLISHED.labels(DEAD_CASE_EVENTS.name, "parked").inc(len(parked))
            await park_dead_letters(conn, parked)
            _log.error("dead_letters_parked", dead_letters=[id_ for id_, _ in parked])
        return Relayed(len(sent), len(parked) + len(closed), waits)


async def keep_relaying(
    engine: AsyncEngine,
    publisher: Publisher,
    wait: Callable[[float], Awaitable[object]],
    *,
    vault: RecordOpener | None = None,
    at_once: int = AT_ONCE,
    at: At = carry_on,
) -> None:
    """Relay until cancelled, through restarts of the database and the broker.

    ``wait`` returns when it hears of messages (``OUTBOX_CHANNEL``), or after the seconds given. Without a ``vault``
    dead letters wait in the store.
    """
    if vault is None:
        _log.error("relaying_began_without_a_vault")
    back_off = _FIRST_BACK_OFF_S
    while True:
        try:
            async with Relay(engine, publisher, vault=vault, at_once=at_once, at=at) as relay:
                while True:
                    done = await relay.round()
                    if done.waits:
                        await asyncio.sleep(back_off)
                        back_off = min(back_off * 2, _LONGEST_BACK_OFF_S)
                        continue
                    back_off = _FIRST_BACK_OFF_S
                    if not done.sent:
                        await wait(LONGEST_WAIT_S)
        except (DBAPIError, OSError) as failure:
            _log.warning(
                "relaying_interrupted", error=type(failure).__name__, why=in_words(failure), again_in_s=back_off
            )
            await asyncio.sleep(back_off)
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_S)


@contextmanager
def _traced(messages: Sequence[Message]) -> Iterator[list[Outgoing]]:
    """Give what is to be sent; a message of a trace carries it on, and where tracing is on, its sending is a span."""
    spans = []
    outgoing = []
    for each in messages:
        headers = each.headers
        if each.trace is not None:
            made = tracing.start("publish", [each.trace], topic=each.topic)
            spans.append(made)
            headers = [*headers, (tracing.TRACEPARENT, (made.traceparent or each.trace).encode())]
        outgoing.append(Outgoing(each.topic, each.key, each.value, headers))
    try:
        yield outgoing
    finally:
        for made in spans:
            made.end()


def _settled(
    ids: Sequence[int], outcome: Sequence[NotPublishedError | None]
) -> tuple[list[int], list[tuple[int, str]], bool]:
    """Tell which are done with: all before the first that may be taken later.

    What the broker took after that one is sent again: deleting it would let the one that waits overtake it for good.
    """
    sent: list[int] = []
    parked: list[tuple[int, str]] = []
    for id_, failure in zip(ids, outcome, strict=True):
        if failure is None:
            sent.append(id_)
        elif failure.is_for_good:
            parked.append((id_, failure.sentence))
        else:
            return sent, parked, True
    return sent, parked, False


def _headers_of(letter: DeadLetter) -> list[Header]:
    """Return the headers a dead letter is published with: its own, as they came, and then why and where from."""
    added: list[Header] = [
        ("waymark-reason", letter.reason.encode()),
        ("waymark-field", None if letter.field is None else letter.field.encode()),
        ("waymark-position", f"{letter.topic}/{letter.partition}/{letter.offset}".encode()),
        ("waymark-dead-letter", str(letter.id).encode()),
    ]
    return [*letter.headers, *added]
