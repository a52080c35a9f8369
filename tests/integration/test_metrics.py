"""What an on-call person is shown: true figures, no id in any of them, and an answer also with the database away."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.case_events import Intake
from consumers.heard import Heard, keep_noting
from infra.anchor_lateness import complaint
from infra.doctor import examine
from infra.metrics import CONTENT_TYPE, REGISTRY
from infra.settings import Settings
from services.accept import Accepted
from services.anchor import make_anchor
from services.projections.gauges import gauges
from services.projections.page import read_dead
from services.storage import standing_alerts
from services.storage.dead_letters import close_dead_letters, mark_retried
from services.storage.feeds import OTHER, feed_of
from services.storage.outgoing import erase_dead_letters
from services.storage.standing import STATEMENTS, Standing, what_stands
from services.storage.tables import cases, dead_letters, outbox, wakes
from services.web.watching import Watched, build_watching
from tests.support.app import assess_all, event, record, take_in, told_within
from tests.support.scraped import everything, read, value
from tests.support.web import HOUR, browser, web_settings

SETTLED_DEAD_LETTERS = """
    INSERT INTO dead_letters
        (key, topic, partition, "offset", timestamp_ms, digest, size, reason, received_at, state, published_at, sealed)
    SELECT sha256(i::text::bytea), 't', 0, i, 0, 'd', 0, 'r', now(), 'retried', now(), 's'
    FROM generate_series(1, 3000) i
"""
SETTLED_CARDS = """
    INSERT INTO cards (card_key, kind, case_key, case_id, about, duty_of, addressee, say, raised_at, closed_at)
    SELECT sha256(i::text::bytea), 'task', 'k', 'KP', 'a', 'police', 'P', 's', now(), now()
    FROM generate_series(1, 3000) i
"""
SETTLED_TEXTS = """
    INSERT INTO text_requests
        (text_id, case_key, case_id, victim_key, victim_id, fact_key, event_id, event_source, event_type, purpose,
         occurred_at, known_at, state, requested_at)
    SELECT gen_random_uuid(), 'k', 'KP', 'v', 'V', sha256(i::text::bytea), 'e', 's', 't', 'news',
        now(), now(), 'delivered', now() - '1 year'::interval
    FROM generate_series(1, 3000) i
"""
SETTLED_NOTICES = """
    INSERT INTO notices (notice_id, kind, to_ref, made_at, cards, about, state)
    SELECT gen_random_uuid(), 'list', 'P', now() - '1 year'::interval, '[]', '{}', 'delivered'
    FROM generate_series(1, 3000) i
