"""What is malformed, each with what is said of it; the tables follow the list in the input contract."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import Refused, read_line, read_record
from tests.contracts.made_events import example, made, made_with, refused, without

SECRET = "07700 900123"
"""Stands where a value is wrong, and must never be repeated."""

NOT_EVENTS: list[tuple[bytes, str]] = [
    (b"", "empty"),
    (b"{", "not JSON"),
    (b"no json at all", "not JSON"),
    (b'{"id": 1,}', "not JSON"),
    (b"\xff\xfe{}", "not UTF-8"),
    (b'{"id": "\xff"}', "not UTF-8"),
    (b'{"id": "\xed\xa0\x80"}', "not UTF-8"),
    (b'{"x": NaN}', "NaN or Infinity"),
    (b'{"x": -Infinity}', "NaN or Infinity"),
    (b'{"x": 1e400}', "too large"),
    (b'{"x": ' + b"1" * 5000 + b"}", "too large"),
    (b"[]", "not an object"),
    (b"null", "not an object"),
    (b'"text"', "not an object"),
    (b"12", "not an object"),
    (b"[" * 100_000, "deeper than 64"),
    (b'{"a":' * 100_000, "deeper than 64"),
    (b'{"x": ' + b"[" * 64 + b"]" * 64 + b"}", "deeper than 64"),
    (b"{}", "id is required"),
]


@pytest.mark.parametrize(("value", "said"), NOT_EVENTS)
def test_what_is_no_event_is_refused_in_a_sentence(value: bytes, said: str) -> None:
    found = read_record(value, ())
    assert isinstance(found, Refused)
    assert said in found.sentence
    assert read_line(value) == found


def test_an_empty_record_is_refused() -> None:
    found = read_record(None)
    assert isinstance(found, Refused)
    assert "empty" in found.sentence


ARREST = "policing.suspect.arrested.v1"
REPORT = "policing.crime.reported.v1"
AGREED = "policing.contact.agreed.v1"
SAFE = "policing.safe_contact.recorded.v1"
CONTACT = "contact.made.v1"
CORRECTED = "record.corrected.v1"

MALFORMED: list[tuple[dict[str, Any], str]] = [
    *[(without(name), f"{name} is required") for name in ("id", "source", "type", "subject", "time")],
    *[(made(**{name: None}), f"{name} is required") for name in ("id", "source", "type", "subject", "time")],
    *[(made(**{name: ""}), f"{name} is required") for name in ("id", "source", "type", "subject", "time")],
    *[(made(**{name: 5}), f"{name} must be text") for name in ("id", "source", "type", "subject")],
    *[(made(**{name: "a\x00b"}), f"{name} holds NUL") for name in ("id", "source", "type", "subject")],
    *[(made(**{name: "a\ud83d"}), f"{name} holds half") for name in ("id", "source", "type", "subject")],
    (made(id=["a"]), "id must be text"),
    (made(type={"a": 1}), "type must be text"),
    (made(specversion="0.3"), "specversion must be one of the words '1.0'"),
    (made(specversion=1.0), "specversion"),
    (made(time=1789000000), "time must be an instant written as text"),
    (made(time="2026-11-10T14:20+00:00"), "time must be an instant with seconds and an offset"),
    (made(time="2026-11-10T14:20:00"), "time must be an instant with seconds and an offset"),
    (made(time="2026-11-10"), "time must be an instant with seconds and an offset"),
    (made(time="2026-11-10 14:20:00Z"), "time must be an instant with seconds and an offset"),
    (made(time="2026-W46-2T14:20:00Z"), "time must be an instant with seconds and an offset"),
    (made(time="20261110T142000Z"), "time must be an instant with seconds and an offset"),
    (made(time="2026-11-10T14:20:00,5Z"), "time must be an instant with seconds and an offset"),
    (made(time="2026-11-10T14:20:00.Z"), "time must be an instant with seconds and an offset"),
    (made(time="2026-11-10T14:20:00+0000"), "time must be an instant with seconds and an offset"),
    (made(time="2026-11-10T14:20:00Z "), "time must be an instant with seconds and an offset"),
    (made(time="٢٠٢٦-11-10T14:20:00Z"), "time must be an instant with seconds and an offset"),
    (made(time="2026-11-10T24:00:00Z"), "time names an hour, minute, second or offset that does not exist"),
    (made(time="2026-11-10T14:60:00Z"), "time names an hour, minute, second or offset that does not exist"),
    (made(time="2026-12-31T23:59:60Z"), "time names an hour, minute, second or offset that does not exist"),
    (made(time="2026-11-10T14:20:00+24:00"), "time names an hour, minute, second or offset that does not exist"),
    (made(time="2026-11-31T14:20:00Z"), "time names a day that does not exist"),
    (made(time="2027-02-29T14:20:00Z"), "time names a day that does not exist"),
    (made(time="0000-01-01T00:00:00Z"), "time names a day that does not exist"),
    (made(time="1999-12-31T23:59:59Z"), "time must lie in the years 2000 to 2099"),
    (made(time="2000-01-01T00:30:00+01:00"), "time must lie in the years 2000 to 2099"),
    (made(time="2100-01-01T00:00:00Z"), "time must lie in the years 2000 to 2099"),
    (made(time="2099-12-31T23:30:00-01:00"), "time must lie in the years 2000 to 2099"),
    (made(time="0001-01-01T00:00:00+23:59"), "time must lie in the years 2000 to 2099"),
    (made(time="9999-12-31T23:59:59-23:59"), "time must lie in the years 2000 to 2099"),
    (without("data"), "data is required"),
    (made(data=None), "data is required"),
    (made(data=[]), "data must be an object"),
    (made(data=SECRET), "data must be an object"),
    (made("probation.offender.released.v1", data=[]), "data must be an object"),
    (without("data") | {"data_base64": "e30="}, "data_base64 is not read"),
    (without("data", "probation.offender.escaped.v1") | {"data_base64": "e30="}, "data_base64 is not read"),
    (made_with(suspect_ref=None), "data.suspect_ref is required"),
    (made_with(suspect_ref=""), "data.suspect_ref is required"),
    (made_with(suspect_ref=7), "data.suspect_ref must be text"),
    (made_with(victim_id=7), "data.victim_id must be text"),
    (made_with(agency="kent"), "data.agency must be one of the words 'police', 'cps'"),
    (made_with(agency=["police"]), "data.agency must be one of"),
    (made_with(agency="\ud800"), "data.agency"),
    (made_with(recorded_at="2026-11-10T14:20Z"), "data.recorded_at must be an instant with seconds"),
    (made_with(recorded_by="P-1"), "data.recorded_by must be an object"),
    (made_with(recorded_by={"role": 5}), "data.recorded_by.role must be text"),
    (made_with(AGREED, frequency_days=14.0), "data.frequency_days must be a whole number, written without"),
    (made_with(AGREED, frequency_days=1e2), "data.frequency_days must be a whole number, written without"),
    (made_with(AGREED, frequency_days="14"), "data.frequency_days must be a whole number"),
    (made_with(AGREED, frequency_days=True), "data.frequency_days must be a whole number"),
    (made_with(AGREED, frequency_days=0), "data.frequency_days must not be less than 1"),
    (made_with(AGREED, frequency_days=367), "data.frequency_days must not be more than 366"),
    (made_with(AGREED, frequency_days=10**400), "data.frequency_days must not be more than 366"),
    (made_with(AGREED, gap_contact="true"), "data.gap_contact must be true or false"),
    (made_with(AGREED, gap_contact=1), "data.gap_contact must be true or false"),
    (made_with(AGREED, channel="video"), "data.channel must be one of the words 'phone'"),
    (made_with("victim.survey.answered.v1", overall=6), "data.overall must not be more than 5"),
    (made_with("victim.survey.answered.v1", overall=0), "data.overall must not be less than 1"),
    (made_with("court.sentence.passed.v1", months=4.5), "data.months must be a whole number"),
    (made_with(REPORT, victim_id=""), "data.victim_id is required"),
    (made_with(REPORT, offence="burglary"), "data.offence must be one of the words 'rape'"),
    (made_with(REPORT, channel=999), "data.channel must be one of the words '999'"),
    (made_with(REPORT, offence_on="30/10/2026"), "data.offence_on must be a date written YYYY-MM-DD"),
    (made_with(REPORT, offence_on="2026-10-30T00:00:00Z"), "data.offence_on must be a date written YYYY-MM-DD"),
    (made_with(REPORT, offence_on="20261030"), "data.offence_on must be a date written YYYY-MM-DD"),
    (made_with(REPORT, offence_on="2026-11-31"), "data.offence_on names a day that does not exist"),
    (made_with(REPORT, offence_on=20261030), "data.offence_on must be a date written as text"),
    (made_with(SAFE, not_on=["2026-12-24", "soon"]), "data.not_on[1] must be a date"),
    (made_with(SAFE, not_on="2026-12-24"), "data.not_on must be a list"),
    (made_with(SAFE, hours=[{"from": 10}]), "data.hours[0].from must be text"),
    (made_with(SAFE, hours=["10-14"]), "data.hours[0] must be an object"),
    (made_with(SAFE, hours=[{"days": [1]}]), "data.hours[0].days must be text or a list of texts"),
    (made_with("policing.needs.assessed.v1", enhanced_rights="yes"), "data.enhanced_rights must be true or false"),
    (made_with("policing.needs.assessed.v1", grounds=["tired"]), "data.grounds[0] must be one of"),
    (made_with("policing.officer.assigned.v1", role="PC"), "data.role must be one of the words 'OIC'"),
    (made_with("policing.case.restricted.v1", allowed=None), "data.allowed is required"),
    (made_with(CONTACT, agency="support"), "data.agency must not be support"),
    (made_with(CONTACT, informed_of=["a", None]), "data.informed_of[1] must be text"),
    (made_with(CONTACT, note=False), "data.note must be text"),
    (made_with(CONTACT, note=["said"]), "data.note must be text"),
    (made_with("contact.linked.v1", informed_of=None), "data.informed_of is required"),
    (made_with(CORRECTED, replacement="later"), "data.replacement must be an object"),
    (made_with(CORRECTED, replacement={"data": {}}), "data.replacement.time is required"),
    (made_with(CORRECTED, replacement={"time": "2026-11-10T14:20:00Z"}), "data.replacement.data is required"),
    (
        made_with(CORRECTED, replacement={"time": "2026-11-10T14:20:00Z", "data": []}),
        "data.replacement.data must be an",
    ),
    (
        made_with(CORRECTED, replacement={"time": "2126-11-10T14:20:00Z", "data": {}}),
        "data.replacement.time must lie in the years 2000 to 2099",
    ),
]


@pytest.mark.parametrize(("event", "said"), MALFORMED)
def test_a_malformed_event_is_refused_by_field_and_rule(event: dict[str, Any], said: str) -> None:
    found = refused(event)
    assert said in found.sentence
    assert found.field is None or found.sentence.startswith(found.field)


@pytest.mark.parametrize(
    "event",
    [
        made(type=ARREST, subject={"n": SECRET}),
        made(time=SECRET),
        made(time=f"2026-13-01T00:00:00Z{SECRET}"),
        made(specversion=SECRET),
        made_with(agency=SECRET),
        made_with(recorded_at=SECRET),
        made_with(recorded_by=SECRET),
        made_with(AGREED, frequency_days=SECRET),
        made_with(AGREED, gap_contact=SECRET),
        made_with(SAFE, not_on=[SECRET]),
        made_with(SAFE, hours=[SECRET]),
        made_with(CONTACT, note=[SECRET]),
        made_with(CONTACT, agency=SECRET),
        made_with(CORRECTED, replacement={SECRET: SECRET}),
    ],
)
def test_a_refusal_never_repeats_a_value(event: dict[str, Any]) -> None:
    found = refused(event)
    assert SECRET not in found.model_dump_json()


def test_a_refusal_keeps_the_identity_that_could_be_read() -> None:
    found = refused(made_with(suspect_ref=None))
    assert (found.id, found.source, found.type, found.subject) == ("rms-0042", "/kent/rms", ARREST, "KP-2026-000123")
    assert found.field == "data.suspect_ref"


@pytest.mark.parametrize("bad", ["a\x00", "a\ud800", "", 5, None])
def test_an_identity_that_cannot_be_shown_is_not_kept(bad: object) -> None:
    found = refused(made(subject=bad))
    assert found.subject is None
    assert found.id == "rms-0042"


def test_several_faults_are_told_together_and_many_are_counted() -> None:
    event = made(CONTACT, data={"note": "said"})
    found = refused(event)
    assert found.sentence.startswith("data.victim_id is required")
    assert "data.channel is required" in found.sentence
    assert found.sentence.endswith("and 1 more")


NEEDS_VICTIM = [
    "policing.crime.reported",
    "policing.report.acknowledged",
    "policing.code_information.given",
    "policing.needs.assessed",
    "policing.contact.agreed",
    "policing.safe_contact.recorded",
    "policing.right.waived",
    "policing.right.resumed",
    "policing.account.taken",
    "policing.phone.seized",
    "policing.phone.extraction_notified",
    "policing.phone.extraction_agreed",
    "policing.phone.extracted",
    "policing.phone.replacement_issued",
    "policing.phone.returned",
    "policing.property.taken",
    "policing.third_party_material.requested",
    "policing.third_party_material.notified",
    "policing.review.requested",
    "policing.review.acknowledged",
    "policing.review.decided",
    "support.referral.made",
    "support.referral.declined",
    "support.service.engaged",
    "support.service.ended",
    "support.sarc.attended",
    "support.sarc.samples_stored",
    "contact.made",
    "victim.statement.offered",
    "victim.statement.taken",
    "victim.update.requested",
    "victim.support_withdrawn",
    "victim.support_resumed",
    "victim.survey.answered",
    "compensation.information.given",
    "expenses.claimed",
    "expenses.paid",
    "property.returned",
    "complaint.received",
    "complaint.acknowledged",
    "complaint.answered",
    "safeguarding.disclosure.requested",
    "safeguarding.disclosure.made",
    "safeguarding.disclosure.refused",
    "safeguarding.order.applied",
    "safeguarding.order.granted",
    "safeguarding.order.breached",
    "safeguarding.visit.made",
    "probation.scheme.referred",
    "probation.scheme.contacted",
    "probation.scheme.opted_out",
    "probation.scheme.opted_in",
    "wcu.evidence.required",
    "wcu.needs.assessed",
    "wcu.pretrial_visit.offered",
    "wcu.pretrial_visit.held",
    "court.special_measures.applied",
    "court.special_measures.decided",
    "prosecution.review.requested",
    "prosecution.review.decided",
    "prosecution.meeting.offered",
    "prosecution.meeting.held",
]


@pytest.mark.parametrize("name", NEEDS_VICTIM)
def test_what_concerns_one_person_is_malformed_without_naming_them(name: str) -> None:
    event = example(f"{name}.v1")
    del event["data"]["victim_id"]
    assert "data.victim_id is required" in refused(event).sentence
