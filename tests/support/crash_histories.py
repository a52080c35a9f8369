"""Small case histories for the crash tests: a few cases, people with safe contact, and some records that are bad."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.support.app import NOW, event

_HEARING = {"hearing_ref": "H-1", "starts_at": "2026-12-08T10:00:00+00:00", "kind": "trial"}


@dataclass(frozen=True)
class History:
    """What comes in on the topic, in order, and what else a run needs."""

    records: list[dict[str, Any] | bytes]
    refused: int
    """How many of the records must become dead letters."""
    people: list[dict[str, str]]
    hours: list[int]
    """How far the clock moves, each time some while later."""

    @property
    def ids(self) -> set[str]:
        """The ids of the events that must become facts."""
        return {each["id"] for each in self.records if isinstance(each, dict)}


def history_of(seed: int, cases: int = 6) -> History:
    """Return the history of a seed; its cases and victims have names of their own."""
    rng = random.Random(seed)  # noqa: S311 - a test's history, no secret
    of_cases = [_case(rng, f"{seed}-{number}") for number in range(cases)]
    records: list[dict[str, Any] | bytes] = []
    # The events of one case stay in order, as in a partition; the cases mingle.
    while left := [each for each in of_cases if each]:
        records.append(rng.choice(left).pop(0))
    for _ in range(rng.randint(2, 5)):
        place = rng.randrange(len(records) + 1)
        again = [each for each in records[:place] if isinstance(each, dict)]
        match rng.randrange(3):
            case 0 if again:
                records.insert(place, rng.choice(again))
            case 1 if again:
                other = rng.choice(again)
                records.insert(place, other | {"time": (NOW - timedelta(days=9)).isoformat()})
            case _:
                records.insert(place, b'{"specversion": "1.0", "id": ')
    people = [
        {
            "victim_id": f"V-{seed}-{number}",
            "contact_point_ref": f"CP-{seed}-{number}",
            "value": f"07700 900{100 + number}",
        }
        for number in range(cases)
    ]
    return History(records, _refused(records), people, [rng.randint(1, 20) for _ in range(rng.randint(1, 4))])


def _refused(records: list[dict[str, Any] | bytes]) -> int:
    """Count what must become a dead letter: what is no event, and other content under an identity that is taken."""
    first: dict[str, dict[str, Any]] = {}
    events = [each for each in records if isinstance(each, dict)]
    return len(records) - sum(first.setdefault(each["id"], each) == each for each in events)


def _case(rng: random.Random, name: str) -> list[dict[str, Any]]:
    case, victim = f"KP-{name}", f"V-{name}"

    def happened(id_: str, type_: str, time: datetime, **data: Any) -> dict[str, Any]:
        return event(f"{name}-{id_}", f"{type_}.v1", case=case, time=time, **{"victim_id": victim, **data})

    def ago(longest: int) -> datetime:
        return NOW - timedelta(hours=rng.randint(1, longest))

    found = [happened("report", "policing.crime.reported", NOW - timedelta(days=7), offence="stalking")]
    if rng.random() < 0.85:
        sms = rng.choices(("allowed", "discreet", "never"), (6, 3, 1))[0]
        found.append(
            happened("safe", "policing.safe_contact.recorded", NOW - timedelta(days=6), sms=sms)
        )  # fmt: skip
    kinds: dict[str, tuple[str, int, dict[str, Any]]] = {
        "hearing": ("court.hearing.listed", 30, _HEARING),
        "visit": ("wcu.pretrial_visit.offered", 30, {}),
        "statement": ("victim.statement.offered", 30, {}),
        "arrest": ("policing.suspect.arrested", 80, {}),
        "referral": ("support.referral.made", 30, {"service": "isva"}),
        "referral-2": ("support.referral.made", 30, {"service": "other"}),
    }
    chosen = rng.sample(sorted(kinds), rng.randint(1, 4))
    for kind in chosen:
        type_, longest, data = kinds[kind]
        found.append(happened(kind, type_, ago(longest), **data))
    told = [f"{name}-{kind}" for kind in chosen]
    if rng.random() < 0.15:  # rarely: it suppresses every text to that person
        seized = {"device_ref": "D-1", "contact_point_ref": f"CP-{name}"}
        found.append(happened("seized", "policing.phone.seized", ago(100), **seized))
    about = rng.choice(told)
    if rng.random() < 0.3:
        found.append(happened("enhanced", "policing.needs.assessed", ago(90), enhanced_rights=True))
    if rng.random() < 0.4:
        found.append(happened("call", "contact.made", ago(2), channel="phone", direction="outbound", outcome="reached",
                              informed_of=[about], note="Rang and told about it. Next call on Friday."))  # fmt: skip
    if rng.random() < 0.2:
        found.append(happened("undo", "record.retracted", ago(2), event_id=about, reason="wrong case"))
    return found
