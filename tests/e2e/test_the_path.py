"""An event goes in on Kafka, a warning and a breach come out: with the real processes, started as people start them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.support.running import Up, case_event, eventually

CASE = "KP-2026-000123"
REPORT = case_event(CASE, "report", "policing.crime.reported", "2026-11-09T09:30:00+00:00", offence="stalking")
SOLO = case_event(
    CASE, "solo", "policing.officer.assigned", "2026-11-09T10:00:00+00:00", role="SOLO", officer_ref="P-1"
)
PHONE = case_event(CASE, "phone", "policing.phone.seized", "2026-11-09T11:00:00+00:00", device_ref="D-1")
ARREST = case_event(CASE, "arrest", "policing.suspect.arrested", "2026-11-10T14:20:00+00:00", suspect_ref="S-1")
TICK_BOX = case_event(
    CASE, "call", "contact.made", "2026-11-10T10:00:00+00:00", channel="phone", direction="outbound", outcome="reached",
    recorded_by={"role": "OIC", "officer_ref": "P-2"}, note="No update at this time. VCOP complied with.",
)  # fmt: skip

ON_THE_WAY = {"requested", "sending", "sent"}


def duty(up: Up, rule: str, case_id: str = CASE) -> dict[str, Any]:
    """The only obligation of a rule in a case, as the store has it."""
    shown = up.json("case", case_id)
    (found,) = [each for each in shown["cases"][0]["obligations"] if each["rule"] == rule]
    return dict(found)


def cards(up: Up) -> list[tuple[str, str | None]]:
    """The kind and rule of each open card."""
    return [(each["kind"], each["rule"]) for each in up.json("worklist")]


@pytest.mark.smoke
def test_an_arrest_nobody_told_of_is_warned_about_and_then_overdue(up: Up) -> None:
    up.start("--now", "2026-11-10T17:00:00Z")
    up.send(REPORT, SOLO, PHONE, ARREST, TICK_BOX)
    up.publish((CASE, b"not a CloudEvent", []))

    eventually(lambda: cards(up), lambda seen: ("overdue", "KENT-PHONE-24H") in seen and ("grade", None) in seen)
    assert duty(up, "VC-R6-ARREST")["state"] == "pending"
    update = duty(up, "KENT-UPDATE")
    assert update["trigger_event_id"] == "report"  # the tick-box call did not restart the clock
    (letter,) = eventually(lambda: up.json("dead", "list"))
    assert "not JSON" in letter["reason"]
    assert not [each for each in up.json("texts", "list") if each["body"]]
    assert "KP-2026-000123" in httpx.get(up.web).text

    up.run("time", "advance", "6d")
    eventually(lambda: cards(up), lambda seen: ("approaching", "VC-R6-ARREST") in seen)
    up.run("time", "advance", "2d")
    eventually(lambda: cards(up), lambda seen: ("overdue", "VC-R6-ARREST") in seen)
    assert duty(up, "VC-R6-ARREST")["state"] == "breached"

    shown = up.program("case", CASE, "--json")
    assert json.loads(shown)["cases"] == up.json("case", CASE)["cases"]
    up.program("ledger", "verify")
    up.program("rebuild", "--verify")
    assert up.stop() == 0


def test_what_was_stored_is_there_after_everything_was_killed(up: Up) -> None:
    up.start("--now", "2026-11-10T17:00:00Z")
    up.send(REPORT, SOLO, PHONE, ARREST)
    eventually(lambda: cards(up), lambda seen: ("overdue", "KENT-PHONE-24H") in seen)
    before = up.json("case", CASE)["cases"]

    up.kill()
    up.start()
    after = up.json("case", CASE)["cases"]
    assert json.dumps(after) == json.dumps(before)
    up.run("time", "advance", "8d")
    eventually(lambda: cards(up), lambda seen: ("overdue", "VC-R6-ARREST") in seen)
    up.run("rebuild", "--verify")


def test_a_text_goes_out_only_with_safe_contact_and_a_confirmed_number(up: Up) -> None:
    up.start("--now", "2026-11-10T10:00:00Z")
    people = up.data.parent / "people.csv"
    people.write_text(
        "victim_id,contact_point_ref,kind,value,belongs_to,confirmed_by,confirmed_at,cover,sender_name\n"
        "V-1,CP-1,mobile,07700 900123,self,P-1,2026-11-10T09:00:00Z,,Sam\n"
        "V-2,CP-2,mobile,07700 900124,self,P-1,2026-11-10T09:00:00Z,,Sam\n"
    )
    up.run("people", "import", str(people))
    up.run("time", "advance", "2h")
    hours = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "19:00"}]
    for victim, case_id in (("V-1", "KP-1"), ("V-2", "KP-2")):
        events = [
            case_event(case_id, f"report-{victim}", "policing.crime.reported", "2026-11-10T10:30:00Z",
                       offence="stalking"),
            case_event(case_id, f"solo-{victim}", "policing.officer.assigned", "2026-11-10T11:00:00Z", role="SOLO",
                       officer_ref="P-1"),
            case_event(case_id, f"referral-{victim}", "support.referral.made", "2026-11-10T11:30:00Z", service="isva"),
        ]  # fmt: skip
        if victim == "V-1":
            events.insert(1, case_event(case_id, "safe", "policing.safe_contact.recorded", "2026-11-10T10:40:00Z",
                                        sms="allowed", hours=hours))  # fmt: skip
        for event in events:
            event["data"]["victim_id"] = victim
        up.send(*events)

    def texts_of(victim: str) -> list[dict[str, Any]]:
        return [each for each in up.json("texts", "list") if each["victim_id"] == victim]

    eventually(lambda: [each for each in texts_of("V-1") if each["state"] == "delivered"])
    eventually(lambda: texts_of("V-2"), lambda seen: bool(seen) and all(each["state"] == "suppressed" for each in seen))
    decided = eventually(lambda: texts_of("V-1"), lambda seen: not {each["state"] for each in seen} & ON_THE_WAY)
    (sent,) = [each for each in decided if each["state"] == "delivered"]  # the agreed number a day
    assert sent["body"]
    assert all(each["body"] is None for each in texts_of("V-2"))
    tasks = [each for each in up.json("worklist") if each["kind"] == "task" and each["victim_id"] == "V-2"]
    assert tasks
    assert all("No text:" in each["say"] for each in tasks)
    for number in ("900123", "900124"):
        assert number not in up.run("texts", "list", "--json") + up.log()
