"""Anchors of the ledger, with the leaves their roots are made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "anchors",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="anchors_one_a_number"),
        sa.CheckConstraint("number > 0", name="anchors_count_from_one"),
        comment="The Merkle root over the chains that grew since the anchor before, and how much there is in all.",
    )
    op.create_table(
        "anchor_leaves",
        sa.Column("anchor", sa.BigInteger(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("anchor", "case_key", name="anchor_leaves_one_per_anchor_and_case"),
        sa.UniqueConstraint("case_key", "sequence", name="anchor_leaves_each_head_once"),
        comment="What an anchor's root was made of: the head of each chain that had grown.",
    )
