"""Thousands of cases of a force under another pack: what was foreseen is what is announced, and nobody is alerted.

The same for the full packs on the demo's year, of which ADOPTED_DEMO_CASES says how many cases (1200 are the whole).
ADOPTED_CASES says how many (CI takes 4,000 and the whole demo); a failure repeats with the same number, for the cases
of a seed are always the same.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

import pytest
from sqlalchemy import LargeBinary, cast, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from infra import clock
from services.adopt import Foreseen, about, foresee
from services.assess_case import Rules
from services.cli.demo import Demo
from services.journeys.assess import assess
from services.journeys.changes import Announcement
from services.journeys.entries import read_entry
from services.journeys.rule_set import RuleSet, load_rule_set, rule_set_of
from services.projections.ledger import verify_ledger
from services.provisions.packs import PACKS_IN_SERVICE, pack_text
from services.provisions.rules import Shape
from services.rebuild import verify
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import adopt_rule_set, adoptions
from services.storage.tables import ledger, obligations
from services.storage.tables_notify import cards, text_requests
from tests.support import servers
from tests.support.app import assess_all, count, take_in
from tests.support.force_cases import force_cases

CASES = int(os.environ.get("ADOPTED_CASES", "1000"))
DEMO_CASES = int(os.environ.get("ADOPTED_DEMO_CASES", "200"))
SEED = 7
_BATCH = 500
_ENOUGH_FOR_EVERY_RULE = 1000
_Told = Counter[tuple[str, str, str]]
"""Case, rule (or kind of flag, or type of event), name of the announcement."""


def _carried(ruleset: RuleSet) -> Rules:
    return Rules(ruleset.hash, lambda facts, now: assess(facts, ruleset, now))


def changed_pack() -> RuleSet:
    """KENT in its next version: other limits, one duty less, one more; and a bank holiday more."""
    texts = {name: pack_text(name) for name in PACKS_IN_SERVICE}
    kent = texts["KENT"].replace("version: 2", "version: 3")
    kent = kent.replace("standard: 24, enhanced: 24}", "standard: 20, enhanced: 20}")
    kent, without = re.subn(r"  - \{id: KENT-SARC,.*?\}\]\}\n", "", kent, flags=re.DOTALL)
    assert without == 1
    kent += """
  - {id: KENT-CALL-BACK, owner: police, confidence: M, shape: told, advisory: true,
     duty: "Ring the victim once a suspect is identified",
     place: "made up for this test",
     limit: {unit: working_days, standard: 3, enhanced: 1},
     triggers: [{type: policing.suspect.identified}]}
