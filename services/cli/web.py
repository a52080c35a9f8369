"""`waymark web`: the pages, as one process."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from infra.database import create_engine
from infra.logging import configure_logging
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from services.cli.given import Data, settings_of
from services.cli.reaching import vault_of
from services.cli.side_by_side import stop_signals
from services.cli.speaking import give_up, tell
from services.provisions.packs import PackError
from services.storage.vault import VaultError
from services.web.app import build_web
from services.web.serve import PortTakenError, address_of, listen, serving


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("web")(web)


def web(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="port of the pages; 0: any that is free")] = None,
    data: Data = None,
) -> None:
    """Serve the pages until stopped; prints `web http://…` once they can be asked for."""
    settings = settings_of(data)
    if port is not None:
        settings = settings.model_copy(update={"web_port": port})
    configure_logging(settings.log_level, settings.log_format)
    try:
        asyncio.run(_serve(settings))
    except (NothingRunningError, LookupError, VaultError, PortTakenError, PackError) as problem:
        give_up(str(problem))
    except OSError as problem:
        give_up(f"The pages cannot be served ({type(problem).__name__}): check WAYMARK_WEB_HOST and WAYMARK_WEB_PORT.")


async def _serve(settings: Settings) -> None:
    reached = with_servers(settings, needs_kafka=False)
    # In service the port is the one that others were told; elsewhere any will do.
    listening = listen(reached.web_host, reached.web_port, may_choose=not reached.service)
    stop = stop_signals()
    engine = create_engine(reached, "waymark-web")
    try:
        async with serving(
            build_web(reached, engine, vault=vault_of(reached), user_header=reached.web_user_header), listening
        ) as task:
            typer.echo(f"web {address_of(listening)}")
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if task.done() and not stop.is_set():
                tell("The web server ended by itself; start it again.")
                raise typer.Exit(1)
    finally:
        await engine.dispose()
