"""Hundreds of crashes between any two steps: nothing is lost, nothing doubled, and nobody is texted twice.

CRASHES says how many (CI: 1,000, `make crashes`: 10,000), CRASH_SEED with which seed to begin; a failure names
its seed.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.topics import COMPLIANCE_EVENTS, DEAD_CASE_EVENTS, NOTIFICATION_REQUESTS
from infra import clock
from notifications.channels.channel import Outgoing
from services.contacts.news_said import TEXTS_SOURCE
from services.journeys.arrows import ABSENT
from services.journeys.entries import read_entry
from services.projections.ledger import verify_ledger
from services.rebuild import verify
from services.storage.tables import cases, dead_letters, facts, ledger
from services.storage.tables_alerts import notices
from services.storage.tables_notify import cards, text_requests
from tests.support import servers
from tests.support.crash_histories import history_of
from tests.support.crashing import Seam, World, published_on
from tests.support.texting import real_rules

CRASHES = int(os.environ.get("CRASHES", "150"))
FIRST_SEED = int(os.environ.get("CRASH_SEED", "1"))
STEPS = {
    "accept": (
        "facts",
        "victims",
        "notes",
        "dead_letters",
        "before_commit",
        "committed",
        "before a statement",
        "before a commit",
    ),
    "assess": (
        "seated",
        "held",
        "loaded",
        "written",
        "before_commit",
        "committed",
        "before a statement",
    ),
    "relay": ("before a statement", "sent", "forgotten", "message taken by the broker"),
    "notify": (
        "sending_committed",
        "channel_answered",
        "text on its way",
        "text taken by the provider",
        "before a statement",
        "before a commit",
    ),
    "alerts": ("planned", "shown", "before a statement", "before a commit"),
}
EVERY_STEP = {f"{whose}: {step}" for whose, steps in STEPS.items() for step in steps}
ENOUGH_FOR_ALL = 1000
"""Whoever asks for so many crashes gets each step named here, if need be by more of them: some steps are rare."""


async def nothing_is_lost_or_doubled(engine: AsyncEngine, world: World) -> None:
    """Hold what a run left against what it was given."""
    await everything_sent_is_a_fact_once(engine, world)
    await ledger_state_and_facts_agree(engine)
    await announcements_have_no_gap(engine, world)
    await texts_are_requested_once(engine, world)
    await texts_are_sent_at_most_once(engine, world.channel.asked)
    await what_was_shown_stands_in_a_notice(engine)


async def everything_sent_is_a_fact_once(engine: AsyncEngine, world: World) -> None:
    async with engine.connect() as conn:
        kept = [row.event_id for row in await conn.execute(select(facts.c.event_id, facts.c.source))]
        reported = select(facts.c.event_id).where(facts.c.source == TEXTS_SOURCE)
        from_texts = set((await conn.execute(reported)).scalars())
        delivered = select(text_requests.c.text_id).where(text_requests.c.state == "delivered")
        assert from_texts == {f"text-{text_id}" for text_id in (await conn.execute(delivered)).scalars()}
        refused = (await conn.execute(select(dead_letters.c.id))).scalars().all()
    assert sorted(kept) == sorted(world.history.ids | from_texts)
    assert len(refused) == world.history.refused
    letters = {dict(each.headers)["waymark-dead-letter"] for each in world.broker.published
               if each.topic == DEAD_CASE_EVENTS.name}  # fmt: skip
    assert letters == {str(id_).encode() for id_ in refused}


async def ledger_state_and_facts_agree(engine: AsyncEngine) -> None:
    rules = real_rules()
    found = await verify(engine, rules.hash, rules.assess)
    assert found.first == []
    assert (found.differences, found.waiting, found.other_rules, found.set_aside) == (0, 0, 0, 0)
    async with engine.connect() as conn:
        assert (await verify_ledger(conn)).problem is None


async def announcements_have_no_gap(engine: AsyncEngine, world: World) -> None:
    last: Counter[str] = Counter()
    seen: dict[str, object] = {}
    for each in published_on(world.broker, COMPLIANCE_EVENTS.name):
        case, sequence = each["subject"], each["data"]["sequence"]
        assert seen.setdefault(each["id"], each) == each, "two announcements under one id"
        assert sequence <= last[case] + 1, "an announcement overtook another of its case, or one is missing"
        last[case] = max(last[case], sequence)
    async with engine.connect() as conn:
        told = {row.case_id: row.told for row in await conn.execute(select(cases.c.case_id, cases.c.told))}
    assert {case: count for case, count in told.items() if count} == dict(last)
    assert len(seen) == sum(told.values())


async def texts_are_requested_once(engine: AsyncEngine, world: World) -> None:
    async with engine.connect() as conn:
        entries = [read_entry(entry) for entry in (await conn.execute(select(ledger.c.entry))).scalars()]
        requests = (await conn.execute(select(text_requests))).all()
    asked_for = {
        (each.body["source"], each.body["event_id"], each.body["victim_id"], each.body["purpose"])
        for each in entries
        if each.thing == "news" and each.state != ABSENT
    }
    found = [(row.event_source, row.event_id, row.victim_id, row.purpose) for row in requests]
    assert sorted(found) == sorted(asked_for)
    woken = {id_ for each in published_on(world.broker, NOTIFICATION_REQUESTS.name) for id_ in each["texts"]}
    born = {str(row.text_id) for row in requests if row.history[0]["state"] == "requested"}
    assert woken == born


async def texts_are_sent_at_most_once(engine: AsyncEngine, asked: list[Outgoing]) -> None:
    async with engine.connect() as conn:
        requests = (await conn.execute(select(text_requests))).all()
    attempts = {row.attempt_id: row for row in requests if row.attempt_id is not None}
    reached = Counter(each.attempt_id for each in asked)
    assert all(count == 1 for count in reached.values()), "one attempt reached the provider twice"
    # A second attempt would have taken the place of the first on its row.
    assert reached.keys() <= attempts.keys(), "a text was attempted twice"
    may_have_gone = {"sent", "delivered", "unknown", "permanent_failure"}
    assert {attempts[id_].state for id_ in reached} <= may_have_gone
    gone = {row.attempt_id for row in requests if row.state in {"sent", "delivered"}}
    assert gone <= reached.keys(), "a text is said to have gone that never reached the provider"
    about = Counter((attempts[id_].fact_key, attempts[id_].victim_key, attempts[id_].purpose) for id_ in reached)
    assert all(count == 1 for count in about.values()), "one fact was texted twice for one purpose"


async def what_was_shown_stands_in_a_notice(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        shown = (await conn.execute(select(cards).where(cards.c.shown_at.is_not(None)))).all()
        first = select(notices.c.cards).where(notices.c.kind.in_(["list", "interruption"]))
        told = Counter(key for listed in (await conn.execute(first)).scalars() for key in listed)
    assert {row.card_key.hex() for row in shown} <= told.keys()
    # What is due within a day is shown a second time, and what was closed may have come back.
    once = {row.card_key.hex() for row in shown if not row.is_short and row.kind != "task"}
    assert all(told[key] == 1 for key in once), "an item was shown twice"


async def run_seed(engine: AsyncEngine, seed: int) -> World:
    """Run one seed from an empty store to the end and hold what it left against what it was given."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice, no secret
    world = World(engine, history_of(seed), dice, Seam())
    try:
        await world.prepare()
        await world.run()
        await nothing_is_lost_or_doubled(engine, world)
    except BaseException as failure:
        failure.add_note(f"Seed {seed}: CRASHES=1 CRASH_SEED={seed} repeats it.")
        raise
    return world


async def test_crashes_between_any_two_steps_lose_and_double_nothing(engine: AsyncEngine) -> None:
    crashes: Counter[str] = Counter()
    texts = 0
    began = clock.monotonic()
    for seed in count(FIRST_SEED):
        world = await run_seed(engine, seed)
        crashes.update(world.seam.crashes)
        texts += len(world.channel.asked)
        has_all = CRASHES < ENOUGH_FOR_ALL or crashes.keys() >= EVERY_STEP
        if crashes.total() >= (CRASHES if has_all else 4 * CRASHES):
            break
    seconds = clock.monotonic() - began
    by_process = Counter({whose: sum(crashes[f"{whose}: {step}"] for step in steps) for whose, steps in STEPS.items()})
    servers._notes.append(f"{crashes.total()} crashes, {texts} texts, seeds {FIRST_SEED} to {seed}, {seconds:.0f} s")
    servers._notes.append("crashes by process: " + ", ".join(f"{name} {times}" for name, times in by_process.items()))
    if crashes.total() >= ENOUGH_FOR_ALL:
        assert crashes.keys() >= EVERY_STEP, "at some step it never crashed"
        assert texts > 0
