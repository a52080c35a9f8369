"""How an anchor is made of the heads of chains, and whether every anchor still holds against the ledger.

A chain a case shows a changed entry; it cannot show that its end was cut off and its case's row made to fit, nor that
a case is gone. Anchors do: each holds the heads that had moved under one Merkle root, follows the one before by hash,
and stands on ``compliance.events`` as well, out of this store's reach. docs/ledger.md has the format for outsiders.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.announcements import LEDGER_ANCHOR
from services.storage.anchors import Anchor, HeldAnchor, Leaf, StoredLeaf, all_anchors, chain_of

FIRST: Final = b"\x00" * 32
"""What the first anchor follows."""

NEWEST: Final = timedelta(minutes=1)
"""A published anchor this young may have been made while the store was being read."""


def merkle_root(leaves: Iterable[Leaf]) -> bytes:
    """Return the root (32 bytes) over the leaves in order of case key, as RFC 6962 builds its tree.

    Leaves and inner nodes are hashed with another first byte each, so that no node can pass for a leaf; a last node
    without a neighbour goes up as it is. Of no leaves at all it is the hash of nothing.
    """
    level = [
        sha256(b"\x00" + each.case_key + each.sequence.to_bytes(8, "big") + each.head).digest()
        for each in sorted(leaves)
    ]
    while len(level) > 1:
        pairs = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
    return level[0] if level else sha256().digest()


def anchor_hash(anchor: Anchor) -> bytes:
    """Return the hash (32 bytes) of everything that an anchor says, its ``hash`` aside."""
    said = (anchor.number, written(anchor.made_at), anchor.cases, anchor.entries, anchor.changed)
    return sha256(
        "\n".join((LEDGER_ANCHOR, *map(str, said), anchor.root.hex(), anchor.previous.hex())).encode()
    ).digest()


def written(moment: datetime) -> str:
    """Return an instant as anchors hold it: UTC, with microseconds always."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def as_data(anchor: Anchor) -> dict[str, Any]:
    """Return an anchor as it is published and exported: the moment in UTC, hashes in hexadecimal."""
    return {
        "number": anchor.number,
        "made_at": written(anchor.made_at),
        "cases": anchor.cases,
        "entries": anchor.entries,
        "changed": anchor.changed,
        "root": anchor.root.hex(),
        "previous": anchor.previous.hex(),
        "hash": anchor.hash.hex(),
    }


def published_anchors(lines: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return the data of the anchors among events of ``compliance.events``, one as JSON on a line.

    Raises:
        ValueError: if a line is no such event.
    """
    found: list[Mapping[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
            if event["type"] == LEDGER_ANCHOR:
                data = event["data"]
                found.append({"number": int(data["number"]), "hash": str(data["hash"]), "made_at": _instant(data)})
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ValueError(f"Line {number} of the anchors is no event of compliance.events.") from None
    return found


def _instant(data: Mapping[str, Any]) -> datetime:
    moment = datetime.fromisoformat(data["made_at"])
    if moment.tzinfo is None:
        raise ValueError("an anchor's moment has no offset")
    return moment


@dataclass(frozen=True, slots=True)
class AnchorVerdict:
    """How many anchors hold, the last of them, and the first thing, if any, that does not hold."""

    anchors: int
    last: Anchor | None
    problem: str | None = None
    case_id: str | None = None


async def verify_anchors(
    conn: AsyncConnection, now: datetime, published: Sequence[Mapping[str, Any]] = ()
) -> AnchorVerdict:
    """Check every anchor against the one before, its leaves and the ledger, and those published against them.

    ``now`` is the product's moment at which the store is read; ``published`` is what ``published_anchors`` returned.
    The caller gives a connection in a REPEATABLE READ transaction.
    """
    reading = _Reading({each["number"]: "" for each in published})
    wrong: StoredLeaf | None = None
    async with aclosing(all_anchors(conn)) as stored:
        async for held in stored:
            if problem := reading.problem_with(held):
                return AnchorVerdict(reading.count, reading.last, problem)
            wrong = next((each for each in held.leaves if each.found != each.leaf.head), None)
            if wrong is not None:
                break
    if wrong is not None:
        case_id, length = await chain_of(conn, wrong.leaf.case_key)
        problem = _what_is_wrong(wrong, reading.count, case_id, length)
        return AnchorVerdict(reading.count, reading.last, problem, case_id)
    return AnchorVerdict(reading.count, reading.last, _problem_with_published(reading, published, now))


@dataclass(slots=True)
class _Reading:
    """What has been read of the anchors so far: the last, and how far each case had come."""

    hashes: dict[int, str]
    """Of those that were published: their hashes in the store, once read."""
    last: Anchor | None = None
    count: int = 0
    reached: dict[bytes, int] = field(default_factory=dict)
    entries: int = 0

    def problem_with(self, held: HeldAnchor) -> str | None:
        anchor, number, expected = held.anchor, held.number, self.count + 1
        if number != expected:
            return f"Anchor {expected} is missing: anchor {number} stands in its place."
        if anchor is None:
            return f"Anchor {number} is missing: the heads that it was made over are still stored."
        if anchor.previous != (self.last.hash if self.last else FIRST):
            return f"Anchor {number} does not follow the one before it: that one, or this link, was changed."
        if problem := self._problem_within(anchor, [each.leaf for each in held.leaves]):
            return problem
        self.last = anchor
        self.count = number
        if number in self.hashes:
            self.hashes[number] = anchor.hash.hex()
        return None

    def _problem_within(self, anchor: Anchor, leaves: list[Leaf]) -> str | None:
        number = anchor.number
        if anchor.hash != anchor_hash(anchor):
            return f"Anchor {number} is not what was written: its hash is another."
        if len(leaves) != anchor.changed or merkle_root(leaves) != anchor.root:
            return f"Anchor {number} was made over other heads than are stored with it: its root is another."
        for leaf in leaves:
            self.entries += leaf.sequence - self.reached.get(leaf.case_key, 0)
            self.reached[leaf.case_key] = leaf.sequence
        if (len(self.reached), self.entries) != (anchor.cases, anchor.entries):
            return (
                f"Anchor {number} counts {anchor.entries} entries of {anchor.cases} cases; the heads up to it "
                f"come to {self.entries} of {len(self.reached)}."
            )
        return None


def _what_is_wrong(stored: StoredLeaf, number: int, case_id: str | None, length: int) -> str:
    leaf = stored.leaf
    if stored.found is not None:
        return f"Entry {leaf.sequence} is not the one that anchor {number} holds: the chain was written anew."
    if length:
        return f"Anchor {number} holds {leaf.sequence} entries of this case, the ledger {length}: its end was cut off."
    if case_id is not None:
        return f"Anchor {number} holds {leaf.sequence} entries of this case, the ledger none: they were removed."
    return (
        f"Anchor {number} holds {leaf.sequence} entries of a case that is not in the store (key "
        f"{leaf.case_key.hex()}): the case was removed."
    )


def _problem_with_published(reading: _Reading, published: Sequence[Mapping[str, Any]], now: datetime) -> str | None:
    for each in published:
        held = reading.hashes[each["number"]]
        if not held and each["made_at"] < now - NEWEST:
            return f"Anchor {each['number']} was published and is not in the store: it was removed."
        if held and held != each["hash"]:
            return f"Anchor {each['number']} is not the one that was published: it was written anew."
    return None
