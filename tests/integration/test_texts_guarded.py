"""Texts that must not go, or must not be left to a machine, on a real PostgreSQL: what a review of the gate found."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from notifications.notify import LiveChannelError
from services.storage.clock_rows import advance_clock
from services.storage.tables_notify import contact_points, text_requests
from services.storage.texts import set_paused
from tests.support.app import NOW, event
from tests.support.texting import (
    HOUR,
    Scripted,
    all_texts,
    bring_in,
    by_text,
    hearing,
    notifier,
    outbox_of,
    report,
    safe_contact,
    store_people,
    the_worklist,
)

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("at_noon")]

DAY = timedelta(days=1)


async def tasks(engine: AsyncEngine) -> list[str]:
    return [item.say for item in await the_worklist(engine) if item.kind == "task"]


async def fates(engine: AsyncEngine) -> dict[str, tuple[str, str | None]]:
    return {each["event_id"]: (each["state"], each["rule"]) for each in await all_texts(engine)}


def arrest() -> dict[str, Any]:
    return event("arr", time=NOW - 2 * HOUR)


async def test_a_number_in_police_hands_is_not_texted_under_another_reference(engine: AsyncEngine) -> None:
    await store_people(engine, {}, {"contact_point_ref": "CP-2", "value": "+44 7700 900123"})
    seized = event("p", "policing.phone.seized.v1", time=NOW - 5 * HOUR, device_ref="D", contact_point_ref="CP-1")
    await bring_in(engine, report(), safe_contact(), seized, hearing())
    assert (await notifier(engine).send_due()).sent == 0
    assert (await fates(engine))["news"] == ("suppressed", "3")


async def test_a_stop_outlives_a_change_of_number(engine: AsyncEngine) -> None:
    await store_people(engine)
    async with engine.begin() as conn:
        await conn.execute(update(contact_points).values(stopped_at=NOW))
    await store_people(engine, {"value": "07700 900124", "confirmed_at": "2026-11-10"})
    await store_people(engine, {"value": "07700 900124", "confirmed_at": "2026-11-20T12:00:00+00:00"})
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    assert (await all_texts(engine))[0]["state"] == "suppressed"
    assert "6: they texted back to stop texts" in (await all_texts(engine))[0]["history"][-1]["why"]


async def test_a_request_for_an_update_is_still_somebodys_after_the_text(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), event("ask", "victim.update.requested.v1", time=NOW - HOUR))
    assert (await notifier(engine).send_due()).sent == 1
    (back,) = await outbox_of(engine, "case.events")
    assert "informed_of" not in json.loads(back)["data"]
    await bring_in(engine, json.loads(back))
    (task,) = [each for each in await tasks(engine) if "update they asked for" in each]
    assert task.startswith("Please ring V-1")
    async with engine.connect() as conn:
        request = (await conn.execute(text("select state from obligations where rule = 'KENT-REQUEST'"))).scalar_one()
    assert request in {"pending", "warned"}
    call = event("c", "contact.made.v1", time=NOW, channel="phone", direction="outbound", outcome="reached",
                 informed_of=["report-V-1-KP-1"])  # fmt: skip
    await bring_in(engine, call)
    assert not [each for each in await tasks(engine) if "update they asked for" in each]


async def test_a_text_about_an_id_that_two_sources_use_discharges_nothing(engine: AsyncEngine) -> None:
    await store_people(engine)
    bail = event("news", "court.bail.decided.v1", time=NOW - HOUR, suspect_ref="S-1", outcome="granted")
    await bring_in(engine, report(), safe_contact(), hearing(), {**bail, "source": "/cps/cms"})
    async with engine.begin() as conn:
        await conn.execute(
            update(text_requests)
            .where(text_requests.c.event_type != "court.hearing.listed.v1")
            .values(wake_at=NOW + DAY)
        )
    assert (await notifier(engine).send_due()).sent == 1
    (back,) = await outbox_of(engine, "case.events")
    assert "informed_of" not in json.loads(back)["data"]
    assert any("two records of the case bear the same number" in each for each in await tasks(engine))


async def test_a_date_in_a_text_is_owed_after_it(engine: AsyncEngine) -> None:
    await store_people(engine)
    agreed = event("agreed", "policing.contact.agreed.v1", time=NOW - 6 * DAY, channel="phone", frequency_days=14)
    sent_off = event("file", "prosecution.file.submitted.v1", time=NOW - HOUR, suspect_ref="S-1")
    await bring_in(engine, report(), safe_contact(), agreed, sent_off)
    await notifier(engine).send_due()
    (found,) = await all_texts(engine)
    assert "You will hear from us by Friday 4 December." in found["body"]
    (back,) = await outbox_of(engine, "case.events")
    assert json.loads(back)["data"]["promised_by"] == "2026-12-04"
    await bring_in(engine, json.loads(back))
    async with engine.connect() as conn:
        owed = text("select body from obligations where rule = 'KENT-UPDATE' and state = 'pending'")
        (row,) = (await conn.execute(owed)).all()
    assert json.loads(row.body)["due_on"] == "2026-12-04"


async def test_what_a_correction_made_news_is_no_text_whatever_else_came_with_it(engine: AsyncEngine) -> None:
    await store_people(engine)
    released = event("rel", "policing.news.released.v1", time=NOW - HOUR, event_id="arr", category="other")
    told = event("told", "contact.made.v1", time=NOW - HOUR, channel="phone", direction="outbound", outcome="reached",
                 informed_of=["arr"])  # fmt: skip
    await bring_in(engine, report(), safe_contact(), by_text(), arrest(), released, told)
    undone = event("undo", "record.retracted.v1", event_id="told", reason="wrong case")
    await bring_in(engine, undone, event("prop", "policing.property.taken.v1", item_ref="I"))
    assert (await notifier(engine).send_due()).sent == 0
    assert (await fates(engine))["arr"] == ("suppressed", "7")
    assert any(each.startswith("Please tell V-1 about the arrest") for each in await tasks(engine))


@pytest.mark.parametrize("meanwhile", ["hours", "lease", "switch"])
async def test_a_process_that_stood_still_does_not_send(engine: AsyncEngine, meanwhile: str) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(hours=[{"from": "10:00", "to": "13:00"}]), hearing())

    async def stands_still(step: str) -> None:
        if step != "sending_committed":
            return
        async with engine.begin() as conn:
            if meanwhile == "hours":
                await advance_clock(conn, timedelta(hours=9))
            elif meanwhile == "lease":
                past = text("lease_until - interval '21 seconds'")
                await conn.execute(update(text_requests).values(lease_until=past))
            else:
                await set_paused(conn, paused=True)

    channel = Scripted()
    done = await notifier(engine, channel, at=stands_still).send_due()
    assert (done.sent, done.failed, channel.asked) == (0, 1, [])
    assert (await fates(engine))["news"][0] == "technical_failure"
    (task,) = await tasks(engine)
    assert "was not sent" in task


async def test_a_text_given_up_as_lost_meanwhile_is_not_sent(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    channel = Scripted()

    async def another_gives_it_up(step: str) -> None:
        if step == "sending_committed":
            async with engine.begin() as conn:
                past = text("clock_timestamp() - interval '1 hour'")
                await conn.execute(update(text_requests).values(lease_until=past))
            assert (await notifier(engine).send_due()).unknown == 1

    await notifier(engine, channel, at=another_gives_it_up).send_due()
    assert channel.asked == []
    assert (await fates(engine))["news"][0] == "technical_failure"


async def test_a_feed_that_is_late_makes_tasks_since_texts_were_switched_on(engine: AsyncEngine) -> None:
    await store_people(engine)
    late = NOW - 11 * DAY
    before = event("old", "support.referral.made.v1", time=NOW - 400 * DAY, service="isva")
    await bring_in(engine, report(time=NOW - 30 * DAY), safe_contact(time=NOW - 29 * DAY), before)
    outcome = event("out", "policing.review.decided.v1", time=late, decision_event_id="x", outcome="upheld")
    await bring_in(engine, outcome, texts_from=NOW - 60 * DAY)
    await notifier(engine, texts_from=NOW - 60 * DAY).send_due()
    found = await fates(engine)
    assert (found["out"], found["old"]) == (("suppressed", "7"), ("suppressed", "7"))
    (task,) = await tasks(engine)
    assert "the outcome of the review" in task


async def test_a_task_changes_when_its_news_is_withheld_and_when_it_is_released(engine: AsyncEngine) -> None:
    await store_people(engine, {"confirmed_by": "", "confirmed_at": ""})
    await bring_in(engine, report(), safe_contact(), hearing())
    await notifier(engine).send_due()
    assert (await tasks(engine))[0].startswith("Please ring V-1")
    held = event("wh", "policing.news.withheld.v1", time=NOW - HOUR, event_id="news", category="safety")
    await bring_in(engine, held)
    assert [each[:15] for each in await tasks(engine)] == ["Do not tell V-1"]
    released = event("zrel", "policing.news.released.v1", time=NOW - HOUR, event_id="news", category="other")
    await bring_in(engine, released)
    (task,) = await tasks(engine)
    assert "withheld no longer" in task


async def test_withheld_news_that_is_released_is_texted(engine: AsyncEngine) -> None:
    await store_people(engine)
    held = event("wh", "policing.news.withheld.v1", time=NOW - HOUR, event_id="arr", category="investigation")
    await bring_in(engine, report(), safe_contact(), by_text(), arrest(), held)
    assert (await notifier(engine).send_due()).held == 1
    assert [each[:15] for each in await tasks(engine)] == ["Do not tell V-1"]
    await bring_in(engine, event("rel", "policing.news.released.v1", time=NOW, event_id="arr", category="other"))
    assert (await notifier(engine).send_due()).sent == 1
    assert await tasks(engine) == []


async def test_a_withheld_escape_pages_somebody_who_must_not_tell(engine: AsyncEngine) -> None:
    held = event("wh", "policing.news.withheld.v1", time=NOW - HOUR, event_id="esc", category="safety")
    await bring_in(
        engine, report(), safe_contact(), held, event("esc", "probation.offender.escaped.v1", time=NOW - HOUR)
    )
    (card,) = [each for each in await the_worklist(engine) if each.kind == "task"]
    assert card.urgent
    assert card.say.startswith("Do not tell V-1 about the escape of the offender")


async def test_what_a_person_tells_first_is_the_days_one_text(engine: AsyncEngine) -> None:
    await store_people(engine)
    loan = event("loan", "policing.phone.replacement_issued.v1", time=NOW - HOUR, device_ref="D", same_number=True)
    dropped = event("nfa", "policing.decision.no_further_action.v1", time=NOW - HOUR, reason="evidential")
    await bring_in(engine, report(), safe_contact(), loan)
    await bring_in(engine, dropped)
    async with engine.begin() as conn:
        earlier = update(text_requests).where(text_requests.c.event_id == "loan")
        await conn.execute(earlier.values(wake_at=NOW - HOUR))
    assert (await notifier(engine).send_due()).sent == 1
    found = await fates(engine)
    assert (found["nfa"][0], found["loan"][0]) == ("delivered", "held")


async def test_no_live_channel_is_used_under_a_simulated_clock(engine: AsyncEngine) -> None:
    channel = Scripted()
    channel.is_live = True
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing())
    with pytest.raises(LiveChannelError):
        await notifier(engine, channel).send_due()
    assert (channel.asked, (await fates(engine))["news"][0]) == ([], "requested")


async def test_court_news_told_under_the_notifications_name_is_no_text_and_no_task(engine: AsyncEngine) -> None:
    await store_people(engine)
    notified = event("n", "wcu.notified.v1", time=NOW - 2 * HOUR, about="h")
    call = event("c", "contact.made.v1", time=NOW - HOUR, channel="phone", direction="outbound", outcome="reached",
                 informed_of=["n"])  # fmt: skip
    await bring_in(engine, report(), safe_contact(), hearing("h", time=NOW - 3 * HOUR), notified, call)
    await notifier(engine).send_due()
    assert (await all_texts(engine), await tasks(engine)) == ([], [])


async def test_a_hearing_listed_on_another_date_is_a_call_offered(engine: AsyncEngine) -> None:
    await store_people(engine)
    await bring_in(engine, report(), safe_contact(), hearing("first", time=NOW - 2 * DAY))
    again = hearing("again", starts_at="2027-03-08T10:00:00+00:00")
    await bring_in(engine, again)
    await notifier(engine).send_due()
    sent = [each for each in await all_texts(engine) if each["state"] == "delivered"]
    assert [(each["event_id"], each["purpose"], each["template"]) for each in sent] == [
        ("again", "offer", "offer_call.v2")
    ]
    assert "trial" not in sent[0]["body"]
    assert any(each.startswith("Please ring V-1 about the court hearing") for each in await tasks(engine))


async def test_a_duty_to_tell_says_that_its_news_is_withheld_and_since_it_is_released_no_more(
    engine: AsyncEngine,
) -> None:
    await store_people(engine)
    await bring_in(engine, report(offence="rape"), safe_contact(), event("arr", time=NOW - HOUR))
    (card,) = [each for each in await the_worklist(engine) if each.rule == "VC-R6-ARREST"]
    held = event("wh", "policing.news.withheld.v1", event_id="arr", category="safety", until="2026-11-24")
    await bring_in(engine, held)
    (withheld,) = [each for each in await the_worklist(engine) if each.rule == "VC-R6-ARREST"]
    assert withheld.say.startswith("Do not tell this now: it is withheld until the end of Tue 24 Nov 2026.")
    assert (withheld.due_at, withheld.say.endswith(card.say)) == (card.due_at, True)
    await bring_in(engine, event("wx", "policing.news.released.v1", event_id="arr", category="other"))
    (released,) = [each for each in await the_worklist(engine) if each.rule == "VC-R6-ARREST"]
    assert released.say == card.say
