"""The tables of the ledger's anchors: what all chains stood at, minute by minute, each anchor chained to the last.

They share the metadata of ``services.storage.tables``. Leaves are kept, so that an anchor can be checked years later;
they name cases by key alone. Both tables are append-only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from services.storage.tables import metadata

anchors = Table(
    "anchors",
    metadata,
    Column("number", BigInteger, nullable=False, autoincrement=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("cases", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("number", name="anchors_one_a_number"),
    CheckConstraint("number > 0", name="anchors_count_from_one"),
    comment="The Merkle root over the chains that grew since the anchor before, and how much there is in all.",
)

anchor_leaves = Table(
    "anchor_leaves",
    metadata,
    Column("anchor", BigInteger, nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    PrimaryKeyConstraint("anchor", "case_key", name="anchor_leaves_one_per_anchor_and_case"),
    UniqueConstraint("case_key", "sequence", name="anchor_leaves_each_head_once"),
    comment="What an anchor's root was made of: the head of each chain that had grown.",
)
