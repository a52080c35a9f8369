"""The first schema: facts, what is announced of them, and the work between.

waymark_now() is the moment that everything is judged by: the database's clock, plus the offset of a simulated one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_tables()
    op.execute("INSERT INTO clock DEFAULT VALUES")
    op.execute(
        """
        CREATE FUNCTION waymark_now() RETURNS timestamptz
        LANGUAGE sql VOLATILE PARALLEL SAFE
        RETURN clock_timestamp() + coalesce((SELECT ahead FROM clock), interval '0')
        """
    )
    # Queues turn over many times their size: vacuum by count, or their first pages fill with what is gone.
    for queue in ("wakes", "outbox"):
        op.execute(
            f"ALTER TABLE {queue} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, "
            "autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000)"
        )
    # Notes and payloads are read whole and rarely; leave room on a page for the row that moves at every assessment.
    op.execute("ALTER TABLE cases SET (fillfactor = 70)")
    op.execute("ALTER TABLE case_views SET (fillfactor = 70)")


def _create_tables() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_ref", sa.Text(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="access_log_in_order"),
        comment="Every look at a case: who, when, which.",
    )
    op.create_index("access_log_of_a_case", "access_log", ["case_key", "looked_at"], unique=False)
    op.create_table(
        "cards",
        sa.Column("card_key", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("victim_id", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False, comment="the thing whose end closes the card"),
        sa.Column(
            "duty_of", sa.Text(), nullable=False, comment="police, or whose worklist: WCU, CPS, court, probation"
        ),
        sa.Column(
            "for_officer",
            sa.Text(),
            nullable=True,
            comment="the person it is for, where that does not follow from the case",
        ),
        sa.Column("addressee", sa.Text(), nullable=False, comment="an officer's reference, or the name of a worklist"),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("say", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("card_key"),
        comment="what a person should do or see next, raised from an assessment or from a text that was not sent",
    )
    op.create_index("cards_open", "cards", ["case_key"], unique=False, postgresql_where=sa.text("closed_at is null"))
    op.create_index(
        "cards_open_by_due",
        "cards",
        ["due_at", "raised_at"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "case_victims",
        sa.Column("victim_key", sa.LargeBinary(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("victim_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("victim_key", "case_key", name="case_victims_once"),
        comment="Which cases a person is named in: the gate for texts looks at the person, not the case.",
    )
    op.create_index("case_victims_of_a_case", "case_victims", ["case_key"], unique=False)
    op.create_table(
        "case_views",
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_key", name="case_views_one_per_case"),
        comment="The rest of the assessment (contacts, awaited, notes, next_change_at) as JSON, for the pages.",
    )
    op.create_table(
        "cases",
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ruleset", sa.Text(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("told", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ledger_head", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_cause", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("(problem IS NULL) = (retry_at IS NULL)", name="cases_set_aside_has_a_problem_and_a_time"),
        sa.PrimaryKeyConstraint("case_key", name="cases_one_per_case"),
        comment="One row a case, locked while assessed; due_at is the whole timer system; told counts announcements.",
    )
    op.create_index("cases_due", "cases", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "cases_set_aside", "cases", ["retry_at"], unique=False, postgresql_where=sa.text("retry_at IS NOT NULL")
    )
    op.create_table(
        "clock",
        sa.Column("single", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("ahead", sa.Interval(), server_default=sa.text("'0'"), nullable=False),
        sa.Column("simulated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("simulated OR ahead = interval '0'", name="clock_real_one_is_never_moved"),
        sa.CheckConstraint("single", name="clock_only_one_row"),
        sa.PrimaryKeyConstraint("single", name="clock_one_row"),
        comment="How far the simulated clock is from the database's; waymark_now() adds it.",
    )
    op.create_table(
        "contact_points",
        sa.Column("victim_key", sa.LargeBinary(), nullable=False),
        sa.Column("ref_key", sa.LargeBinary(), nullable=False),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="reference, value, whose it is, cover, sender's name"
        ),
        sa.Column(
            "value_index",
            sa.LargeBinary(),
            nullable=False,
            comment="keyed hash of the value, to see that two are equal",
        ),
        sa.Column("can_text", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quarantine", sa.Text(), nullable=True, comment="changed or shared; null: not in quarantine"),
        sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quarantine in ('changed', 'shared')", name="why_a_number_is_in_quarantine"),
        sa.CheckConstraint("(quarantine is null) = (quarantined_at is null)", name="a_quarantine_has_a_moment"),
        sa.PrimaryKeyConstraint("victim_key", "ref_key"),
        comment="telephone numbers and addresses of victims, sealed with each victim's key",
    )
    op.create_index("contact_points_by_value", "contact_points", ["value_index"], unique=False)
    op.create_table(
        "dead_letters",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("case_key", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_problem", sa.Text(), nullable=True),
        sa.CheckConstraint("(sealed IS NULL) = (state = 'erased')", name="dead_letters_keep_their_record_until_erased"),
        sa.CheckConstraint("state IN ('open', 'retried', 'erased')", name="dead_letters_state_is_known"),
        sa.PrimaryKeyConstraint("key", name="dead_letters_one_per_record"),
        comment="Refused records and why. sealed: key, value and headers, encrypted; digest: of the value.",
    )
    op.create_index("dead_letters_at_position", "dead_letters", ["topic", "partition", "offset"], unique=False)
    op.create_index("dead_letters_by_number", "dead_letters", ["id"], unique=True)
    op.create_index(
        "dead_letters_to_erase",
        "dead_letters",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )
    op.create_index(
        "dead_letters_to_publish",
        "dead_letters",
        ["id"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL AND publish_problem IS NULL"),
    )
    op.create_table(
        "facts",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reading", sa.LargeBinary(), nullable=True),
        sa.Column("position", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="facts_one_per_source_and_id"),
        comment="Every accepted event, once. payload: normalised data as JSON, without the note.",
    )
    op.create_index("facts_of_a_case", "facts", ["case_key"], unique=False)
    op.create_table(
        "flags",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("victim_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('raised', 'ended')", name="flags_state_is_known"),
        sa.PrimaryKeyConstraint("id", name="flags_one_per_kind_victim_event_and_start"),
        comment="What was last announced of each flag.",
    )
    op.create_index("flags_of_a_case", "flags", ["case_key"], unique=False)
    op.create_index("flags_raised", "flags", ["kind"], unique=False, postgresql_where=sa.text("state = 'raised'"))
    op.create_table(
        "ledger",
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("sequence > 0", name="ledger_counts_from_one"),
        sa.PrimaryKeyConstraint("case_key", "sequence", name="ledger_one_entry_per_step"),
        comment="Everything announced, chained by hash within its case. Append-only.",
    )
    op.create_table(
        "news",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("victim_id", sa.Text(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="news_one_per_fact_victim_and_purpose"),
        comment="What each victim has not been told, as last announced.",
    )
    op.create_index("news_of_a_case", "news", ["case_key"], unique=False)
    op.create_table(
        "notes",
        sa.Column("fact_key", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("victim_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fact_key", name="notes_one_per_fact"),
        comment="The words of a contact's log, encrypted with the victim's own key.",
    )
    op.create_table(
        "obligations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("victim_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("advisory", sa.Boolean(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'warned', 'satisfied', 'satisfied_late', 'breached', 'waived')",
            name="obligations_state_is_known",
        ),
        sa.PrimaryKeyConstraint("id", name="obligations_one_per_rule_victim_and_trigger"),
        comment="What was last announced of each obligation; body is the announced snapshot as JSON.",
    )
    op.create_index("obligations_of_a_case", "obligations", ["case_key"], unique=False)
    op.create_index(
        "obligations_open",
        "obligations",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'warned', 'breached')"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("shard BETWEEN 0 AND 15", name="outbox_shard_exists"),
        sa.PrimaryKeyConstraint("id", name="outbox_in_order"),
        comment="Messages to publish, deleted once the broker has them; problem: one that it refuses for good.",
    )
    op.create_index(
        "outbox_to_send", "outbox", ["shard", "id"], unique=False, postgresql_where=sa.text("problem IS NULL")
    )
    op.create_table(
        "record_problems",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "what IN ('same_identity_other_content', 'same_identity_two_cases')", name="record_problems_kind_is_known"
        ),
        sa.PrimaryKeyConstraint("key", name="record_problems_each_once"),
        comment="What is wrong with a case's record and was refused, shown on the case.",
    )
    op.create_index("record_problems_of_a_case", "record_problems", ["case_key"], unique=False)
    op.create_table(
        "recorded_outbox",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("to_ref", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id"),
        comment="what the local channel was asked to send; it never reaches a network",
    )
    op.create_table(
        "rule_sets",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="rule_sets_one_per_hash"),
        comment="The rule sets that were in force; a process that carries another one refuses to write.",
    )
    op.create_index(
        "rule_sets_one_is_current", "rule_sets", ["current"], unique=True, postgresql_where=sa.text("current")
    )
    op.create_table(
        "text_requests",
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("victim_key", sa.LargeBinary(), nullable=False),
        sa.Column("victim_id", sa.Text(), nullable=False),
        sa.Column("fact_key", sa.LargeBinary(), nullable=False, comment="hash of the event's source and id"),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_source", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_ref", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=True),
        sa.Column(
            "body_index",
            sa.LargeBinary(),
            nullable=True,
            comment="keyed hash of the words, to see that they are not sent twice",
        ),
        sa.Column("states_the_event", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "history", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("text_id"),
        sa.UniqueConstraint("fact_key", "victim_key", "purpose", name="one_text_per_fact_victim_and_purpose"),
        comment="one row for each fact, victim and purpose that a text could be about, and its fate",
    )
    op.create_index("text_requests_by_case", "text_requests", ["case_key"], unique=False)
    op.create_index("text_requests_by_moment", "text_requests", ["requested_at", "text_id"], unique=False)
    op.create_index("text_requests_by_victim", "text_requests", ["victim_key"], unique=False)
    op.create_index(
        "text_requests_in_flight",
        "text_requests",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "text_requests_to_wake",
        "text_requests",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("state in ('requested', 'held')"),
    )
    op.create_table(
        "text_switch",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('"only"', name="one_switch_for_all_texts"),
        sa.PrimaryKeyConstraint("only"),
        comment="one row: whether all texts are paused, and since when this store knows of texts at all",
    )
    op.create_table(
        "vault_keys",
        sa.Column("victim_key", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column(
            "wrapped",
            sa.LargeBinary(),
            nullable=True,
            comment="the victim's data key under the master key; null once erased",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(wrapped is null) = (erased_at is not null)", name="a_key_is_kept_or_erased"),
        sa.PrimaryKeyConstraint("victim_key", "generation"),
        comment="one data key a victim; what was sealed under an erased one can never be read again",
    )
    op.create_index(
        "one_live_key_per_victim",
        "vault_keys",
        ["victim_key"],
        unique=True,
        postgresql_where=sa.text("wrapped is not null"),
    )
    op.create_table(
        "wakes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_key", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="wakes_in_order"),
        comment="Cases to assess anew. Rows are appended and deleted, never updated: that kept ingest fast.",
    )
    op.create_index("wakes_of_a_case", "wakes", ["case_key"], unique=False)
