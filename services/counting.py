"""Count cases for figures, beside assessing and after it: whoever is owed something comes before whoever counts.

Each assessed case is noted in the assessment's own transaction, and counted when nothing waits to be assessed: its
facts are judged again at the moment of its last assessment, and its rows are replaced where they differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra import clock
from services.figures.contributions import contributions
from services.figures.rows import VERSION, CaseFigures, days_of, to_stored
from services.journeys.assess import assess
from services.journeys.facts import Fact
from services.journeys.rule_set import RuleSet
from services.storage.failures import in_words
from services.storage.figures import (
    NOT_COUNTED,
    CountedCase,
    FiguresRow,
    is_anything_waiting,
    take_to_count,
    wake_stale_figures,
    write_figures,
)
from services.storage.rule_sets import RuleSetNotCurrentError, hold_rule_set

AT_ONCE: Final = 25
"""Cases counted in one transaction: about 40 ms in which this process does nothing else."""

LONGEST_WAIT_S: Final = 30.0
"""Seconds after which some cases are counted though others still wait to be assessed."""

_IDLE_S: Final = 2.0
_BUSY_S: Final = 0.5
_BACK_OFF_S: Final = 5.0
_NEIGHBOURLY: Final = 4

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Counter:
    """The rule set a process carries, and the pure function that counts a case's facts as assessed at a moment."""

    ruleset: str
    count: Callable[[Sequence[Fact], datetime], CaseFigures]


def counter_of(rules: RuleSet) -> Counter:
    """Return what counts cases under these rules."""
    return Counter(rules.hash, lambda facts, as_of: contributions(facts, assess(facts, rules, as_of), rules.days))


async def count_cases(engine: AsyncEngine, counter: Counter, at_once: int = AT_ONCE) -> int:
    """Count some of the cases that wait for it; return how many.

    Raises:
        RuleSetNotCurrentError: if another rule set is in force; nothing is written.
        DBAPIError: if the database cannot be worked with just now; the cases wait on.
    """
    async with engine.begin() as conn:
        taken = await take_to_count(conn, at_once)
        if not taken:
            return 0
        await hold_rule_set(conn, counter.ruleset)
        changed: list[FiguresRow] = []
        same: list[CountedCase] = []
        for number, case in enumerate(taken):
            row = _row(case, counter)
            if row.body == case.stored and row.version == VERSION:
                same.append(case)
            else:
                changed.append(row)
            if number % _NEIGHBOURLY == _NEIGHBOURLY - 1:
                await asyncio.sleep(0)
        await write_figures(conn, changed, same)
    return len(taken)


async def count_all(engine: AsyncEngine, counter: Counter, told: Callable[[int], None] = lambda _: None) -> int:
    """Count every case that waits for it, those included that nobody noted; return how many. ``told`` hears of each."""
    await wake_uncounted(engine)
    done = 0
    while counted := await count_cases(engine, counter):
        done += counted
        told(counted)
    return done


async def wake_uncounted(engine: AsyncEngine) -> None:
    """Note the cases that were assessed and never counted since: under an earlier version, or by a stopped process."""
    async with engine.begin() as conn:
        await wake_stale_figures(conn, VERSION)


async def keep_counting(
    engine: AsyncEngine, counter: Counter, wait: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> None:
    """Count cases until cancelled, when nothing waits to be assessed, or every half minute at least.

    Raises:
        RuleSetNotCurrentError: if another rule set was put in force; the process should then end.
    """
    has_looked = False
    last = clock.monotonic()
    while True:
        try:
            if not has_looked:
                await wake_uncounted(engine)
                has_looked = True
            pause, last = await _one_round(engine, counter, last)
        except RuleSetNotCurrentError:
            raise
        except Exception as failure:  # noqa: BLE001 - figures that fail must not stop who watches deadlines beside them
            _log.warning("counting_interrupted", error=type(failure).__name__, why=_why(failure))
            pause = _BACK_OFF_S
        await wait(pause)


async def _one_round(engine: AsyncEngine, counter: Counter, last: float) -> tuple[float, float]:
    """Count some cases if it is time for it; return the seconds to wait, and when last none waited too long."""
    async with engine.connect() as conn:
        is_busy, is_lined_up = await is_anything_waiting(conn)
    now = clock.monotonic()
    if not is_lined_up:
        return _IDLE_S, now
    if is_busy and now - last <= LONGEST_WAIT_S:
        return _BUSY_S, last
    await count_cases(engine, counter)
    return (_BUSY_S if is_busy else 0.0), clock.monotonic()


def _why(failure: Exception) -> str:
    return in_words(failure) if isinstance(failure, DBAPIError | OSError) else "A fault of ours; the cases wait on."


def row_of(case_key: bytes, as_of: datetime, figures: CaseFigures) -> FiguresRow:
    """Return the row that is stored of what a case contributes."""
    return FiguresRow(case_key, figures.version, as_of, *days_of(figures), to_stored(figures))


def _row(case: CountedCase, counter: Counter) -> FiguresRow:
    try:
        return row_of(case.key, case.as_of, counter.count(case.facts.read(), case.as_of))
    except Exception as failure:  # noqa: BLE001 - whatever a case's counting raises stops that case alone
        _log.error("case_not_counted", case_key=case.key.hex(), error=type(failure).__name__)
        return FiguresRow(case.key, NOT_COUNTED, case.as_of, None, None, b"")
