"""Taking cases to assess: who is woken or due, the lock on each, and everything known and announced of them.

Facts are read in a statement of their own, later than the one that took the wakes: a statement sees only what was
committed before it began, so a fact whose wake was not yet there is either read now or wakes the case again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    cast,
    delete,
    extract,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.reading import Reading
from services.journeys.changes import Announced, Standing
from services.journeys.facts import Fact
from services.storage.instants import instant_of
from services.storage.payloads import from_bytes
from services.storage.sets import columns_of, gathered, insert_set, is_among
from services.storage.tables import case_views, cases, facts, flags, news, obligations, wakes
from services.storage.told_from import TOLD

_LOOK_AHEAD = 4
"""How many wakes are looked at for each case wanted: several are often of one case, or of cases others hold."""

_SHARE_OF_DUE = 4
"""One in so many of the cases assessed together is one that is due, where there are that many."""

_CAUSES = ("correction", "event", "time", "repair", "ruleset")
"""Why a case is assessed; the first that applies is told. An event, or a date that came, outweighs a repair: what is
news must not pass for a difference that nobody needs to hear of. A correction outweighs an event that came with it:
which of the two has made something news is not known, and what a record put right has made news is never texted."""


@dataclass(frozen=True, slots=True)
class HeldCase:
    """One case, locked until the transaction ends."""

    key: bytes
    id: str
    assessed_at: datetime | None
    sequence: int
    """How many entries the ledger holds of it."""
    told: int
    """How many announcements were published of it."""
    ledger_head: bytes | None
    attempts: int
    cause: str
    """``event``, ``correction``, ``repair``, ``ruleset`` or ``time``."""
    waited_s: float | None = None
    """Seconds since the oldest wake that was taken; None for a case that only its time has brought."""
    traces: tuple[str, ...] = ()
    """The traces that its wakes belong to (infra.tracing), oldest wake first."""


@dataclass(slots=True)
class StoredFacts:
    """The facts of one case as they are stored: columns, so that a hundred cost one row."""

    case_id: str
    columns: Sequence[Sequence[Any]] = ()

    def read(self) -> list[Fact]:
        """Return them as facts, in the order in which they happened; raises where a row cannot be read."""
        found = [_fact(self.case_id, row) for row in zip(*self.columns, strict=True)]
        found.sort(key=lambda fact: fact.order)
        return found


@dataclass(slots=True)
class StoredCase:
    """What is stored as announced of one case, and the rest of its last assessment."""

    things: dict[str, dict[str, tuple[str, bool, bytes]]] = field(
        default_factory=lambda: {"obligation": {}, "flag": {}, "news": {}}
    )
    view: bytes | None = None

    def read(self) -> Announced:
        """Return it as what ``changes`` takes."""
        return Announced(*(_standings(self.things[thing]) for thing in ("obligation", "flag", "news")))


_oldest = (
    select(
        wakes.c.case_key,
        func.min(wakes.c.case_id).label("case_id"),
        func.min(wakes.c.id).label("first"),
    )
    .where(wakes.c.id.in_(select(wakes.c.id).order_by(wakes.c.id).limit(bindparam("most", type_=Integer))))
    .group_by(wakes.c.case_key)
    .subquery()
)
_woken = (
    select(_oldest.c.case_key, _oldest.c.case_id, cases.c.case_key.is_not(None).label("is_seated"))
    .join_from(_oldest, cases, cases.c.case_key == _oldest.c.case_key, isouter=True)
    .order_by(_oldest.c.first)
)
_due = (
    select(cases.c.case_key)
    # A sub-select, so that the moment is read once and the index on due_at is used.
    .where(cases.c.due_at <= select(func.waymark_now()).scalar_subquery())
    .order_by(cases.c.due_at)
    .limit(bindparam("most", type_=Integer))
)
_CASE = ["case_key", "case_id"]
_new_cases = insert_set(cases, _CASE).on_conflict_do_nothing()
_wanted = (
    func.unnest(bindparam("keys", type_=ARRAY(LargeBinary)))
    .table_valued(Column("key", LargeBinary), with_ordinality="place", name="wanted")
    .render_derived()
)
_lock = (
    select(
        cases.c.case_key,
        cases.c.case_id,
        cases.c.assessed_at,
        cases.c.due_at,
        cases.c.sequence,
        TOLD,
        cases.c.ledger_head,
        cases.c.attempts,
        cases.c.retry_cause,
    )
    .join_from(_wanted, cases, cases.c.case_key == _wanted.c.key)
    # As found: oldest wake first. By key, cases with a high one would be passed over for as long as more wait than one
    # batch takes. Rows that others hold are skipped, so no order can make two processes wait for each other.
    .order_by(_wanted.c.place)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(of=cases, skip_locked=True)
)
_taken = (
    delete(wakes)
    .where(is_among(wakes.c.case_key, "keys"))
    .returning(
        wakes.c.case_key,
        wakes.c.cause,
        wakes.c.trace,
        cast(extract("epoch", func.clock_timestamp() - wakes.c.woken_at), Float).label("waited_s"),
    )
    .cte("taken")
)
_now = select(func.waymark_now().label("now")).subquery()
_take_wakes = select(_now.c.now, _taken).join_from(_now, _taken, true(), isouter=True)
"""The moment, and the wakes that are taken: at least one row, also where there are none."""
_fact_columns = (
    facts.c.event_id,
    facts.c.source,
    facts.c.type,
    facts.c.occurred_at,
    facts.c.known_at,
    facts.c.payload,
    facts.c.reading,
)
_overtaken = select(obligations.c.case_key).where(
    is_among(obligations.c.case_key, "keys"),
    obligations.c.state.in_(("pending", "warned")),
    (obligations.c.due_at <= bindparam("now", type_=DateTime(timezone=True)))
    | ((obligations.c.state == "pending") & (obligations.c.warn_at <= bindparam("now"))),
)
"""Of these cases, those with a date that has come and is not told."""
_facts = (
    select(facts.c.case_key, *(gathered(column) for column in _fact_columns))
    .where(is_among(facts.c.case_key, "keys"))
    .group_by(facts.c.case_key)
)
_announced = union_all(
    *(
        select(
            literal(thing).label("thing"),
            table.c.case_key,
            gathered(table.c.id).label("ids"),
            gathered(state).label("states"),
            gathered(table.c.quiet).label("quiets"),
            gathered(table.c.body).label("bodies"),
        )
        .where(is_among(table.c.case_key, "keys"))
        .group_by(table.c.case_key)
        for thing, table, state in (
            ("obligation", obligations, obligations.c.state),
            ("flag", flags, flags.c.state),
            ("news", news, literal("to_tell", Text)),
        )
    ),
    select(
        literal("view"),
        case_views.c.case_key,
        cast(null(), ARRAY(Text)),
        cast(null(), ARRAY(Text)),
        cast(null(), ARRAY(Boolean)),
        gathered(case_views.c.body),
    )
    .where(is_among(case_views.c.case_key, "keys"))
    .group_by(case_views.c.case_key),
)
_moment = select(func.waymark_now())
_next_due = select(func.min(cases.c.due_at) - func.waymark_now())
_read_reading = msgspec.json.Decoder(Reading).decode


async def find_work(conn: AsyncConnection, limit: int) -> list[bytes]:
    """Return the keys of cases that are woken, oldest wake first, or due: at most a few times ``limit``.

    Among the first ``limit`` are always some that are due: while a year's events are read in, or every case is woken
    for other rules, wakes do not end, and what falls due meanwhile must not wait until they do.
    A woken case that has no row yet is given one: run this outside a transaction, each statement committed alone.
    """
    woken = (await conn.execute(_woken, {"most": limit * _LOOK_AHEAD})).all()
    # In key order: two processes that seat the same cases would otherwise wait for each other.
    if new := sorted((row.case_key, row.case_id) for row in woken if not row.is_seated):
        await conn.execute(_new_cases, columns_of(new, _CASE))
    due = await conn.execute(_due, {"most": limit * _LOOK_AHEAD})
    keys = [row.case_key for row in woken]
    before_due = max(limit - limit // _SHARE_OF_DUE, 1)
    return list(dict.fromkeys([*keys[:before_due], *due.scalars(), *keys[before_due:]]))


async def hold_cases(conn: AsyncConnection, keys: Iterable[bytes], limit: int) -> tuple[list[HeldCase], datetime]:
    """Lock up to ``limit`` of these cases, skip those that others hold, take their wakes, and return the moment.

    The moment is read after the locks (a moment read before would let another machine be later). A case that somebody
    else dealt with meanwhile, neither woken nor due any more, is left out.
    """
    rows = (await conn.execute(_lock, {"keys": list(keys), "most": limit})).all()
    if not rows:
        return [], await moment(conn)
    causes: dict[bytes, set[str]] = {}
    waited: dict[bytes, list[tuple[float, str | None]]] = {}
    taken = (await conn.execute(_take_wakes, {"keys": [row.case_key for row in rows]})).all()
    now: datetime = taken[0].now
    for wake in taken:
        if wake.case_key is not None:
            causes.setdefault(wake.case_key, set()).add(wake.cause)
            waited.setdefault(wake.case_key, []).append((wake.waited_s, wake.trace))
    # Set aside, a case is due when it is tried again, no longer when its date comes: that has to be looked for.
    aside = [row.case_key for row in rows if row.retry_cause is not None]
    overtaken = set((await conn.execute(_overtaken, {"keys": aside, "now": now})).scalars()) if aside else set()
    held = []
    for row in rows:
        why = causes.get(row.case_key, set())
        is_due = row.due_at is not None and row.due_at <= now
        if is_due:
            why.add(row.retry_cause or "time")
        if why and row.retry_cause is not None:
            # Nobody has heard of it yet: what else wakes a case that is set aside must not swallow why it was.
            why.add(row.retry_cause)
        if why and row.case_key in overtaken:
            why.add("time")
        if why:
            mine = sorted(waited.get(row.case_key, ()), key=itemgetter(0), reverse=True)
            held.append(
                HeldCase(
                    row.case_key,
                    row.case_id,
                    row.assessed_at,
                    row.sequence,
                    row.told,
                    row.ledger_head,
                    row.attempts,
                    next(cause for cause in _CAUSES if cause in why),
                    mine[0][0] if mine else None,
                    tuple(dict.fromkeys(trace for _, trace in mine if trace is not None)),
                )
            )
    return held, now


async def load_facts(conn: AsyncConnection, held: Sequence[HeldCase]) -> dict[bytes, StoredFacts]:
    """Return the facts of each case, unread, in one statement later than the one that took the wakes."""
    return await load_stored_facts(conn, {case.key: case.id for case in held})


async def load_stored_facts(conn: AsyncConnection, ids: Mapping[bytes, str]) -> dict[bytes, StoredFacts]:
    """Return the facts of each case (its id by its key), unread."""
    loaded = {key: StoredFacts(case_id) for key, case_id in ids.items()}
    for key, *columns in await conn.execute(_facts, {"keys": list(loaded)}):
        loaded[key].columns = columns
    return loaded


async def load_announced(conn: AsyncConnection, keys: Iterable[bytes]) -> dict[bytes, StoredCase]:
    """Return what is stored as announced of each case."""
    loaded = {key: StoredCase() for key in keys}
    for thing, key, ids, states, quiets, bodies in await conn.execute(_announced, {"keys": list(loaded)}):
        if thing == "view":
            loaded[key].view = bodies[0]
        else:
            loaded[key].things[thing] = dict(zip(ids, zip(states, quiets, bodies, strict=True), strict=True))
    return loaded


async def moment(conn: AsyncConnection) -> datetime:
    """Return the moment that everything is judged by: the database's clock, or the simulated one."""
    now: datetime = (await conn.execute(_moment)).scalar_one()
    return now


async def time_to_next_due(conn: AsyncConnection) -> timedelta | None:
    """Return how long it is until the next case is due (negative: overdue), or None if none ever is."""
    wait: timedelta | None = (await conn.execute(_next_due)).scalar()
    return wait


def _fact(case_id: str, row: Sequence[Any]) -> Fact:
    event_id, source, type_, occurred_at, known_at, payload, reading = row
    data = from_bytes(payload)
    return Fact(
        id=event_id,
        source=source,
        type=type_,
        case_id=case_id,
        occurred_at=occurred_at,
        known_at=instant_of(known_at),
        victim_id=data.get("victim_id"),
        suspect_ref=data.get("suspect_ref"),
        agency=data.get("agency"),
        data=data,
        reading=None if reading is None else _read_reading(reading),
    )


def _standings(stored: Mapping[str, tuple[str, bool, bytes]]) -> dict[str, Standing]:
    return {id_: Standing(state, from_bytes(body), quiet) for id_, (state, quiet, body) in stored.items()}
