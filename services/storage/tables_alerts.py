"""The tables of alerts: who is at work when, and what was put in front of whom.

They share the metadata of ``services.storage.tables``. Officers' addresses are sealed in the vault; references may hold
what PostgreSQL's text refuses, so they are ``EscapedText`` and rows are found by a hash of fixed length.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.storage.escaped import EscapedText
from services.storage.tables import metadata


def _instant(name: str, *, nullable: bool = True) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


officers = Table(
    "officers",
    metadata,
    Column("officer_key", LargeBinary, primary_key=True, comment="hash of the reference"),
    Column("officer_ref", EscapedText, nullable=False),
    Column("role", Text, nullable=False),
    Column("team", EscapedText),
    Column("supervisor_ref", EscapedText),
    Column("cover_ref", EscapedText),
    Column("sealed_address", LargeBinary, comment="e-mail address or webhook, sealed in the vault"),
    _instant("imported_at", nullable=False),
    comment="who is on the roster, as last imported",
)

officer_shifts = Table(
    "officer_shifts",
    metadata,
    Column("officer_key", LargeBinary, nullable=False),
    _instant("starts_at", nullable=False),
    _instant("ends_at", nullable=False),
    PrimaryKeyConstraint("officer_key", "starts_at", name="one_shift_of_an_officer_at_a_moment"),
    CheckConstraint("ends_at > starts_at", name="a_shift_ends_after_it_starts"),
    comment="when officers are at work; days without a shift are rest days or leave",
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", Uuid(as_uuid=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("to_ref", EscapedText, nullable=False),
    _instant("made_at", nullable=False),
    Column("cards", JSONB, nullable=False, comment="keys of the items shown, in hex"),
    Column("about", JSONB, nullable=False, comment="case and moment to act by; nothing else is ever delivered"),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _instant("retry_at"),
    Column("history", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    CheckConstraint("kind in ('list', 'interruption', 'escalation', 'last_resort')", name="kinds_of_notice"),
    CheckConstraint(
        "state in ('stored', 'delivering', 'delivered', 'failed', 'no_address')", name="states_of_a_notice"
    ),
    Index("notices_to_deliver", "retry_at", postgresql_where=text("state in ('stored', 'delivering')")),
    Index("notices_by_moment", "made_at"),
    comment="what was put in front of a person: one row a person and moment, and what became of its delivery",
)
