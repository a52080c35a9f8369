"""Invented cases to measure with: whole journeys of any length, every event as a source writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from contracts import read_record
from contracts.refusal import Refused
from services.journeys.fact_of import fact_of
from services.journeys.facts import Fact
from services.relay import Outgoing

FACTS_A_CASE = 40
LONGEST_AGO = timedelta(days=200)
"""How long before now a journey begins."""

_STEPS: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (0, "policing.crime.reported", {"offence": "stalking", "channel": "101", "domestic": True}),
    (0, "policing.report.acknowledged", {"channel": "post"}),
    (0, "policing.officer.assigned", {"role": "OIC", "officer_ref": "P-1077"}),
    (1, "policing.officer.assigned", {"role": "SOLO", "officer_ref": "P-1044"}),
    (1, "policing.needs.assessed", {"enhanced_rights": True, "grounds": ["intimidated"], "risk": "high"}),
    (1, "policing.safe_contact.recorded", {
        "sms": "discreet", "hours": [{"days": ["mon", "wed", "fri"], "from": "10:00", "to": "14:00"}]}),
    (1, "policing.contact.agreed", {"frequency_days": 14, "channel": "phone"}),
    (1, "support.referral.made", {"service": "isva"}),
    (2, "policing.account.taken", {"kind": "abe"}),
    (2, "victim.statement.offered", {}),
    (2, "policing.phone.seized", {"device_ref": "D-1"}),
    (3, "policing.phone.returned", {"device_ref": "D-1"}),
    (4, "support.service.engaged", {"service": "isva"}),
    (8, "policing.suspect.identified", {"suspect_ref": "S-1"}),
    (12, "policing.suspect.arrested", {"suspect_ref": "S-1"}),
    (12, "policing.suspect.interviewed", {"suspect_ref": "S-1"}),
    (12, "policing.suspect.released", {"suspect_ref": "S-1", "outcome": "bail", "protects_her": True}),
    (30, "prosecution.early_advice.submitted", {}),
    (44, "prosecution.early_advice.appointment_held", {}),
    (60, "policing.suspect.bail_changed", {"suspect_ref": "S-1", "change": "varied", "protects_her": True}),
    (75, "prosecution.file.submitted", {"suspect_ref": "S-1"}),
    (90, "prosecution.file.returned", {"suspect_ref": "S-1", "reason": "phone evidence to be added"}),
    (100, "prosecution.file.submitted", {"suspect_ref": "S-1"}),
    (120, "prosecution.decision.made", {"suspect_ref": "S-1", "decision": "charge"}),
    (121, "policing.suspect.charged", {"suspect_ref": "S-1"}),
)  # fmt: skip
_NOTES = (
    "Rang and told that the file went to the prosecutor on {day}; next call on Friday.",
    "No update at this time. VCOP complied with.",
    "No reply, voicemail not left.",
    "Explained the bail conditions: no contact, not to enter the street. Answered a question about exhibit {day}.",
)
_OUTCOMES = ("reached", "reached", "no_answer", "reached")


def event(case_id: str, event_id: str, type_: str, at: datetime, **data: Any) -> dict[str, Any]:
    """Return a case event as a producer writes it; ``recorded_at`` a quarter of an hour after it happened."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/kent/rms",
        "type": f"{type_}.v1",
        "subject": case_id,
        "time": at.isoformat(),
        "data": {
            "victim_id": f"V-{case_id}",
            "agency": "police",
            "recorded_at": (at + timedelta(minutes=15)).isoformat(),
            "recorded_by": {"role": "SOLO", "officer_ref": "P-1044"},
            **data,
        },
    }


def journey(case_id: str, now: datetime, facts: int = FACTS_A_CASE) -> list[dict[str, Any]]:
    """Return a case from report to charge, filled up with contacts to so many events, in order of time."""
    began = now - LONGEST_AGO
    steps = [(began + timedelta(days=day, minutes=7 * n), type_, data) for n, (day, type_, data) in enumerate(_STEPS)]
    contacts = max(facts - len(steps), 0)
    steps += [
        (
            began + timedelta(days=190 * (n + 1) / (contacts + 1), hours=1),
            "contact.made",
            {
                "channel": "phone",
                "direction": "outbound",
                "outcome": _OUTCOMES[n % len(_OUTCOMES)],
                "note": _NOTES[n % len(_NOTES)].format(day=n),
            },
        )
        for n in range(contacts)
    ]
    steps.sort(key=lambda step: step[0])
    return [event(case_id, f"{case_id}-{n}", type_, at, **data) for n, (at, type_, data) in enumerate(steps[:facts])]


def open_case(case_id: str, reported_at: datetime, *, enhanced: bool) -> list[dict[str, Any]]:
    """Return a short case in which all that falls due soon after a report was done, and calls were agreed on."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("policing.crime.reported", {"offence": "stalking", "channel": "101"}),
        ("policing.officer.assigned", {"role": "SOLO", "officer_ref": "P-1044"}),
        (
            "policing.needs.assessed",
            {"enhanced_rights": enhanced, **({"grounds": ["intimidated"]} if enhanced else {})},
        ),
        ("policing.safe_contact.recorded", {"sms": "discreet"}),
        ("policing.contact.agreed", {"frequency_days": 90, "channel": "phone"}),
        ("support.referral.made", {"service": "victim_support"}),
    ]
    return [
        event(case_id, f"{case_id}-{n}", type_, reported_at + timedelta(minutes=n), **data)
        for n, (type_, data) in enumerate(steps)
    ]


def waiting_case(case_id: str, reported_at: datetime, arrested_at: datetime) -> list[dict[str, Any]]:
    """Return such a case in which nobody has told the victim of an arrest: that falls due a Working Day later."""
    arrest = event(case_id, f"{case_id}-arrest", "policing.suspect.arrested", arrested_at, suspect_ref="S-1")
    return [*open_case(case_id, reported_at, enhanced=True), arrest]


def journeys(cases: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Return the events of so many whole journeys, one case after the other."""
    for number in range(cases):
        yield from journey(case_name(number), now)


def case_name(number: int) -> str:
    """Return the id of the case of this number."""
    return f"KP-{number:06}"


def outgoing(value: dict[str, Any]) -> Outgoing:
    """Return an event as a message to the input topic, keyed by its case."""
    return Outgoing("case.events", value["subject"].encode(), json.dumps(value).encode(), ())


def facts_of(events: list[dict[str, Any]]) -> list[Fact]:
    """Return the facts of events that are all good.

    Raises:
        TypeError: if one is refused: what is measured would not be what is said.
    """
    found = []
    for each in events:
        read = read_record(json.dumps(each).encode(), ())
        if isinstance(read, Refused):
            raise TypeError(f"An invented {each['type']} is refused: {read}")
        found.append(fact_of(read))
    return found