"""
SETTLED_CASES = "INSERT INTO cases (case_key, case_id) SELECT sha256(i::text::bytea), i FROM generate_series(1, 3000) i"


def shown_by(settings: Settings, engine: AsyncEngine) -> FastAPI:
    """What machines may ask a process, with the figures of the store."""
    return build_watching(web_settings(settings), engine, Watched())


async def standing(engine: AsyncEngine) -> Standing:
    async with engine.connect() as conn:
        return await what_stands(conn)


async def test_what_waits_is_counted_with_the_age_of_the_oldest(engine: AsyncEngine, at_noon: datetime) -> None:
    await take_in(engine, event("e-1", time=at_noon), event("e-2", case="KP-2", time=at_noon), b"no event")
    async with engine.begin() as conn:
        await conn.execute(update(wakes).values(woken_at=text("now() - '5 min'::interval")))
    seen = await standing(engine)
    assert (seen.wakes, seen.dead_letters, seen.dead_letters_unpublished) == (2, 1, 1)
    assert seen.oldest_wake_s == pytest.approx(300, abs=30)
    assert (seen.outbox, seen.oldest_message_s, seen.anchor_s) == (0, None, None)

    await assess_all(engine, told_within())
    await make_anchor(engine)
    async with engine.begin() as conn:
        await conn.execute(outbox.update().values(put_at=text("now() - '7 min'::interval")))
        await conn.execute(cases.update().where(cases.c.case_id == "KP-2").values(due_at=at_noon - HOUR))
        await conn.execute(dead_letters.update().values(publish_problem="It is too large."))
    seen = await standing(engine)
    assert (seen.wakes, seen.oldest_wake_s) == (0, None)
    assert seen.outbox == 3
    assert seen.oldest_message_s == pytest.approx(420, abs=30)
    assert (seen.due, seen.dead_letters_parked, seen.dead_letters_unpublished) == (1, 1, 0)
    assert seen.longest_due_s == pytest.approx(3600, abs=30)
    assert seen.anchor_s is not None
    assert 0 <= seen.anchor_s < 30


async def test_the_figure_and_the_first_page_count_the_same_dead_letters_also_once_they_are_erased(
    engine: AsyncEngine, at_noon: datetime
) -> None:
    wrong = {**event("e", time=at_noon), "time": "yesterday"}
    for each in (b"no event", wrong, b"nor this"):
        await take_in(engine, each)
    async with engine.begin() as conn:
        await mark_retried(conn, [1])
        await erase_dead_letters(conn, timedelta(0), 10)
    for left in (2, 1, 0):
        async with engine.connect() as conn:
            assert (await read_dead(conn, 50)).total == left
        seen = await standing(engine)
        assert (seen.dead_letters, seen.dead_letters_parked) == (left, 0)
        assert (seen.oldest_dead_letter_s is None) == (left == 0)
        if left == 2:
            await take_in(engine, event("e", time=at_noon))
        else:
            async with engine.begin() as conn:
                await close_dead_letters(conn, [3], "cli:test")


async def test_a_case_set_aside_is_counted(engine: AsyncEngine, at_noon: datetime) -> None:
    await take_in(engine, event("e-1", time=at_noon))
    await assess_all(engine, told_within(fails_on="policing.suspect.arrested.v1"))
    assert (await standing(engine)).set_aside == 1


async def test_a_scrape_shows_figures_of_the_process_and_of_the_store(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    await take_in(engine, event("e-1", time=at_noon))
    async with browser(shown_by(store_settings, engine)) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == CONTENT_TYPE
    families = read(answer.text)
    assert value(families, "waymark_database_up") == 1
    assert value(families, "waymark_wakes") == 1
    assert value(families, "waymark_texts", state="held") == 0
    assert value(families, "waymark_records_total", outcome="refused") is not None
    assert value(families, "waymark_clock_ahead_seconds") != 0
    assert "KP-1" not in answer.text
    assert "V-1" not in answer.text


async def test_with_the_database_away_a_scrape_still_answers(store_settings: Settings, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("ALTER TABLE wakes RENAME TO gone"))
    async with browser(shown_by(store_settings, engine)) as client:
        answer = await client.get("/metrics")
    families = read(answer.text)
    assert answer.status_code == 200
    assert value(families, "waymark_database_up") == 0
    assert value(families, "waymark_wakes") is None
    assert value(families, "waymark_assessments_total", outcome="assessed") is not None


async def test_a_process_without_pages_shows_its_own_figures_and_whether_it_lives(
    store_settings: Settings, engine: AsyncEngine
) -> None:
    watched = Watched(lambda: "relay has got nothing done for 200 s.", measures_store=False)
    async with browser(build_watching(web_settings(store_settings), engine, watched)) as client:
        live, ready, metrics, page = [
            await client.get(path) for path in ("/health/live", "/health/ready", "/metrics", "/")
        ]
    assert (live.status_code, live.json()["live"]) == (503, False)
    assert ready.json() == {"ready": True, "problems": [], "complaints": []}
    assert "waymark_published_total" in metrics.text
    assert "waymark_database_up" not in metrics.text
    assert page.status_code == 404


def test_every_figure_is_named_in_our_way_and_said_in_a_sentence() -> None:
    for family in everything():
        if family.name.startswith("process_"):
            continue
        assert re.fullmatch(r"waymark_[a-z_]+", family.name)
        assert re.fullmatch(r"[A-Z].*\.", family.documentation), family.name
        assert family.documentation.count(". ") == 0, family.name


def test_no_label_can_hold_more_than_a_few_known_values() -> None:
    assert {name for family in everything() for sample in family.samples for name in sample.labels} <= {
        "outcome", "topic", "decision", "loop", "state", "kind", "feed", "le", "step",
    }  # fmt: skip


async def test_a_feed_is_noted_when_an_event_of_it_was_accepted(engine: AsyncEngine, at_noon: datetime) -> None:
    assert at_noon

    async def done(_batch: object) -> Accepted:
        return Accepted(stored=1)

    heard = Heard()
    take = Intake(heard.listening_to(done))
    unknown_before = REGISTRY.get_sample_value("waymark_events_of_unknown_type_total")
    await take.take(
        [
            record(
                event("e-1", "court.hearing.listed.v1", hearing_ref="H", starts_at="2026-12-01T10:00:00Z", kind="trial")
            )
        ]
    )
    await take.take([record(event("e-2", "made.up.by.somebody.v1")), record(b"no event")])
    assert heard.feeds == {"court", OTHER}
    assert unknown_before is not None
    assert REGISTRY.get_sample_value("waymark_events_of_unknown_type_total") == unknown_before + 1

    noting = asyncio.create_task(keep_noting(engine, heard, every_s=0))
    async with asyncio.timeout(30):
        while (await standing(engine)).feeds.keys() != {"court", OTHER}:  # noqa: ASYNC110 - the store does not tell
            await asyncio.sleep(0.01)
    noting.cancel()


def test_what_a_sender_makes_up_is_no_feed_of_its_own() -> None:
    assert feed_of("policing.suspect.arrested.v9") == "policing"
    assert feed_of("x" * 5000) == OTHER


async def test_feeds_that_are_connected_and_silent_can_be_told_from_those_that_are_not(engine: AsyncEngine) -> None:
    families = {each.name: each for each in await gauges(engine, ("court.hearing", "policing"))}
    connected = {each.labels["feed"]: each.value for each in families["waymark_feed_connected"].samples}
    assert (connected["court"], connected["policing"], connected["probation"]) == (1, 1, 0)
    assert "waymark_feed_connected" not in {each.name for each in await gauges(engine)}


async def test_announcements_without_an_anchor_are_complained_of(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    await take_in(engine, event("e-1", time=at_noon))
    await assess_all(engine, told_within())
    app = shown_by(store_settings, engine)
    async with browser(app) as client:
        assert (await client.get("/health/ready")).json()["complaints"] == []
        async with engine.begin() as conn:
            await conn.execute(text("UPDATE clock SET ahead = ahead + '6 min'::interval"))
        late = await client.get("/health/ready")
        assert late.status_code == 200
        assert "have waited more than 5 minutes for an anchor" in late.json()["complaints"][0]
        found = {each.check: each for each in await examine(web_settings(store_settings))}
        assert found["ledger anchors"].state == "note"
        async with engine.begin() as conn:
            await conn.execute(text("UPDATE clock SET simulated = false, ahead = '0'"))
            await conn.execute(text("UPDATE cases SET assessed_at = now() - '6 min'::interval"))
        found = {each.check: each for each in await examine(web_settings(store_settings))}
        assert found["ledger anchors"].state == "problem"
        await make_anchor(engine)
        assert (await client.get("/health/ready")).json()["complaints"] == []
    found = {each.check: each for each in await examine(web_settings(store_settings))}
    assert found["ledger anchors"].state == "ok"


@pytest.mark.parametrize(
    ("age_s", "waits", "says"),
    [
        (None, False, None),
        (3600.0, False, None),
        (3901.0, False, "65 minutes old, and one is made at least each hour"),
        (301.0, True, "waited more than 5 minutes"),
        (None, True, "there is none yet"),
    ],
)
def test_an_anchor_is_late_after_five_minutes_or_an_hour_and_five(
    age_s: float | None, waits: bool, says: str | None
) -> None:
    found = complaint(age_s, waits=waits)
    assert found is None if says is None else says in str(found)


async def test_counting_reads_indexes_of_what_is_unsettled(engine: AsyncEngine) -> None:
    """A table of settled rows that is read on every scrape would take the database down with it."""
    async with engine.begin() as conn:
        for statement in (
            SETTLED_DEAD_LETTERS, SETTLED_CARDS, SETTLED_CASES, SETTLED_TEXTS, SETTLED_NOTICES, "ANALYZE"
        ):  # fmt: skip
            await conn.execute(text(statement))
        plans: list[str] = []
        for asked in (*STATEMENTS, *standing_alerts.STATEMENTS):
            written = asked.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
            plans += (await conn.execute(text(f"EXPLAIN {written}".replace(":", "\\:")))).scalars()
    read_whole = {line.split(" on ")[1].split()[0] for line in plans if "Seq Scan on " in line}
    assert plans
    assert not read_whole & {"dead_letters", "cards", "cases", "text_requests", "notices"}
