"""Anchors of the ledger as they are stored: what changed since the last one, writing the next, reading them back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Row, bindparam, cast, func, insert, literal, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.topics import COMPLIANCE_EVENTS
from services.storage.payloads import packed_headers
from services.storage.sets import columns_of, insert_set
from services.storage.tables import OUTBOX_CHANNEL, case_key, cases, ledger, outbox, shard_of
from services.storage.tables_anchor import anchor_leaves, anchors

ANCHOR_LOCK: Final = 0x5741_594E
"""Advisory lock under which one process at a time makes an anchor ("WAYN")."""

LEDGER_KEY: Final = "ledger"
"""The key, and the subject, under which anchors are published: all of them in order."""


@dataclass(frozen=True, slots=True, order=True)
class Leaf:
    """Where one case's chain stood: the hash of its entry number ``sequence``."""

    case_key: bytes
    sequence: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """One anchor: ``cases`` and ``entries`` count the whole ledger, ``changed`` the leaves under ``root``.

    ``made_at`` is the product's moment (UTC). Hashes are 32 bytes.
    """

    number: int
    made_at: datetime
    cases: int
    entries: int
    changed: int
    root: bytes
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Grown:
    """The ledger at one moment: how much there is, and the chains that grew since the last anchor, by case key."""

    cases: int
    entries: int
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A leaf as stored, and the hash that the ledger holds in its place (None: no such entry)."""

    leaf: Leaf
    found: bytes | None


@dataclass(frozen=True, slots=True)
class HeldAnchor:
    """An anchor as stored (None: leaves are left of one that is gone), and its leaves by case key."""

    number: int
    anchor: Anchor | None
    leaves: list[StoredLeaf]


_LEAF: Final = ["anchor", "case_key", "sequence", "head"]
_hold = select(func.pg_try_advisory_xact_lock(bindparam("lock", ANCHOR_LOCK, type_=BigInteger)))
_columns = [anchors.c[name] for name in Anchor.__dataclass_fields__]
_last = select(*_columns).order_by(anchors.c.number.desc()).limit(1)
_moment = select(func.waymark_now())
_totals = (
    select(func.count().label("cases"), cast(func.coalesce(func.sum(cases.c.sequence), 0), BigInteger).label("entries"))
    .where(cases.c.sequence > 0)
    .subquery("totals")
)
_is_anchored = (
    select(literal(1))
    .where(anchor_leaves.c.case_key == cases.c.case_key, anchor_leaves.c.sequence == cases.c.sequence)
    .exists()
)
_heads = (
    select(cases.c.case_key, cases.c.sequence, cases.c.ledger_head)
    .where(cases.c.sequence > 0, ~_is_anchored)
    .subquery("heads")
)
# One statement, one snapshot: what it counts is what its leaves add up to.
_grown = (
    select(_totals.c.cases, _totals.c.entries, _heads.c.case_key, _heads.c.sequence, _heads.c.ledger_head)
    .select_from(_totals.outerjoin(_heads, true()))
    .order_by(_heads.c.case_key)
)
_put_leaves = insert_set(anchor_leaves, _LEAF)
_tell_relays = select(func.pg_notify(bindparam("channel", OUTBOX_CHANNEL), ""))
_number = func.coalesce(anchors.c.number, anchor_leaves.c.anchor)
_held = (
    select(
        *_columns,
        _number.label("anchor"),
        anchor_leaves.c.case_key,
        anchor_leaves.c.sequence,
        anchor_leaves.c.head,
        ledger.c.hash.label("found"),
    )
    .select_from(
        anchors.join(anchor_leaves, anchors.c.number == anchor_leaves.c.anchor, full=True).outerjoin(
            ledger,
            (ledger.c.case_key == anchor_leaves.c.case_key) & (ledger.c.sequence == anchor_leaves.c.sequence),
        )
    )
    .order_by(_number, anchor_leaves.c.case_key)
)
_all_entries = select(ledger).order_by(ledger.c.case_key, ledger.c.sequence)
_length = select(func.coalesce(func.max(ledger.c.sequence), 0)).where(ledger.c.case_key == bindparam("wanted"))
_case_id = select(cases.c.case_id).where(cases.c.case_key == bindparam("wanted"))
_CLOUD_EVENT = packed_headers([("content-type", b"application/cloudevents+json")])


async def hold_anchoring(conn: AsyncConnection) -> bool:
    """Take the right to make the next anchor until this transaction ends; False: another process has it.

    The transaction must be READ COMMITTED: what follows has to see the anchor of whoever had the lock before.
    """
    return bool((await conn.execute(_hold)).scalar_one())


async def last_anchor(conn: AsyncConnection) -> tuple[Anchor | None, datetime]:
    """Return the newest anchor, if any, and the product's moment."""
    row = (await conn.execute(_last)).one_or_none()
    return None if row is None else _anchor_of(row), (await conn.execute(_moment)).scalar_one()


