"""Which number a text may go to: never one in police hands under another name, never somebody else's by default."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.contacts.decision import Verdict
from services.contacts.person import ContactPoint
from services.contacts.safe_contact import PHONE_RETURNED, PHONE_SEIZED
from services.journeys.facts import Fact
from tests.unit.gate_cases import NOON, fact, hearing, judge, point, report, safe

DAY = timedelta(days=1)
SEIZED = fact("seized", PHONE_SEIZED, at=NOON - DAY, device_ref="D", contact_point_ref="P-1")


def test_a_number_stored_twice_is_held_under_both_references() -> None:
    twins = [point("P-1", same_as=b"n"), point("P-2", same_as=b"n")]
    decision = judge(report(), safe(), SEIZED, hearing(), points=twins)
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "3")
    back = fact("back", PHONE_RETURNED, at=NOON - timedelta(hours=1), device_ref="D")
    assert judge(report(), safe(), SEIZED, back, hearing(), points=twins).verdict is Verdict.SEND
    other = [point("P-1", same_as=b"n"), point("P-2", same_as=b"m")]
    assert judge(report(), safe(), SEIZED, hearing(), points=other).to_ref == "P-2"


def test_a_seizure_that_names_a_number_nobody_stored_holds_them_all() -> None:
    unknown = fact("seized", PHONE_SEIZED, at=NOON - DAY, device_ref="D", contact_point_ref="CP1")
    assert judge(report(), safe(), unknown, hearing()).rule == "3"
    assert judge(report(), safe(), SEIZED, unknown, hearing(), points=[point("P-1"), point("P-2")]).rule == "3"


@pytest.mark.parametrize(("ref", "rule"), [("P-1", "3"), ("P-9", None), (None, None)])
def test_a_seizure_that_names_their_own_number_holds_it_whosever_it_is_said_to_be(
    ref: str | None, rule: str | None
) -> None:
    named = {} if ref is None else {"contact_point_ref": ref}
    taken = fact("seized", PHONE_SEIZED, at=NOON - DAY, device_ref="D", suspect_ref="S-1", **named)
    assert judge(report(), safe(), taken, hearing()).rule == rule


@pytest.mark.parametrize(
    "own",
    [point(confirmed_at=None), point(quarantine="changed"), point(quarantine="shared"), point(can_text=False)],
)
@pytest.mark.parametrize("whose", ["husband", "partner", "mother", "adviser"])
def test_no_text_goes_to_somebody_elses_phone_because_their_own_is_in_doubt(own: ContactPoint, whose: str) -> None:
    decision = judge(report(), safe(), hearing(), points=[own, point("P-2", belongs_to=whose)])
    assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "1")


def test_what_is_wrong_with_a_number_is_no_ground_to_try_another() -> None:
    for other in (point("P-2"), point("P-2", belongs_to="parent", adult_confirmed=True)):
        assert judge(report(), safe(), hearing(), points=[point(quarantine="changed"), other]).rule == "1"


def test_somebody_elses_number_needs_a_person_who_confirmed_that_they_are_safe() -> None:
    assert judge(report(), safe(), hearing(), points=[point(belongs_to="adviser")]).rule == "1"
    confirmed = point(belongs_to="adviser", adult_confirmed=True)
    assert judge(report(), safe(), hearing(), points=[confirmed]).verdict is Verdict.SEND
    held = [point("P-1"), point("P-2", belongs_to="adviser", adult_confirmed=True)]
    assert judge(report(), safe(), SEIZED, hearing(), points=held).to_ref == "P-2"


def test_a_childs_own_number_hides_no_safe_adults() -> None:
    child = report(victim_age_band="under_18")
    both = [point("P-1"), point("P-2", belongs_to="parent", adult_confirmed=True)]
    assert judge(child, safe(), hearing(), points=both).to_ref == "P-2"


def test_a_stop_on_any_number_stops_all_texts() -> None:
    for stopped in (point("P-2", stopped=True), point("P-2", stopped=True, belongs_to="mother")):
        decision = judge(report(), safe(), hearing(), points=[point("P-1"), stopped])
        assert (decision.verdict, decision.rule) == (Verdict.SUPPRESS, "6")


# Ties, and what ran out --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_two_records_of_one_instant_the_strictest_holds(order: str) -> None:
    for strict in ({"sms": "never"}, {"told_to_stop": True}, {"sms": "discreet"}, {"hours": [{"to": "09:00"}]}):
        records = [safe(id_=order[0], **strict), safe(id_=order[1])]
        decision = judge(report(), *records, hearing())
        assert decision.verdict is not Verdict.SEND or decision.discreet


def test_support_withdrawn_at_the_instant_of_a_record_suspends_texts() -> None:
    withdrawn = fact("w", "victim.support_withdrawn.v1", at=safe().occurred_at)
    assert judge(report(), safe(), withdrawn, hearing()).rule == "2"
    made_with_it: Fact = report(at=safe().occurred_at)
    assert judge(made_with_it, safe(), hearing()).verdict is Verdict.SEND


def test_what_ran_out_keeps_its_wording_and_its_excluded_days() -> None:
    def old(**data: object) -> Fact:
        return safe(NOON - 30 * DAY, id_="a", case="KP-2", valid_until="2026-11-01", **data)

    decision = judge(report(), old(sms="discreet"), safe(), hearing())
    assert (decision.verdict, decision.discreet) == (Verdict.SEND, True)
    decision = judge(report(), old(sms="allowed", not_on=["2026-11-17"]), safe(), hearing())
    assert (decision.verdict, decision.rule) == (Verdict.HOLD, "4")
    assert judge(report(), old(sms="allowed", hours=[{"to": "09:00"}]), safe(), hearing()).verdict is Verdict.SEND