"""
    return rule_set_of(texts | {"KENT": kent}, PACKS_IN_SERVICE, [date(2026, 11, 13), date(2026, 11, 23)])


async def _fill(engine: AsyncEngine, events: Iterable[Any]) -> int:
    total, left = 0, iter(events)
    while batch := list(islice(left, _BATCH)):
        done = await take_in(engine, *batch)
        assert done.refused == 0
        total += done.stored
    return total


async def _announced_by_rules(engine: AsyncEngine) -> _Told:
    """What the ledger holds with cause ruleset."""
    of_rules = func.position(cast(b'"cause":"ruleset"', LargeBinary).op("IN")(ledger.c.entry)) > 0
    async with engine.connect() as conn:
        stored = (await conn.execute(select(ledger.c.entry).where(of_rules))).scalars().all()
    told: _Told = Counter()
    for entry in stored:
        each = read_entry(bytes(entry))
        told[json.loads(entry)["case_id"], about(each), each.what] += 1
    return told


async def _triangle_holds(engine: AsyncEngine, rules: Rules, cases_in: int) -> None:
    found = await verify(engine, rules.hash, rules.assess)
    assert found.first == []
    assert (found.cases, found.differences) == (cases_in, 0)
    assert (found.waiting, found.other_rules, found.set_aside) == (0, 0, 0)
    async with engine.connect() as conn:
        assert (await verify_ledger(conn)).problem is None


@dataclass(frozen=True)
class _Adopted:
    facts: int
    foreseen: Foreseen
    announced: _Told
    met: set[str]


async def _adopt(engine: AsyncEngine, events: Iterable[Any], cases_in: int, sets: tuple[RuleSet, RuleSet]) -> _Adopted:
    """Assess the events under one set, adopt the other, and see that what was foreseen is all that was announced."""
    old, new = map(_carried, sets)
    facts = await _fill(engine, events)
    await assess_all(engine, old, writers=[write_cards_and_requests], at_once=200)
    await _triangle_holds(engine, old, cases_in)
    async with engine.connect() as conn:
        raised = (await conn.execute(select(func.max(cards.c.raised_at)))).scalar_one()
        had = [await count(conn, each) for each in (ledger, cards, text_requests)]
        met = set((await conn.execute(select(obligations.c.rule).distinct())).scalars())

    expected: _Told = Counter()

    def changed(case_id: str, found: Sequence[Announcement]) -> None:
        expected.update((case_id, about(each), each.what) for each in found)

    foreseen: Foreseen = await foresee(engine, new.assess, changed=changed)
    async with engine.connect() as conn:  # a dry run writes nothing
        assert [await count(conn, each) for each in (ledger, cards, text_requests)] == had
    assert (foreseen.cases, foreseen.failed) == (cases_in, [])

    async with engine.begin() as conn:
        assert await adopt_rule_set(conn, new.hash, by="test", parts=sets[1].parts, summary=foreseen.content())
    await assess_all(engine, new, writers=[write_cards_and_requests], at_once=200)

    announced = await _announced_by_rules(engine)
    assert announced == expected  # case by case
    by_rule: Counter[tuple[str, str]] = Counter()
    for (_case, rule, what), times in announced.items():
        by_rule[rule, what] += times
    assert by_rule == foreseen.announcements
    assert len({case for case, _, _ in announced}) == foreseen.changed
    async with engine.connect() as conn:
        now = [await count(conn, each) for each in (ledger, cards, text_requests)]
        assert now == [had[0] + announced.total(), *had[1:]]  # nothing for any other cause, no card, no text
        assert (await conn.execute(select(func.max(cards.c.raised_at)))).scalar_one() == raised
        assert (await adoptions(conn))[-1].summary == foreseen.content()
    await _triangle_holds(engine, new, cases_in)
    return _Adopted(facts, foreseen, announced, met)


def _tell(what: str, cases_in: int, done: _Adopted, seconds: float) -> None:
    servers._notes.append(
        f"{cases_in} cases, {done.facts} facts adopted {what}: {done.foreseen.changed} cases, "
        f"{done.announced.total()} announcements by {len(done.foreseen.announcements)} rules and names, {seconds:.0f} s"
    )


@pytest.mark.usefixtures("at_noon")
async def test_a_changed_pack_announces_of_thousands_of_cases_exactly_what_was_foreseen(engine: AsyncEngine) -> None:
    began = clock.monotonic()
    old = load_rule_set()
    events = chain.from_iterable(force_cases(SEED, CASES))
    done = await _adopt(engine, events, CASES, (old, changed_pack()))
    if CASES >= _ENOUGH_FOR_EVERY_RULE:
        assert done.met == {rule.id for rule in old.rules if rule.shape is not Shape.WINDOW}
    changed = {rule for rule, _ in done.foreseen.announcements}
    assert {"KENT-CALL-BACK", "KENT-SARC", "KENT-PHONE-24H", "VC-R6-ARREST"} <= changed
    _tell("another pack", CASES, done, clock.monotonic() - began)


async def test_the_full_packs_adopted_on_the_demo_year_announce_what_was_foreseen_and_alert_nobody(
    engine: AsyncEngine, at_noon: datetime
) -> None:
    began = clock.monotonic()
    told = list(Demo(at_noon, DEMO_CASES).events())
    cases_in = len({case_id for case_id, _value in told})
    code_alone = rule_set_of({name: pack_text(name) for name in PACKS_IN_SERVICE}, ["VC2020"])
    events = (json.loads(value) for _case, value in told)
    done = await _adopt(engine, events, cases_in, (code_alone, load_rule_set()))
    assert not any(rule.startswith(("KENT", "NAT")) for rule in done.met)
    assert {"KENT-UPDATE", "KENT-PHONE-24H"} <= {rule for rule, _ in done.foreseen.announcements}
    _tell("the full packs on the demo year", cases_in, done, clock.monotonic() - began)
