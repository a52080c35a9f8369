"""A few invented cases around a moment, for `waymark up --demo`: one of each thing a visitor should see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

_Step = tuple[float, str, dict[str, Any]]
"""Hours before the moment, event type without its version, data."""

_CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
_SAFE = {"sms": "allowed", "voicemail": False, "hours": [{"days": "mon-sun", "from": "09:00", "to": "19:00"}]}

_JOURNEYS: dict[str, list[_Step]] = {
    "arrest nobody told of": [
        (150, "policing.crime.reported", {"offence": "domestic_abuse", "domestic": True, "victim_age_band": "25_34"}),
        (149, "policing.officer.assigned", {"role": "DALO", "officer_ref": "P-2001"}),
        (120, "policing.suspect.arrested", {"suspect_ref": "S-1"}),
        (110, "policing.suspect.released", {"suspect_ref": "S-1", "outcome": "under_investigation"}),
    ],
    "phone kept too long": [
        (80, "policing.crime.reported", {"offence": "rape", "victim_age_band": "18_24"}),
        (79, "policing.officer.assigned", {"role": "SOLO", "officer_ref": "P-1044"}),
        (76, "policing.phone.seized", {"device_ref": "D-1", "victims_only_phone": True}),
        (60, "policing.needs.assessed", {"enhanced_rights": True, "grounds": ["most_serious_crime"]}),
    ],
    "tick-box every four weeks": [
        (24 * 62, "policing.crime.reported", {"offence": "stalking", "victim_age_band": "35_44"}),
        (24 * 61, "policing.officer.assigned", {"role": "OIC", "officer_ref": "P-3307"}),
        (24 * 60, "contact.made", _CALL | {"note": "Introduced myself. Camera to be fitted on Friday."}),
        (24 * 33, "contact.made", _CALL | {"note": "No update. Enquiries ongoing."}),
        (24 * 6, "contact.made", _CALL | {"note": "No update at this time. VCOP complied with."}),
    ],
    "told in time": [
        (60, "policing.crime.reported", {"offence": "sexual_assault", "victim_age_band": "45_54"}),
        (59, "policing.officer.assigned", {"role": "SOLO", "officer_ref": "P-1044"}),
        (58, "policing.safe_contact.recorded", _SAFE),
        (57, "support.referral.made", {"service": "isva"}),
        (30, "policing.suspect.arrested", {"suspect_ref": "S-7"}),
        (28, "contact.made", _CALL | {
            "informed_of": ["policing.suspect.arrested.v1"],
            "note": "Rang and told of the arrest this morning; interview this afternoon, I will ring at six.",
        }),
    ],
    "file back and forth": [
        (24 * 40, "policing.crime.reported", {"offence": "coercive_control", "victim_age_band": "35_44"}),
        (24 * 30, "prosecution.file.submitted", {"suspect_ref": "S-9"}),
        (24 * 22, "prosecution.file.returned", {"suspect_ref": "S-9"}),
        (24 * 15, "prosecution.file.submitted", {"suspect_ref": "S-9"}),
        (24 * 4, "prosecution.file.returned", {"suspect_ref": "S-9"}),
    ],
}  # fmt: skip


def demo_events(now: datetime) -> Iterator[tuple[str, bytes]]:
    """The demo's events as (case id, CloudEvent) in the order in which they happened, all before the moment."""
    found: list[tuple[datetime, str, bytes]] = []
    for number, steps in enumerate(_JOURNEYS.values(), 1):
        case_id, victim_id = f"DEMO-{number:04}", f"V-DEMO-{number}"
        for index, (hours, type_, data) in enumerate(steps):
            at = (now - timedelta(hours=hours)).replace(microsecond=0)
            event = {
                "specversion": "1.0",
                "id": f"demo-{now:%Y%m%d}-{number}-{index}",
                "source": "/waymark/demo",
                "type": f"{type_}.v1",
                "subject": case_id,
                "time": at.isoformat(),
                "data": {"victim_id": victim_id, **data},
            }
            found.append((at, case_id, json.dumps(event).encode()))
    for _at, case_id, value in sorted(found):
        yield case_id, value
