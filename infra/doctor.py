"""What `waymark doctor` looks at: everything Waymark stands on, and for each fault what to do about it.

It changes nothing, and no finding holds a secret: addresses are shown without passwords.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg

from infra import clock
from infra.anchor_lateness import LATENESS, complaint
from infra.database import connect, database_url, shown_url
from infra.embedded.apache import missing_tools
from infra.running import NothingRunningError, find_running, with_servers
from infra.settings import Settings
from infra.topics import TopicsError, check_topics

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRESQL = 15
LEAST_FREE_BYTES = 1 << 30
FARTHEST_CLOCK_S = 2.0
_KAFKA_LIMIT_S = 8.0

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it stands, in a sentence, and what to do where it does not stand well.

    A "note" keeps nothing from working; a "problem" does, and makes `waymark doctor` exit with 1.
    """

    check: str
    state: State
    says: str
    do: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything, and return every finding, the good ones too, in a fixed order."""
    findings = [
        _python(),
        _disk(settings),
        _master_key(settings),
        _twilio(settings),
        _alerts(settings),
        _running(settings),
    ]
    try:
        settings = with_servers(settings)
    except NothingRunningError as error:
        findings.append(Finding("servers", "note", str(error), "Start `waymark up`; it brings both servers."))
    else:
        findings += await _database(settings)
        findings += await asyncio.to_thread(_kafka, settings)
    findings.append(_real_kafka())
    return findings


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", "problem", f"Python is {version}.", "Install Python 3.11 or later.")
    return Finding("python", "ok", f"Python {version}.")


def _disk(settings: Settings) -> Finding:
    place = settings.data.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    says = f"{free / (1 << 30):.1f} GiB free where the data folder is."
    if free < LEAST_FREE_BYTES:
        return Finding("disk", "problem", says, "Make room, or choose another folder with --data.")
    return Finding("disk", "ok", says)


def _master_key(settings: Settings) -> Finding:
    if settings.master_key is not None:
        return Finding("master key", "ok", "Set.")
    if settings.service:
        return Finding("master key", "problem", "Not set.", "Set WAYMARK_MASTER_KEY, and keep a copy elsewhere.")
    return Finding("master key", "ok", "Not set: one of the data folder's own is used, which is refused in service.")


def _twilio(settings: Settings) -> Finding:
    if settings.twilio_account_sid is None:
        return Finding("texts", "note", "No Twilio account: texts are recorded on this machine and none is sent.")
    if settings.public_url is None:
        return Finding(
            "texts",
            "problem",
            "Twilio is set and WAYMARK_PUBLIC_URL is not: receipts and replies would not arrive.",
            "Set WAYMARK_PUBLIC_URL to the address at which Twilio reaches this Waymark.",
        )
    return Finding("texts", "ok", "Twilio is set.")


def _alerts(settings: Settings) -> Finding:
    unset = [
        name
        for name, value in (
            ("WAYMARK_CONTROL_ROOM", settings.control_room),
            ("WAYMARK_ALERT_MAIL", settings.alert_mail),
        )
        if value is None
    ]
    if not unset:
        return Finding("alerts", "ok", "The control room has an address, and there is a mail server.")
    return Finding(
        "alerts",
        "problem" if settings.service else "note",
        f"{' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} not set: an interruption that nobody acknowledges "
        "may reach nobody.",
        "Set them, so that what cannot wait gets to a person at any hour.",
    )


async def _cover(connection: Any, settings: Settings) -> list[Finding]:
    if await connection.fetchval("SELECT to_regclass('officers')") is None:
        return []
    has_address = await connection.fetchval(
        "SELECT sealed_address IS NOT NULL FROM officers WHERE officer_ref = $1", settings.cover
    )
    if has_address:
        return [Finding("cover", "ok", "The cover of last resort has an address.")]
    return [
        Finding(
            "cover",
            "problem" if settings.service else "note",
            f"The cover of last resort ({settings.cover}) has no address: at night, what cannot wait stands on a page "
            "only.",
            "Put it in the file of `waymark officers import` with its address.",
        )
    ]


def _running(settings: Settings) -> Finding:
    running = find_running(settings.data)
    if running is None:
        return Finding("waymark up", "note", f"None runs in {settings.data}.")
    return Finding("waymark up", "ok", f"Runs in {settings.data} at {running.web} (process {running.pid}).")


async def _database(settings: Settings) -> list[Finding]:
    address = shown_url(database_url(settings))
    try:
        connection = await connect(settings, "waymark-doctor")
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [
            Finding(
                "database",
                "problem",
                f"{address} cannot be reached ({type(error).__name__}).",
                "Check WAYMARK_DATABASE_URL, the server, and that this machine may sign in.",
            ),
        ]
    try:
        return [
            *await _server(connection, address),
            *await _schema(connection, settings),
            *await _anchors(connection),
            *await _cover(connection, settings),
        ]
    finally:
        await connection.close()


async def _server(connection: Any, address: str) -> list[Finding]:
    number = int(await connection.fetchval("SELECT current_setting('server_version_num')"))
    encoding = await connection.fetchval("SELECT current_setting('server_encoding')")
    moment = await connection.fetchval("SELECT clock_timestamp()")
    major = number // 10_000
    findings = []
    if major < OLDEST_POSTGRESQL:
        findings.append(
            Finding(
                "database",
                "problem",
                f"{address} is PostgreSQL {major}.",
                f"Use PostgreSQL {OLDEST_POSTGRESQL} or later.",
            ),
        )
    else:
        findings.append(Finding("database", "ok", f"{address}, PostgreSQL {major}."))
    if encoding != "UTF8":
        findings.append(
            Finding(
                "database encoding",
                "problem",
                f"It is {encoding}: not every name and note can be stored.",
                "Create the database with ENCODING 'UTF8'.",
            ),
        )
    else:
        findings.append(Finding("database encoding", "ok", "UTF8."))
    apart = abs((moment - clock.wall_now()).total_seconds())
    if apart > FARTHEST_CLOCK_S:
        findings.append(
            Finding(
                "clocks",
                "note",
                f"This machine's clock and the database's are {apart:.0f} s apart; the database's counts.",
                "Set both by the same time service.",
            ),
        )
    return findings


async def _schema(connection: Any, settings: Settings) -> list[Finding]:
    if await connection.fetchval("SELECT to_regclass('clock')") is None:
        return [Finding("schema", "problem", "The tables do not exist.", "Run `waymark migrate`.")]
    findings = [Finding("schema", "ok", "The tables exist.")]
    is_simulated = await connection.fetchval("SELECT simulated FROM clock")
    if is_simulated and settings.service:
        findings.append(
            Finding(
                "clock",
                "problem",
                "This database has a simulated clock: deadlines and texts would be at a wrong hour.",
                "Use a database that was never run with --now.",
            ),
        )
    else:
        findings.append(Finding("clock", "ok", "Simulated." if is_simulated else "The database's own."))
    return findings


async def _anchors(connection: Any) -> list[Finding]:
    if await connection.fetchval("SELECT to_regclass('anchors')") is None:
        return []
    row = await connection.fetchrow(LATENESS)
    found = complaint(row["age_s"], waits=row["waits"])
    if found is None:
        return [Finding("ledger anchors", "ok", "They come as they should.")]
    # A simulated clock that was moved is ahead of the anchors for up to a minute.
    is_simulated = await connection.fetchval("SELECT simulated FROM clock")
    state: State = "note" if is_simulated else "problem"
    return [Finding("ledger anchors", state, found, "Start `waymark relay`, which makes them, or see its log.")]


def _kafka(settings: Settings) -> list[Finding]:
    try:
        results = check_topics(settings, limit_s=_KAFKA_LIMIT_S)
    except TopicsError as error:
        return [Finding("kafka", "problem", str(error), "Start Kafka, or correct the settings.")]
    findings = [Finding("kafka", "ok", f"{settings.kafka_bootstrap_servers} answers.")]
    for result in results:
        if result.outcome == "right":
            findings.append(Finding(f"topic {result.name}", "ok", "As wanted."))
        else:
            state: State = "problem" if result.outcome == "missing" else "note"
            findings.append(Finding(f"topic {result.name}", state, result.says, "Run `waymark topics apply`."))
    if settings.service and settings.kafka_security_protocol == "PLAINTEXT":
        findings.append(
            Finding(
                "kafka",
                "note",
                "Kafka is reached without encryption, and contact notes pass over it.",
                "Set WAYMARK_KAFKA_SECURITY_PROTOCOL to SASL_SSL or SSL.",
            ),
        )
    return findings


def _real_kafka() -> Finding:
    missing = missing_tools()
    if missing:
        return Finding("java and maven", "note", f"{' '.join(missing)} Only `make kafka` and some tests need them.")
    return Finding("java and maven", "ok", "Both are here, for `make kafka` and the tests.")
