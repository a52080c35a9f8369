"""What is needed to watch it: since when work waits, the trace it belongs to, when each feed last spoke, small indexes.

The indexes are partial and hold what is unsettled only, so that counting it never reads a table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # now() is one value for the whole statement, so PostgreSQL notes it once and rewrites no row.
    op.add_column(
        "wakes", sa.Column("woken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.add_column("wakes", sa.Column("trace", sa.Text(), nullable=True))
    op.add_column(
        "outbox", sa.Column("put_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.add_column("outbox", sa.Column("trace", sa.Text(), nullable=True))
    op.create_table(
        "feeds",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="feeds_one_a_name"),
        comment="When an event of each feed was last received, to a few seconds; a feed is the first word of a type.",
    )
    op.create_index("outbox_parked", "outbox", ["id"], postgresql_where=sa.text("problem IS NOT NULL"))
    op.create_index("dead_letters_open", "dead_letters", ["id"], postgresql_where=sa.text("state = 'open'"))
    op.create_index(
        "text_requests_unsettled",
        "text_requests",
        ["state"],
        postgresql_where=sa.text("state in ('requested', 'held', 'sending', 'sent', 'unknown')"),
    )
    op.create_index(
        "cards_urgent_not_acknowledged",
        "cards",
        ["raised_at"],
        postgresql_where=sa.text("urgent and acknowledged_at is null and closed_at is null"),
    )
