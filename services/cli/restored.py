"""Commands for after a backup was restored: begin, and finish once everything is read again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.case_events import group_of
from contracts.topics import CASE_EVENTS
from infra.clock import parse_instant
from infra.group_offsets import RewindError, Rewound, lag, rewind
from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from notifications.after_restore import finish_restore
from services.cli.given import Data, settings_of, who_asks
from services.cli.reaching import with_store
from services.cli.speaking import WRONG_USE, give_up, tell
from services.storage.restores import Restore, RestoreError, begin_restore
from services.storage.vault import Vault

restored_app = typer.Typer(
    no_args_is_help=True, help="After a backup was restored: docs/runbooks/backup-and-restore.md says it step by step."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    restored_app.command("begin")(begin)
    restored_app.command("finish")(finish)
    app.add_typer(restored_app, name="restored")


def begin(
    backup_taken_at: Annotated[
        str, typer.Option("--backup-taken-at", help="when the backup was taken, such as 2026-11-20T02:00:00+00:00")
    ],
    data: Data = None,
) -> None:
    """Say that this store was restored: no text goes until `finish`, and announcements get numbers not used before."""
    taken_at = _instant(backup_taken_at)

    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> Restore:
        async with engine.begin() as conn:
            return await begin_restore(conn, taken_at, who_asks())

    try:
        restore = with_store(data, work)
    except RestoreError as problem:
        give_up(str(problem))
    typer.echo(f"restore {restore.number} is open: no text goes until `waymark restored finish`")
    typer.echo("next: waymark topics rewind, then start every process but notify, and wait")


def finish(data: Data = None) -> None:
    """End the restore once all is read again: texts that wait become tasks, since they may have gone before."""
    try:
        reached = with_servers(settings_of(data))
        left = lag(reached, group_of(reached), f"{reached.topic_prefix}{CASE_EVENTS.name}")
    except (NothingRunningError, LookupError, RewindError) as problem:
        give_up(str(problem))
    if left:
        give_up(
            f"{left} records have not been read again: start `waymark ingest`, wait, and finish then. What is read "
            "later on would count as new."
        )

    async def work(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> int:
        async with engine.begin() as conn:
            return await finish_restore(conn)

    try:
        given_up = with_store(data, work)
    except RestoreError as problem:
        give_up(str(problem))
    typer.echo(f"the restore is finished; {given_up} texts that waited became tasks, because they may have gone before")


def rewind_topic(
    to: Annotated[
        str | None, typer.Option("--to", help="an instant well before the backup; without it, the beginning")
    ] = None,
    data: Data = None,
) -> None:
    """Let `waymark ingest` read case.events again from the beginning; what is stored already drops out by its key."""
    since = None if to is None else _instant(to)
    try:
        reached = with_servers(settings_of(data))
        done: Rewound = rewind(reached, group_of(reached), f"{reached.topic_prefix}{CASE_EVENTS.name}", since)
    except (NothingRunningError, LookupError, RewindError) as problem:
        give_up(str(problem))
    tell("Records are kept seven days on case.events: what is older must be sent again by its source.")
    typer.echo(f"{done.partitions} partitions sent back: up to {done.records} records are read again")


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text).astimezone(UTC)
    except ValueError as problem:
        give_up(str(problem), WRONG_USE)
