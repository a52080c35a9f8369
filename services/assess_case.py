"""Assess cases that are woken or due, and announce what changed: load, judge, write the difference, commit.

Any number of processes may do this at once: each locks the cases it takes and passes over those that others hold. A
case whose assessment fails is set aside alone, visibly, and tried again later; its neighbours go on.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infra import clock, tracing
from infra.metrics import ANNOUNCEMENTS, ASSESSMENT_S, ASSESSMENTS, EVENT_TO_ASSESSMENT_S
from services.journeys.assessment import Assessment
from services.journeys.changes import Announcement, changes, view_of
from services.journeys.entries import Telling, write_entry, write_event
from services.journeys.facts import Fact
from services.projections.ledger import chained
from services.steps import At, carry_on
from services.storage.casework import (
    HeldCase,
    StoredCase,
    StoredFacts,
    find_work,
    hold_cases,
    load_announced,
    load_facts,
    time_to_next_due,
)
from services.storage.differences import CaseHead, Difference, Entry, SetAside, set_aside, write_differences
from services.storage.failures import in_words, is_passing
from services.storage.payloads import to_sorted_bytes
from services.storage.rule_sets import RuleSetNotCurrentError, hold_rule_set

Writer = Callable[[AsyncConnection, Sequence[Difference]], Awaitable[None]]
"""Writes more in the transaction that announces: cards, text requests, counters."""

AT_ONCE: Final = 100
"""Cases in one transaction."""

LONGEST_WAIT_S: Final = 1.0
"""Seconds after which a process that heard nothing looks for itself."""

_CROWDED_WAIT_S: Final = 0.05
"""Seconds after which a process looks again that found only cases which others hold."""

_LONGEST_BACK_OFF: Final = timedelta(hours=1)
_FIRST_BACK_OFF_S: Final = 0.1
_LONGEST_DATABASE_BACK_OFF_S: Final = 5.0
_NEIGHBOURLY: Final = 8

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rule set a process carries: its hash, and the pure function that judges a case's facts at a moment.

    ``parts``: what the hash is made of, kept where this process is the first and puts it in force.
    """

    hash: str
    assess: Callable[[Sequence[Fact], datetime], Assessment]
    parts: Mapping[str, str | int] = field(default_factory=dict)


