"""``waymark up``: everything on this machine, and nothing left behind when it stops."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from consumers.case_events import StoreAwayError
from infra.clock import parse_instant, wall_now
from infra.database import database_url, shown_url
from infra.embedded.kafka import EmbeddedKafka
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import ServerStartError, end_of_log
from infra.event_loop import run_lasting
from infra.logging import configure_logging
from infra.migrations import migrate
from infra.running import AlreadyRunningError, Running, announce, embedded_kafka_settings, holding
from infra.settings import Settings, SettingsError, load_settings
from infra.topics import TopicsError, apply_topics
from services.cli.clock import run_clock
from services.cli.demo import CASES
from services.cli.demo_loading import live_for_a_while, loading_demo, refuse_in_service
from services.cli.ground import Ground, grounded
from services.cli.ingest import Ready, run_ingest
from services.cli.notify import run_notify
from services.cli.relay import run_relay
from services.cli.side_by_side import stop_signals, until_stopped
from services.cli.speaking import WRONG_USE, give_up, tell
from services.cli.watching import watched_of
from services.provisions.packs import PackError
from services.storage.clock_rows import ClockError, show_clock, start_simulated_clock
from services.storage.failures import FOLDER_FULL, in_words
from services.storage.rule_sets import adopt_rule_set, current_rule_set
from services.storage.vault import VaultError
from services.web.app import build_web
from services.web.serve import PortTakenError, address_of, listen, serving

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class ServerDiedError(Exception):
    """A server that `waymark up` had started died; what was sent and not yet stored may be lost with it."""


@dataclass(frozen=True, slots=True)
class Servers:
    """The settings with the servers' addresses, and the ones started here."""

    settings: Settings
    postgres: EmbeddedPostgres | None
    kafka: EmbeddedKafka | None


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("up")(up)


def up(
    demo: Annotated[bool, typer.Option("--demo", help="load a tenth of a force's year of invented cases")] = False,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="port of the pages")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="folder of everything that is kept")] = None,
    now: Annotated[str | None, typer.Option("--now", help="start a simulated clock at this instant")] = None,
    demo_cases: Annotated[
        int, typer.Option("--demo-cases", min=1, max=12_000, help="how many cases --demo loads")
    ] = CASES,
) -> None:
    """Bring everything up on this machine; SIGINT or SIGTERM stops all. Servers whose addresses are set are used."""
    given = {name: value for name, value in (("data", data), ("web_port", port)) if value is not None}
    try:
        settings = load_settings(**given)
        starts_at = None
        if now is not None:
            settings.refuse_simulated_clock_in_service()
            starts_at = parse_instant(now)
        if demo:
            refuse_in_service(settings)
    except (SettingsError, ValueError) as problem:
        give_up(str(problem), WRONG_USE)
    configure_logging(settings.log_level, settings.log_format)
    try:
        with holding(settings.data), _servers(settings) as servers:
            run_lasting(_run(servers, starts_at, demo_cases if demo else 0))
    except (
        AlreadyRunningError, ServerStartError, ServerDiedError, SettingsError, TopicsError, ClockError, VaultError,
        StoreAwayError, PortTakenError, PackError, LookupError,
    ) as problem:  # fmt: skip
        give_up(str(problem))
    except KafkaError as problem:
        give_up(f"Kafka cannot be worked with ({type(problem).__name__}): `waymark doctor` says what is wrong.")
    except DBAPIError as problem:
        give_up(f"{in_words(problem)} `waymark doctor` says what is wrong.")
    except OSError as problem:
        if problem.errno not in _NO_ROOM:
            raise
        give_up(FOLDER_FULL)


@contextmanager
def _servers(settings: Settings) -> Iterator[Servers]:
    """The servers that no address is set for, started here and stopped at the end, whatever happens."""
    with ExitStack() as stack:
        postgres = kafka = None
        changes: dict[str, object] = {}
        if settings.database_url is None:
            postgres = EmbeddedPostgres(settings.data / "postgres")
            changes["database_url"] = SecretStr(postgres.start())
            stack.callback(postgres.stop)
        if settings.kafka_bootstrap_servers is None:
            kafka = EmbeddedKafka(settings.data / "kafka")
            changes |= embedded_kafka_settings(kafka.start())
            stack.callback(kafka.stop)
        yield Servers(settings.model_copy(update=changes), postgres, kafka)


