"""The pure core and the rebuild: what an assessment costs, and how fast everything is derived anew."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from statistics import median
from time import thread_time

from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.ground import Look, Place
from benchmarks.invented import facts_of, journey
from infra import clock
from infra.database import create_engine
from services.assess_case import Round, Rules, assess_cases
from services.journeys.assess import assess
from services.journeys.rule_set import load_rule_set
from services.rebuild import rebuild
from services.storage.notify_rows import write_cards_and_requests


def assess_ms(facts: int, now: datetime, *, cases: int = 20, rounds: int = 9) -> float:
    """Return milliseconds for assessing a case of so many facts: the median of rounds, each a mean over cases.

    They are this thread's own computing time, so that what else runs on the machine counts for little.
    """
    rules = load_rule_set()
    made = [facts_of(journey(f"KP-{number}", now, facts)) for number in range(cases)]
    for each in made:
        assess(each, rules, now)
    taken = []
    for _ in range(rounds):
        began = thread_time()
        for each in made:
            assess(each, rules, now)
        taken.append((thread_time() - began) / cases * 1000)
    return median(taken)


async def rebuild_facts_per_s(place: Place, look: Look, rounds: int) -> float:
    """Return facts a second while every case is assessed anew by one process, with nothing to put right.

    The median of rounds, after one that warms up.
    """
    rules = load_rule_set()
    judging = Rules(rules.hash, lambda facts, now: assess(facts, rules, now))
    engine = create_engine(place.settings, "benchmark")

    async def work() -> bool:
        done = await assess_cases(engine, judging)
        return bool(done.assessed or done.set_aside)

    try:
        facts, seconds = await look.facts(), []
        for _ in range(rounds + 1):
            began = clock.monotonic()
            await rebuild(engine, work)
            seconds.append(clock.monotonic() - began)
        return facts / median(seconds[1:])
    finally:
        await engine.dispose()


async def assess_all(engine: AsyncEngine) -> Round:
    """Assess what is woken or due, as the clock process does; return what was done in all."""
    rules = load_rule_set()
    judging = Rules(rules.hash, lambda facts, now: assess(facts, rules, now))
    writers = [partial(write_cards_and_requests, announce_from=None, not_measured=frozenset())]
    assessed = announced = 0
    while (done := await assess_cases(engine, judging, writers=writers)).found:
        assessed, announced = assessed + done.assessed, announced + done.announced
    return Round(assessed=assessed, announced=announced)
