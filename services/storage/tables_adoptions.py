"""The table of adoptions: which rule set was put in force when, by whom, and what was foreseen to change by it.

It shares the metadata of ``services.storage.tables`` and is append-only.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, LargeBinary, PrimaryKeyConstraint, Table, Text

from services.storage.tables import metadata

rule_set_adoptions = Table(
    "rule_set_adoptions",
    metadata,
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("hash", Text, nullable=False),
    Column("previous", Text),
    Column("adopted_at", DateTime(timezone=True), nullable=False),
    Column("adopted_by", Text, nullable=False),
    Column("parts", LargeBinary, nullable=False),
    Column("summary", LargeBinary),
    PrimaryKeyConstraint("number", name="rule_set_adoptions_in_order"),
    comment="Every adoption of a rule set. summary: what was foreseen to change; null where nobody looked.",
)
