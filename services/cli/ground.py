"""What a process stands on: settings, store, vault and rules, opened when it begins and closed at its end."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.progress import Progress
from infra.beats import Beats
from infra.database import create_engine
from infra.settings import Settings
from infra.tracing import begin_tracing, end_tracing
from services.cli.reaching import vault_of
from services.journeys.rule_set import RuleSet
from services.rules_in_use import rules_of
from services.storage.vault import Vault


@dataclass(frozen=True)
class Ground:
    """What a process stands on: settings that say where the servers are, the store, the vault, the rules."""

    settings: Settings
    engine: AsyncEngine
    vault: Vault
    rules: RuleSet
    progress: Progress = field(default_factory=Progress)
    beats: Beats = field(default_factory=Beats)


@asynccontextmanager
async def grounded(settings: Settings) -> AsyncIterator[Ground]:
    """What processes stand on, with the store closed at the end.

    Raises:
        PackError, VaultError: no rules, or no master key, or another one than this store was made with.
    """
    engine = create_engine(settings, "waymark")
    begin_tracing(settings)
    try:
        ground = Ground(settings, engine, vault_of(settings), rules_of(settings))
        # A database that is away, or without tables yet, is no reason not to begin: each process waits for it itself.
        with suppress(DBAPIError, OSError):
            async with engine.connect() as conn:
                await ground.vault.refuse_another_key(conn)
        # What is loaded by now stays. Walking it again took the collector a tenth of a second each time, and meanwhile
        # every case waited.
        gc.freeze()
        yield ground
    finally:
        await engine.dispose()
        await asyncio.to_thread(end_tracing)
