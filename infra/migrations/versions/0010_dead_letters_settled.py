"""When a dead letter was dealt with, and by what: its event came after all, or a person closed it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_RECORD = "dead_letters_keep_their_record_until_erased"
_STATE = "dead_letters_state_is_known"
_UNSETTLED = "state IN ('open', 'erased')"


def upgrade() -> None:
    op.add_column("dead_letters", sa.Column("fact_key", sa.LargeBinary(), nullable=True))
    op.add_column("dead_letters", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("dead_letters", sa.Column("settled_by", sa.Text(), nullable=True))
    for name in (_RECORD, _STATE):
        op.drop_constraint(name, "dead_letters", type_="check")
    # What was retried stays so when its record is erased: somebody has dealt with it.
    op.execute("UPDATE dead_letters SET state = 'retried' WHERE state = 'erased' AND retried_at IS NOT NULL")
    op.create_check_constraint(_STATE, "dead_letters", "state IN ('open', 'retried', 'settled', 'erased')")
    op.create_check_constraint(
        _RECORD,
        "dead_letters",
        "state IN ('retried', 'settled') OR (sealed IS NULL) = (state = 'erased')",
    )
    op.drop_index("dead_letters_open", table_name="dead_letters")
    op.create_index("dead_letters_unsettled", "dead_letters", ["id"], postgresql_where=sa.text(_UNSETTLED))
    op.create_index("dead_letters_of_an_event", "dead_letters", ["fact_key"], postgresql_where=sa.text(_UNSETTLED))
    op.create_index("dead_letters_of_a_case", "dead_letters", ["case_key"], postgresql_where=sa.text(_UNSETTLED))
