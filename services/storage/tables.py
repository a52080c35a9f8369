"""What is stored: the one place that names the tables of the path of an event.

``facts`` is the truth; ``ledger`` is what was announced; everything else can be derived from the facts (``rebuild``)
or is work still to do (``wakes``, ``outbox``, ``dead_letters``). Constraints and indexes are named after their rule.
A case is addressed by ``case_key``, the SHA-256 of its ``case_id``: an id may be too long for an index entry. All
instants are ``timestamptz``; JSON is kept as ``bytea`` because PostgreSQL's text types refuse NUL.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)

from services.storage.escaped import EscapedText

metadata = MetaData()

SHARDS = 16
"""Into how many parts the outbox is divided; each is relayed by one relay at a time, in order."""

WAKE_CHANNEL = "waymark_wakes"
"""NOTIFY here says: a case has something new, or the clock has moved."""

OUTBOX_CHANNEL = "waymark_outbox"
"""NOTIFY here says: there is something to publish."""


def case_key(case_id: str) -> bytes:
    """Return the key (32 bytes) that stands for this case in every table."""
    return sha256(case_id.encode(errors="surrogatepass")).digest()


def fact_key(source: str, event_id: str) -> bytes:
    """Return the identity (32 bytes) of an event: its source and id, neither of which may hold NUL."""
    return sha256(f"{source}\0{event_id}".encode()).digest()


def victim_key(victim_id: str) -> bytes:
    """Return the key (32 bytes) that stands for this person where an index is needed: the reference has no limit."""
    return sha256(victim_id.encode(errors="surrogatepass")).digest()


def shard_of(case: bytes) -> int:
    """Return the shard of the outbox (0 to 15) that keeps this case's messages in order."""
    return case[0] % SHARDS


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _begun(name: str) -> Column[object]:
    """Return a column that holds when its row's transaction began, by the database's own clock and no simulated one."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=text("now()"))


facts = Table(
    "facts",
    metadata,
    Column("key", LargeBinary, nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    _instant("occurred_at"),
    _instant("known_at"),
    _instant("received_at"),
    Column("content", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reading", LargeBinary),
    Column("position", Text, nullable=False),
    PrimaryKeyConstraint("key", name="facts_one_per_source_and_id"),
    Index("facts_of_a_case", "case_key"),
    comment="Every accepted event, once. payload: normalised data as JSON, without the note.",
)

notes = Table(
    "notes",
    metadata,
    Column("fact_key", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("victim_id", EscapedText, nullable=False),
    PrimaryKeyConstraint("fact_key", name="notes_one_per_fact"),
    comment="The words of a contact's log, encrypted with the victim's own key.",
)

wakes = Table(
    "wakes",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("cause", Text, nullable=False),
    _begun("woken_at"),
    Column("trace", Text),
    PrimaryKeyConstraint("id", name="wakes_in_order"),
    Index("wakes_of_a_case", "case_key"),
    comment="Cases to assess anew. Rows are appended and deleted, never updated: that kept ingest fast.",
)

cases = Table(
    "cases",
    metadata,
    Column("case_key", LargeBinary, nullable=False),
    Column("case_id", Text, nullable=False),
    _instant("assessed_at", nullable=True),
    _instant("due_at", nullable=True),
    Column("ruleset", Text),
    Column("sequence", BigInteger, nullable=False, server_default=text("0")),
    Column("told", BigInteger, nullable=False, server_default=text("0")),
    Column("ledger_head", LargeBinary),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _instant("retry_at", nullable=True),
    Column("retry_cause", Text),
    Column("problem", Text),
    PrimaryKeyConstraint("case_key", name="cases_one_per_case"),
    CheckConstraint("(problem IS NULL) = (retry_at IS NULL)", name="cases_set_aside_has_a_problem_and_a_time"),
    Index("cases_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("cases_set_aside", "retry_at", postgresql_where=text("retry_at IS NOT NULL")),
    comment="One row a case, locked while assessed; due_at is the whole timer system; told counts announcements.",
)

case_victims = Table(
    "case_victims",
    metadata,
    Column("victim_key", LargeBinary, nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("victim_id", EscapedText, nullable=False),
    PrimaryKeyConstraint("victim_key", "case_key", name="case_victims_once"),
    Index("case_victims_of_a_case", "case_key"),
    comment="Which cases a person is named in: the gate for texts looks at the person, not the case.",
)

obligations = Table(
    "obligations",
    metadata,
    Column("id", Text, nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("rule", Text, nullable=False),
    Column("owner", EscapedText, nullable=False),
    Column("victim_id", EscapedText, nullable=False),
    Column("state", Text, nullable=False),
    _instant("due_at", nullable=True),
    _instant("warn_at", nullable=True),
    Column("advisory", Boolean, nullable=False),
    Column("quiet", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", name="obligations_one_per_rule_victim_and_trigger"),
    CheckConstraint(
        "state IN ('pending', 'warned', 'satisfied', 'satisfied_late', 'breached', 'waived')",
        name="obligations_state_is_known",
    ),
    Index("obligations_of_a_case", "case_key"),
    Index("obligations_open", "due_at", postgresql_where=text("state IN ('pending', 'warned', 'breached')")),
    comment="What was last announced of each obligation; body is the announced snapshot as JSON.",
)

flags = Table(
    "flags",
    metadata,
    Column("id", Text, nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("victim_id", EscapedText, nullable=False),
    Column("state", Text, nullable=False),
    _instant("since"),
    _instant("until", nullable=True),
    Column("quiet", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", name="flags_one_per_kind_victim_event_and_start"),
    CheckConstraint("state IN ('raised', 'ended')", name="flags_state_is_known"),
    Index("flags_of_a_case", "case_key"),
    Index("flags_raised", "kind", postgresql_where=text("state = 'raised'")),
    comment="What was last announced of each flag.",
)

news = Table(
    "news",
    metadata,
    Column("id", Text, nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("victim_id", EscapedText, nullable=False),
    Column("quiet", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", name="news_one_per_fact_victim_and_purpose"),
    Index("news_of_a_case", "case_key"),
    comment="What each victim has not been told, as last announced.",
)

case_views = Table(
    "case_views",
    metadata,
    Column("case_key", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("case_key", name="case_views_one_per_case"),
    comment="The rest of the assessment (contacts, awaited, notes, next_change_at) as JSON, for the pages.",
)

ledger = Table(
    "ledger",
    metadata,
    Column("case_key", LargeBinary, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("case_key", "sequence", name="ledger_one_entry_per_step"),
    CheckConstraint("sequence > 0", name="ledger_counts_from_one"),
    comment="Everything announced, chained by hash within its case. Append-only.",
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", LargeBinary),
    Column("value", LargeBinary, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("problem", Text),
    _begun("put_at"),
    Column("trace", Text),
    PrimaryKeyConstraint("id", name="outbox_in_order"),
    CheckConstraint(f"shard BETWEEN 0 AND {SHARDS - 1}", name="outbox_shard_exists"),
    Index("outbox_to_send", "shard", "id", postgresql_where=text("problem IS NULL")),
    Index("outbox_parked", "id", postgresql_where=text("problem IS NOT NULL")),
    comment="Messages to publish, deleted once the broker has them; problem: one that it refuses for good.",
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("key", LargeBinary, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("timestamp_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary),
    Column("digest", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("field", Text),
    Column("case_key", LargeBinary),
    Column("fact_key", LargeBinary),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    _instant("received_at"),
    _instant("retried_at", nullable=True),
    _instant("settled_at", nullable=True),
    Column("settled_by", Text),
    _instant("published_at", nullable=True),
    Column("publish_problem", Text),
    PrimaryKeyConstraint("key", name="dead_letters_one_per_record"),
    CheckConstraint("state IN ('open', 'retried', 'settled', 'erased')", name="dead_letters_state_is_known"),
    CheckConstraint(
        "state IN ('retried', 'settled') OR (sealed IS NULL) = (state = 'erased')",
        name="dead_letters_keep_their_record_until_erased",
    ),
    Index("dead_letters_by_number", "id", unique=True),
    Index("dead_letters_unsettled", "id", postgresql_where=text("state IN ('open', 'erased')")),
    Index("dead_letters_of_an_event", "fact_key", postgresql_where=text("state IN ('open', 'erased')")),
    Index("dead_letters_of_a_case", "case_key", postgresql_where=text("state IN ('open', 'erased')")),
    Index("dead_letters_at_position", "topic", "partition", "offset"),
    Index("dead_letters_to_publish", "id", postgresql_where=text("published_at IS NULL AND publish_problem IS NULL")),
    Index("dead_letters_to_erase", "received_at", postgresql_where=text("sealed IS NOT NULL")),
    comment="Refused records and why. sealed: key, value and headers, encrypted; digest: of the value.",
)

record_problems = Table(
    "record_problems",
    metadata,
    Column("key", LargeBinary, nullable=False),
    Column("case_key", LargeBinary, nullable=False),
    Column("what", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    _instant("noticed_at"),
    PrimaryKeyConstraint("key", name="record_problems_each_once"),
    CheckConstraint(
        "what IN ('same_identity_other_content', 'same_identity_two_cases')", name="record_problems_kind_is_known"
    ),
    Index("record_problems_of_a_case", "case_key"),
    comment="What is wrong with a case's record and was refused, shown on the case.",
)

clock = Table(
    "clock",
    metadata,
    Column("single", Boolean, nullable=False, server_default=text("true")),
    Column("ahead", Interval, nullable=False, server_default=text("'0'")),
    Column("simulated", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("single", name="clock_one_row"),
    CheckConstraint("single", name="clock_only_one_row"),
    CheckConstraint("simulated OR ahead = interval '0'", name="clock_real_one_is_never_moved"),
    comment="How far the simulated clock is from the database's; waymark_now() adds it.",
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("hash", Text, nullable=False),
    Column("current", Boolean, nullable=False),
    _instant("adopted_at"),
    PrimaryKeyConstraint("hash", name="rule_sets_one_per_hash"),
    Index("rule_sets_one_is_current", "current", unique=True, postgresql_where=text("current")),
    comment="The rule sets that were in force; a process that carries another one refuses to write.",
)

access_log = Table(
    "access_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    _instant("looked_at"),
    Column("officer_ref", Text, nullable=False),
    Column("case_key", LargeBinary),
    Column("what", Text, nullable=False),
    PrimaryKeyConstraint("id", name="access_log_in_order"),
    Index("access_log_of_a_case", "case_key", "looked_at"),
    comment="Every look at a case: who, when, which.",
)
