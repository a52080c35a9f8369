"""Generated histories of cases, also hostile ones, as hypothesis strategies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.contacts.reading import read_note
from services.journeys.fact_of import fact_from
from services.journeys.facts import Fact

START = datetime(2026, 10, 20, 9, tzinfo=UTC)
_VICTIMS = st.sampled_from(["V-1", "V-2"])
_SUSPECTS = st.sampled_from(["S-1", "S-2"])
_DEVICES = st.sampled_from(["D-1", "D-2"])
_NOTES = st.sampled_from([
    "Rang and told that the suspect was bailed until 12 January with conditions. Next call on Friday.",
    "No update. VCOP compliant.",
    "No reply.",
    "Spoke to victim, answered the question about the exhibit list and booked the taxi for court.",
])  # fmt: skip
_OFFENCES = st.sampled_from(["rape", "stalking", "assault", "domestic_abuse"])
_OUTCOMES = st.sampled_from(["reached", "no_answer", "voicemail_left", "sent", "delivered"])


def _event(type_: str, data: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return data.map(lambda found: (f"{type_}.v1", {name: value for name, value in found.items() if value is not None}))


def _data(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


def _kinds(ids: st.SearchStrategy[str]) -> list[st.SearchStrategy[tuple[str, dict[str, Any]]]]:
    anybody = st.one_of(st.none(), _VICTIMS)
    names = st.lists(st.one_of(ids, st.just("policing.suspect.arrested.v1")), max_size=2)
    suspect = _data(victim_id=anybody, suspect_ref=_SUSPECTS)
    contact = _data(
        victim_id=_VICTIMS,
        channel=st.sampled_from(["phone", "email", "sms", "voicemail"]),
        direction=st.just("outbound"),
        outcome=_OUTCOMES,
        informed_of=names,
        note=st.one_of(st.none(), _NOTES),
    )
    return [
        _event("policing.crime.reported", _data(victim_id=_VICTIMS, offence=_OFFENCES)),
        _event("policing.suspect.arrested", suspect),
        _event("policing.suspect.released", _data(victim_id=anybody, suspect_ref=_SUSPECTS, outcome=st.just("bail"),
                                                  ends_on=st.sampled_from([None, "2026-11-20", "9999-12-31"]))),
        _event("policing.suspect.charged", suspect),
        _event("policing.decision.no_further_action",
               _data(victim_id=anybody, suspect_ref=st.one_of(st.none(), _SUSPECTS), reason=st.just("evidential"))),
        _event("policing.needs.assessed", _data(victim_id=_VICTIMS, enhanced_rights=st.booleans())),
        _event("policing.contact.agreed",
               _data(victim_id=_VICTIMS, channel=st.just("phone"),
                     frequency_days=st.one_of(st.none(), st.integers(1, 40)),
                     only_when_something_happens=st.one_of(st.none(), st.booleans()))),
        _event("policing.right.waived",
               _data(victim_id=_VICTIMS, scope=st.sampled_from(["all", "updates", "VC-R6-ARREST"]))),
        _event("policing.right.resumed", _data(victim_id=_VICTIMS, scope=st.sampled_from(["all", "updates"]))),
        _event("policing.phone.seized", _data(victim_id=_VICTIMS, device_ref=_DEVICES)),
        _event("policing.phone.returned", _data(victim_id=_VICTIMS, device_ref=_DEVICES)),
        _event("policing.safe_contact.recorded",
               _data(victim_id=_VICTIMS, sms=st.just("allowed"), valid_until=st.sampled_from([None, "2026-11-10"]))),
        _event("support.referral.made", _data(victim_id=_VICTIMS, service=st.sampled_from(["isva", "other"]))),
        _event("court.verdict.given",
               _data(victim_id=anybody, suspect_ref=_SUSPECTS, verdict=st.sampled_from(["guilty", "not_guilty"]))),
        _event("wcu.notified", _data(victim_id=anybody, about=ids)),
        _event("contact.made", contact),
        _event("contact.made", contact),
        _event("contact.regraded",
               _data(event_id=ids, grade=st.sampled_from(["meaningful", "attempt"]), reason=st.just("heard"))),
        _event("contact.linked", _data(event_id=ids, informed_of=st.lists(ids, min_size=1, max_size=2))),
        _event("record.retracted", _data(event_id=ids, reason=st.just("wrong case"))),
        _event("record.corrected", _data(event_id=ids, reason=st.just("typing"), replacement=_data(
            time=st.just("2026-11-02T10:00:00+00:00"), data=_data(victim_id=_VICTIMS, suspect_ref=_SUSPECTS)))),
    ]  # fmt: skip


def _fact(number: int, minutes: int, recorded_after: int, kind: tuple[str, dict[str, Any]]) -> Fact:
    type_, data = kind
    data = dict(data)
    note = data.pop("note", None)
    occurred_at = START + timedelta(minutes=minutes)
    data["recorded_at"] = (occurred_at + timedelta(minutes=recorded_after)).isoformat()
    return fact_from(
        event_id=f"e{number}",
        source="/kent/rms",
        type_=type_,
        case_id="KP-1",
        occurred_at=occurred_at,
        data=data,
        reading=read_note(note) if note is not None else None,
    )


@st.composite
def histories(draw: st.DrawFn, most: int = 14) -> list[Fact]:
    """A case of up to ``most`` events within six weeks; equal instants and London midnights are common."""
    count = draw(st.integers(1, most))
    ids = st.sampled_from([f"e{number}" for number in range(count)])
    kinds = st.one_of(_kinds(ids))
    minutes = st.one_of(st.integers(0, 42 * 24 * 60), st.integers(0, 42).map(lambda day: day * 24 * 60 + 15 * 60))
    return [
        _fact(number, draw(minutes), draw(st.sampled_from([0, 0, 60, 5000])), draw(kinds)) for number in range(count)
    ]
