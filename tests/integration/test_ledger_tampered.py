"""Whatever is done to the ledger behind Waymark's back is found: in the store, and by an outsider with an export."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.anchor import make_anchor
from services.projections.anchors import anchor_hash
from services.storage.anchors import Anchor
from services.storage.tables import case_key, cases, ledger
from services.storage.tables_anchor import anchor_leaves, anchors
from tests.support.anchored import (
    anchored,
    announce,
    entries_of,
    exported,
    outsider,
    outsider_reads,
    pass_time,
    published_lines,
    three_anchors,
    verdict,
    write_chain_anew,
)

pytestmark = pytest.mark.usefixtures("at_noon")

Tampers = Callable[[AsyncConnection], Awaitable[None]]
ONE, TWO = case_key("KP-1"), case_key("KP-2")


async def _changes_an_entry(conn: AsyncConnection) -> None:
    await conn.execute(update(ledger).where(ledger.c.case_key == ONE, ledger.c.sequence == 2).values(entry=b"\xff{}"))


async def _changes_an_entry_and_all_that_rests_on_it(conn: AsyncConnection) -> None:
    entries = await entries_of(conn, ONE)
    await write_chain_anew(conn, ONE, [b"{}", *entries[1:]])


async def _cuts_the_end_off(conn: AsyncConnection) -> None:
    await write_chain_anew(conn, ONE, (await entries_of(conn, ONE))[:4])


async def _empties_a_chain(conn: AsyncConnection) -> None:
    await conn.execute(delete(ledger).where(ledger.c.case_key == ONE))
    await conn.execute(update(cases).where(cases.c.case_key == ONE).values(sequence=0, ledger_head=None))


async def _removes_a_case(conn: AsyncConnection) -> None:
    await conn.execute(delete(ledger).where(ledger.c.case_key == TWO))
    await conn.execute(delete(cases).where(cases.c.case_key == TWO))


async def _swaps_entries(conn: AsyncConnection) -> None:
    first, second = (await entries_of(conn, ONE))[:2]
    for number, entry in ((1, second), (2, first)):
        place = (ledger.c.case_key == ONE) & (ledger.c.sequence == number)
        await conn.execute(update(ledger).where(place).values(entry=entry))


async def _swaps_entries_of_two_cases_and_hashes_anew(conn: AsyncConnection) -> None:
    one, two = await entries_of(conn, ONE), await entries_of(conn, TWO)
    await write_chain_anew(conn, ONE, [two[0], *one[1:]])
    await write_chain_anew(conn, TWO, [one[0], *two[1:]])


async def _removes_an_anchor(conn: AsyncConnection) -> None:
    await conn.execute(delete(anchors).where(anchors.c.number == 2))
    await conn.execute(delete(anchor_leaves).where(anchor_leaves.c.anchor == 2))


async def _removes_the_first_anchor(conn: AsyncConnection) -> None:
    await conn.execute(delete(anchors).where(anchors.c.number == 1))
    await conn.execute(delete(anchor_leaves).where(anchor_leaves.c.anchor == 1))


async def _removes_the_last_anchor_but_not_its_leaves(conn: AsyncConnection) -> None:
    await conn.execute(delete(anchors).where(anchors.c.number == 3))


async def _changes_a_count(conn: AsyncConnection) -> None:
    await conn.execute(update(anchors).where(anchors.c.number == 2).values(entries=999))


async def _changes_a_count_and_its_hash(conn: AsyncConnection) -> None:
    row = (await conn.execute(select(anchors).where(anchors.c.number == 3))).one()
    forged = replace(Anchor(**row._mapping), entries=999)
    values = {"entries": 999, "hash": anchor_hash(forged)}
    await conn.execute(update(anchors).where(anchors.c.number == 3).values(values))


async def _forgets_a_leaf(conn: AsyncConnection) -> None:
    await conn.execute(delete(anchor_leaves).where(anchor_leaves.c.anchor == 3, anchor_leaves.c.case_key == TWO))


async def _changes_a_leaf(conn: AsyncConnection) -> None:
    await conn.execute(update(anchor_leaves).where(anchor_leaves.c.anchor == 2).values(head=b"\x01" * 32))


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outside")


@pytest_asyncio.fixture(name="store")
async def _store(engine: AsyncEngine) -> AsyncEngine:
    await three_anchors(engine)
    return engine


@pytest.mark.parametrize(
    ("tampers", "case", "store_says", "outsider_says"),
    [
        (_changes_an_entry, "KP-1", "Entry 2 is not what was written", "entry 2 is not what was written"),
        (
            _changes_an_entry_and_all_that_rests_on_it,
            "KP-1",
            "Entry 3 is not the one that anchor 1 holds",
            "entry 3 is not the one that anchor 1 holds",
        ),
        (
            _cuts_the_end_off,
            "KP-1",
            "Anchor 2 holds 5 entries of this case, the ledger 4",
            "its end was cut off: anchor 2 holds 5, left are 4",
        ),
        (_empties_a_chain, "KP-1", "Anchor 1 holds 3 entries of this case, the ledger none", "is missing: anchor 1"),
        (_removes_a_case, None, "the case was removed", f"Case {TWO.hex()} is missing: anchor 1 holds 2 entries"),
        (_swaps_entries, "KP-1", "Entry 1 is not what was written", "entry 1 is not what was written"),
        (
            _swaps_entries_of_two_cases_and_hashes_anew,
            "KP-",
            "is not the one that anchor 1 holds",
            "entry 3 is not the one that anchor 1 holds",
        ),
        (_removes_an_anchor, None, "Anchor 2 is missing: anchor 3 stands", "Anchor 2 is missing: 3 stands"),
        (_removes_the_first_anchor, None, "Anchor 1 is missing: anchor 2 stands", "Anchor 1 is missing: 2 stands"),
        (_removes_the_last_anchor_but_not_its_leaves, None, "Anchor 3 is missing: the heads", "Anchor 3 is missing"),
        (_changes_a_count, None, "Anchor 2 is not what was written", "Anchor 2 is not what was written"),
        (_changes_a_count_and_its_hash, None, "Anchor 3 counts 999 entries", "Anchor 3 counts other cases or entries"),
        (_forgets_a_leaf, None, "Anchor 3 was made over other heads", "Anchor 3 was made over other heads"),
        (_changes_a_leaf, None, "Anchor 2 was made over other heads", "Anchor 2 was made over other heads"),
    ],
)
async def test_whatever_is_done_behind_waymarks_back_is_found_by_both(
    *, store: AsyncEngine, folder: Path, tampers: Tampers, case: str | None, store_says: str, outsider_says: str
) -> None:
    async with store.begin() as conn:
        await tampers(conn)
    found = await verdict(store)
    assert found.problem is not None
    assert store_says in found.problem
    assert (found.case_id or "").startswith(case or "")
    assert (found.case_id is None) == (case is None)
    said = outsider(folder, await exported(store))
    assert said.code == 1
    assert outsider_says in said.text
    assert "The ledger does not hold" in said.text


async def test_an_untouched_export_holds_for_an_outsider(store: AsyncEngine, folder: Path) -> None:
    alone = outsider(folder, await exported(store))
    assert alone.code == 0
    assert "The ledger holds: 10 entries of 3 cases, 3 anchors" in alone.text
    assert "Not compared with published anchors" in alone.text
    compared = outsider(folder, await exported(store), await published_lines(store))
    assert compared.code == 0
    assert "3 published anchors were compared; 0 are younger" in compared.text
    assert "1 of them are under no anchor here" in compared.text
    assert "newer export" not in compared.text


async def test_an_entry_that_is_no_text_is_exported_as_it_is(store: AsyncEngine) -> None:
    async with store.begin() as conn:
        await _changes_an_entry(conn)
    assert [line["entry_base64"] for line in await exported(store) if "entry_base64" in line] == ["/3t9"]


async def _removes_the_last_anchor(conn: AsyncConnection) -> None:
    await conn.execute(delete(anchors).where(anchors.c.number == 3))
    await conn.execute(delete(anchor_leaves).where(anchor_leaves.c.anchor == 3))


async def _removes_every_anchor(conn: AsyncConnection) -> None:
    await conn.execute(delete(anchors))
    await conn.execute(delete(anchor_leaves))


@pytest.mark.parametrize(("tampers", "missing"), [(_removes_the_last_anchor, 3), (_removes_every_anchor, 1)])
async def test_that_the_newest_anchors_were_removed_is_found_by_those_published(
    store: AsyncEngine, folder: Path, tampers: Tampers, missing: int
) -> None:
    published = await published_lines(store)
    await pass_time(store)
    async with store.begin() as conn:
        await tampers(conn)
    found = await verdict(store, published)
    assert found.problem == f"Anchor {missing} was published and is not in the store: it was removed."
    said = outsider(folder, await exported(store), published)
    assert said.code == 1
    assert f"Anchor {missing} was published and is missing here: it was removed." in said.text


async def test_a_whole_ledger_written_anew_with_its_anchors_is_found_by_those_published(
    store: AsyncEngine, folder: Path
) -> None:
    published = await published_lines(store)
    async with store.begin() as conn:
        await _cuts_the_end_off(conn)
        await _removes_every_anchor(conn)
    await anchored(store)
    assert (await verdict(store)).problem is None
    found = await verdict(store, published)
    assert found.problem == "Anchor 1 is not the one that was published: it was written anew."
    said = outsider(folder, await exported(store), published)
    assert said.code == 1
    assert "Anchor 1 is not the one that was published." in said.text


async def test_an_anchor_published_after_the_export_is_no_problem(store: AsyncEngine, folder: Path) -> None:
    before = await exported(store)
    await anchored(store)
    said = outsider(folder, before, await published_lines(store))
    assert said.code == 0
    assert "4 published anchors were compared; 1 are younger" in said.text


async def test_an_export_that_says_it_is_old_hides_no_entries_behind_that(store: AsyncEngine, folder: Path) -> None:
    published = await published_lines(store)
    async with store.begin() as conn:
        await write_chain_anew(conn, TWO, [*(await entries_of(conn, TWO))[:2], b"{}"])
    first, *rest = await exported(store)
    first["at"] = next(line["made_at"] for line in rest if line["kind"] == "anchor")
    kept = [line for line in rest if line["kind"] == "entry" or 1 in {line.get("number"), line.get("anchor")}]
    said = outsider(folder, [first, *kept], published)
    assert "The ledger holds: 10 entries of 3 cases, 1 anchors" in said.text
    assert "5 of them are under no anchor here" in said.text
    assert "2 are younger than this export" in said.text
    assert "Ask for a newer export" in said.text


async def test_what_two_readers_could_read_differently_is_no_export(store: AsyncEngine, folder: Path) -> None:
    lines = await exported(store)
    entry = next(line for line in lines if line["kind"] == "entry")
    file = folder / "twice.jsonl"
    for twice in (
        json.dumps(entry).replace('"entry":', '"entry": "{}", "entry":', 1),
        json.dumps({**entry, "entry_base64": "e30="}),
    ):
        file.write_text(f"{json.dumps(lines[0])}\n{twice}\n", "utf-8")
        assert outsider_reads(file).code == 2


async def test_a_store_without_anchors_yet_is_checked_by_its_chains(engine: AsyncEngine, folder: Path) -> None:
    assert (await verdict(engine)).problem is None
    assert outsider(folder, await exported(engine)).code == 0
    await announce(engine, "a1")
    found = await verdict(engine)
    assert (found.problem, found.anchors, found.anchored_at) == (None, 0, None)


async def test_published_events_that_are_no_anchors_are_passed_over(store: AsyncEngine, folder: Path) -> None:
    async with store.connect() as conn:
        values = (await conn.execute(text("SELECT value FROM outbox ORDER BY id"))).scalars()
        everything = [value.decode() for value in values]
    assert len(everything) > 3
    assert (await verdict(store, everything)).problem is None
    assert "3 published anchors were compared" in outsider(folder, await exported(store), everything).text


@pytest.mark.parametrize("lines", [[{"kind": "entry"}], [{}], [5], [{"kind": "ledger", "at": "soon"}]])
def test_an_outsider_is_told_of_a_file_that_is_no_export(folder: Path, lines: list[Any]) -> None:
    said = outsider(folder, lines)
    assert said.code == 2
    assert "docs/ledger.md" in said.text


async def test_the_next_anchor_does_not_hide_what_was_done(store: AsyncEngine, folder: Path) -> None:
    async with store.begin() as conn:
        await _cuts_the_end_off(conn)
    await pass_time(store)
    await make_anchor(store)
    assert "the ledger 4: its end was cut off" in ((await verdict(store)).problem or "")
    assert "its end was cut off" in outsider(folder, await exported(store)).text
