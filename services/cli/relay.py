"""`waymark relay`: the process that carries what is announced to Kafka."""

from __future__ import annotations

import asyncio

import typer

from infra.database import listening
from services.anchor import keep_anchoring
from services.cli.given import Data
from services.cli.ground import Ground
from services.cli.running import run_alone
from services.cli.side_by_side import together
from services.publishing import KafkaPublisher
from services.relay import keep_relaying
from services.storage.tables import OUTBOX_CHANNEL


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""

    @app.command("relay")
    def relay_command(data: Data = None) -> None:
        """Run the process that carries announcements and dead letters to Kafka."""
        run_alone(data, run_relay)


async def run_relay(ground: Ground) -> None:
    """Carry announcements and dead letters to Kafka, and make an anchor of the ledger each minute."""
    async with (
        KafkaPublisher(ground.settings, "waymark-relay") as publisher,
        listening(ground.settings, OUTBOX_CHANNEL) as bell,
    ):
        relay, anchoring = ground.beats.start("relay"), ground.beats.start("anchoring")
        await together(
            keep_relaying(ground.engine, publisher, relay.after(bell.wait), vault=ground.vault, at=relay.at),
            keep_anchoring(ground.engine, pause=anchoring.after(asyncio.sleep), at=anchoring.at),
        )
