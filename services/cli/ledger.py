"""Commands about the ledger: verify it, and export it for somebody who verifies it without Waymark."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.cli.given import Data
from services.cli.reaching import with_store
from services.cli.speaking import WRONG_USE, give_up, tell
from services.projections.anchors import published_anchors
from services.projections.ledger import Verdict, export_lines, verify_ledger
from services.storage.vault import Vault

ledger_app = typer.Typer(no_args_is_help=True, help="The record of everything announced, chained by hash.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    ledger_app.command("verify")(ledger_verify)
    ledger_app.command("export")(ledger_export)
    app.add_typer(ledger_app, name="ledger")


def ledger_verify(
    anchors: Annotated[
        Path | None, typer.Option("--anchors", help="events read from compliance.events, one as JSON on a line")
    ] = None,
    data: Data = None,
) -> None:
    """Verify the hash chain of every case and every anchor over them; exit 1 at the first difference."""
    published = _published(anchors)

    async def check(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> Verdict:
        async with engine.connect() as plain:
            conn = await plain.execution_options(isolation_level="REPEATABLE READ")
            return await verify_ledger(conn, published)

    verdict = with_store(data, check)
    if verdict.problem is not None:
        give_up(f"The ledger does not hold{f' for {verdict.case_id}' if verdict.case_id else ''}: {verdict.problem}")
    typer.echo(f"The ledger holds: {verdict.entries} entries of {verdict.cases} cases.")
    if verdict.anchored_at is None:
        tell("There is no anchor yet: each chain was checked by itself. `waymark relay` makes one a minute.")
    else:
        typer.echo(
            f"{verdict.anchors} anchors hold, the last of {verdict.anchored_at.isoformat(timespec='seconds')} over "
            f"{verdict.anchored} entries"
            + (f"; {len(published)} were compared with those published." if anchors else ".")
        )


def ledger_export(
    file: Annotated[Path, typer.Argument(help="the file to write; it must not exist")], data: Data = None
) -> None:
    """Write every entry and every anchor as lines of JSON, for scripts/verify_ledger.py (docs/ledger.md)."""
    if file.exists():
        give_up(
            "This file exists: an earlier export is evidence and is not written over. Choose another name.", WRONG_USE
        )
    unfinished = file.with_name(file.name + ".part")

    async def write(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> int:
        lines = 0
        async with engine.connect() as plain:
            conn = await plain.execution_options(isolation_level="REPEATABLE READ")
            with _written_for_the_owner_alone(unfinished) as out:
                async with aclosing(export_lines(conn)) as found:
                    async for line in found:
                        out.write(line)
                        lines += 1
        return lines

    _refuse_unwritable(unfinished)
    lines = with_store(data, write)
    unfinished.rename(file)
    typer.echo(f"{lines} lines written to {file}.")


def _published(file: Path | None) -> Sequence[Mapping[str, Any]]:
    if file is None:
        return ()
    try:
        with file.open(encoding="utf-8") as lines:
            return published_anchors(lines)
    except (OSError, UnicodeDecodeError):
        give_up("The file of anchors cannot be read.", WRONG_USE)
    except ValueError as problem:
        give_up(str(problem), WRONG_USE)


def _refuse_unwritable(file: Path) -> None:
    try:
        _written_for_the_owner_alone(file).close()
    except OSError as problem:
        give_up(f"The file cannot be written here ({problem.strerror}).", WRONG_USE)


def _written_for_the_owner_alone(file: Path) -> TextIO:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
