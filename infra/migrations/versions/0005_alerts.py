"""Alerts: who gets an item, by when and when it is shown; who is at work when; what was put in front of whom."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _cards()
    _officers()
    _notices()


def _instant(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _no(name: str, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False, comment=comment)


def _cards() -> None:
    # Adding columns with constant defaults rewrites nothing: seconds on the largest table.
    columns: list[sa.Column[Any]] = [
        _no("advisory"),
        _no("is_short", "limit of up to one Working Day"),
        sa.Column(
            "plan_basis", sa.LargeBinary(), comment="hash of what the plan rests on: addressee, and the safe contact"
        ),
        _instant("planned_at"),
        sa.Column("to_ref", sa.Text(), comment="who gets it, once it is planned: the addressee, or whoever stands in"),
        _instant("act_by"),
        _instant("show_at"),
        _instant("again_at"),
        _no("interrupts"),
        _instant("shown_at"),
        sa.Column(
            "escalated",
            sa.SmallInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="1 to a supervisor, 2 beyond",
        ),
        sa.Column("escalated_to", sa.Text()),
        sa.Column("acknowledged_by", sa.Text()),
        _instant("disputed_at"),
        sa.Column("disputed_by", sa.Text()),
    ]
    for column in columns:
        op.add_column("cards", column)
    for name, by, where in (
        ("cards_to_plan", "raised_at", "closed_at is null and planned_at is null"),
        ("cards_to_show", "show_at", "closed_at is null and planned_at is not null and shown_at is null"),
        ("cards_to_show_again", "again_at", "closed_at is null and again_at is not null"),
        (
            "cards_to_escalate",
            "shown_at",
            "closed_at is null and interrupts and acknowledged_at is null and escalated < 2",
        ),
    ):
        op.create_index(name, "cards", [by], postgresql_where=sa.text(where))
    for name, by, where in (
        ("cards_open_of_person", "to_ref", "closed_at is null"),
        ("cards_escalated_to", "escalated_to", "closed_at is null and escalated_to is not null"),
    ):
        # By hash: a reference may be longer than an entry of a tree.
        op.create_index(name, "cards", [by], postgresql_using="hash", postgresql_where=sa.text(where))


def _officers() -> None:
    op.create_table(
        "officers",
        sa.Column("officer_key", sa.LargeBinary(), nullable=False, comment="hash of the reference"),
        sa.Column("officer_ref", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("team", sa.Text()),
        sa.Column("supervisor_ref", sa.Text()),
        sa.Column("cover_ref", sa.Text()),
        sa.Column("sealed_address", sa.LargeBinary(), comment="e-mail address or webhook, sealed in the vault"),
        _instant("imported_at", nullable=False),
        sa.PrimaryKeyConstraint("officer_key"),
        comment="who is on the roster, as last imported",
    )
    op.create_table(
        "officer_shifts",
        sa.Column("officer_key", sa.LargeBinary(), nullable=False),
        _instant("starts_at", nullable=False),
        _instant("ends_at", nullable=False),
        sa.PrimaryKeyConstraint("officer_key", "starts_at", name="one_shift_of_an_officer_at_a_moment"),
        sa.CheckConstraint("ends_at > starts_at", name="a_shift_ends_after_it_starts"),
        comment="when officers are at work; days without a shift are rest days or leave",
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("to_ref", sa.Text(), nullable=False),
        _instant("made_at", nullable=False),
        sa.Column("cards", postgresql.JSONB(), nullable=False, comment="keys of the items shown, in hex"),
        sa.Column(
            "about",
            postgresql.JSONB(),
            nullable=False,
            comment="case and moment to act by; nothing else is ever delivered",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _instant("retry_at"),
        sa.Column("history", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.PrimaryKeyConstraint("notice_id"),
        sa.CheckConstraint("kind in ('list', 'interruption', 'escalation', 'last_resort')", name="kinds_of_notice"),
        sa.CheckConstraint(
            "state in ('stored', 'delivering', 'delivered', 'failed', 'no_address')", name="states_of_a_notice"
        ),
        comment="what was put in front of a person: one row a person and moment, and what became of its delivery",
    )
    op.create_index(
        "notices_to_deliver",
        "notices",
        ["retry_at"],
        postgresql_where=sa.text("state in ('stored', 'delivering')"),
    )
    op.create_index("notices_by_moment", "notices", ["made_at"])
