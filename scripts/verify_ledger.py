#!/usr/bin/env python3
"""Verify an exported ledger of Waymark without Waymark: Python 3.9 or later, nothing installed. See docs/ledger.md.

    python scripts/verify_ledger.py LEDGER [--anchors EVENTS]

LEDGER is what `waymark ledger export` wrote; EVENTS holds events read from the topic compliance.events, one as JSON on
a line. Every problem is one sentence. Exit code: 0 all holds, 1 it does not, 2 the files cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ZERO = "0" * 64
ANCHOR = "waymark.ledger.anchor.v1"
SAID = ("number", "made_at", "cases", "entries", "changed", "root", "previous")
YOUNG = timedelta(minutes=1)


def sha(*parts: bytes) -> bytes:
    """The SHA-256 of these bytes, one after another."""
    return hashlib.sha256(b"".join(parts)).digest()


def merkle_root(leaves: list[dict[str, Any]]) -> str:
    """The root over an anchor's leaves in order of case key, as RFC 6962 builds it."""
    level = [
        sha(b"\0", bytes.fromhex(leaf["case_key"]), leaf["sequence"].to_bytes(8, "big"), bytes.fromhex(leaf["head"]))
        for leaf in sorted(leaves, key=lambda leaf: leaf["case_key"])
    ]
    while len(level) > 1:
        odd = [level.pop()] if len(level) % 2 else []
        level = [sha(b"\1", level[i], level[i + 1]) for i in range(0, len(level), 2)] + odd
    return (level[0] if level else sha()).hex()


def anchor_hash(anchor: dict[str, Any]) -> str:
    """The hash of what an anchor says: its type and fields, one on a line."""
    return sha("\n".join([ANCHOR, *(str(anchor[name]) for name in SAID)]).encode()).hex()


def read(line: str) -> Any:
    """One line as JSON; a name that stands twice is refused: another reader would take the other of its values."""
    return json.loads(line, object_pairs_hook=once)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names each stand there once. Raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


