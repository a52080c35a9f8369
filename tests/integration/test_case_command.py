"""`waymark case` from the store: what of a case could not be read is said, and a damaged row is named."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.storage.tables import obligations
from tests.support.app import assess_all, event, take_in, told_within
from tests.support.commands import Invoke, OnStore

WRONG = {**event("w"), "time": "yesterday"}


async def _a_damaged_case(engine: AsyncEngine) -> str:
    """A case that was assessed, of which a row was damaged then, and that something new has woken; a duty in it."""
    await take_in(engine, event("a"), event("b"))
    await assess_all(engine, told_within())
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE facts SET payload = '\\x7b22' WHERE event_id = 'b'"))
    await take_in(engine, event("c"))
    await assess_all(engine, told_within())
    async with engine.connect() as conn:
        return str((await conn.execute(select(obligations.c.id).limit(1))).scalar_one())


@pytest.mark.parametrize("words", [["case", "KP-1"], ["case", "KP-1", "--json"], ["explain"]])
def test_a_case_of_which_a_stored_row_is_damaged_is_refused_in_a_sentence_that_names_the_event(
    on_store: OnStore, run: Invoke, words: list[str]
) -> None:
    duty = on_store(_a_damaged_case)
    refused = run(*words, *([duty] if words == ["explain"] else ()))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "(events: b from /kent/rms)" in refused.stderr
    assert "its deadlines are not watched" in refused.stderr


@pytest.mark.parametrize("words", [[], ["--json"], ["--officer", "cover"]])
def test_the_worklist_goes_on_and_holds_a_case_of_which_a_stored_row_is_damaged(
    on_store: OnStore, run: Invoke, words: list[str]
) -> None:
    on_store(_a_damaged_case)
    listed = run("worklist", *words)
    assert listed.exit_code == 0, listed.output
    assert "This case could not be assessed" in listed.stdout


def test_records_of_a_case_that_were_refused_are_noted_with_it_until_somebody_has_dealt_with_them(
    on_store: OnStore, run: Invoke
) -> None:
    on_store(lambda engine: take_in(engine, WRONG, {**WRONG, "subject": "KP-2"}))
    unknown = run("case", "KP-1")
    assert unknown.exit_code == 1
    assert "not in the store. 1 record of this case could not be taken in" in unknown.stderr
    on_store(lambda engine: take_in(engine, event("a", type_="policing.crime.reported.v1", offence="stalking")))
    (only,) = json.loads(run("case", "KP-1", "--json").stdout)["cases"]
    assert [each for each in only["notes"] if "`waymark dead list` says why" in each]
    assert "1 record of this case could not be taken in" in run("case", "KP-1").stdout
    before = run("case", "KP-1", "--received-by", "2020-01-01T00:00:00+00:00")
    assert before.stderr == "This case is not in the store as it was then.\n"
    on_store(lambda engine: take_in(engine, event("w")))
    assert "could not be taken in" not in run("case", "KP-1").stdout
