"""From the command line: events in, dead letters seen and tried again, the case, the ledger and the rebuild."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from typer.testing import CliRunner, Result

from consumers.app import ingest
from infra.database import create_engine
from infra.migrations import migrate, newest_revision
from infra.settings import Settings
from infra.topics import apply_topics
from services.accept import accept
from services.assess_case import Rules
from services.cli.main import build_app
from services.contacts.reading import read_note
from services.journeys.assess import assess
from services.journeys.rule_set import load_rule_set
from services.storage.figures import wake_figures
from services.storage.outgoing import erase_dead_letters
from tests.support.app import MASTER_SECRET, assess_all, event, lines, take_in, vault
from tests.support.commands import Invoke, OnStore
from tests.support.servers import run_apart

REPORT: dict[str, Any] = {"offence": "stalking"}


@pytest.fixture(name="waymark")
def _waymark(server_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run a command of `waymark` on this test's servers."""
    assert server_settings.database_url is not None
    apply_topics(server_settings)
    for name in ("kafka_bootstrap_servers", "kafka_idempotence", "kafka_session_timeout_ms", "topic_prefix"):
        monkeypatch.setenv(f"WAYMARK_{name.upper()}", str(getattr(server_settings, name)))
    monkeypatch.setenv("WAYMARK_DATABASE_URL", server_settings.database_url.get_secret_value())
    monkeypatch.setenv("WAYMARK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WAYMARK_MASTER_KEY", MASTER_SECRET)
    # As in every command, no log line stands on stdout.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    runner = CliRunner()

    def run(*words: str, given: bytes | None = None) -> Result:
        return runner.invoke(build_app(), list(words), input=given)

    return run


@contextmanager
def ingesting(settings: Settings) -> Iterator[None]:
    """A consumer at work in a thread of its own."""
    stop, joined = Event(), Event()

    async def work() -> None:
        engine = create_engine(settings)

        async def ready() -> None:
            joined.set()

        take = partial(accept, engine, vault=vault, read_note=read_note)
        working = asyncio.create_task(ingest(settings, take, ready=ready))
        await asyncio.to_thread(stop.wait)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await engine.dispose()

    thread = Thread(target=asyncio.run, args=(work(),))
    thread.start()
    try:
        assert joined.wait(40)
        yield
    finally:
        stop.set()
        thread.join(40)


def assess_now(settings: Settings) -> None:
    async def work() -> None:
        engine, rules = create_engine(settings), load_rule_set()
        await assess_all(
            engine, Rules(rules.hash, lambda facts, now: assess(facts, rules, now)), writers=[wake_figures]
        )
        await engine.dispose()

    run_apart(work())


def test_events_go_in_and_all_that_came_of_them_is_seen(
    waymark: Any, server_settings: Settings, tmp_path: Path
) -> None:
    assert waymark("migrate").stdout.startswith(f"schema {newest_revision()} (was empty)")
    assert "unchanged" in waymark("migrate").stdout
    file = tmp_path / "events.jsonl"
    file.write_bytes(
        lines([event("report", "policing.crime.reported.v1", **REPORT), event("a")])
        + b"this is not JSON\n\n"
        + lines([event("a", suspect_ref="S-9"), event("a")])
    )
    with ingesting(server_settings):
        elsewhere = lines([event("b", case="KP-2"), event("u", "weather.v1", case="KP-2")])
        sent = waymark("send", str(file), "-", "--wait", given=elsewhere)
        assert sent.stdout == "7 published, 5 stored, 2 refused\n"
        assert sent.exit_code == 1
        assert "1 lines are not JSON" in sent.stderr
        again = waymark("send", str(file), "--wait")
        assert again.stdout == "5 published, 3 stored, 2 refused\n"
        reader, writer = os.pipe()  # what a shell's <(…) names
        os.write(writer, lines([event("b", case="KP-2")]))
        os.close(writer)
        assert waymark("send", f"/dev/fd/{reader}", "--wait").stdout == "1 published, 1 stored, 0 refused\n"
        os.close(reader)
    assess_now(server_settings)

    listed = json.loads(waymark("dead", "list", "--json").stdout)
    assert sorted(each["reason"][:24] for each in listed) == sorted([
        "An event with this id an", "the record is not JSON (", "An event with this id an", "the record is not JSON (",
    ])  # fmt: skip
    number = next(each["id"] for each in listed if "not JSON" in each["reason"])
    shown = waymark("dead", "show", str(number), "--json")
    assert "value" not in json.loads(shown.stdout)
    assert json.loads(waymark("dead", "show", str(number), "--value", "--json").stdout)["value"] == "this is not JSON"
    assert waymark("dead", "show", "999999").exit_code == 1

    case = json.loads(waymark("case", "KP-1", "--json").stdout)
    (only,) = case["cases"]
    assert only["case_id"] == "KP-1"
    assert "VC-R6-ARREST" in {each["rule"] for each in only["obligations"]}
    assert any("refused" in note for note in only["notes"])
    (other,) = json.loads(waymark("case", "KP-2", "--json").stdout)["cases"]
    assert any("a type that is not known, weather.v1" in note for note in other["notes"])
    long_ago = waymark("case", "KP-2", "--received-by", "2020-01-01T00:00:00+00:00")
    assert (long_ago.exit_code, long_ago.stderr) == (1, "This case is not in the store as it was then.\n")
    assert waymark("case", "KP-1", "--received-by", "2020-01-01T00:00:00+00:00").stderr == long_ago.stderr
    assert waymark("case", "KP-0").exit_code == 1
    assert waymark("case", "KP-1", "--as-of", "yesterday").exit_code == 2

    assert waymark("ledger", "verify").stdout.startswith("The ledger holds: ")
    verified = waymark("rebuild", "--verify")
    assert (verified.exit_code, verified.stdout.endswith("; 0 differences.\n")) == (0, True), verified.stdout
    assert "2 cases were assessed anew; 0 differences" in waymark("rebuild").stdout


