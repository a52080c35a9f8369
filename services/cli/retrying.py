"""`waymark dead retry`: dead letters published once more."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.cli.given import Data
from services.cli.reaching_kafka import with_store_and_kafka
from services.cli.speaking import FINDINGS, WRONG_USE, give_up, tell
from services.publishing import KafkaPublisher
from services.sending import retry_dead_letters
from services.storage.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the command of this module to `waymark dead`."""
    app.command("retry")(dead_retry)


def dead_retry(
    numbers: Annotated[list[int] | None, typer.Argument(help="as `waymark dead list` has them")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all that are open")] = False,
    data: Data = None,
) -> None:
    """Publish dead letters to case.events once more, as they came: after a new version can read them."""
    if bool(numbers) == everything:
        give_up("Name dead letters by number, or say --all.", WRONG_USE)

    async def do(engine: AsyncEngine, vault: Vault, settings: Settings) -> tuple[list[int], list[str]]:
        async with KafkaPublisher(settings, "waymark-retry") as publisher:
            return await retry_dead_letters(engine, vault, publisher, None if everything else numbers)

    done, failures = with_store_and_kafka(data, do)
    for failure in failures:
        tell(failure)
    typer.echo(f"{len(done)} published once more")
    if failures:
        raise typer.Exit(FINDINGS)
