"""The vault at rest: nothing personal in any column, one key a victim, and an erasure that leaves assessments alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.assess_case import assess_cases
from services.cli.ground import grounded
from services.storage.tables import metadata, notes, obligations
from services.storage.tables_notify import vault_keys
from services.storage.vault import ErasedError, MasterKey, Vault, VaultError, master_key_for
from tests.support.app import NOW, event, take_in, vault
from tests.support.texting import (
    all_texts,
    bring_in,
    hearing,
    in_store,
    notifier,
    real_rules,
    report,
    safe_contact,
    store_people,
)

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

SECRETS = (b"900123", b"college", b"Sam", b"hello from the note", b"The court has set")


async def test_nothing_personal_stands_in_any_column(engine: AsyncEngine) -> None:
    await store_people(engine)
    told = event("c", "contact.made.v1", channel="phone", direction="outbound", outcome="reached",
                 note="hello from the note", time=NOW)  # fmt: skip
    await bring_in(engine, report(), safe_contact(), told, hearing())
    await take_in(engine, {**told, "id": "d", "time": "hello from the note"}, b"hello from the note")
    await notifier(engine).send_due()
    assert [each["state"] for each in await all_texts(engine)] == ["delivered"]
    async with engine.connect() as conn:
        for table in metadata.sorted_tables:
            for row in await in_store(conn, table):
                whole = repr(tuple(row)).encode() + b"".join(each for each in row if isinstance(each, bytes))
                for secret in SECRETS:
                    # The words of a text leave over the channel, never over Kafka or a table in the open.
                    assert secret not in whole, table.name


async def test_erasing_leaves_every_assessment_and_no_words(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    async with engine.begin() as conn:
        before = await in_store(conn, obligations)
        assert await vault.erase(conn, "V-1")
        assert not await vault.erase(conn, "V-1")
    (found,) = await all_texts(engine)
    assert (found["state"], found["body"]) == ("delivered", None)
    async with engine.begin() as conn:
        await conn.execute(
            text("INSERT INTO wakes (case_key, case_id, cause) SELECT case_key, case_id, 'event' FROM cases")
        )
    await assess_cases(engine, real_rules())
    async with engine.connect() as conn:
        assert sorted(await in_store(conn, obligations)) == sorted(before)


async def test_what_comes_after_an_erasure_has_a_key_of_its_own(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        (old,) = await vault.seal_many(conn, [("V-1", b"row", b"before")])
        await vault.erase(conn, "V-1")
        (new,) = await vault.seal_many(conn, [("V-1", b"row", b"after")])
        assert await vault.open_one(conn, "V-1", b"row", new) == b"after"
        assert await vault.open_many(conn, [("V-1", b"row", old), ("V-1", b"row", new)]) == [None, b"after"]
        with pytest.raises(ErasedError):
            await vault.open_one(conn, "V-1", b"row", old)


@pytest.mark.parametrize("victim", ["V-1", "", "V\x00", "V\ud800", "x" * 20_000])
async def test_any_reference_has_a_key(engine: AsyncEngine, victim: str) -> None:
    async with engine.begin() as conn:
        sealed = await vault.seal_many(conn, [(victim, b"1", b"one"), (victim, b"2", b""), (victim, b"1", b"one")])
        assert await vault.open_many(conn, [(victim, b"1", sealed[0]), (victim, b"2", sealed[1])]) == [b"one", b""]
        assert sealed[0] != sealed[2]


async def test_what_is_sealed_opens_only_where_it_belongs(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        (sealed,) = await vault.seal_many(conn, [("V-1", b"row", b"words")])
        await vault.seal_many(conn, [("V-2", b"row", b"words")])
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        for victim, row, content in [("V-2", b"row", sealed), ("V-1", b"other", sealed), ("V-1", b"row", changed)]:
            with pytest.raises(VaultError) as refused:
                await vault.open_one(conn, victim, row, content)
            assert "words" not in str(refused.value)
        with pytest.raises(VaultError):
            await vault.open_one(conn, "V-1", b"row", b"plain")
        with pytest.raises(VaultError, match="WAYMARK_MASTER_KEY"):
            await Vault(MasterKey("another key of thirty-two characters, or more")).open_one(
                conn, "V-1", b"row", sealed
            )


async def test_two_batches_at_once_agree_on_one_key(engine: AsyncEngine) -> None:
    victims = [f"V-{number}" for number in range(30)]

    async def seal(order: list[str]) -> list[tuple[str, bytes]]:
        async with engine.begin() as conn:
            sealed = await vault.seal_many(conn, [(each, b"row", each.encode()) for each in order])
            return list(zip(order, sealed, strict=True))

    batches = await asyncio.gather(seal(victims), seal(victims[::-1]), seal(victims))
    async with engine.connect() as conn:
        assert len(await in_store(conn, vault_keys)) == len(victims)
        for batch in batches:
            opened = await vault.open_many(conn, [(each, b"row", sealed) for each, sealed in batch])
            assert opened == [each.encode() for each, _ in batch]


async def test_a_note_is_stored_sealed_to_its_fact(engine: AsyncEngine) -> None:
    told = event("c", "contact.made.v1", channel="phone", direction="outbound", outcome="reached", note="in words")
    await take_in(engine, told)
    async with engine.connect() as conn:
        (row,) = (await conn.execute(select(notes.c.fact_key, notes.c.ciphertext, notes.c.victim_id))).all()
        assert await vault.open_one(conn, row.victim_id, row.fact_key, row.ciphertext) == b"in words"


def test_a_laptop_makes_its_own_key_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = master_key_for(None, tmp_path / "data")
    again = master_key_for(None, tmp_path / "data")
    assert first.index_of("number", "x") == again.index_of("number", "x")
    assert (tmp_path / "data" / "master.key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["master.key"]


@pytest.mark.parametrize("setting", ["", "short", " " * 40])
def test_a_key_that_protects_nothing_is_refused_without_being_shown(setting: str) -> None:
    with pytest.raises(VaultError, match="WAYMARK_MASTER_KEY"):
        MasterKey(setting)


def test_in_service_a_missing_key_refuses_to_start() -> None:
    with pytest.raises(VaultError, match="does not start without it"):
        master_key_for(None, None)


def test_a_blind_index_is_worth_nothing_without_the_key() -> None:
    other = MasterKey("another key of thirty-two characters, or more")
    assert vault.index_of("number", "+447700900123") == vault.index_of("number", "+447700900123")
    assert vault.index_of("number", "+447700900123") != vault.index_of("body", "+447700900123")
    assert vault.index_of("number", "+447700900123") != other.index_of("number", "+447700900123")


def test_a_refused_record_opens_in_its_own_row_alone() -> None:
    sealed = vault.seal_record(b"row 1", b"hello")
    assert vault.open_record(b"row 1", sealed) == b"hello"
    other = Vault(MasterKey("another key of at least thirty-two characters"))
    for opener, row, what in ((vault, b"row 2", sealed), (other, b"row 1", sealed), (vault, b"row 1", b"x")):
        with pytest.raises(VaultError, match="WAYMARK_MASTER_KEY"):
            opener.open_record(row, what)


def test_a_keyed_digest_tells_equal_from_other_with_the_key_alone() -> None:
    other = Vault(MasterKey("another key of at least thirty-two characters"))
    digest = vault.digest_of("content", b"words")
    assert digest == vault.digest_of("content", b"words")
    assert len({digest, vault.digest_of("record", b"words"), other.digest_of("content", b"words")}) == 3


async def test_a_process_with_another_master_key_does_not_begin(engine: AsyncEngine, store_settings: Settings) -> None:
    other = Vault(MasterKey("for this test: another key of thirty-two characters or more"))
    async with engine.connect() as conn:
        await other.refuse_another_key(conn)  # nothing is sealed yet
    await store_people(engine)
    async with engine.connect() as conn:
        await vault.refuse_another_key(conn)
        with pytest.raises(VaultError, match="the one this store was made with"):
            await other.refuse_another_key(conn)
    settings = store_settings.model_copy(update={"master_key": SecretStr("k" * 32)})
    with pytest.raises(VaultError, match="the one this store was made with"):
        async with grounded(settings):
            pass
