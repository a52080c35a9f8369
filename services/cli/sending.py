"""`waymark send`: events published to case.events."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.cli.given import Data
from services.cli.progress import progress_bar
from services.cli.reaching_kafka import with_kafka, with_store_and_kafka
from services.cli.speaking import FINDINGS, WRONG_USE, give_up, tell
from services.publishing import KafkaPublisher
from services.sending import Sending, await_store, send_lines
from services.storage.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("send")(send_files)


def send_files(
    files: Annotated[list[Path], typer.Argument(help="CloudEvents, one a line; - is standard input")],
    wait: Annotated[bool, typer.Option("--wait", help="until each is stored or refused")] = False,
    data: Data = None,
) -> None:
    """Publish events to case.events, keyed by subject, and say how many were; exit 1 if any was refused."""
    missing = [str(path) for path in files if str(path) != "-" and (path.is_dir() or not path.exists())]
    if missing:
        give_up(f"There is no file {', '.join(missing)}.", WRONG_USE)

    async def send(settings: Settings, *, follow: bool) -> Sending:
        sending = Sending()
        async with KafkaPublisher(settings, "waymark-send") as publisher:
            with progress_bar("publishing") as told:
                await send_lines(publisher, _lines(files), sending, follow=follow, told=told)
        return sending

    async def send_and_wait(engine: AsyncEngine, vault: Vault, settings: Settings) -> tuple[Sending, bool]:
        sending = await send(settings, follow=True)
        with progress_bar("storing", len(sending.waiting)) as told:
            return sending, await await_store(engine, vault, sending, told)

    if wait:
        sending, is_settled = with_store_and_kafka(data, send_and_wait)
    else:
        sending, is_settled = with_kafka(data, lambda settings: send(settings, follow=False)), True
    _say(sending, waited=wait)
    if sending.failures or sending.refused or not is_settled:
        raise typer.Exit(FINDINGS)


def _say(sending: Sending, *, waited: bool) -> None:
    for failure in sending.failures[:20]:
        tell(failure)
    if sending.unkeyed:
        tell(f"{sending.unkeyed} lines are not JSON with a subject: they were sent as they are, for the dead letters.")
    counts = f"{sending.published} published"
    if waited:
        counts += f", {sending.stored} stored, {sending.refused} refused"
    typer.echo(counts)
    if sending.refused:
        tell("`waymark dead list` says why each was refused.")
    if waited and sending.waiting:
        tell(f"{len(sending.waiting)} are neither stored nor refused yet: is `waymark up` or `waymark ingest` running?")


def _lines(files: list[Path]) -> Iterator[bytes]:
    for path in files:
        if str(path) == "-":
            yield from sys.stdin.buffer
        else:
            with path.open("rb") as file:
                yield from file
