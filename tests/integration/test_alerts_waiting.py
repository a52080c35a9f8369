"""What nobody is owed opens no card: it comes with the victim's next one, or is done once somebody has spoken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.contacts.planning import WAITS
from tests.support.alerting import cards_for, go_on, go_to, referral, solo, store_officers
from tests.support.app import NOW, event
from tests.support.texting import HOUR, bring_in, notifier, report, safe_contact, the_worklist

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)
LIST = timedelta(hours=9, minutes=6)


async def one_case_whose_texts_cannot_go(engine: AsyncEngine) -> None:
    """A SOLO and a referral that no text told of: the victim has no number; P-1 is at work Mondays to Fridays."""
    await store_officers(engine)
    await bring_in(engine, report(), safe_contact(), solo(), referral())
    await notifier(engine).send_due()


async def test_a_task_that_nothing_is_owed_for_waits_for_the_victims_next_card(engine: AsyncEngine) -> None:
    await one_case_whose_texts_cannot_go(engine)
    await go_to(engine, FRIDAY - timedelta(days=4) + LIST)
    assert not [line for card in await cards_for(engine, "P-1") for line in card.lines if line.kind == "task"]
    waiting = [line for card in await cards_for(engine, "P-1", also_coming=True) for line in card.lines]
    assert any(line.say.startswith("When you next speak with V-1") for line in waiting)

    await bring_in(engine, event("arrest", time=NOW - HOUR))
    await go_to(engine, FRIDAY - 12 * HOUR)
    await go_to(engine, FRIDAY + LIST)
    (card,) = await cards_for(engine, "P-1")
    assert {line.kind for line in card.lines} >= {"approaching", "task"}


async def test_a_talk_with_the_victim_is_the_end_of_what_waited_for_it(engine: AsyncEngine) -> None:
    await one_case_whose_texts_cannot_go(engine)
    call: dict[str, Any] = {
        "channel": "phone",
        "direction": "outbound",
        "outcome": "reached",
        "recorded_by": {"officer_ref": "P-1"},
    }
    await go_to(engine, NOW + 2 * HOUR)
    await bring_in(engine, event("no-answer", "contact.made.v1", time=NOW + HOUR, **{**call, "outcome": "no_answer"}))
    lines = [line for card in await cards_for(engine, "P-1", also_coming=True) for line in card.lines]
    assert [line for line in lines if line.kind == "task"]
    await bring_in(engine, event("talk", "contact.made.v1", time=NOW + HOUR, **call))
    lines = [line for card in await cards_for(engine, "P-1", also_coming=True) for line in card.lines]
    assert not [line for line in lines if line.kind == "task"]


async def test_what_a_grade_says_comes_with_the_victims_next_card(engine: AsyncEngine) -> None:
    await store_officers(engine)
    call: dict[str, Any] = {"channel": "phone", "direction": "outbound", "outcome": "reached", "note": "No update."}
    said = event("call", "contact.made.v1", time=NOW - 3 * HOUR, **call, recorded_by={"officer_ref": "P-1"})
    await bring_in(engine, report(), safe_contact(), solo(), said)
    await go_to(engine, FRIDAY - timedelta(days=4) + LIST)
    lines = [line for card in await cards_for(engine, "P-1") for line in card.lines]
    assert not [line for line in lines if line.kind == "grade"]

    await bring_in(engine, event("arrest", time=FRIDAY - timedelta(days=6)))
    await go_to(engine, FRIDAY - timedelta(days=3) + LIST)
    (card,) = [each for each in await cards_for(engine, "P-1") if any(line.kind == "grade" for line in each.lines)]
    assert len(card.lines) > 1


async def test_what_waited_in_vain_is_shown_by_itself(engine: AsyncEngine) -> None:
    await one_case_whose_texts_cannot_go(engine)
    await bring_in(engine, event("nfa", "policing.decision.no_further_action.v1", time=NOW - HOUR))
    await go_on(engine)
    await go_to(engine, NOW + WAITS + timedelta(days=4))
    shown = [line for card in await cards_for(engine, "P-1") for line in card.lines if line.kind == "task"]
    assert any(line.say.startswith("When you next speak with V-1") for line in shown)


async def test_a_release_from_before_go_live_is_nobodys_task(engine: AsyncEngine) -> None:
    old = event("old", "probation.offender.released.v1", time=NOW - timedelta(days=3))
    await bring_in(engine, report(), safe_contact(), old, announce_from=NOW - timedelta(days=1))
    assert not [each for each in await the_worklist(engine) if each.kind == "task"]
    new = event("new", "probation.offender.released.v1", time=NOW - HOUR)
    await bring_in(engine, new, announce_from=NOW - timedelta(days=1))
    (task,) = [each for each in await the_worklist(engine) if each.kind == "task"]
    assert (task.event_id, task.urgent) == ("new", True)
