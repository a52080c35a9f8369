"""Who is shown what: looks written down, strange hosts refused, failures said plainly, health for machines."""

from __future__ import annotations

from datetime import datetime

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.database import create_engine
from infra.settings import Settings
from services.storage.tables import access_log, case_key
from services.web.app import build_web
from services.web.watching import Watched
from tests.support.app import NOW, assess_all, event, take_in, told_within, vault
from tests.support.web import Page, browser, page_of, web_settings


@pytest.fixture
def app(store_settings: Settings, engine: AsyncEngine, at_noon: datetime) -> FastAPI:
    assert at_noon == NOW
    return build_web(web_settings(store_settings), engine, vault=vault)


async def looks(engine: AsyncEngine) -> list[tuple[str, bytes | None, str]]:
    async with engine.connect() as conn:
        query = select(access_log.c.officer_ref, access_log.c.case_key, access_log.c.what).order_by(access_log.c.id)
        return [(row.officer_ref, row.case_key, row.what) for row in await conn.execute(query)]


async def test_every_look_at_a_case_is_written_down_before_it_is_shown(app: FastAPI, engine: AsyncEngine) -> None:
    await page_of(app)
    await take_in(engine, event("a"), event("b", case="KP-2"))
    await assess_all(engine, told_within())
    await page_of(app)
    await page_of(app, "/cases/KP-1")
    found = await looks(engine)
    assert found[0] == ("local", None, "front page")
    assert set(found[1:3]) == {("local", case_key("KP-1"), "front page"), ("local", case_key("KP-2"), "front page")}
    assert found[3:] == [("local", case_key("KP-1"), "case page")]


async def test_a_look_that_cannot_be_written_down_shows_nothing(app: FastAPI, engine: AsyncEngine) -> None:
    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    async with engine.begin() as conn:
        await conn.execute(text("ALTER TABLE access_log RENAME TO gone"))
    async with browser(app) as client:
        answer = await client.get("/cases/KP-1")
    assert answer.status_code == 503
    assert "KP-1" not in answer.text


async def test_a_page_left_open_is_asked_again_and_writes_down_only_what_is_new(
    app: FastAPI, engine: AsyncEngine
) -> None:
    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    async with browser(app) as client:
        tag = Page((await client.get("/")).text)
        held = next(each["data-etag"] for each in tag.all("main"))
        assert held is not None
        same = await client.get("/live", headers={"If-None-Match": held})
        assert (same.status_code, same.content) == (304, b"")
        assert "November 2026" in same.headers["Waymark-Moment"]
        assert len(await looks(engine)) == 1
        await take_in(engine, event("b", case="KP-2"))
        await assess_all(engine, told_within())
        changed = await client.get("/live", headers={"If-None-Match": held})
        assert changed.status_code == 200
        assert (await looks(engine))[1:] == [("local", case_key("KP-2"), "front page")]
        assert (await client.get("/live", headers={"If-None-Match": changed.headers["ETag"]})).status_code == 304
        assert (await client.get("/live")).status_code == 200
        assert len(await looks(engine)) == 4


async def test_who_looks_is_named_by_the_header_of_the_setting_and_by_no_other(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    settings = web_settings(store_settings)
    async with browser(build_web(settings, engine)) as client:
        assert (await client.get("/cases/KP-1", headers={"X-Forwarded-User": "P-9"})).status_code == 200
    async with browser(build_web(settings, engine, user_header="X-Forwarded-User")) as client:
        assert (await client.get("/cases/KP-1")).status_code == 403
        held = (
            await client.get("/live/case-keys/" + case_key("KP-1").hex(), headers={"X-Forwarded-User": "P-9"})
        ).headers
        other = {"X-Forwarded-User": "P-8", "If-None-Match": held["ETag"]}
        assert (await client.get("/live/case-keys/" + case_key("KP-1").hex(), headers=other)).status_code == 200
    assert [who for who, _, _ in await looks(engine)] == ["local", "P-9", "P-8"]


async def test_only_addresses_of_this_machine_are_answered_while_we_listen_to_it_alone(
    store_settings: Settings, engine: AsyncEngine
) -> None:
    settings = web_settings(store_settings, public_url="https://waymark.kent.example")
    app = build_web(settings, engine)
    for host, status in (
        ("localhost:8080", 200),
        ("[::1]:8080", 200),
        ("waymark.kent.example", 200),
        ("elsewhere.example", 421),
        ("127.0.0.1.elsewhere.example", 421),
    ):
        async with browser(app, host=host) as client:
            assert (await client.get("/")).status_code == status
    listening_to_all = build_web(web_settings(store_settings, web_host="0.0.0.0"), engine)  # noqa: S104 - what is tested
    async with browser(listening_to_all, host="elsewhere.example") as client:
        assert (await client.get("/")).status_code == 200


async def test_a_database_that_is_away_gives_a_plain_page_and_health_that_says_so(store_settings: Settings) -> None:
    settings = web_settings(store_settings, database_url=SecretStr("postgresql://nobody:hunter2@127.0.0.1:1/none"))
    engine = create_engine(settings)
    async with browser(build_web(settings, engine)) as client:
        for path in ("/", "/live", "/cases/KP-1"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert "The database does not answer" in Page(answer.text).text
            assert "hunter2" not in answer.text
        assert (await client.get("/health/live")).status_code == 200
        ready = await client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["problems"][0].startswith("The database")
    assert "hunter2" not in ready.text
    await engine.dispose()


async def test_ready_needs_a_schema_and_a_kafka(store_settings: Settings, engine: AsyncEngine) -> None:
    async with browser(build_web(web_settings(store_settings), engine)) as client:
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"ready": True, "problems": [], "complaints": []})
    async with browser(build_web(web_settings(store_settings, kafka_bootstrap_servers=None), engine)) as client:
        assert "No Kafka is known" in (await client.get("/health/ready")).text
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    async with browser(build_web(web_settings(store_settings), engine)) as client:
        assert "waymark migrate" in (await client.get("/health/ready")).text
    async with engine.begin() as conn:
        await conn.execute(text("DROP TABLE alembic_version"))
    async with browser(build_web(web_settings(store_settings), engine)) as client:
        assert "has no schema yet" in (await client.get("/health/ready")).text


async def test_live_says_what_stands_still(store_settings: Settings, engine: AsyncEngine) -> None:
    app = build_web(web_settings(store_settings), engine, watched=Watched(lambda: "Nothing was accepted for 90 s."))
    async with browser(app) as client:
        answer = await client.get("/health/live")
    assert (answer.status_code, answer.json()["problem"]) == (503, "Nothing was accepted for 90 s.")


@pytest.mark.parametrize("path", ["/", "/live", "/cases/KP-1", "/cases/none", "/static/page.css", "/health/live"])
async def test_every_answer_keeps_to_itself(app: FastAPI, engine: AsyncEngine, path: str) -> None:
    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    async with browser(app) as client:
        headers = (await client.get(path)).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_cards_that_cannot_be_read_leave_the_rest_of_the_page(
    app: FastAPI, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_conn: object, **_wanted: object) -> None:
        raise ArithmeticError("V-1 must not stand in any log")

    await take_in(engine, event("a"))
    await assess_all(engine, told_within())
    monkeypatch.setattr("services.web.contents.worklist", fails)
    words = (await page_of(app, "/cases/KP-1")).text
    assert "The cards cannot be shown just now; please tell whoever runs Waymark." in words
    assert "1 open, 0 overdue." in words
