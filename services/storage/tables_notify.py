"""The tables of what is told to people: the vault, contact points, texts, the switch that stops them, and cards.

They share the metadata of ``services.storage.tables``, so one migration makes both. Whatever an event brought in its
data (a victim's id, an officer's reference) may hold NUL or half a surrogate pair, which PostgreSQL's text refuses:
such columns are ``EscapedText``, and rows are found by a hash of fixed length.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.storage.escaped import EscapedText
from services.storage.tables import metadata

ONE_TEXT_PER_FACT_VICTIM_PURPOSE = "one_text_per_fact_victim_and_purpose"
ONE_LIVE_KEY_PER_VICTIM = "one_live_key_per_victim"
ONE_SWITCH = "one_switch_for_all_texts"

TEXTS_CHANNEL = "waymark_texts"
"""NOTIFY here says: there is a text to decide about."""


def _instant(name: str, *, nullable: bool = True) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


vault_keys = Table(
    "vault_keys",
    metadata,
    Column("victim_key", LargeBinary, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("wrapped", LargeBinary, comment="the victim's data key under the master key; null once erased"),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    _instant("erased_at"),
    CheckConstraint("(wrapped is null) = (erased_at is not null)", name="a_key_is_kept_or_erased"),
    Index(ONE_LIVE_KEY_PER_VICTIM, "victim_key", unique=True, postgresql_where=text("wrapped is not null")),
    comment="one data key a victim; what was sealed under an erased one can never be read again",
)

contact_points = Table(
    "contact_points",
    metadata,
    Column("victim_key", LargeBinary, primary_key=True),
    Column("ref_key", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="reference, value, whose it is, cover, sender's name"),
    Column("value_index", LargeBinary, nullable=False, comment="keyed hash of the value, to see that two are equal"),
    Column("can_text", Boolean, nullable=False),
    _instant("confirmed_at"),
    _instant("changed_at", nullable=False),
    Column("quarantine", Text, comment="changed or shared; null: not in quarantine"),
    _instant("quarantined_at"),
    _instant("stopped_at"),
    CheckConstraint("quarantine in ('changed', 'shared')", name="why_a_number_is_in_quarantine"),
    CheckConstraint("(quarantine is null) = (quarantined_at is null)", name="a_quarantine_has_a_moment"),
    Index("contact_points_by_value", "value_index"),
    comment="telephone numbers and addresses of victims, sealed with each victim's key",
)

text_requests = Table(
    "text_requests",
    metadata,
    Column("text_id", Uuid(as_uuid=True), primary_key=True),
    Column("case_key", LargeBinary, nullable=False),
    Column("case_id", EscapedText, nullable=False),
    Column("victim_key", LargeBinary, nullable=False),
    Column("victim_id", EscapedText, nullable=False),
    Column("fact_key", LargeBinary, nullable=False, comment="hash of the event's source and id"),
    Column("event_id", EscapedText, nullable=False),
    Column("event_source", EscapedText, nullable=False),
    Column("event_type", EscapedText, nullable=False),
    Column("purpose", Text, nullable=False),
    _instant("occurred_at", nullable=False),
    _instant("known_at", nullable=False),
    Column("state", Text, nullable=False),
    Column("rule", Text),
    Column("template", Text),
    _instant("requested_at", nullable=False),
    _instant("wake_at"),
    _instant("valid_until"),
    Column("attempt_id", Uuid(as_uuid=True)),
    _instant("lease_until"),
    Column("to_ref", EscapedText),
    Column("provider_id", Text),
    Column("sealed_body", LargeBinary),
    Column("body_index", LargeBinary, comment="keyed hash of the words, to see that they are not sent twice"),
    Column("states_the_event", Boolean, nullable=False, server_default=text("false")),
    _instant("sent_at"),
    Column("history", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    UniqueConstraint("fact_key", "victim_key", "purpose", name=ONE_TEXT_PER_FACT_VICTIM_PURPOSE),
    Index("text_requests_to_wake", "wake_at", postgresql_where=text("state in ('requested', 'held')")),
    Index("text_requests_in_flight", "lease_until", postgresql_where=text("state = 'sending'")),
    Index(
        "text_requests_unsettled",
        "state",
        postgresql_where=text("state in ('requested', 'held', 'sending', 'sent', 'unknown')"),
    ),
    Index("text_requests_by_case", "case_key"),
    Index("text_requests_by_moment", "requested_at", "text_id"),
    Index("text_requests_by_victim", "victim_key"),
    comment="one row for each fact, victim and purpose that a text could be about, and its fate",
)

text_switch = Table(
    "text_switch",
    metadata,
    Column("only", Boolean, primary_key=True, server_default=text("true")),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    _instant("changed_at", nullable=False),
    _instant("first_seen_at", nullable=False),
    CheckConstraint('"only"', name=ONE_SWITCH),
    comment="one row: whether all texts are paused, and since when this store knows of texts at all",
)

recorded_outbox = Table(
    "recorded_outbox",
    metadata,
    Column("attempt_id", Uuid(as_uuid=True), primary_key=True),
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    Column("to_ref", EscapedText, nullable=False),
    Column("segments", Integer, nullable=False),
    _instant("valid_until"),
    _instant("recorded_at", nullable=False),
    comment="what the local channel was asked to send; it never reaches a network",
)

cards = Table(
    "cards",
    metadata,
    Column("card_key", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("case_id", EscapedText, nullable=False),
    Column("victim_id", EscapedText),
    Column("rule", Text),
    Column("event_id", EscapedText),
    Column("about", EscapedText, nullable=False, comment="the thing whose end closes the card"),
    Column("duty_of", EscapedText, nullable=False, comment="police, or whose worklist: WCU, CPS, court, probation"),
    Column("for_officer", EscapedText, comment="the person it is for, where that does not follow from the case"),
    Column("addressee", EscapedText, nullable=False, comment="an officer's reference, or the name of a worklist"),
    Column("team", EscapedText),
    _instant("due_at"),
    Column("say", EscapedText, nullable=False),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    Column("never_interrupts", Boolean, nullable=False, server_default=text("false")),
    Column("is_short", Boolean, nullable=False, server_default=text("false"), comment="limit of up to one Working Day"),
    _instant("raised_at", nullable=False),
    Column("plan_basis", LargeBinary, comment="hash of what the plan rests on: addressee, and the safe contact"),
    _instant("planned_at"),
    Column("to_ref", EscapedText, comment="who gets it, once it is planned: the addressee, or whoever stands in"),
    _instant("act_by"),
    _instant("show_at"),
    _instant("again_at"),
    Column("interrupts", Boolean, nullable=False, server_default=text("false")),
    _instant("shown_at"),
    Column("escalated", SmallInteger, nullable=False, server_default=text("0"), comment="1 to a supervisor, 2 beyond"),
    Column("escalated_to", EscapedText),
    _instant("goes_on_at"),
    _instant("acknowledged_at"),
    Column("acknowledged_by", EscapedText),
    _instant("disputed_at"),
    Column("disputed_by", EscapedText),
    _instant("closed_at"),
    Column("closed_because", Text),
    Index("cards_open", "case_key", postgresql_where=text("closed_at is null")),
    Index("cards_open_by_due", "due_at", "raised_at", postgresql_where=text("closed_at is null")),
    Index("cards_to_plan", "raised_at", postgresql_where=text("closed_at is null and planned_at is null")),
    Index(
        "cards_to_show",
        "show_at",
        postgresql_where=text("closed_at is null and planned_at is not null and shown_at is null"),
    ),
    Index("cards_to_show_again", "again_at", postgresql_where=text("closed_at is null and again_at is not null")),
    Index(
        "cards_to_escalate",
        "goes_on_at",
        postgresql_where=text("closed_at is null and interrupts and acknowledged_at is null and escalated < 2"),
    ),
    Index("cards_open_of_person", "to_ref", postgresql_using="hash", postgresql_where=text("closed_at is null")),
    Index(
        "cards_escalated_to",
        "escalated_to",
        postgresql_using="hash",
        postgresql_where=text("closed_at is null and escalated_to is not null"),
    ),
    Index(
        "cards_urgent_not_acknowledged",
        "raised_at",
        postgresql_where=text("urgent and acknowledged_at is null and closed_at is null"),
    ),
    comment="what a person should do or see next, raised from an assessment or from a text that was not sent",
)
