"""What each case contributes to figures, and which cases are to be counted anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Empty: cases assessed before are found by having no row, and counted when the clock process is idle.
    op.create_table(
        "figures",
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_key", name="figures_one_per_case"),
        comment="What each case contributes to figures, as of its assessment; version 0: it could not be counted.",
    )
    op.create_index("figures_by_period", "figures", ["first_on", "last_on"])
    op.create_table(
        "figure_wakes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="figure_wakes_in_order"),
        comment="Cases assessed since they were last counted. Rows are appended and deleted, never updated.",
    )
    op.create_index("figure_wakes_of_a_case", "figure_wakes", ["case_key"])
