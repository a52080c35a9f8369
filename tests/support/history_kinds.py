"""What may happen in a generated case: one strategy an event type and manner, over every shape of duty."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

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


def everyday_kinds(ids: st.SearchStrategy[str]) -> list[st.SearchStrategy[tuple[str, dict[str, Any]]]]:
    """Return what happens in most cases, contacts and what puts a record right among it."""
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
        _event("policing.crime.reported", _data(victim_id=_VICTIMS, offence=_OFFENCES, domestic=st.booleans())),
        _event("policing.suspect.arrested", suspect),
        _event("policing.suspect.released", _data(victim_id=anybody, suspect_ref=_SUSPECTS, outcome=st.just("bail"),
                                                  ends_on=st.sampled_from([None, "2026-11-20", "9999-12-31"]))),
        _event("policing.suspect.charged", suspect),
        _event("policing.decision.no_further_action",
               _data(victim_id=anybody, suspect_ref=st.one_of(st.none(), _SUSPECTS), reason=st.just("evidential"))),
        _event("policing.needs.assessed", _data(victim_id=_VICTIMS, enhanced_rights=st.booleans(),
                                                risk=st.sampled_from([None, "high"]))),
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


def rarer_kinds(ids: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[tuple[str, dict[str, Any]]]]:
    """Return what triggers and meets the duties beside the everyday ones."""
    anybody = st.one_of(st.none(), _VICTIMS)
    flag = st.sampled_from([None, True, False])
    hers = {"victim_id": _VICTIMS}
    suspect = {"victim_id": anybody, "suspect_ref": _SUSPECTS}
    hearing = suspect | {
        "hearing_ref": st.sampled_from(["H-1", "H-2"]),
        "kind": st.just("trial"),
        "starts_at": st.sampled_from(["2026-11-25T10:00:00+00:00", "2026-12-02T10:00:00+00:00"]),
    }
    material = hers | {"request_ref": st.sampled_from(["R-1", "R-2"]), "kind": st.just("medical")}
    device = hers | {"device_ref": _DEVICES}
    review = hers | {"decision_event_id": ids}
    complaint = hers | {"complaint_ref": st.just("C-1"), "about_agency": st.sampled_from(["police", "cps"])}
    claim = hers | {"claim_ref": st.sampled_from([None, "E-1"])}
    fields: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "policing.report.acknowledged": hers | {"channel": st.just("letter"), "safe_way": flag},
        "policing.code_information.given": hers | {"channel": st.just("email")},
        "policing.account.taken": hers | {"kind": st.sampled_from(["initial", "statement", "abe"])},
        "policing.suspect.interviewed": suspect,
        "policing.suspect.bail_changed": suspect | {"change": st.sampled_from(["varied", "extended", "cancelled"]),
                                                    "ends_on": st.sampled_from([None, "2026-12-24"])},
        "policing.decision.not_to_investigate": {"victim_id": anybody, "reason": st.just("other")},
        "policing.decision.out_of_court": suspect,
        "policing.officer.assigned": hers | {"role": st.sampled_from(["SOLO", "OIC"]), "officer_ref": st.just("P-1")},
        "policing.officer.released": hers | {"role": st.just("SOLO"), "officer_ref": st.just("P-1")},
        "policing.phone.extraction_notified": device,
        "policing.phone.extraction_agreed": device,
        "policing.phone.extracted": device,
        "policing.phone.replacement_issued": device | {"same_number": st.booleans()},
        "policing.property.taken": hers | {"item_ref": st.just("I-1")},
        "policing.third_party_material.requested": material,
        "policing.third_party_material.notified": material,
        "policing.review.requested": review,
        "policing.review.acknowledged": review,
        "policing.review.decided": review | {"outcome": st.just("upheld")},
        "prosecution.early_advice.submitted": {"victim_id": anybody},
        "prosecution.early_advice.appointment_held": {"victim_id": anybody},
        "prosecution.file.submitted": {"victim_id": anybody, "suspect_ref": st.one_of(st.none(), _SUSPECTS)},
        "prosecution.file.returned": {"victim_id": anybody, "suspect_ref": st.one_of(st.none(), _SUSPECTS)},
        "prosecution.decision.made": suspect | {"decision": st.sampled_from(["charge", "no_charge"])},
        "prosecution.charge.altered": suspect,
        "prosecution.case.stopped": suspect,
        "prosecution.letter.sent": {"victim_id": anybody, "about": ids},
        "prosecution.review.requested": review,
        "prosecution.review.decided": review,
        "court.hearing.listed": hearing,
        "court.hearing.changed": hearing,
        "court.hearing.held": hearing | {"outcome": st.sampled_from([None, "adjourned", "guilty_plea"])},
        "court.bail.decided": suspect | {"outcome": st.just("bail")},
        "court.warrant.issued": suspect,
        "court.sentence.passed": suspect | {"scheme_eligible": st.booleans(), "lenient_sentence_scheme": flag,
                                            "months": st.sampled_from([None, 6, 14, 30])},
        "court.appeal.lodged": suspect,
        "court.special_measures.decided": hers | {"outcome": st.just("granted")},
        "wcu.notified": {"victim_id": st.none(), "about": ids},
        "wcu.evidence.required": hers,
        "wcu.needs.assessed": hers,
        "victim.statement.offered": hers,
        "victim.update.requested": hers,
        "support.sarc.attended": hers,
        "safeguarding.masip.heard": {"victim_id": anybody},
        "safeguarding.disclosure.requested": hers | {"route": st.just("right_to_ask")},
        "safeguarding.disclosure.made": hers | {"route": st.just("right_to_ask")},
        "safeguarding.order.granted": hers | {"order": st.just("dapo"), "ends_on": st.just("2026-12-01")},
        "compensation.information.given": hers,
        "expenses.claimed": claim,
        "expenses.paid": claim,
        "property.returned": hers | {"item_ref": st.sampled_from([None, "I-1"])},
        "complaint.received": complaint,
        "complaint.acknowledged": complaint,
        "complaint.answered": complaint,
        "probation.scheme.referred": hers,
        "probation.scheme.contacted": hers,
        "probation.scheme.opted_out": hers,
        "probation.offender.escaped": suspect,
    }  # fmt: skip
    return {type_: _event(type_, _data(**each)) for type_, each in fields.items()}
