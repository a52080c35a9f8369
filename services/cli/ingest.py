"""`waymark ingest`: the process that reads case events from Kafka into the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import typer

from consumers.app import ingest
from consumers.heard import Heard, keep_noting
from services.accept import accept
from services.cli.given import Data
from services.cli.ground import Ground
from services.cli.running import run_alone
from services.cli.side_by_side import together
from services.contacts.reading import read_note

Ready = Callable[[], Awaitable[None]]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""

    @app.command("ingest")
    def ingest_command(data: Data = None) -> None:
        """Run the process that reads case events from Kafka into the store."""
        run_alone(data, run_ingest)


async def run_ingest(ground: Ground, ready: Ready | None = None) -> None:
    """Read case events and refusals from Kafka into the store."""
    take = partial(accept, ground.engine, vault=ground.vault, read_note=read_note)
    heard = Heard()
    await together(
        ingest(ground.settings, heard.listening_to(take), ground.progress, ready=ready),
        keep_noting(ground.engine, heard),
    )
