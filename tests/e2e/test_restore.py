"""A database lost, restored from a backup, and Kafka read again: the triangle holds, and nobody is texted twice."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from typer.testing import Result

from infra.embedded.postgres import _programs
from services.contacts.people_file import COLUMNS
from tests.support.app import MASTER_SECRET, NOW
from tests.support.running import WAYMARK, answer_to, case_event, eventually
from tests.support.servers import DatabaseServer, KafkaServer, run_apart

STEP = 1_000_000_000
BACKUP = "2026-11-20T12:00:00Z"
PEOPLE = 6
_WAITING = "SELECT string_agg(case_id, ' ') FROM text_requests WHERE state IN ('requested', 'held')"


class Place:
    """The store, its processes and Kafka, as whoever is on call has them at hand."""

    def __init__(self, server: DatabaseServer, kafka: KafkaServer, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.name = server.create_database()
        self.kafka = kafka
        self.prefix = f"e2e-{uuid.uuid4().hex[:10]}."
        self.sent: list[str] = []

    @property
    def url(self) -> str:
        return self._server.url_of(self.name)

    @property
    def _environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")} | {
            "WAYMARK_DATABASE_URL": self.url,
            "WAYMARK_KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "WAYMARK_KAFKA_SESSION_TIMEOUT_MS": "6000",
            "WAYMARK_TOPIC_PREFIX": self.prefix,
            "WAYMARK_DATA": str(self._folder / "data"),
            "WAYMARK_MASTER_KEY": MASTER_SECRET,
            "WAYMARK_TEXTS_FROM": "2026-01-01T00:00:00Z",
            "WAYMARK_LOG_FORMAT": "json",
        }

    def tried(self, *command: str) -> Result:
        return answer_to(*command, environment=self._environment)

    def run(self, *command: str, code: int = 0) -> str:
        done = self.tried(*command)
        assert done.exit_code == code, f"{command} left with {done.exit_code}: {done.output}{self.log()}"
        return done.stdout + done.stderr

    def start(self, *names: str) -> None:
        for name in names:
            with (self._folder / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(  # noqa: S603 - our own
                    [str(WAYMARK), name], env=self._environment, stdout=log, stderr=log
                )

    def kill(self, *names: str) -> None:
        for name in names or tuple(self._running):
            process = self._running.pop(name)
            process.kill()
            process.wait(timeout=20)

    def log(self) -> str:
        return "".join(each.read_text("utf-8")[-1500:] for each in sorted(self._folder.glob("*.log")))

    def ask(self, question: str) -> Any:
        async def ask() -> Any:
            connection = await asyncpg.connect(self.url)
            try:
                return await connection.fetchval(question)
            finally:
                await connection.close()

        return run_apart(ask())

    def dump(self, file: Path) -> None:
        subprocess.run([str(_programs() / "pg_dump"), "--format=custom", f"--file={file}", self.url], check=True)  # noqa: S603 - the server's own

    def lose_and_restore(self, file: Path) -> None:
        self._server.drop_database(self.name)
        self.name = self._server.create_database()
        command = [str(_programs() / "pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={self.url}", str(file)]
        subprocess.run(command, check=True)  # noqa: S603 - the server's own

    def send(self, *events: dict[str, Any]) -> None:
        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap_servers, acks="all")
            await producer.start()
            try:
                for each in events:
                    key = each["subject"].encode()
                    await producer.send_and_wait(f"{self.prefix}case.events", json.dumps(each).encode(), key=key)
            finally:
                await producer.stop()

        asyncio.run(send())
        self.sent += [each["id"] for each in events]

    def announced(self) -> list[dict[str, Any]]:
        async def read() -> list[dict[str, Any]]:
            consumer = AIOKafkaConsumer(
                f"{self.prefix}compliance.events",
                bootstrap_servers=self.kafka.bootstrap_servers,
                auto_offset_reset="earliest",
                group_id=None,
            )
            await consumer.start()
            try:
                found: list[dict[str, Any]] = []
                while batch := await consumer.getmany(timeout_ms=2000):
                    found += [json.loads(each.value) for records in batch.values() for each in records]
                return found
            finally:
                await consumer.stop()

        return asyncio.run(read())

    def texted(self) -> list[str]:
        """The contact points that texts went to, as this store knows it."""
        return str(
            self.ask("SELECT coalesce(string_agg(to_ref, ' ' ORDER BY to_ref), '') FROM recorded_outbox")
        ).split()

    def drop(self) -> None:
        self.kill()
        self._server.drop_database(self.name)


@pytest.fixture
def place(postgres_server: DatabaseServer, apache_kafka: KafkaServer, tmp_path: Path) -> Iterator[Place]:
    made = Place(postgres_server, apache_kafka, tmp_path)
    yield made
    made.drop()


def _people(folder: Path) -> Path:
    file = folder / "people.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        for number in range(1, PEOPLE + 1):
            rows.writerow([f"V-{number}", f"CP-{number}", "mobile", f"07700 90010{number}", "self", "P-1",
                           "2026-11-10T14:20:00+00:00", "a friend from college", "Sam"])  # fmt: skip
    return file


def _case(number: int, now: datetime = NOW) -> list[dict[str, Any]]:
    """A crime reported, safe contact recorded, and a hearing listed just now, which is texted about."""

    def happened(id_: str, type_: str, ago: timedelta, **data: Any) -> dict[str, Any]:
        at = (now - ago).isoformat()
        return case_event(f"KP-{number}", f"{id_}-{number}", type_, at, **{**data, "victim_id": f"V-{number}"})

    return [
        happened("report", "policing.crime.reported", timedelta(days=7), offence="stalking"),
        happened("safe", "policing.safe_contact.recorded", timedelta(days=6), sms="allowed"),
        happened("hearing", "court.hearing.listed", timedelta(0), hearing_ref="H-1", kind="trial",
                 starts_at="2026-12-08T10:00:00+00:00"),
    ]  # fmt: skip


def _arrest(number: int) -> dict[str, Any]:
    at = (NOW - timedelta(days=2)).isoformat()
    return case_event(f"KP-{number}", f"arrest-{number}", "policing.suspect.arrested", at, victim_id=f"V-{number}",
                      suspect_ref="S-1")  # fmt: skip


def _reports(*numbers: int) -> str:
    wanted = "|".join(str(number) for number in numbers)
    return f"SELECT count(*) FROM facts WHERE event_id LIKE 'text-%' AND case_id ~ '^KP-({wanted})$'"  # noqa: S608 - our own


@contextmanager
def lost_after_a_backup(place: Place, folder: Path) -> Iterator[None]:
    """Run, take a backup, go on for a while, and lose the database; what is left is the dump and Kafka."""
    place.run("migrate")
    place.run("topics", "apply")
    place.ask("UPDATE clock SET simulated = true, ahead = timestamptz '2026-11-20 12:00Z' - clock_timestamp()")
    place.run("people", "import", str(_people(folder)))
    place.start("ingest", "clock", "relay", "notify")
    place.send(*_case(1), _arrest(1))
    eventually(lambda: place.ask(_reports(1)), lambda seen: seen == 1, 60)
    place.kill("notify")
    place.send(*_case(4))  # asked for, and waiting when the backup is taken
    waiting = "SELECT count(*) FROM text_requests WHERE state = 'requested' AND case_id = 'KP-4'"
    eventually(lambda: place.ask(waiting), lambda seen: seen == 1, 60)

    place.dump(folder / "backup")

    place.send(*_case(2), _arrest(2), _arrest(4))  # a case the backup knows nothing of
    place.start("notify")
    eventually(lambda: place.ask(_reports(2, 4)), lambda seen: seen == 2, 60)
    eventually(lambda: place.ask("SELECT count(*) FROM outbox"), lambda seen: seen == 0, 60)
    place.kill("relay")
    place.send(*_case(5))  # texted, and nobody outside the store hears of it
    eventually(place.texted, lambda seen: "CP-5" in seen, 60)
    assert place.texted() == ["CP-1", "CP-2", "CP-4", "CP-5"]
    place.kill()
    place.lose_and_restore(folder / "backup")
    assert place.texted() == ["CP-1"]
    yield


def test_after_a_restore_all_is_read_again_the_triangle_holds_and_nobody_is_texted_twice(
    place: Place, tmp_path: Path
) -> None:
    with lost_after_a_backup(place, tmp_path):
        before = place.announced()

        # Somebody starts notify too early: the store sees by itself that it is not where it was.
        place.start("notify")
        eventually(place.log, lambda seen: "texts_wait_store_moved" in seen, 60)
        assert "restored begin" in place.run("texts", "resume", code=1)
        assert "stop ingest" in place.run("restored", "begin", "--backup-taken-at", BACKUP, code=1)
        place.kill()
        assert place.texted() == ["CP-1"]

        assert "restore 1 is open" in place.run("restored", "begin", "--backup-taken-at", BACKUP)
        assert "have not been read again" in rewound_and_not_finished(place)
        place.start("ingest", "clock", "relay", "notify")
        eventually(lambda: place.ask("SELECT count(*) FROM facts WHERE case_id = 'KP-5'"), lambda seen: seen == 3, 60)
        eventually(lambda: place.ask(_reports(1, 2, 4)), lambda seen: seen == 3, 60)
        # The gate has looked at the others: what it had not looked at by then would become a task as well.
        eventually(lambda: place.ask(_WAITING), lambda seen: seen == "KP-5", 60)
        assert "texts that waited became tasks" in accepted(place, "finish then", "restored", "finish")
        assert place.texted() == ["CP-1"]

        place.send(*_case(6, place.ask("SELECT waymark_now()")))
        eventually(place.texted, lambda seen: seen == ["CP-1", "CP-6"], 60)
        eventually(lambda: place.ask(_reports(6)), lambda seen: seen == 1, 60)
        eventually(lambda: place.ask("SELECT count(*) FROM wakes"), lambda seen: seen == 0, 60)
        eventually(lambda: place.ask("SELECT count(*) FROM outbox"), lambda seen: seen == 0, 60)

        stored = place.ask("SELECT array_agg(event_id ORDER BY event_id) FROM facts WHERE event_id NOT LIKE 'text-%'")
        assert stored == sorted(place.sent)
        # What Waymark itself had reported back to case.events was read again too: those two were texted.
        assert place.ask(_reports(1, 2, 4, 6)) == 4
        assert "hold" in place.run("ledger", "verify")
        assert "0 differences" in place.run("rebuild", "--verify")
        tasks = [each for each in json.loads(place.run("worklist", "--json")) if each["rule"] == "restored"]
        assert [each["case_id"] for each in tasks] == ["KP-5"]
        assert "may have been sent before the database was restored" in tasks[0]["say"]
        _announcements_can_be_told_apart(before, place.announced())


def rewound_and_not_finished(place: Place) -> str:
    """Send the group back once Kafka has noticed that its members are dead, and finish too early."""
    assert "12 partitions sent back" in accepted(place, "members are at work", "topics", "rewind")
    return place.run("restored", "finish", code=1)


def accepted(place: Place, until_then: str, *command: str) -> str:
    """Run a command until it is accepted, as a person would who is told why it is not yet."""

    def tried() -> Result:
        done = place.tried(*command)
        assert done.exit_code == 0 or until_then in done.stderr, done.stderr
        return done

    return eventually(tried, lambda done: done.exit_code == 0, 60).stdout


def _announcements_can_be_told_apart(before: list[dict[str, Any]], everything: list[dict[str, Any]]) -> None:
    """No id stands for two contents, numbers only grow, and a restore says where they go on."""
    seen: dict[str, dict[str, Any]] = {}
    last: dict[str, int] = {}
    restored = [each for each in everything if each["type"] == "waymark.store.restored.v1"]
    assert [each["data"]["sequences_above"] for each in restored] == [STEP]
    assert datetime.fromisoformat(restored[0]["data"]["backup_taken_at"]) == NOW.astimezone(UTC)
    for each in everything:
        if each["subject"] == "ledger":
            continue
        assert seen.setdefault(each["id"], each) == each, "two announcements under one id"
        assert each["data"]["sequence"] >= last.get(each["subject"], 0), "a number was used again"
        last[each["subject"]] = each["data"]["sequence"]
    assert max(last.values()) > STEP
    assert last["KP-2"] > STEP  # a case that the backup did not know
    assert {each["id"] for each in before} <= {each["id"] for each in everything}
