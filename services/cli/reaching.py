"""How a command that needs the store reaches it: the settings, a running `waymark up`, and the vault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.database import create_engine
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings, SettingsError, load_settings
from services.cli.speaking import give_up
from services.journeys.rule_set import RuleSet, load_rule_set
from services.provisions.holidays_file import read_holidays
from services.provisions.packs import PACKS_IN_SERVICE, PackError
from services.storage.failures import in_words
from services.storage.vault import Vault, VaultError, master_key_for

Data = Annotated[Path | None, typer.Option("--data", help="folder of the running `waymark up`")]

T = TypeVar("T")


def settings_of(data: Path | None) -> Settings:
    """Return the settings of this command; what cannot be used is said in sentences."""
    try:
        return load_settings() if data is None else load_settings(data=data)
    except SettingsError as problem:
        give_up(str(problem))


def vault_of(settings: Settings) -> Vault:
    """Return the vault of these settings; outside of service the key beside the data stands in for the setting.

    Raises:
        VaultError: in service, where the setting is missing.
    """
    secret = settings.master_key.get_secret_value() if settings.master_key is not None else None
    return Vault(master_key_for(secret, None if settings.service else settings.data))


def rules_of(settings: Settings, packs: Iterable[str] = PACKS_IN_SERVICE) -> RuleSet:
    """Return the rule set that these settings make: the packs named, and the holidays of WAYMARK_HOLIDAYS.

    Every command and process loads its rules here, so that none carries another calendar than its neighbours. A list
    that cannot be used stops it, in a sentence: without it days would be counted wrong.

    Raises:
        PackError: where a pack or the list of holidays cannot be used.
    """
    return load_rule_set(packs, holidays_of(settings))


def holidays_of(settings: Settings) -> tuple[date, ...]:
    """Return the bank holidays of WAYMARK_HOLIDAYS, none where it is not set.

    Raises:
        PackError: where the list cannot be used.
    """
    file = settings.holidays
    if file is None:
        return ()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise PackError(
            f"{file.name}: the list of holidays cannot be read. Check WAYMARK_HOLIDAYS and the file's encoding (UTF-8)."
        ) from None
    return tuple(each.day for each in read_holidays(text, file.name))


def rules_or_stop(settings: Settings) -> RuleSet:
    """Return the rule set of these settings; what cannot be used is said in a sentence, and the command ends."""
    try:
        return rules_of(settings)
    except PackError as problem:
        give_up(str(problem))


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
