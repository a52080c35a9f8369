"""`waymark notify`: the process that decides about texts, sends them, and alerts staff."""

from __future__ import annotations

import asyncio

import typer
from pydantic import SecretStr

from infra.database import listening
from notifications.alerting import Alerts, keep_alerting, keep_delivering
from notifications.channels.recorded import RecordedOutbox
from notifications.channels.staff import StaffChannel
from notifications.delivering import Deliverer
from notifications.notify import Notifier
from notifications.process import keep_notifying
from services.cli.given import Data
from services.cli.ground import Ground
from services.cli.running import run_alone
from services.cli.side_by_side import together
from services.steady_clock import SteadyClock
from services.storage.tables_notify import TEXTS_CHANNEL
from services.storage.texts import read_switch


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""

    @app.command("notify")
    def notify_command(data: Data = None) -> None:
        """Run the process that decides about texts, sends those that may go, and alerts staff."""
        run_alone(data, run_notify)


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
        await together(
            keep_notifying(notifier, beat.after(bell.wait)),
            keep_alerting(alerts, alerting.after(asyncio.sleep), SteadyClock(ground.engine).is_steady),
            keep_delivering(deliverer, delivering.after(asyncio.sleep)),
        )


def _secret(given: SecretStr | None) -> str | None:
    return given.get_secret_value() if given is not None else None
