"""The tables of restores: which backups this store was restored from, and where it has lived since it was last looked.

They share the metadata of ``services.storage.tables``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from services.storage.tables import metadata

restores = Table(
    "restores",
    metadata,
    Column("number", BigInteger, nullable=False, autoincrement=False),
    Column("backup_taken_at", DateTime(timezone=True), nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("begun_by", Text, nullable=False),
    Column("texts_were_paused", Boolean, nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("texts_given_up", Integer),
    PrimaryKeyConstraint("number", name="restores_in_order"),
    CheckConstraint("number > 0", name="restores_count_from_one"),
    Index(
        "restores_one_is_open", text("(finished_at IS NULL)"), unique=True, postgresql_where=text("finished_at IS NULL")
    ),
    comment="Every restore from a backup; while one is open, no text goes.",
)

store_home = Table(
    "store_home",
    metadata,
    Column("only", Boolean, nullable=False, server_default=text("true")),
    Column("home", Text, nullable=False),
    PrimaryKeyConstraint("only", name="store_home_one_row"),
    CheckConstraint('"only"', name="store_home_only_one_row"),
    comment="The cluster, timeline and database this store was last known in: another one is a restored store.",
)
