"""Publishing case events from files, and waiting until each is stored or refused; dead letters get another try."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.normalised import content_hash
from contracts.reading import read_line
from contracts.refusal import Refused
from contracts.topics import CASE_EVENTS
from infra import clock
from services.publishing import KafkaPublisher, Placed
from services.relay import NotPublishedError, Outgoing
from services.storage.dead_letters import contents_of, mark_retried, refused_at, whole_dead_letters
from services.storage.intake import DEAD_LETTER, EVENT_CONTENT
from services.storage.payloads import Header
from services.storage.tables import fact_key
from services.storage.vault import Vault

AT_ONCE: Final = 1000
PATIENCE_S: Final = 60.0
"""Seconds without any of them being stored after which waiting ends."""

_LOOK_EVERY_S: Final = 0.1
_T = TypeVar("_T")
_STRUCTURED: Final[tuple[Header, ...]] = (("content-type", b"application/cloudevents+json"),)


@dataclass(frozen=True, slots=True)
class _Sent:
    """One line that the broker has: where, what is expected under which identity, and its bytes' hash."""

    place: Placed
    digest: bytes
    fact: bytes | None
    content: bytes


@dataclass(slots=True)
class Sending:
    """What became of the lines so far. ``unkeyed`` of those published were not JSON with a subject."""

    published: int = 0
    unkeyed: int = 0
    stored: int = 0
    refused: int = 0
    failures: list[str] = field(default_factory=list)
    """Sentences about lines that the broker did not take, each with the line's number."""
    waiting: list[_Sent] = field(default_factory=list)


async def send_lines(
    publisher: KafkaPublisher, lines: Iterable[bytes], sending: Sending, *, follow: bool, told: Callable[[int], None]
) -> None:
    """Publish lines to ``case.events``, each keyed by its subject, and tell how many after every few.

    A line that is not JSON, or has no subject, goes as it is without a key, so that it becomes a dead letter like any
    other. Empty lines are passed over. ``follow``: keep what is needed to see what becomes of each.
    """
    numbered = ((number, line.strip()) for number, line in enumerate(lines, 1))
    for chunk in _chunks(((number, line) for number, line in numbered if line)):
        outgoing = [_outgoing(line) for _, line in chunk]
        for (number, line), message, came in zip(chunk, outgoing, await publisher.deliver(outgoing), strict=True):
            if isinstance(came, NotPublishedError):
                sending.failures.append(f"Line {number}: {came.sentence}")
                continue
            sending.published += 1
            sending.unkeyed += message.key is None
            if follow:
                sending.waiting.append(_sent(line, came))
        told(len(chunk))


async def await_store(engine: AsyncEngine, vault: Vault, sending: Sending, told: Callable[[int], None]) -> bool:
    """Wait until every line sent is stored or refused; return False if nothing moved for too long.

    Judged by the store alone: an event is stored when its content stands under its identity, and refused when a dead
    letter holds its record.
    """
    give_up_at = clock.monotonic() + PATIENCE_S
    while sending.waiting:
        settled = 0
        for chunk in _chunks(list(sending.waiting)):
            stored, refused = await _settled(engine, vault, chunk)
            sending.stored += len(stored)
            sending.refused += len(refused)
            gone = {id(each) for each in (*stored, *refused)}
            sending.waiting = [each for each in sending.waiting if id(each) not in gone]
            settled += len(gone)
        told(settled)
        if settled:
            give_up_at = clock.monotonic() + PATIENCE_S
        elif clock.monotonic() > give_up_at:
            return False
        if sending.waiting:
            await asyncio.sleep(_LOOK_EVERY_S)
    return True


async def retry_dead_letters(
    engine: AsyncEngine, vault: Vault, publisher: KafkaPublisher, ids: Collection[int] | None
) -> tuple[list[int], list[str]]:
    """Publish dead letters to the input topic once more, as they came; None means all that are open.

    Returns the numbers that were, and sentences about those that were not. Published first and marked then: a crash
    between the two publishes one twice, and the second is a duplicate.
    """
    done: list[int] = []
    failures: list[str] = []
    left = None if ids is None else sorted(ids)
    while left is None or left:
        async with engine.connect() as conn:
            found = await whole_dead_letters(
                conn, vault, None if left is None else left[:_LETTERS_AT_ONCE], _LETTERS_AT_ONCE
            )
        letters = [each for each in found if each.missing is None]
        failures += [f"Dead letter {each.shown.id}: {each.missing}" for each in found if each.missing is not None]
        if left is not None:
            failures += [
                f"There is no dead letter {number}."
                for number in sorted(set(left[:_LETTERS_AT_ONCE]) - {each.shown.id for each in found})
            ]
            left = left[_LETTERS_AT_ONCE:]
        outgoing = [Outgoing(CASE_EVENTS.name, each.key, each.value, each.headers) for each in letters]
        outcome = await publisher.deliver(outgoing)
        sent = [each.shown.id for each, came in zip(letters, outcome, strict=True) if isinstance(came, Placed)]
        failures += [
            f"Dead letter {each.shown.id}: {came.sentence}"
            for each, came in zip(letters, outcome, strict=True)
            if isinstance(came, NotPublishedError)
        ]
        if sent:
            async with engine.begin() as conn:
                await mark_retried(conn, sent)
        done += sent
        if left is None and len(sent) < _LETTERS_AT_ONCE:
            break
    return done, failures


_LETTERS_AT_ONCE: Final = 20


def _outgoing(line: bytes) -> Outgoing:
    subject = _subject_of(line)
    if subject is None:
        return Outgoing(CASE_EVENTS.name, None, line, ())
    return Outgoing(CASE_EVENTS.name, subject.encode("utf-8", "replace"), line, _STRUCTURED)


def _subject_of(line: bytes) -> str | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    subject = event.get("subject") if isinstance(event, dict) else None
    return subject if isinstance(subject, str) else None


def _sent(line: bytes, place: Placed) -> _Sent:
    read = read_line(line)
    digest = sha256(line).digest()
    if isinstance(read, Refused):
        return _Sent(place, digest, None, b"")
    return _Sent(place, digest, fact_key(read.source, read.id), content_hash(read))


async def _settled(engine: AsyncEngine, vault: Vault, chunk: Sequence[_Sent]) -> tuple[list[_Sent], list[_Sent]]:
    async with engine.connect() as conn:
        contents = await contents_of(conn, {each.fact for each in chunk if each.fact is not None})
        stored = [
            each
            for each in chunk
            if each.fact is not None and contents.get(each.fact) == vault.digest_of(EVENT_CONTENT, each.content)
        ]
        kept = {id(each) for each in stored}
        others = [each for each in chunk if id(each) not in kept]
        if not others:
            return stored, []
        places = {(each.place.partition, each.place.offset) for each in others}
        dead = await refused_at(conn, others[0].place.topic, places)
    refused = [
        each
        for each in others
        if (each.place.partition, each.place.offset, vault.digest_of(DEAD_LETTER, each.digest)) in dead
    ]
    return stored, refused


def _chunks(given: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(given)
    while chunk := list(islice(rest, AT_ONCE)):
        yield chunk
