"""`waymark clock`: the process that assesses cases."""

from __future__ import annotations

import asyncio
from functools import partial

import typer

from infra.database import listening
from services.assess_case import Rules, keep_assessing
from services.cli.given import Data
from services.cli.ground import Ground
from services.cli.running import run_alone
from services.cli.side_by_side import together
from services.contacts.measured import not_measured
from services.counting import counter_of, keep_counting
from services.journeys.assess import assess
from services.steady_clock import SteadyClock
from services.storage.figures import wake_figures
from services.storage.notify_rows import write_cards_and_requests
from services.storage.tables import WAKE_CHANNEL


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""

    @app.command("clock")
    def clock_command(data: Data = None) -> None:
        """Run the process that assesses cases when they have news, and when their time has come."""
        run_alone(data, run_clock)


async def run_clock(ground: Ground) -> None:
    """Assess the cases that have new facts and those whose time has come."""
    rules = Rules(ground.rules.hash, lambda facts, now: assess(facts, ground.rules, now), ground.rules.parts)
    announce_from = ground.settings.announce_from
    unseen = not_measured(ground.rules.rules, ground.settings.sources)
    beat, counting = ground.beats.start("clock"), ground.beats.start("counting")
    cards = partial(
        write_cards_and_requests,
        announce_from=announce_from,
        texts_from=ground.settings.texts_from,
        not_measured=unseen,
        days=ground.rules.days,
    )
    async with listening(ground.settings, WAKE_CHANNEL) as bell:
        await together(
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