def test_a_dead_letter_tried_again_is_read_as_a_new_record(waymark: Any, server_settings: Settings) -> None:
    waymark("migrate")
    with ingesting(server_settings):
        waymark("send", "-", "--wait", given=b"not JSON\n")
        (first,) = json.loads(waymark("dead", "list", "--json").stdout)
        assert waymark("dead", "retry", str(first["id"])).stdout == "1 published once more\n"
        assert waymark("dead", "list", "--state", "retried").stdout.count("not JSON") == 1
        missing = waymark("dead", "retry", "4711")
        assert (missing.exit_code, missing.stderr) == (1, "There is no dead letter 4711.\n")
        assert waymark("dead", "retry").exit_code == 2
        while len(json.loads(waymark("dead", "list", "--state", "open", "--json").stdout)) < 1:
            pass
        assert waymark("dead", "retry", "--all").stdout == "1 published once more\n"


def test_a_dead_letter_past_its_retention_is_said_to_be(waymark: Any, server_settings: Settings) -> None:
    waymark("migrate")

    async def erase() -> None:
        engine = create_engine(server_settings)
        async with engine.begin() as conn:
            await erase_dead_letters(conn, timedelta(0), 10)
        await engine.dispose()

    with ingesting(server_settings):
        waymark("send", "-", "--wait", given=b"not JSON\n")
    run_apart(erase())
    (letter,) = json.loads(waymark("dead", "list", "--state", "erased", "--json").stdout)
    assert (letter["state"], letter["size"]) == ("erased", 8)
    assert "not JSON" in letter["reason"]
    shown = json.loads(waymark("dead", "show", str(letter["id"]), "--value", "--json").stdout)
    assert shown["value"] is None
    assert "past the retention of case.events (7 days)" in shown["record"]
    again = waymark("dead", "retry", str(letter["id"]))
    assert (again.exit_code, again.stdout) == (1, "0 published once more\n")
    assert "past the retention" in again.stderr
    assert waymark("dead", "retry", "--all").stdout == "0 published once more\n"


def test_what_nobody_reads_is_said_to_wait(waymark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waymark("migrate")
    monkeypatch.setattr("services.sending.PATIENCE_S", 0.3)
    sent = waymark("send", "-", "--wait", given=lines([event("a")]))
    assert (sent.exit_code, sent.stdout) == (1, "1 published, 0 stored, 0 refused\n")
    assert "neither stored nor refused" in sent.stderr


def test_wrong_use_is_said_and_exits_with_2(waymark: Any) -> None:
    gone = waymark("send", "no-such-file.jsonl")
    assert (gone.exit_code, gone.stdout) == (2, "")
    assert "There is no file" in gone.stderr


def test_without_any_servers_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAYMARK_DATA", str(tmp_path))
    for words in (["send", "-"], ["dead", "list"], ["case", "KP-1"], ["ledger", "verify"], ["migrate"]):
        result = CliRunner().invoke(build_app(), words, input=b"")
        assert result.exit_code == 1
        assert "waymark up" in result.stderr


def test_a_tampered_ledger_and_a_difference_exit_with_1(waymark: Any, server_settings: Settings) -> None:
    run_apart(migrate(server_settings.database_url.get_secret_value()))  # type: ignore[union-attr]  # it is set

    async def work(statement: str) -> None:
        engine = create_engine(server_settings)
        async with engine.begin() as conn:
            await conn.execute(text(statement))
        await engine.dispose()

    with ingesting(server_settings):
        waymark("send", "-", "--wait", given=lines([event("r", "policing.crime.reported.v1", **REPORT), event("a")]))
    assess_now(server_settings)
    run_apart(work("UPDATE ledger SET entry = '{}' WHERE sequence = 2"))
    broken = waymark("ledger", "verify")
    assert (broken.exit_code, broken.stdout) == (1, "")
    assert "does not hold for KP-1: Entry 2" in broken.stderr
    verified = waymark("rebuild", "--verify")
    assert verified.exit_code == 1
    assert "KP-1" in verified.stderr


def test_a_person_closes_a_dead_letter_once_and_it_stays_with_who_did(on_store: OnStore, run: Invoke) -> None:
    on_store(lambda engine: take_in(engine, b"not JSON", b"nor this"))
    (first, second) = sorted(json.loads(run("dead", "list", "--json").stdout), key=itemgetter("offset"))
    closed = run("dead", "close", str(first["id"]))
    assert (closed.exit_code, closed.stdout) == (0, "1 closed\n")
    assert [each["id"] for each in json.loads(run("dead", "list", "--state", "open", "--json").stdout)] == [
        second["id"]
    ]
    shown = json.loads(run("dead", "show", str(first["id"]), "--value", "--json").stdout)
    assert (shown["state"], shown["value"]) == ("settled", "not JSON")
    assert shown["settled_by"].startswith("cli:")
    again = run("dead", "close", str(first["id"]), str(second["id"]), "4711")
    assert (again.exit_code, again.stdout) == (1, "1 closed\n")
    assert f": {first['id']}, 4711." in again.stderr
