"""The record as people keep it: entries put right or taken back, sent twice, and feeds that were silent for days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import COURT, RMS, SUPPORT, Case, Happening
from services.simulator.chance import Chance
from services.simulator.days import DAY, MINUTE, by_day, local, on, plus, universal

Outage = tuple[str, datetime, datetime]
"""A feed that was silent, from when, until when."""

_MISTYPED: Final = frozenset(
    {
        "policing.suspect.arrested.v1", "policing.suspect.interviewed.v1", "policing.suspect.released.v1",
        "policing.phone.seized.v1", "policing.phone.returned.v1", "contact.made.v1", "policing.account.taken.v1",
        "policing.crime.reported.v1", "policing.needs.assessed.v1", "support.referral.made.v1",
    }
)  # fmt: skip
_LOCAL: Final = frozenset({RMS, SUPPORT})


def put_right(case: Case) -> None:
    """Correct some entries, and add one of another case that is taken back when somebody sees it."""
    chance = case.chance
    for event in list(case.events):
        if event.type in _MISTYPED and event.at < case.horizon and chance.yes(f.CORRECTED):
            _correct(case, event)
    if chance.yes(f.RETRACTED) and case.oic is not None:
        _retract(case)


def _correct(case: Case, event: Happening) -> None:
    chance = case.chance
    data = written_data(event)
    moved = event.at + timedelta(minutes=chance.pick((-1440, -720, -60, -30, 15, 60)))
    if event.type == "policing.crime.reported.v1":
        # The report opens everything else, so its own moment stays: what is put right is the day of the offence.
        moved = event.at
        data |= {"offence_on": (event.at.date() - chance.whole(0, 3) * DAY).isoformat()}
    when = by_day(chance, plus(event.recorded, chance.within(a.CORRECTED_DAYS)), 7, 21)
    replacement = {"time": _time(event.source, moved), "data": data}
    reason = chance.pick(
        ("Wrong hour typed.", "Date of the shift, not of the event.", "Entered from memory, log found.")
    )
    content = {"event_id": event.id, "replacement": replacement, "reason": reason}
    case.add(
        when, "record.corrected", content, by=case.force.supervisor_of(case.oic) if case.oic else None, prompt=True
    )


def _retract(case: Case) -> None:
    chance = case.chance
    at = by_day(chance, plus(case.start, chance.within(a.WRONG_ENTRY_DAYS)))
    if case.suspects:
        wrong = case.add(at, "policing.suspect.arrested", case.suspect_of(0), by=case.oic)
    else:
        data = {"channel": "phone", "direction": "outbound", "outcome": "no_answer", "note": "No reply"}
        wrong = case.add(at, "contact.made", data, victim=case.victims[0], by=case.oic)
    seen = by_day(chance, plus(wrong.recorded, chance.within(a.RETRACTED_DAYS)), 7, 21)
    content = {"event_id": wrong.id, "reason": "Belongs to another case."}
    case.add(seen, "record.retracted", content, by=case.oic, prompt=True)


def outages_of(seed: int, first: date, last: date) -> tuple[Outage, ...]:
    """When two feeds were silent in the simulated year: the courts' results, and the support services'."""
    chance = Chance(seed, "outages")
    span = (last - first).days
    found = []
    for source in (COURT, SUPPORT):
        begins = on(first + chance.whole(span // 4, span - 20) * DAY, 3)
        found.append((source, begins, plus(begins, chance.along(f.OUTAGE_DAYS))))
    return tuple(found)


def held_up(event: Happening, outages: Sequence[Outage]) -> None:
    """What a silent feed could not record is recorded when it speaks again, in a burst of some minutes."""
    for source, begins, ends in outages:
        if event.source == source and begins <= event.recorded < ends:
            minutes = int((event.recorded - begins) / (ends - begins) * 90)
            event.recorded = ends + minutes * MINUTE
            return


def written_data(event: Happening) -> dict[str, Any]:
    """The data of an event as it is written: with its recording time."""
    return event.data | {"recorded_at": _time(event.source, event.recorded)}


def written_event(case: Case, event: Happening) -> dict[str, Any]:
    """One event as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": case.id,
        "time": _time(event.source, event.at),
        "data": written_data(event),
    }


def _time(source: str, at: datetime) -> str:
    return local(at) if source in _LOCAL else universal(at)
