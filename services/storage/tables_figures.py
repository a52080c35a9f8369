"""The tables of figures: what each case contributes, and which cases are to be counted anew.

They share the metadata of ``services.storage.tables``. Both can be made again from the facts (``rebuild``).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
)

from services.storage.tables import metadata

figures = Table(
    "figures",
    metadata,
    Column("case_key", LargeBinary, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("first_on", Date),
    Column("last_on", Date),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("case_key", name="figures_one_per_case"),
    Index("figures_by_period", "first_on", "last_on"),
    comment="What each case contributes to figures, as of its assessment; version 0: it could not be counted.",
)

figure_wakes = Table(
    "figure_wakes",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", name="figure_wakes_in_order"),
    Index("figure_wakes_of_a_case", "case_key"),
    comment="Cases assessed since they were last counted. Rows are appended and deleted, never updated.",
)
