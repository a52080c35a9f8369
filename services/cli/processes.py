"""The processes of Waymark, each an endless coroutine: one by one in service, all in one program under `waymark up`."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import typer
from aiokafka.errors import KafkaError
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.app import ingest
from consumers.case_events import StoreAwayError
from consumers.heard import Heard, keep_noting
from consumers.progress import Progress
from infra.beats import Beats
from infra.database import create_engine, listening
from infra.event_loop import run_lasting
from infra.logging import configure_logging
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from infra.tracing import begin_tracing, end_tracing
from notifications.alerting import Alerts, keep_alerting, keep_delivering
from notifications.channels.recorded import RecordedOutbox
from notifications.channels.staff import StaffChannel
from notifications.delivering import Deliverer
from notifications.notify import Notifier
from notifications.process import keep_notifying
from services.accept import accept
from services.anchor import keep_anchoring
from services.assess_case import Rules, keep_assessing
from services.cli.reaching import Data, rules_of, settings_of, vault_of
from services.cli.speaking import FINDINGS, give_up
from services.cli.watching import showing
from services.contacts.measured import not_measured
from services.contacts.reading import read_note
from services.counting import counter_of, keep_counting
from services.journeys.assess import assess
from services.journeys.rule_set import RuleSet
from services.provisions.packs import PackError
from services.publishing import KafkaPublisher
from services.relay import keep_relaying
from services.steady_clock import SteadyClock
from services.storage.failures import in_words
from services.storage.figures import wake_figures
from services.storage.notify_rows import write_cards_and_requests
from services.storage.rule_sets import RuleSetNotCurrentError
from services.storage.tables import OUTBOX_CHANNEL, WAKE_CHANNEL
from services.storage.tables_notify import TEXTS_CHANNEL
from services.storage.texts import read_switch
from services.storage.vault import Vault, VaultError
from services.web.serve import PortTakenError

Ready = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Ground:
    """What a process stands on: settings that say where the servers are, the store, the vault, the rules."""

    settings: Settings
    engine: AsyncEngine
    vault: Vault
    rules: RuleSet
    progress: Progress = field(default_factory=Progress)
    beats: Beats = field(default_factory=Beats)


async def run_ingest(ground: Ground, ready: Ready | None = None) -> None:
    """Read case events and refusals from Kafka into the store."""
    take = partial(accept, ground.engine, vault=ground.vault, read_note=read_note)
    heard = Heard()
    await _together(
        ingest(ground.settings, heard.listening_to(take), ground.progress, ready=ready),
        keep_noting(ground.engine, heard),
    )


async def run_clock(ground: Ground) -> None:
    """Assess the cases that have new facts and those whose time has come."""
    rules = Rules(ground.rules.hash, lambda facts, now: assess(facts, ground.rules, now))
    announce_from = ground.settings.announce_from
    unseen = not_measured(ground.rules.rules, ground.settings.sources)
    beat, counting = ground.beats.start("clock"), ground.beats.start("counting")
    cards = partial(
        write_cards_and_requests,
        announce_from=announce_from,
        texts_from=ground.settings.texts_from,
        not_measured=unseen,
    )
    async with listening(ground.settings, WAKE_CHANNEL) as bell:
        await _together(
            keep_assessing(
                ground.engine,
                rules,
                beat.after(bell.wait),
                writers=[cards, wake_figures],
                announce_from=announce_from,
                at=beat.at,
                is_steady=SteadyClock(ground.engine).is_steady,
            ),
            keep_counting(ground.engine, counter_of(ground.rules), counting.after(asyncio.sleep)),
        )


async def run_relay(ground: Ground) -> None:
    """Carry announcements and dead letters to Kafka, and make an anchor of the ledger each minute."""
    async with (
        KafkaPublisher(ground.settings, "waymark-relay") as publisher,
        listening(ground.settings, OUTBOX_CHANNEL) as bell,
    ):
        relay, anchoring = ground.beats.start("relay"), ground.beats.start("anchoring")
        await _together(
            keep_relaying(ground.engine, publisher, relay.after(bell.wait), vault=ground.vault, at=relay.at),
            keep_anchoring(ground.engine, pause=anchoring.after(asyncio.sleep), at=anchoring.at),
        )


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


async def run_notify(ground: Ground, pages: str | None = None) -> None:
    """Decide about texts that are due and send those that may go; beside it, alert staff.

    ``pages`` is where the pages are, if this program serves them: a link in an alert leads there, unless
    WAYMARK_PUBLIC_URL says otherwise.
    """
    settings, beat = ground.settings, ground.beats.start("notify")
    alerting, delivering = ground.beats.start("alerting"), ground.beats.start("delivering")
    alerts = Alerts(ground.engine, settings.cover, settings.announce_from, at=alerting.at)
    deliverer = Deliverer(
        ground.engine,
        ground.vault,
        StaffChannel(_secret(settings.alert_mail)),
        settings.public_url or pages or f"http://{settings.web_host}:{settings.web_port}",
        _secret(settings.control_room),
    )
    channel = RecordedOutbox(ground.engine)
    notifier = Notifier(ground.engine, ground.vault, channel, ground.settings.texts_from, at=beat.at)
    async with ground.engine.begin() as conn:
        await read_switch(
            conn
        )  # from its first moment on: what was recorded before texts were switched on stays unsent
    async with listening(ground.settings, TEXTS_CHANNEL) as bell:
        await _together(
            keep_notifying(notifier, beat.after(bell.wait)),
            keep_alerting(alerts, alerting.after(asyncio.sleep), SteadyClock(ground.engine).is_steady),
            keep_delivering(deliverer, delivering.after(asyncio.sleep)),
        )


def _secret(given: SecretStr | None) -> str | None:
    return given.get_secret_value() if given is not None else None


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
        """Run the process that decides about texts, sends those that may go, and alerts staff."""
        run_alone(data, run_notify)


def run_alone(data: Data, process: Callable[[Ground], Awaitable[None]]) -> None:
    """Run one process until SIGINT or SIGTERM; what ends it otherwise is said in a sentence, with exit code 1."""
    settings = settings_of(data)
    configure_logging(settings.log_level, settings.log_format)
    try:
        reached = with_servers(settings)
        run_lasting(_until_told_to_stop(reached, process))
    except (
        NothingRunningError, LookupError, VaultError, StoreAwayError, RuleSetNotCurrentError, PackError,
        PortTakenError,
    ) as problem:  # fmt: skip
        give_up(str(problem))
    except DBAPIError as problem:
        give_up(f"{in_words(problem)} `waymark doctor` says what is wrong.")
    except (KafkaError, OSError) as problem:
        give_up(f"The servers cannot be reached ({type(problem).__name__}): `waymark doctor` says what is wrong.")


async def _until_told_to_stop(settings: Settings, process: Callable[[Ground], Awaitable[None]]) -> None:
    async with grounded(settings) as ground, showing(ground) as shown:
        await until_stopped([asyncio.create_task(_as_coroutine(process(ground))), *shown], stop_signals())


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work


@asynccontextmanager
async def grounded(settings: Settings) -> AsyncIterator[Ground]:
    """What processes stand on, with the store closed at the end."""
    engine = create_engine(settings, "waymark")
    begin_tracing(settings)
    try:
        ground = Ground(settings, engine, vault_of(settings), rules_of(settings))
        # What is loaded by now stays. Walking it again took the collector a tenth of a second each time, and meanwhile
        # every case waited.
        gc.freeze()
        yield ground
    finally:
        await engine.dispose()
        await asyncio.to_thread(end_tracing)


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
