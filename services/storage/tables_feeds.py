"""The table of feeds: when each was last heard; it shares the metadata of ``services.storage.tables``."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, PrimaryKeyConstraint, Table, Text

from services.storage.tables import metadata

feeds = Table(
    "feeds",
    metadata,
    Column("name", Text, nullable=False),
    Column("last_received_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("name", name="feeds_one_a_name"),
    comment="When an event of each feed was last received, to a few seconds; a feed is the first word of a type.",
)
