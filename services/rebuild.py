"""Derive everything from the facts again: to compare it with what is stored, or to put that right.

The triangle that must hold for every case: what its ledger adds up to is what is stored of it, and that is what its
facts say, under its own rule set and at the moment of its own last assessment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.figures.rows import CaseFigures, to_stored
from services.journeys.assessment import Assessment
from services.journeys.changes import Announced, Standing, Thing, fold, standing, view_of
from services.journeys.entries import read_entry
from services.journeys.facts import Fact
from services.storage.payloads import to_sorted_bytes
from services.storage.rereading import WholeCase, cases_waiting, every_case
from services.storage.rule_sets import wake_every_case

AT_ONCE: Final = 200
FIRST_DIFFERENCES: Final = 20
"""How many differences are told in words; all are counted."""

_THINGS: Final[tuple[Thing, ...]] = ("obligation", "flag", "news")
_LOOK_EVERY_S: Final = 0.05

Assess = Callable[[Sequence[Fact], datetime], Assessment]
"""Judges the facts of a case at a moment."""

Count = Callable[[Sequence[Fact], Assessment], CaseFigures]
"""Returns what a case contributes to figures."""


@dataclass(slots=True)
class Comparison:
    """What a verification found."""

    cases: int = 0
    facts: int = 0
    waiting: int = 0
    """Cases with something new that waits: only their ledger was compared."""
    other_rules: int = 0
    """Cases last assessed under another rule set than this process carries: only their ledger was compared."""
    set_aside: int = 0
    differences: int = 0
    first: list[str] = field(default_factory=list)
    """Sentences about the first differences."""

    def note(self, case_id: str, sentence: str) -> None:
        """Take note of a difference."""
        self.differences += 1
        if len(self.first) < FIRST_DIFFERENCES:
            self.first.append(f"{case_id}: {sentence}")


async def verify(
    engine: AsyncEngine,
    ruleset: str,
    assess: Assess,
    told: Callable[[int], None] = lambda _: None,
    count: Count | None = None,
) -> Comparison:
    """Compare ledger, stored state and facts of every case in one snapshot; change nothing.

    ``assess`` judges facts at a moment under ``ruleset``; ``told`` hears of every case that is done. With ``count``
    what is stored for figures is compared too, where the case does not wait to be counted.
    """
    found = Comparison()
    async with engine.connect() as plain:
        conn = await plain.execution_options(isolation_level="REPEATABLE READ")
        async for case in every_case(conn, AT_ONCE):
            found.cases += 1
            await asyncio.sleep(0)
            try:
                _compare(found, case, ruleset, assess, count)
            except Exception as failure:  # noqa: BLE001 - whatever one case does, the others are compared
                found.note(case.id, f"It could not be compared: {type(failure).__name__}.")
            told(1)
    return found


async def rebuild(
    engine: AsyncEngine, work: Callable[[], Awaitable[bool]], told: Callable[[int], None] = lambda _: None
) -> int:
    """Mark every case to be assessed anew, with cause repair, and see it done; return how many cases.

    ``work`` assesses some cases and returns whether there were any to take; other processes may do it as well.
    ``told`` hears of how many are done.
    """
    async with engine.begin() as conn:
        marked = await wake_every_case(conn, "repair")
    left = marked
    while True:
        did_some = await work()
        async with engine.connect() as conn:
            waiting = await cases_waiting(conn)
        told(max(left - waiting, 0))
        left = min(waiting, left)
        if waiting == 0:
            return marked
        if not did_some:
            await asyncio.sleep(_LOOK_EVERY_S)


def _compare(found: Comparison, case: WholeCase, ruleset: str, assess: Assess, count: Count | None) -> None:
    stored = case.stored.read()
    folded = fold(read_entry(entry) for entry in case.entries)
    _differences(found, case.id, "the ledger adds up to", folded, stored)
    if case.problem is not None:
        found.set_aside += 1
    elif case.is_woken or case.assessed_at is None:
        found.waiting += 1
    elif case.ruleset != ruleset:
        found.other_rules += 1
    else:
        facts = case.facts.read()
        found.facts += len(facts)
        said = assess(facts, case.assessed_at)
        _differences(found, case.id, "the facts say", standing(said), stored)
        if to_sorted_bytes(view_of(said)) != case.stored.view:
            found.note(case.id, "what is stored for its page is not what the facts say.")
        if count is not None and case.is_counted and to_stored(count(facts, said)) != case.figures:
            found.note(case.id, "what is stored for figures is not what the facts say.")


def _differences(found: Comparison, case_id: str, whose: str, derived: Announced, stored: Announced) -> None:
    for thing in _THINGS:
        one, other = derived.of(thing), stored.of(thing)
        for id_ in sorted(one.keys() | other.keys()):
            if _said(one.get(id_)) != _said(other.get(id_)):
                found.note(
                    case_id, f"{thing} {id_}: {whose} {_state(one.get(id_))}, stored is {_state(other.get(id_))}."
                )


def _said(standing_: Standing | None) -> tuple[str, Mapping[str, Any]] | None:
    return None if standing_ is None else (standing_.state, standing_.body)


def _state(standing_: Standing | None) -> str:
    return "nothing" if standing_ is None else standing_.state