class _WriterFailedError(Exception):
    """A writer raised what the database did not: a fault of ours in one of these cases, whatever its type.

    Without it a writer's OSError (a file that is missing, a timeout) would pass for a database that is away, and one
    case would hold up all others for ever.
    """

    def __init__(self, failure: Exception) -> None:
        super().__init__(type(failure).__name__)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: cases assessed, announcements made, cases set aside; ``found`` counts candidates."""

    found: int = 0
    assessed: int = 0
    announced: int = 0
    set_aside: int = 0


async def assess_cases(
    engine: AsyncEngine,
    rules: Rules,
    *,
    writers: Sequence[Writer] = (),
    announce_from: datetime | None = None,
    at_once: int = AT_ONCE,
    at: At = carry_on,
) -> Round:
    """Take up to ``at_once`` cases that are woken or due, and announce what changed in each.

    Raises:
        RuleSetNotCurrentError: if another rule set is in force; nothing is written.
        DBAPIError: if the database cannot be worked with just now; nothing of the batch is written.
    """
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        found = await find_work(conn, at_once)
    await at("seated")
    if not found:
        return Round()
    tried: list[HeldCase] = []
    shift = _Shift(engine, rules, writers, announce_from, at)
    try:
        done = await shift.assess(found, at_once, tried)
    except RuleSetNotCurrentError:
        raise
    except Exception as failure:
        if is_passing(failure) or not tried:
            raise
        _log.warning("batch_failed", cases=len(tried), error=type(failure).__name__)
        done = await shift.assess_one_by_one(tried)
    _count(*done)
    return Round(len(found), *done)


def _count(assessed: int, announced: int, set_aside: int) -> None:
    ASSESSMENTS.labels("assessed").inc(assessed)
    ANNOUNCEMENTS.inc(announced)
    ASSESSMENTS.labels("set_aside").inc(set_aside)


async def keep_assessing(
    engine: AsyncEngine,
    rules: Rules,
    wait: Callable[[float], Awaitable[object]],
    *,
    writers: Sequence[Writer] = (),
    announce_from: datetime | None = None,
    at: At = carry_on,
    is_steady: Callable[[], Awaitable[bool]] | None = None,
) -> None:
    """Assess whatever is woken or falls due until cancelled; a transaction cancelled half-way changes nothing.

    ``wait`` returns when it hears of work (``WAKE_CHANNEL``), or after the seconds given. While the database is away
    this waits and tries again; while the clock is not steady (``is_steady``) nothing is announced.
    Raises RuleSetNotCurrentError where another rule set is put in force: the process should then end, so that its
    successor carries the right one.
    """
    back_off = _FIRST_BACK_OFF_S
    while True:
        try:
            if is_steady is not None and not await is_steady():
                await wait(LONGEST_WAIT_S)
                continue
            done = await assess_cases(engine, rules, writers=writers, announce_from=announce_from, at=at)
            is_crowded = done.found > 0 and not done.assessed and not done.set_aside
            pause = 0.0 if done.found else await _how_long(engine)
        except (DBAPIError, OSError) as failure:
            _log.warning(
                "assessing_interrupted", error=type(failure).__name__, why=in_words(failure), again_in_s=back_off
            )
            await asyncio.sleep(back_off)
            back_off = min(back_off * 2, _LONGEST_DATABASE_BACK_OFF_S)
            continue
        back_off = _FIRST_BACK_OFF_S
        if is_crowded:
            # Not ``wait``: while events come it hears of the next at once, and this would look without end.
            await asyncio.sleep(_CROWDED_WAIT_S)
        elif pause > 0:
            await wait(pause)


async def _how_long(engine: AsyncEngine) -> float:
    """Return seconds to wait for the next case that falls due."""
    async with engine.connect() as conn:
        until = await time_to_next_due(conn)
    return LONGEST_WAIT_S if until is None else min(max(until.total_seconds(), 0.001), LONGEST_WAIT_S)


@dataclass(frozen=True, slots=True)
class _Shift:
    """One round's work: what it is done with."""

    engine: AsyncEngine
    rules: Rules
    writers: Sequence[Writer]
    announce_from: datetime | None
    at: At

    async def assess(self, keys: Iterable[bytes], at_once: int, tried: list[HeldCase]) -> tuple[int, int, int]:
        """Assess these cases in one transaction; return how many were, what was announced, how many set aside."""
        async with self.engine.begin() as conn:
            await hold_rule_set(conn, self.rules.hash, self.rules.parts)
            held, now = await hold_cases(conn, keys, at_once)
            tried.extend(held)
            for case in held:
                if case.waited_s is not None:
                    EVENT_TO_ASSESSMENT_S.observe(case.waited_s)
            await self.at("held")
            if not held:
                return 0, 0, 0
            facts = await load_facts(conn, held)
            announced = await load_announced(conn, facts)
            await self.at("loaded")
            differences, failed = await self._judge_all(held, facts, announced, now)
            if differences:
                await write_differences(conn, differences)
                await self.at("written")
                await self._write_more(conn, differences)
            if failed:
                await set_aside(conn, failed)
            await self.at("before_commit")
        await self.at("committed")
        for each in failed:
            _log.error("case_set_aside", case_key=each.case_key.hex(), attempts=each.attempts, problem=each.problem)
        return len(differences), sum(len(each.announcements) for each in differences), len(failed)

    async def _write_more(self, conn: AsyncConnection, differences: Sequence[Difference]) -> None:
        for write in self.writers:
            try:
                await write(conn, differences)
            except DBAPIError:
                raise
            except Exception as failure:
                raise _WriterFailedError(failure) from failure

    async def assess_one_by_one(self, tried: Sequence[HeldCase]) -> tuple[int, int, int]:
        """Assess each of these cases in a transaction of its own, and set aside the one that fails alone."""
        totals = [0, 0, 0]
        for case in tried:
            try:
                done = await self.assess([case.key], 1, [])
            except RuleSetNotCurrentError:
                raise
            except Exception as failure:
                if is_passing(failure):
                    raise
                done = (0, 0, await self._set_aside_alone(case, failure))
            totals = [total + one for total, one in zip(totals, done, strict=True)]
        return totals[0], totals[1], totals[2]

    async def _set_aside_alone(self, case: HeldCase, failure: Exception) -> int:
        problem = _where_it_stopped(failure)
        async with self.engine.begin() as conn:
            held, now = await hold_cases(conn, [case.key], 1)
            if held:
                await set_aside(conn, [_aside(held[0], now, problem)])
        for each in held:
            _log.error("case_set_aside", case_key=each.key.hex(), attempts=each.attempts + 1, problem=problem)
        return len(held)

    async def _judge_all(
        self,
        held: Sequence[HeldCase],
        facts: dict[bytes, StoredFacts],
        announced: dict[bytes, StoredCase],
        now: datetime,
    ) -> tuple[list[Difference], list[SetAside]]:
        differences: list[Difference] = []
        failed: list[SetAside] = []
        for number, case in enumerate(held):
            began = clock.monotonic()
            try:
                with tracing.span("assess case", case.traces, case_key=case.key.hex(), cause=case.cause) as span:
                    made = self._judge(case, facts[case.key], announced[case.key], now)
                    span.note(facts=len(made.facts), announcements=len(made.announcements))
                # What was not traced here still belongs to the trace that woke the case.
                trace = span.traceparent or (case.traces[0] if case.traces else None)
                differences.append(made if trace is None else replace(made, trace=trace))
                ASSESSMENT_S.observe(clock.monotonic() - began)
            except Exception as failure:  # noqa: BLE001 - whatever a case's assessment raises stops that case alone
                failed.append(_aside(case, now, _where_it_stopped(failure)))
            if number % _NEIGHBOURLY == _NEIGHBOURLY - 1:
                await asyncio.sleep(0)
        return differences, failed

    def _judge(self, case: HeldCase, stored: StoredFacts, before: StoredCase, now: datetime) -> Difference:
        as_of = now if case.assessed_at is None else max(now, case.assessed_at)
        facts = stored.read()
        assessment = self.rules.assess(facts, as_of)
        found = changes(before.read(), assessment, self.announce_from)
        telling = Telling(case.id, case.key.hex(), as_of, case.cause, self.rules.hash)
        entries, head = _written_down(case, telling, found)
        view = to_sorted_bytes(view_of(assessment))
        return Difference(
            case_key=case.key,
            case_id=case.id,
            cause=case.cause,
            now=as_of,
            ruleset=self.rules.hash,
            assessment=assessment,
            facts=facts,
            announcements=found,
            entries=entries,
            head=head,
            view=None if view == before.view else view,
        )


