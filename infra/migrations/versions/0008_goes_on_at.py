"""When an interruption that nobody acknowledges goes on: told by its last step, not by when it was first shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("goes_on_at", sa.DateTime(timezone=True), nullable=True))
    # What interrupts now and waits for an answer goes on when it would have.
    op.execute(
        "UPDATE cards SET goes_on_at = shown_at + interval '15 minutes' * (escalated + 1) "
        "WHERE closed_at IS NULL AND interrupts AND shown_at IS NOT NULL"
    )
    op.drop_index("cards_to_escalate", table_name="cards")
    op.create_index(
        "cards_to_escalate",
        "cards",
        ["goes_on_at"],
        postgresql_where=sa.text("closed_at is null and interrupts and acknowledged_at is null and escalated < 2"),
    )
