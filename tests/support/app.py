"""A migrated store for each test, and small events and assessors to put into it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.reading import read_record
from infra.database import create_engine
from infra.migrations import migrate
from infra.settings import Settings
from services.accept import Accepted, Incoming, accept
from services.assess_case import Round, Rules, assess_cases
from services.contacts.reading import read_note
from services.journeys.assessment import Assessment, Obligation, State
from services.journeys.facts import Fact
from services.storage.intake import RawRecord
from services.storage.tables import ledger
from services.storage.vault import MasterKey, Vault
from tests.support.servers import DatabaseServer, run_apart, settings_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""Where the simulated clock of a test's store starts."""


@pytest.fixture(scope="session")
def migrated_template(postgres_server: DatabaseServer) -> Iterator[str]:
    """The name of a migrated, empty database that others are copied from."""
    name = postgres_server.create_database()
    run_apart(migrate(postgres_server.url_of(name)))
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def store_url(postgres_server: DatabaseServer, migrated_template: str) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    name = postgres_server.create_database(template=migrated_template)
    yield postgres_server.url_of(name)
    postgres_server.drop_database(name)


@pytest.fixture
def store_settings(given_settings: Settings, store_url: str) -> Settings:
    """Settings that lead to this test's database."""
    return settings_for(given_settings, database_url=store_url, database_pool_size=5)


@pytest_asyncio.fixture
async def engine(store_settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine on this test's database."""
    made = create_engine(store_settings, "waymark-test")
    yield made
    await made.dispose()


@pytest_asyncio.fixture
async def at_noon(engine: AsyncEngine) -> datetime:
    """Put the store's clock, simulated, at NOW, from where it runs on."""
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE clock SET simulated = true, ahead = :now - clock_timestamp()"), {"now": NOW})
    return NOW


class StoppedHere(BaseException):
    """A crash test stopped a use case between two of its steps; nothing catches this but the test."""


def stop_at(wanted: str) -> Callable[[str], Any]:
    """Return a seam that stops the use case after the step of this name."""

    async def at(step: str) -> None:
        if step == wanted:
            raise StoppedHere(step)

    return at


MASTER_SECRET = "only for tests: a key of thirty-two characters or more"
vault = Vault(MasterKey(MASTER_SECRET))
_offsets = iter(range(1_000_000_000))


def event(
    id_: str, type_: str = "policing.suspect.arrested.v1", *, case: str = "KP-1", time: datetime = NOW, **data: Any
) -> dict[str, Any]:
    """Return a case event as JSON values."""
    data.setdefault("victim_id", "V-1")
    if type_.startswith("policing.suspect"):
        data.setdefault("suspect_ref", "S-1")
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "/kent/rms",
        "type": type_,
        "subject": case,
        "time": time.isoformat(),
        "data": data,
    }


def record(
    value: dict[str, Any] | bytes | None, *, headers: Sequence[tuple[str, bytes | None]] = (), partition: int = 0
) -> Incoming:
    """Return a record as the consumer hands it on, at a position of its own."""
    raw = json.dumps(value).encode() if isinstance(value, dict) else value
    where = RawRecord("case.events", partition, next(_offsets), 1_700_000_000_000, b"KP-1", raw, headers)
    return Incoming(where, read_record(raw, headers))


async def take_in(engine: AsyncEngine, *values: dict[str, Any] | bytes | None) -> Accepted:
    """Accept these as one batch."""
    return await accept(engine, [record(value) for value in values], vault=vault, read_note=read_note)


def told_within(limit: timedelta = timedelta(days=1), *, hash_: str = "rules-1", fails_on: str = "") -> Rules:
    """Return a small rule set: of every arrest she is told within the limit, by a contact that names it.

    An event of the type ``fails_on`` makes the assessment raise.
    """

    def assess(facts: Sequence[Fact], now: datetime) -> Assessment:
        if any(fact.type == fails_on for fact in facts):
            raise ArithmeticError("V-1 must not stand in any log")
        retracted = {fact.data["event_id"] for fact in facts if fact.type == "record.retracted.v1"}
        happened = [fact for fact in facts if fact.occurred_at <= now and fact.id not in retracted]
        told: dict[str, Fact] = {}
        for fact in happened:
            for named in fact.data.get("informed_of", ()):
                told.setdefault(named, fact)
        obligations = [
            _obligation(fact, told.get(fact.id), fact.occurred_at + limit, now)
            for fact in happened
            if fact.type == "policing.suspect.arrested.v1"
        ]
        open_ = [each for each in obligations if each.state is State.PENDING]
        ahead = [fact.occurred_at for fact in facts if fact.occurred_at > now]
        return Assessment(
            case_id=facts[0].case_id,
            as_of=now,
            obligations=tuple(sorted(obligations, key=lambda each: each.id)),
            contacts=(),
            flags=(),
            awaited=(),
            news=(),
            notes=(),
            next_change_at=min([*(each.due_at for each in open_ if each.due_at), *ahead], default=None),
            next_look_at=min((each.warn_at for each in open_ if each.warn_at and each.warn_at > now), default=None),
        )

    return Rules(hash_, assess)


def _obligation(trigger: Fact, told: Fact | None, due_at: datetime, now: datetime) -> Obligation:
    if told is not None:
        state = State.SATISFIED if told.occurred_at < due_at else State.SATISFIED_LATE
    else:
        state = State.PENDING if now < due_at else State.BREACHED
    return Obligation(
        id=f"{trigger.case_id}{trigger.source}/{trigger.id}",
        rule="T-ARREST",
        pack="TEST",
        right=6,
        owner="police",
        victim_id=trigger.victim_id or "",
        suspect_ref=trigger.suspect_ref,
        trigger_event_id=trigger.id,
        trigger_source=trigger.source,
        triggered_at=trigger.occurred_at,
        entitlement="standard",
        due_on=due_at.date(),
        due_at=due_at,
        due_on_standard=due_at.date(),
        state=state,
        satisfied_at=told.occurred_at if told else None,
        satisfied_by=told.id if told else None,
        advisory=False,
        confidence="H",
        warn_at=trigger.occurred_at + timedelta(hours=6),
    )


async def assess_all(engine: AsyncEngine, rules: Rules, **options: Any) -> Round:
    """Assess until nothing is woken or due, and return the sum of what was done."""
    total = Round()
    while True:
        done = await assess_cases(engine, rules, **options)
        if not done.assessed and not done.set_aside:
            return total
        total = Round(
            total.found + done.found,
            total.assessed + done.assessed,
            total.announced + done.announced,
            total.set_aside + done.set_aside,
        )


async def announced(engine: AsyncEngine) -> list[str]:
    """Return the names of all announcements in the ledger, case by case in order."""
    async with engine.connect() as conn:
        entries = (await conn.execute(select(ledger.c.entry).order_by(ledger.c.case_key, ledger.c.sequence))).scalars()
        return [json.loads(entry)["what"] for entry in entries]


async def count(conn: AsyncConnection, table: Any) -> int:
    """Return how many rows a table has."""
    return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


async def counts(engine: AsyncEngine, *tables: Any) -> list[int]:
    """Return how many rows each table has."""
    async with engine.connect() as conn:
        return [await count(conn, table) for table in tables]


def lines(values: Iterable[dict[str, Any]]) -> bytes:
    """Return events as JSONL."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)