async def grown_since_anchor(conn: AsyncConnection) -> Grown:
    """Return the chains whose head is under no anchor yet, and how much the ledger holds, all at one moment."""
    rows = (await conn.execute(_grown)).all()
    leaves = tuple(Leaf(row.case_key, row.sequence, row.ledger_head) for row in rows if row.case_key is not None)
    return Grown(rows[0].cases, rows[0].entries, leaves)


async def write_anchor(conn: AsyncConnection, anchor: Anchor, leaves: Iterable[Leaf], message: bytes) -> None:
    """Write an anchor, its leaves and the message that publishes it."""
    await conn.execute(insert(anchors).values({name: getattr(anchor, name) for name in Anchor.__dataclass_fields__}))
    rows = [(anchor.number, each.case_key, each.sequence, each.head) for each in leaves]
    if rows:
        await conn.execute(_put_leaves, columns_of(rows, _LEAF))
    await conn.execute(
        insert(outbox).values(
            shard=shard_of(case_key(LEDGER_KEY)),
            topic=COMPLIANCE_EVENTS.name,
            key=LEDGER_KEY.encode(),
            value=message,
            headers=_CLOUD_EVENT,
        )
    )
    await conn.execute(_tell_relays)


async def all_anchors(conn: AsyncConnection) -> AsyncGenerator[HeldAnchor, None]:
    """Yield every anchor by its number, each with its leaves by case key."""
    held: HeldAnchor | None = None
    # Not `async with conn.stream(…)`: SQLAlchemy's block swallows the exit of a generator that is closed early.
    rows = await conn.stream(_held)
    try:
        async for row in rows:
            if held is None or held.number != row.anchor:
                if held is not None:
                    yield held
                held = HeldAnchor(row.anchor, None if row.number is None else _anchor_of(row), [])
            if row.case_key is not None:
                held.leaves.append(StoredLeaf(Leaf(row.case_key, row.sequence, row.head), row.found))
        if held is not None:
            yield held
    finally:
        await rows.close()


async def all_entries(conn: AsyncConnection) -> AsyncGenerator[Row[Any], None]:
    """Yield every entry of the ledger (case_key, sequence, entry, previous, hash) by case key and sequence."""
    rows = await conn.stream(_all_entries)
    try:
        async for row in rows:
            yield row
    finally:
        await rows.close()


async def chain_of(conn: AsyncConnection, key: bytes) -> tuple[str | None, int]:
    """Return the id of the case of this key (None: there is none) and the number of its last entry (0: none)."""
    case_id = (await conn.execute(_case_id, {"wanted": key})).scalar_one_or_none()
    return case_id, (await conn.execute(_length, {"wanted": key})).scalar_one()


def _anchor_of(row: Any) -> Anchor:
    return Anchor(row.number, row.made_at, row.cases, row.entries, row.changed, row.root, row.previous, row.hash)
