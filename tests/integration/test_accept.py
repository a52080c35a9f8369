"""Accepting: nothing accepted is lost, nothing counts twice, nothing stops its neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.normalised import content_hash
from contracts.refusal import Refused
from services.accept import OTHER_CASE, OTHER_CONTENT, Accepted, Incoming, accept
from services.contacts.reading import Reading, read_note
from services.storage.failures import in_words
from services.storage.intake import EVENT_CONTENT
from services.storage.payloads import unpacked_record
from services.storage.tables import case_key, case_victims, dead_letters, facts, notes, record_problems, wakes
from tests.support.app import NOW, StoppedHere, counts, event, record, stop_at, take_in, vault

CONTACT: dict[str, Any] = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


async def test_the_same_event_again_changes_nothing(engine: AsyncEngine) -> None:
    assert await take_in(engine, event("a"), event("a"), event("b")) == Accepted(stored=2, duplicates=1)
    written_otherwise = event("a") | {"time": NOW.astimezone().isoformat(), "comment": None}
    assert await take_in(engine, written_otherwise) == Accepted(duplicates=1)
    assert await counts(engine, facts, wakes, dead_letters, record_problems) == [2, 1, 0, 0]


async def test_one_identity_keeps_its_first_content_and_the_other_is_shown_on_the_case(engine: AsyncEngine) -> None:
    first, other = event("a"), event("a", time=NOW - timedelta(hours=1))
    assert await take_in(engine, first, other, event("b")) == Accepted(stored=2, refused=1)
    assert await take_in(engine, other) == Accepted(refused=1)
    async with engine.connect() as conn:
        kept = (await conn.execute(select(facts.c.occurred_at).where(facts.c.event_id == "a"))).scalar_one()
        reasons = (await conn.execute(select(dead_letters.c.reason))).scalars().all()
        problem = (await conn.execute(select(record_problems.c.case_key, record_problems.c.what))).one()
    assert kept == NOW
    assert reasons == [OTHER_CONTENT, OTHER_CONTENT]
    assert problem == (case_key("KP-1"), "same_identity_other_content")


async def test_one_identity_under_two_cases_is_shown_on_both(engine: AsyncEngine) -> None:
    await take_in(engine, event("a", case="KP-1"))
    assert await take_in(engine, event("a", case="KP-2")) == Accepted(refused=1)
    async with engine.connect() as conn:
        shown_on = (await conn.execute(select(record_problems.c.case_key))).scalars().all()
        reason, on = (await conn.execute(select(dead_letters.c.reason, dead_letters.c.case_key))).one()
    assert set(shown_on) == {case_key("KP-1"), case_key("KP-2")}
    assert (reason, on) == (OTHER_CASE, case_key("KP-2"))


async def test_a_refused_line_does_not_take_up_its_identity(engine: AsyncEngine) -> None:
    malformed = event("a")
    del malformed["data"]["suspect_ref"]
    assert await take_in(engine, malformed, event("a")) == Accepted(stored=1, refused=1)


async def test_a_dead_letter_keeps_what_came_and_says_which_field_is_wrong(engine: AsyncEngine) -> None:
    naive = event("a") | {"time": "2026-11-20T12:00:00"}
    broken = record(naive, headers=[("odd", b"\xff\xfe"), ("none", None), ("odd", b"again")], partition=7)
    await accept(engine, [broken], vault=vault, read_note=read_note)
    async with engine.connect() as conn:
        row = (await conn.execute(select(dead_letters))).one()
    assert (row.topic, row.partition, row.offset) == ("case.events", 7, broken.record.offset)
    key, value, headers = unpacked_record(vault.open_record(row.key, row.sealed))
    assert (value, key, row.size) == (broken.record.value, b"KP-1", len(broken.record.value or b""))
    assert headers == [("odd", b"\xff\xfe"), ("none", None), ("odd", b"again")]
    assert row.field == "time"
    assert "time" in row.reason
    assert "2026-11-20T12:00:00" not in row.reason
    assert row.case_key == case_key("KP-1")
    assert row.state == "open"


async def test_a_record_read_again_after_a_crash_is_the_same_dead_letter(engine: AsyncEngine) -> None:
    batch = [record(b"not JSON"), record(event("a"))]
    with pytest.raises(StoppedHere):
        await accept(engine, batch, vault=vault, read_note=read_note, at=stop_at("committed"))
    assert await accept(engine, batch, vault=vault, read_note=read_note) == Accepted(duplicates=1, refused=1)
    assert await counts(engine, facts, dead_letters) == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE facts RENAME COLUMN reading TO read_as",
        "ALTER TABLE case_victims RENAME TO victims_of_cases",
        "ALTER TABLE notes RENAME TO words",
    ],
)
async def test_a_store_of_another_version_keeps_events_waiting_and_makes_no_dead_letter_of_them(
    engine: AsyncEngine, change: str
) -> None:
    async with engine.begin() as conn:
        await conn.execute(text(change))
    batch = [record(event("a", "contact.made.v1", **CONTACT, note="Rang.")), record(event("b"))]
    for given in (batch, batch[:1]):
        with pytest.raises(DBAPIError) as raised:
            await accept(engine, given, vault=vault, read_note=read_note)
        assert "waymark migrate" in in_words(raised.value)
    assert await counts(engine, dead_letters, wakes) == [0, 0]


@pytest.mark.parametrize("step", ["facts", "victims", "notes", "dead_letters", "before_commit"])
async def test_a_batch_stopped_before_its_commit_leaves_nothing_and_is_stored_whole_later(
    engine: AsyncEngine, step: str
) -> None:
    batch = [record(event("a")), record(b"{"), record(event("c", "contact.made.v1", **CONTACT, note="Rang."))]
    with pytest.raises(StoppedHere):
        await accept(engine, batch, vault=vault, read_note=read_note, at=stop_at(step))
    assert await counts(engine, facts, case_victims, notes, dead_letters, wakes) == [0, 0, 0, 0, 0]
    assert await accept(engine, batch, vault=vault, read_note=read_note) == Accepted(stored=2, refused=1)
    assert await counts(engine, facts, case_victims, notes, dead_letters, wakes) == [2, 1, 1, 1, 1]


async def test_two_batches_with_the_same_events_in_opposite_order_both_end(engine: AsyncEngine) -> None:
    events = [event(f"e{number}", case=f"KP-{number % 7}") for number in range(300)]
    forwards = [record(each) for each in events]
    backwards = [record(each) for each in reversed(events)]
    async with asyncio.timeout(20):
        one, other = await asyncio.gather(
            accept(engine, forwards, vault=vault, read_note=read_note),
            accept(engine, backwards, vault=vault, read_note=read_note),
        )
    assert one.stored + other.stored == 300
    assert one.duplicates + other.duplicates == 300


async def test_an_identity_being_stored_elsewhere_is_waited_for(engine: AsyncEngine) -> None:
    stored, may_go_on = asyncio.Event(), asyncio.Event()

    async def hold(step: str) -> None:
        if step == "before_commit":
            stored.set()
            await may_go_on.wait()

    first = asyncio.create_task(accept(engine, [record(event("a"))], vault=vault, read_note=read_note, at=hold))
    await stored.wait()
    other = record(event("a", time=NOW - timedelta(days=1)))
    second = asyncio.create_task(accept(engine, [other], vault=vault, read_note=read_note))
    done, _ = await asyncio.wait({second}, timeout=0.2)
    assert not done
    may_go_on.set()
    assert (await first, await second) == (Accepted(stored=1), Accepted(refused=1))


async def test_no_guess_at_a_note_can_be_tried_on_a_facts_content(engine: AsyncEngine) -> None:
    told = event("c", "contact.made.v1", **CONTACT, note="Rang.")
    await take_in(engine, told)
    read = record(told).read_as
    assert not isinstance(read, Refused)
    async with engine.connect() as conn:
        content = (await conn.execute(select(facts.c.content))).scalar_one()
    assert content != content_hash(read)
    assert content == vault.digest_of(EVENT_CONTENT, content_hash(read))


async def test_no_guess_at_a_refused_record_can_be_tried_on_its_row(engine: AsyncEngine) -> None:
    broken = record(b"not JSON")
    await accept(engine, [broken], vault=vault, read_note=read_note)
    async with engine.connect() as conn:
        row = (await conn.execute(select(dead_letters))).one()
    assert broken.record.identity not in row
    assert sha256(b"not JSON").digest() not in row


async def test_whoever_an_event_names_is_found_from_its_acceptance_on(engine: AsyncEngine) -> None:
    def corrected(id_: str, **data: Any) -> dict[str, Any]:
        replacement = {"time": NOW.isoformat(), "data": data}
        return event(id_, "record.corrected.v1", event_id="a", reason="wrong person", replacement=replacement)

    await take_in(
        engine,
        event("a"),
        event("b", victim_id="V-\x00"),
        event("c", case="KP-2", victim_id="V" * 50_000),
        corrected("d", victim_id="V-2", suspect_ref="S-1"),
        corrected("e", victim_id=7),
    )
    await take_in(engine, event("a"), event("f"))
    async with engine.connect() as conn:
        found = (await conn.execute(select(case_victims.c.victim_id, case_victims.c.case_key))).all()
    assert sorted((name[:3], key) for name, key in found) == sorted([
        ("V-1", case_key("KP-1")),
        ("V-2", case_key("KP-1")),
        ("V-\x00", case_key("KP-1")),
        ("VVV", case_key("KP-2")),
    ])  # fmt: skip


async def test_two_batches_that_name_the_same_people_in_opposite_order_both_end(engine: AsyncEngine) -> None:
    def batch(name: str, numbers: Iterable[int]) -> list[Incoming]:
        return [record(event(f"{name}{n}", case=f"KP-{n % 7}", victim_id=f"V-{n}")) for n in numbers]

    async with asyncio.timeout(20):
        await asyncio.gather(
            accept(engine, batch("one", range(300)), vault=vault, read_note=read_note),
            accept(engine, batch("other", reversed(range(300))), vault=vault, read_note=read_note),
        )
    assert await counts(engine, facts, case_victims) == [600, 300]


async def test_a_note_is_kept_apart_and_sealed_and_only_its_reading_stays(engine: AsyncEngine) -> None:
    words = "Rang V-1, she asked about bail on 3 November."
    await take_in(engine, event("c", "contact.made.v1", **CONTACT, note=words))
    async with engine.connect() as conn:
        fact = (await conn.execute(select(facts))).one()
        note = (await conn.execute(select(notes))).one()
        opened = await vault.open_one(conn, "V-1", fact.key, note.ciphertext)
    assert b"bail" not in fact.payload
    assert b"note" not in fact.payload
    assert Reading is type(read_note(words))
    assert fact.reading is not None
    assert b"bail" not in note.ciphertext
    assert opened.decode() == words


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(b"{not json", id="not JSON"),
        pytest.param(b"", id="empty"),
        pytest.param(None, id="null"),
        pytest.param(b"[1, 2]", id="not an object"),
        pytest.param(b"[" * 3000 + b"]" * 3000, id="deep"),
        pytest.param(b'{"id": NaN}', id="NaN"),
        pytest.param(b"\xff\xfe\x00", id="not UTF-8"),
        pytest.param(event("x") | {"time": "2026-11-20T12:00:00"}, id="naive time"),
        pytest.param(event("x") | {"time": "1900-01-01T00:00:00+00:00"}, id="year 1900"),
        pytest.param(event("x") | {"time": "2200-01-01T00:00:00+00:00"}, id="year 2200"),
        pytest.param(event("x") | {"time": "9999-12-31T23:59:59+00:00"}, id="year 9999"),
        pytest.param(event("x") | {"id": "a\x00b"}, id="NUL in the id"),
        pytest.param(event("x") | {"subject": "KP-\ud800"}, id="half a pair in the subject"),
        pytest.param(event("x", suspect_ref=7), id="wrong type"),
    ],
)
async def test_what_cannot_be_read_is_a_dead_letter_and_its_neighbours_are_stored(
    engine: AsyncEngine, wrong: dict[str, object] | bytes | None
) -> None:
    assert await take_in(engine, event("a"), wrong, event("b")) == Accepted(stored=2, refused=1)
    async with engine.connect() as conn:
        reason = (await conn.execute(select(dead_letters.c.reason))).scalar_one()
    assert len(reason) > 10


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param(event("x", "weather.changed.v3", wind=9), id="unknown type"),
        pytest.param(event("x", "contact.made.v1", **CONTACT, note="n" * 1_000_000), id="a note of 1 MB"),
        pytest.param(event("x", offers=["o" * 1000] * 900), id="900 kB"),
        pytest.param(event("x", case="K" * 500), id="case id of 500"),
        pytest.param(event("i" * 12_000), id="id of 12,000"),
        pytest.param(event("x", case="K" * 12_000), id="case id of 12,000"),
        pytest.param(event("x", recorded_at="1900-01-01T00:00:00+00:00"), id="recorded in 1900"),
        pytest.param(event("x", recorded_at="0001-01-01T00:00:00+14:00"), id="recorded in 1"),
        pytest.param(event("x", recorded_at="9999-12-31T23:59:59-12:00"), id="recorded in 9999"),
        pytest.param(event("x", victim_id="V\x00", suspect_ref="\x00"), id="NUL in data"),
        pytest.param(event("x", victim_id="V-\ud83d", suspect_ref="\udc00"), id="half pairs in data"),
        pytest.param(
            event("x", victim_id="\u200f\u0636\u062d\u064a\u0629", suspect_ref="🧩"), id="right-to-left and emoji"
        ),
        pytest.param(event("x", count=10**400), id="a huge number"),
        pytest.param(event("x", victim_id="V" * 100_000), id="a victim's id of 100,000"),
    ],
)
async def test_what_is_strange_but_allowed_is_stored_beside_its_neighbours(
    engine: AsyncEngine, strange: dict[str, object]
) -> None:
    assert await take_in(engine, event("a"), strange, event("b")) == Accepted(stored=3)


async def test_what_the_database_refuses_is_a_dead_letter_alone(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No event known to us does this: the seam stands for the one that nobody thought of.
    monkeypatch.setattr("services.accept.to_bytes", lambda data: data if data["suspect_ref"] == "S-9" else b"{}")
    done = await take_in(engine, event("a"), event("x", suspect_ref="S-9"), event("b"))
    assert done == Accepted(stored=2, refused=1)
    assert await counts(engine, facts, dead_letters) == [2, 1]


async def test_what_cannot_be_kept_for_a_fault_of_ours_is_a_dead_letter_alone(engine: AsyncEngine) -> None:
    def fails(note: str) -> Reading:
        raise ZeroDivisionError(note)

    batch = [record(event("a")), record(event("c", "contact.made.v1", **CONTACT, note="Rang."))]
    assert await accept(engine, batch, vault=vault, read_note=fails) == Accepted(stored=1, refused=1)
    async with engine.connect() as conn:
        reason = (await conn.execute(select(dead_letters.c.reason))).scalar_one()
    assert "Rang" not in reason