class Ledger:
    """What has been read of an export, line by line, and every problem met."""

    def __init__(self) -> None:
        self.at: datetime | None = None
        self.chains: dict[str, list[str]] = defaultdict(list)  # case key -> hash of each entry
        self.anchors: dict[int, dict[str, Any]] = {}
        self.leaves: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.anchored = 0  # how many entries the anchors hold
        self.problems: list[str] = []

    def take(self, line: dict[str, Any]) -> None:
        """Take one line of the export."""
        if line["kind"] == "ledger":
            self.at = datetime.fromisoformat(line["at"])
        elif line["kind"] == "entry":
            self.take_entry(line)
        elif line["kind"] == "leaf":
            self.leaves[line["anchor"]].append(line)
        elif line["number"] in self.anchors:
            self.problems.append(f"Anchor {line['number']} stands there twice.")
        else:
            self.anchors[line["number"]] = line

    def take_entry(self, line: dict[str, Any]) -> None:
        """Check that an entry follows the one before it in its case, and that its hash is its own."""
        chain, case = self.chains[line["case_key"]], f"Case {line['case_key']}"
        if ("entry" in line) == ("entry_base64" in line):
            raise ValueError("an entry is there as text or in base64")
        entry = line["entry"].encode() if "entry" in line else base64.b64decode(line["entry_base64"])
        if line["sequence"] != len(chain) + 1:
            self.problems.append(f"{case}: entry {line['sequence']} stands where {len(chain) + 1} should.")
        elif line["previous"] != (chain[-1] if chain else ZERO):
            self.problems.append(f"{case}: entry {line['sequence']} does not follow the one before it.")
        elif line["hash"] != sha(bytes.fromhex(line["previous"]), entry).hex():
            self.problems.append(f"{case}: entry {line['sequence']} is not what was written: its hash is another.")
        chain.append(line["hash"])

    def check_anchors(self) -> None:
        """Check each anchor against the one before it, its leaves and the entries."""
        previous, reached, due = ZERO, dict[str, int](), 1
        for number in sorted({*self.anchors, *self.leaves}):
            anchor, leaves = self.anchors.get(number), self.leaves.get(number, [])
            for leaf in leaves:
                self.check_leaf(leaf)
                reached[leaf["case_key"]] = leaf["sequence"]
            if number != due:
                self.problems.append(f"Anchor {due} is missing: {number} stands in its place.")
            due = number + 1
            if anchor is None:
                self.problems.append(f"Anchor {number} is missing: the heads that it was made over are still here.")
                continue
            if anchor["previous"] != previous:
                self.problems.append(f"Anchor {number} does not follow the one before it.")
            if anchor["hash"] != anchor_hash(anchor):
                self.problems.append(f"Anchor {number} is not what was written: its hash is another.")
            if len(leaves) != anchor["changed"] or merkle_root(leaves) != anchor["root"]:
                self.problems.append(f"Anchor {number} was made over other heads than stand with it.")
            if (len(reached), sum(reached.values())) != (anchor["cases"], anchor["entries"]):
                self.problems.append(f"Anchor {number} counts other cases or entries than the heads up to it.")
            previous = anchor["hash"]
        self.anchored = sum(reached.values())

    def check_leaf(self, leaf: dict[str, Any]) -> None:
        """Check that an anchored head is the hash of that entry of the case."""
        chain = self.chains.get(leaf["case_key"], [])
        case, number, length = f"Case {leaf['case_key']}", leaf["anchor"], leaf["sequence"]
        if not chain:
            self.problems.append(f"{case} is missing: anchor {number} holds {length} entries of it.")
        elif not 0 < length <= len(chain):
            self.problems.append(f"{case}: its end was cut off: anchor {number} holds {length}, left are {len(chain)}.")
        elif chain[length - 1] != leaf["head"]:
            self.problems.append(f"{case}: entry {length} is not the one that anchor {number} holds.")

    def check_published(self, published: list[dict[str, Any]]) -> int:
        """Compare with anchors that were published; return how many are younger than this export."""
        young = 0
        for each in published:
            here = self.anchors.get(each["number"])
            if each["hash"] != anchor_hash(each):
                self.problems.append(f"Published anchor {each['number']} is none: its hash is another.")
            elif here is None and self.at and datetime.fromisoformat(each["made_at"]) >= self.at - YOUNG:
                young += 1
            elif here is None:
                self.problems.append(f"Anchor {each['number']} was published and is missing here: it was removed.")
            elif here["hash"] != each["hash"]:
                self.problems.append(f"Anchor {each['number']} is not the one that was published.")
        return young


def say(sentence: str) -> None:
    """Print a sentence."""
    sys.stdout.write(sentence + "\n")


def main() -> int:
    """Read the files, say what was found and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify an exported ledger of Waymark.")
    parser.add_argument("ledger", type=Path, help="what `waymark ledger export` wrote")
    parser.add_argument("--anchors", type=Path, help="events of compliance.events, one as JSON on a line")
    asked = parser.parse_args()
    ledger, young, published = Ledger(), 0, []
    try:
        with asked.ledger.open(encoding="utf-8") as lines:
            for line in lines:
                ledger.take(read(line))
        ledger.check_anchors()
        if asked.anchors:
            with asked.anchors.open(encoding="utf-8") as lines:
                events = [read(line) for line in lines if line.strip()]
            published = [event["data"] for event in events if event["type"] == ANCHOR]
            young = ledger.check_published(published)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as problem:
        say(f"A file cannot be read, or is not in the form that docs/ledger.md describes ({type(problem).__name__}).")
        return 2
    if ledger.at is None:
        ledger.problems.append("The export does not say when it was made: its first line is missing.")
    for sentence in ledger.problems:
        say(sentence)
    entries = sum(map(len, ledger.chains.values()))
    found = f"{entries} entries of {len(ledger.chains)} cases, {len(ledger.anchors)} anchors, as of {ledger.at}"
    say(f"{'The ledger does not hold' if ledger.problems else 'The ledger holds'}: {found}.")
    if entries > ledger.anchored:
        say(f"{entries - ledger.anchored} of them are under no anchor here: only their own chains speak for them.")
    if published:
        say(f"{len(published)} published anchors were compared; {young} are younger than this export.")
        if young > 1:
            say("Ask for a newer export: what those anchors hold could not be compared.")
    else:
        say("Not compared with published anchors: that newest anchors were removed would not be seen.")
    return 1 if ledger.problems else 0


if __name__ == "__main__":
    sys.exit(main())
