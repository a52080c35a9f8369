"""`waymark up --demo`: officers and people are there before the events, cards stand on officers' lists, once."""

from __future__ import annotations

from datetime import UTC, datetime

from services.cli.demo import Demo, live_since
from tests.support.running import Up, eventually

CASES = 150
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
OTHER_UNITS = {"WCU", "CPS", "court", "probation", "cover"}


def test_a_demo_is_loaded_once_with_its_officers_and_cards_on_their_lists(up: Up) -> None:
    up.start("--now", FRIDAY.isoformat(), "--demo", "--demo-cases", str(CASES))
    eventually(up.log, lambda log: "The demo is ready to look at" in log, limit_s=120)

    demo = Demo(FRIDAY, CASES)
    officers = {row[0] for row in list(demo.officers())[1:]}
    listed = [each for each in up.json("worklist") if each["case_id"].startswith("SIM")]
    on_lists = {each["to"] for each in listed}
    assert len(on_lists & officers) > 2
    assert on_lists <= officers | OTHER_UNITS
    for each in listed:
        if each["kind"] in {"approaching", "overdue"}:
            assert each["act_by"] is not None
        # A Victim Personal Statement has no date until a hearing is listed: it may be owed aloud before it is late.
        if each["kind"] == "overdue" and each["rule"] != "VC-R7-STATEMENT":
            assert datetime.fromisoformat(each["due_at"]) >= live_since(FRIDAY.date()), "before go-live: no card"

    up.stop()
    up.start("--demo", "--demo-cases", str(CASES))
    eventually(up.log, lambda log: "the demo is not loaded again" in log)
    again = [each for each in up.json("worklist") if each["case_id"].startswith("SIM")]
    assert {(each["case_id"], each["rule"], each["kind"]) for each in again} >= {
        (each["case_id"], each["rule"], each["kind"]) for each in listed if each["kind"] == "overdue"
    }
