"""`waymark migrate`: the database's schema, brought to this version."""

from __future__ import annotations

import asyncio

import typer
from sqlalchemy.exc import DBAPIError

from infra.database import database_url
from infra.migrations import migrate, newest_revision
from infra.running import NothingRunningError, with_servers
from services.cli.given import Data, settings_of
from services.cli.speaking import give_up


def register(app: typer.Typer) -> None:
    """Add the command of this module to the command line."""
    app.command("migrate")(migrate_store)


def migrate_store(data: Data = None) -> None:
    """Bring the database's schema to this version; doing it twice, or in several processes, is no harm."""
    try:
        reached = with_servers(settings_of(data), needs_kafka=False)
        before, after = asyncio.run(migrate(database_url(reached)))
    except (NothingRunningError, LookupError) as problem:
        give_up(str(problem))
    except OSError:
        give_up("The database cannot be reached. Start `waymark up`, or check WAYMARK_DATABASE_URL.")
    except DBAPIError as problem:
        give_up(f"The database refused the migration ({type(problem.orig).__name__}); nothing was changed.")
    typer.echo(f"schema {after}" + (" (unchanged)" if before == newest_revision() else f" (was {before or 'empty'})"))
