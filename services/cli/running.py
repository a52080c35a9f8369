"""One process of Waymark run alone, as in service: its failures said in sentences, its metrics shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

from consumers.case_events import StoreAwayError
from infra.event_loop import run_lasting
from infra.logging import configure_logging
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from services.cli.given import Data, settings_of
from services.cli.ground import Ground, grounded
from services.cli.side_by_side import as_coroutine, stop_signals, until_stopped
from services.cli.speaking import give_up
from services.cli.watching import showing
from services.provisions.packs import PackError
from services.storage.failures import in_words
from services.storage.rule_sets import RuleSetNotCurrentError
from services.storage.vault import VaultError
from services.web.serve import PortTakenError


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
        await until_stopped([asyncio.create_task(as_coroutine(process(ground))), *shown], stop_signals())