def _written_down(case: HeldCase, telling: Telling, found: Sequence[Announcement]) -> tuple[list[Entry], CaseHead]:
    numbered = list(enumerate(found, start=case.sequence + 1))
    links = chained(case.ledger_head, (write_entry(telling, number, each) for number, each in numbered))
    told = case.told
    entries = []
    for (number, each), (entry, previous, hash_) in zip(numbered, links, strict=True):
        message = None
        if not each.quiet:
            told += 1
            message = write_event(telling, told, each)
        entries.append(Entry(number, entry, previous, hash_, message))
    return entries, CaseHead(case.sequence + len(entries), entries[-1].hash if entries else case.ledger_head, told)


def _aside(case: HeldCase, now: datetime, problem: str) -> SetAside:
    attempts = case.attempts + 1
    back_off = min(timedelta(seconds=2 ** min(attempts, 16)), _LONGEST_BACK_OFF)
    return SetAside(case.key, attempts, now + back_off, case.cause, problem)


def _where_it_stopped(failure: Exception) -> str:
    """Say what stopped an assessment and where in our code, never in its own words: those may hold a value."""
    if isinstance(failure, _WriterFailedError):
        failure = failure.failure
    frames = traceback.extract_tb(failure.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    last = (ours or frames)[-1]
    return (
        f"The assessment of this case stopped with {type(failure).__name__} in {last.name} "
        f"({last.filename.rsplit('/', 1)[-1]}, line {last.lineno}). It is shown as last assessed and tried again."
    )
