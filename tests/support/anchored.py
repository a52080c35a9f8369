"""A store with anchors over its ledger, what was published of them, and the verifier that needs no Waymark."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.anchor import EVERY, make_anchor
from services.projections.anchors import published_anchors
from services.projections.ledger import Verdict, export_lines, link, verify_ledger
from services.storage.anchors import Anchor
from services.storage.tables import cases, ledger, outbox
from tests.support.app import NOW, assess_all, event, take_in, told_within

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "verify_ledger.py"


async def pass_time(engine: AsyncEngine, by: timedelta = EVERY) -> None:
    """Move the store's simulated clock forward."""
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE clock SET ahead = ahead + :by"), {"by": by})


async def announce(engine: AsyncEngine, *ids: str, case: str = "KP-1") -> None:
    """Have one announcement made for each of these arrests."""
    await take_in(engine, *(event(id_, case=case, time=NOW - timedelta(days=2)) for id_ in ids))
    await assess_all(engine, told_within())


async def anchored(engine: AsyncEngine) -> Anchor:
    """Make the next anchor, a minute after the last."""
    await pass_time(engine)
    made = (await make_anchor(engine)).made
    assert made is not None
    return made


async def three_anchors(engine: AsyncEngine) -> None:
    """Fill the store: KP-1 with five entries, KP-2 with three, KP-3 with one, and one entry under no anchor yet."""
    await announce(engine, "a1", "a2", "a3")
    await announce(engine, "b1", "b2", case="KP-2")
    await anchored(engine)
    await announce(engine, "a4", "a5")
    await anchored(engine)
    await announce(engine, "b3", case="KP-2")
    await announce(engine, "c1", case="KP-3")
    await anchored(engine)
    await announce(engine, "c2", case="KP-3")


async def published_lines(engine: AsyncEngine) -> list[str]:
    """Return the anchors that stand in the outbox, each as the event that is published."""
    async with engine.connect() as conn:
        values = (
            await conn.execute(select(outbox.c.value).where(outbox.c.key == b"ledger").order_by(outbox.c.id))
        ).scalars()
        return [value.decode() for value in values]


async def verdict(engine: AsyncEngine, published: list[str] | None = None) -> Verdict:
    """Ask the verifier in the store."""
    async with engine.connect() as plain:
        conn = await plain.execution_options(isolation_level="REPEATABLE READ")
        return await verify_ledger(conn, published_anchors(published or []))


async def exported(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Return the export, line by line."""
    async with engine.connect() as plain:
        conn = await plain.execution_options(isolation_level="REPEATABLE READ")
        async with aclosing(export_lines(conn)) as lines:
            return [json.loads(line) async for line in lines]


@dataclass(frozen=True)
class Said:
    """What the script said and the code it left with."""

    code: int
    text: str


def outsider(folder: Path, lines: list[dict[str, Any]], published: list[str] | None = None) -> Said:
    """Run the script over an export, in an interpreter that has nothing installed and cannot see this folder."""
    file, events = folder / "ledger.jsonl", folder / "events.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    if published is None:
        return outsider_reads(file)
    events.write_text("\n".join(published), encoding="utf-8")
    return outsider_reads(file, "--anchors", str(events))


def outsider_reads(file: Path, *more: str) -> Said:
    """Run the script over a file as it stands."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-I", "-S", str(SCRIPT), str(file), *more],
        capture_output=True,
        text=True,
        cwd=file.parent,
        timeout=60,
        check=False,
    )
    assert not done.stderr, done.stderr
    return Said(done.returncode, done.stdout)


async def write_chain_anew(conn: AsyncConnection, key: bytes, entries: list[bytes]) -> None:
    """Replace a case's whole chain, every hash and the case's row made to fit: what an insider would do."""
    await conn.execute(ledger.delete().where(ledger.c.case_key == key))
    previous = b"\x00" * 32
    for number, entry in enumerate(entries, start=1):
        following = link(previous, entry)
        row = {"case_key": key, "sequence": number, "entry": entry, "previous": previous, "hash": following}
        await conn.execute(ledger.insert().values(row))
        previous = following
    await conn.execute(
        cases.update().where(cases.c.case_key == key).values(sequence=len(entries), ledger_head=previous)
    )


async def entries_of(conn: AsyncConnection, key: bytes) -> list[bytes]:
    """Return the entries of a case in order."""
    query = select(ledger.c.entry).where(ledger.c.case_key == key).order_by(ledger.c.sequence)
    return list((await conn.execute(query)).scalars())
