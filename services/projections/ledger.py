"""The ledger: everything announced, chained by hash within its case, its verification and its export.

One chain over all cases would make every writer wait for every other; a chain a case, whose head stands on the case's
own locked row, costs nothing. What is hashed holds no personal data, so that nothing ever has to be taken out of it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.projections.anchors import as_data, verify_anchors, written
from services.storage.anchors import all_anchors, all_entries
from services.storage.tables import cases, ledger

FIRST: Final = b"\x00" * 32
"""What the first entry of every chain is linked to."""

EXPORT_FORMAT: Final = "waymark-ledger/1"
"""What the first line of an export names; docs/ledger.md describes it."""


def link(previous: bytes, entry: bytes) -> bytes:
    """Return the hash (32 bytes) that an entry has after this one."""
    return sha256(previous + entry).digest()


def chained(head: bytes | None, entries: Iterable[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    """Return ``(entry, previous, hash)`` for entries that follow the head of a case's chain (None: none yet)."""
    previous = head or FIRST
    found = []
    for entry in entries:
        following = link(previous, entry)
        found.append((entry, previous, following))
        previous = following
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found: how much was read, and the first place, if any, where the ledger does not hold.

    ``anchored_at`` is when the last anchor was made (UTC), ``anchored`` how many entries were under anchors then.
    """

    cases: int
    entries: int
    case_id: str | None = None
    problem: str | None = None
    anchors: int = 0
    anchored: int = 0
    anchored_at: datetime | None = None


async def verify_ledger(conn: AsyncConnection, published: Sequence[Mapping[str, Any]] = ()) -> Verdict:
    """Read every chain and every anchor and return the first difference.

    Every entry must follow the one before it in number and in hash, and the last one must be the head that its case's
    row has; what an anchor holds must be in the ledger, and ``published`` anchors in the store. The caller gives a
    connection in a REPEATABLE READ transaction, so that writers at work are no difference.
    """
    verdict = await _verify_chains(conn)
    if verdict.problem is not None:
        return verdict
    now = (await conn.execute(select(func.waymark_now()))).scalar_one()
    found = await verify_anchors(conn, now, published)
    return replace(
        verdict,
        case_id=found.case_id,
        problem=found.problem,
        anchors=found.anchors,
        anchored=found.last.entries if found.last else 0,
        anchored_at=found.last.made_at if found.last else None,
    )


async def export_lines(conn: AsyncConnection) -> AsyncGenerator[str, None]:
    """Yield the ledger as lines of JSON: what this is, every entry, every anchor followed by its leaves.

    It is written as it is stored, whether it holds or not. Entries have references in them, opaque but of real cases:
    an export is for whoever may see the store. The caller gives a REPEATABLE READ transaction.
    """
    now = (await conn.execute(select(func.waymark_now()))).scalar_one()
    yield _line({"kind": "ledger", "format": EXPORT_FORMAT, "at": written(now)})
    async with aclosing(all_entries(conn)) as entries:
        async for row in entries:
            place = {"case_key": row.case_key.hex(), "sequence": row.sequence}
            links = {"previous": row.previous.hex(), "hash": row.hash.hex()}
            yield _line({"kind": "entry", **place, **links, **_entry(row.entry)})
    async with aclosing(all_anchors(conn)) as anchors:
        async for held in anchors:
            if held.anchor is not None:
                yield _line({"kind": "anchor", **as_data(held.anchor)})
            for each in held.leaves:
                place = {"case_key": each.leaf.case_key.hex(), "sequence": each.leaf.sequence}
                yield _line({"kind": "leaf", "anchor": held.number, **place, "head": each.leaf.head.hex()})


def _entry(entry: bytes) -> dict[str, str]:
    """Return an entry as text, or in base64 where somebody made it something that is none."""
    try:
        return {"entry": entry.decode()}
    except UnicodeDecodeError:
        return {"entry_base64": b64encode(entry).decode()}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


async def _verify_chains(conn: AsyncConnection) -> Verdict:
    read = Verdict(0, 0)
    query = (
        select(
            cases.c.case_id,
            cases.c.case_key,
            cases.c.sequence.label("last"),
            cases.c.ledger_head,
            ledger.c.sequence,
            ledger.c.entry,
            ledger.c.previous,
            ledger.c.hash,
            ledger.c.case_key.label("chain"),
        )
        .select_from(cases.outerjoin(ledger, cases.c.case_key == ledger.c.case_key, full=True))
        .order_by(ledger.c.case_key, ledger.c.sequence)
    )
    chain = _Chain()
    async with conn.stream(query) as rows:
        async for row in rows:
            if row.case_key != chain.key or row.case_key is None:
                if problem := chain.problem_at_its_end():
                    return Verdict(read.cases, read.entries, chain.case_id, problem)
                if row.case_key is None:
                    return Verdict(
                        read.cases, read.entries, None, "A chain belongs to no case: its case's row is missing."
                    )
                chain = _Chain(row.case_key, row.case_id, row.last, row.ledger_head)
                read = Verdict(read.cases + 1, read.entries)
            if row.sequence is not None:
                if problem := chain.problem_with(row.sequence, row.entry, row.previous, row.hash):
                    return Verdict(read.cases, read.entries, row.case_id, problem)
                read = Verdict(read.cases, read.entries + 1)
    if problem := chain.problem_at_its_end():
        return Verdict(read.cases, read.entries, chain.case_id, problem)
    return read


@dataclass(slots=True)
class _Chain:
    key: bytes = b""
    case_id: str = ""
    last: int = 0
    head: bytes | None = None
    at: int = 0
    hash: bytes = FIRST

    def problem_with(self, sequence: int, entry: bytes, previous: bytes, hash_: bytes) -> str | None:
        self.at += 1
        if sequence != self.at:
            return f"Entry {self.at} is missing: entry {sequence} stands in its place."
        if previous != self.hash:
            return f"Entry {sequence} does not follow the one before it: that one, or this link, was changed."
        if hash_ != link(previous, entry):
            return f"Entry {sequence} is not what was written: its hash is another."
        self.hash = hash_
        return None

    def problem_at_its_end(self) -> str | None:
        if self.at != self.last:
            return f"The case has announced {self.last} times and the ledger holds {self.at}: entries are missing."
        if (self.head or FIRST) != self.hash:
            return "The last entry is not the one that the case's row knows."
        return None
