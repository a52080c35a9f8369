"""How a command that needs the store reaches it: by its settings or a running `waymark up`, and with the vault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.database import create_engine
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from services.cli.given import settings_of
from services.cli.speaking import give_up
from services.storage.failures import in_words
from services.storage.vault import Vault, VaultError, master_key_for

T = TypeVar("T")


def vault_of(settings: Settings) -> Vault:
    """Return the vault of these settings; outside of service the key beside the data stands in for the setting.

    Raises:
        VaultError: in service, where the setting is missing.
    """
    secret = settings.master_key.get_secret_value() if settings.master_key is not None else None
    return Vault(master_key_for(secret, None if settings.service else settings.data))


def with_store(data: Path | None, work: Callable[[AsyncEngine, Vault, Settings], Awaitable[T]]) -> T:
    """Do the work on the store that the settings, or a running `waymark up`, lead to.

    What stands in the way is said in a sentence that holds no value and no address.
    """
    settings = settings_of(data)

    async def run() -> T:
        reached = with_servers(settings, needs_kafka=False)
        vault = vault_of(reached)
        engine = create_engine(reached, "waymark-cli", pool_size=2)
        try:
            return await work(engine, vault, reached)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except (NothingRunningError, LookupError, VaultError) as problem:
        give_up(str(problem))
    except OSError:
        give_up("The database cannot be reached. Start `waymark up`, or check WAYMARK_DATABASE_URL.")
    except DBAPIError as problem:
        give_up(
            f"{in_words(problem)} `waymark doctor` says what is wrong; `waymark migrate` brings its tables up to date."
        )