async def _run(servers: Servers, starts_at: datetime | None, demo_cases: int) -> None:
    settings = servers.settings
    stop = stop_signals()
    await migrate(database_url(settings))
    await asyncio.to_thread(apply_topics, settings)
    listener = listen(settings.web_host, settings.web_port, may_choose=not settings.service)
    async with grounded(settings) as bare:
        simulated = await _prepare(bare, starts_at)
        ground = await live_for_a_while(bare, loads_demo=bool(demo_cases))
        joined = asyncio.Event()
        web = build_web(
            settings,
            ground.engine,
            vault=ground.vault,
            watched=watched_of(ground, measures_store=True),
            user_header=settings.web_user_header,
        )
        async with serving(web, listener) as pages:
            tasks = [
                asyncio.create_task(run_ingest(ground, _setting(joined)), name="ingest"),
                asyncio.create_task(run_clock(ground), name="clock"),
                asyncio.create_task(run_relay(ground), name="relay"),
                asyncio.create_task(run_notify(ground, address_of(listener)), name="notify"),
                *_watching(servers),
                pages,
            ]
            waiting = asyncio.create_task(joined.wait())
            await asyncio.wait({*tasks, waiting, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
            if joined.is_set():
                address = address_of(listener)
                announce(settings.data, _running(ground.settings, servers, address, simulated=simulated))
                _say_where(settings, address)
            waiting.cancel()
            async with loading_demo(ground, demo_cases) if joined.is_set() and demo_cases else nullcontext():
                await until_stopped(tasks, stop)


async def _prepare(ground: Ground, starts_at: datetime | None) -> bool:
    """Start the clock asked for and put this version's rules in force; return whether the clock is simulated."""
    async with ground.engine.begin() as conn:
        if starts_at is not None:
            await start_simulated_clock(conn, starts_at)
        simulated = (await show_clock(conn)).simulated
        if simulated:
            ground.settings.refuse_simulated_clock_in_service()
        current = await current_rule_set(conn)
        if current is not None and current != ground.rules.hash and not ground.settings.service:
            # On one machine there is nobody to ask; in service `waymark rules adopt` is a person's decision.
            await adopt_rule_set(conn, ground.rules.hash, by="waymark up", parts=ground.rules.parts)
            tell("The rules have changed since this data was last used: every case is assessed anew.")
    return simulated


def _watching(servers: Servers) -> list[asyncio.Task[None]]:
    async def fall(name: str, server: EmbeddedPostgres | EmbeddedKafka) -> None:
        code = await server.died()
        full = os.strerror(errno.ENOSPC) in end_of_log(server.process.log)
        why = "because its disk is full: make room, then" if full else f"(code {code}), so everything stops:"
        raise ServerDiedError(
            f"The embedded {name} died {why} start `waymark up` again. What was stored is kept; what was sent and not "
            "yet stored must be sent again."
        )

    started = (("PostgreSQL", servers.postgres), ("Kafka broker", servers.kafka))
    return [asyncio.create_task(fall(name, server)) for name, server in started if server is not None]


def _setting(event: asyncio.Event) -> Ready:
    async def ready() -> None:
        event.set()

    return ready


def _running(settings: Settings, servers: Servers, address: str, *, simulated: bool) -> Running:
    return Running(
        pid=os.getpid(),
        started_at=wall_now().isoformat(),
        web=address,
        kafka=settings.kafka_bootstrap_servers or "",
        database=database_url(settings),
        has_embedded_kafka=servers.kafka is not None,
        has_simulated_clock=simulated,
        topic_prefix=settings.topic_prefix,
        announce_from=settings.announce_from.isoformat() if settings.announce_from is not None else None,
    )


def _say_where(settings: Settings, address: str) -> None:
    typer.echo(f"web {address}")
    typer.echo(f"kafka {settings.kafka_bootstrap_servers}")
    typer.echo(f"database {shown_url(database_url(settings))}")
    typer.echo("waymark is ready")
