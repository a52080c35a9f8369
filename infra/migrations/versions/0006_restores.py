"""The record of restores from a backup, and where the store was last known to live."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restores",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("backup_taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("texts_were_paused", sa.Boolean(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("texts_given_up", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="restores_in_order"),
        sa.CheckConstraint("number > 0", name="restores_count_from_one"),
        comment="Every restore from a backup; while one is open, no text goes.",
    )
    op.create_index(
        "restores_one_is_open",
        "restores",
        [sa.text("(finished_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "store_home",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("only", name="store_home_one_row"),
        sa.CheckConstraint('"only"', name="store_home_only_one_row"),
        comment="The cluster, timeline and database this store was last known in: another one is a restored store.",
    )
