"""The processes of Waymark, each an endless coroutine: one by one in service, all in one program under `waymark up`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import typer
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.app import ingest
from consumers.case_events import StoreAwayError
from consumers.progress import Progress
from infra.database import create_engine, listening
from infra.logging import configure_logging
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from notifications.channels.recorded import RecordedOutbox
from notifications.notify import Notifier
from notifications.process import keep_notifying
from services.accept import accept
from services.anchor import keep_anchoring
from services.assess_case import Rules, keep_assessing
from services.cli.reaching import Data, settings_of, vault_of
from services.cli.speaking import FINDINGS, give_up
from services.contacts.reading import read_note
from services.journeys.assess import assess
from services.journeys.rule_set import RuleSet, load_rule_set
from services.publishing import KafkaPublisher
from services.relay import keep_relaying
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import RuleSetNotCurrentError
from services.storage.tables import OUTBOX_CHANNEL, WAKE_CHANNEL
from services.storage.tables_notify import TEXTS_CHANNEL
from services.storage.texts import read_switch
from services.storage.vault import Vault, VaultError

Ready = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Ground:
    """What a process stands on: settings that say where the servers are, the store, the vault, the rules."""

    settings: Settings
    engine: AsyncEngine
    vault: Vault
    rules: RuleSet
    progress: Progress = field(default_factory=Progress)


async def run_ingest(ground: Ground, ready: Ready | None = None) -> None:
    """Read case events and refusals from Kafka into the store."""
    take = partial(accept, ground.engine, vault=ground.vault, read_note=read_note)
    await ingest(ground.settings, take, ground.progress, ready=ready)


async def run_clock(ground: Ground) -> None:
    """Assess the cases that have new facts and those whose time has come."""
    rules = Rules(ground.rules.hash, lambda facts, now: assess(facts, ground.rules, now))
    announce_from = ground.settings.announce_from
    async with listening(ground.settings, WAKE_CHANNEL) as bell:
        await keep_assessing(
            ground.engine,
            rules,
            bell.wait,
            writers=[partial(write_cards_and_requests, announce_from=announce_from)],
            announce_from=announce_from,
        )


async def run_relay(ground: Ground) -> None:
    """Carry announcements and dead letters to Kafka, and make an anchor of the ledger each minute."""
    async with (
        KafkaPublisher(ground.settings, "waymark-relay") as publisher,
        listening(ground.settings, OUTBOX_CHANNEL) as bell,
    ):
        relaying = keep_relaying(ground.engine, publisher, bell.wait, vault=ground.vault)
        await _together(relaying, keep_anchoring(ground.engine))


async def _together(*endless: Awaitable[None]) -> None:
    """Run these side by side; when one ends, however it ends, the others are stopped and its failure is raised."""
    tasks = [asyncio.create_task(_as_coroutine(each)) for each in endless]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run_notify(ground: Ground) -> None:
    """Decide about texts that are due and send those that may go."""
    notifier = Notifier(ground.engine, ground.vault, RecordedOutbox(ground.engine), ground.settings.texts_from)
    async with ground.engine.begin() as conn:
        await read_switch(
            conn
        )  # from its first moment on: what was recorded before texts were switched on stays unsent
    async with listening(ground.settings, TEXTS_CHANNEL) as bell:
        await keep_notifying(notifier, bell.wait)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""

    @app.command("ingest")
    def ingest_command(data: Data = None) -> None:
        """Run the process that reads case events from Kafka into the store."""
        run_alone(data, run_ingest)

    @app.command("clock")
    def clock_command(data: Data = None) -> None:
        """Run the process that assesses cases when they have news, and when their time has come."""
        run_alone(data, run_clock)

    @app.command("relay")
    def relay_command(data: Data = None) -> None:
        """Run the process that carries announcements and dead letters to Kafka."""
        run_alone(data, run_relay)

    @app.command("notify")
    def notify_command(data: Data = None) -> None:
        """Run the process that decides about texts and sends those that may go."""
        run_alone(data, run_notify)


def run_alone(data: Data, process: Callable[[Ground], Awaitable[None]]) -> None:
    """Run one process until SIGINT or SIGTERM; what ends it otherwise is said in a sentence, with exit code 1."""
    settings = settings_of(data)
    configure_logging(settings.log_level, settings.log_format)
    try:
        reached = with_servers(settings)
        asyncio.run(_until_told_to_stop(reached, process))
    except (NothingRunningError, LookupError, VaultError, StoreAwayError, RuleSetNotCurrentError) as problem:
        give_up(str(problem))
    except (DBAPIError, KafkaError, OSError) as problem:
        give_up(f"The servers cannot be reached ({type(problem).__name__}): `waymark doctor` says what is wrong.")


async def _until_told_to_stop(settings: Settings, process: Callable[[Ground], Awaitable[None]]) -> None:
    async with grounded(settings) as ground:
        await until_stopped([asyncio.create_task(_as_coroutine(process(ground)))], stop_signals())


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work


@asynccontextmanager
async def grounded(settings: Settings) -> AsyncIterator[Ground]:
    """What processes stand on, with the store closed at the end."""
    engine = create_engine(settings, "waymark")
    try:
        yield Ground(settings, engine, vault_of(settings), load_rule_set())
    finally:
        await engine.dispose()


def stop_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    return stop


async def until_stopped(tasks: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Wait until told to stop or until a task ends, then cancel all and wait for them; a task's failure is raised.

    Every task here is endless: one that returns has failed as much as one that raises.
    """
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            if task not in ended:
                with suppress(asyncio.CancelledError):
                    await task
    for task in ended:
        task.result()
    if ended:
        raise typer.Exit(FINDINGS)
