"""Name a card's column by what it says: advisory duties never interrupt, and nor do tasks that may wait."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("cards", "advisory", new_column_name="never_interrupts")
