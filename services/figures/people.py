"""Who a victim is for figures: group of offence, sex, age band, team; what was agreed; who looked after them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from services.figures.rows import NOT_RECORDED, Person
from services.journeys import event_types as t
from services.journeys.assessment import Flag
from services.journeys.case_end import CaseSpans
from services.journeys.facts import Fact
from services.journeys.journey import Journey, is_automatic
from services.journeys.updates import frequency_agreements
from services.provisions.working_days import london_date

GROUPS: Final = (
    ("sexual offences", frozenset({"rape", "sexual_assault", "sexual_offence_other", "child_sexual_exploitation"})),
    ("honour-based abuse", frozenset({"honour_based_abuse", "fgm", "forced_marriage"})),
    ("domestic abuse", frozenset({"domestic_abuse", "coercive_control"})),
    ("stalking and harassment", frozenset({"stalking", "harassment"})),
    ("assault", frozenset({"assault"})),
    ("other", frozenset({"other"})),
)
"""Groups of offences; of several reports of one victim in a case the first group in this order counts."""

LONGEST_USUAL_DAYS: Final = 42
_DOMESTIC: Final = "domestic abuse"
_RANK: Final = {offence: rank for rank, (_, offences) in enumerate(GROUPS) for offence in offences}


def hashed(ref: str) -> str:
    """Return what stands for a person: the same in every case, and not their reference."""
    return hashlib.sha256(ref.encode(errors="surrogatepass")).hexdigest()[:16]


def cleaned(words: str) -> str:
    """Return the text with half surrogate pairs, which no JSON can hold, replaced."""
    return words.encode(errors="replace").decode()


def person_of(journey: Journey, flags: Sequence[Flag], spoken_on: frozenset[date], met: int) -> Person:
    """Return one victim of a case. ``spoken_on``: days with a conversation; ``met``: officers they dealt with."""
    reports = journey.reports
    offence, group = _offence(reports)
    latest = reports[-1].data if reports else {}
    automatic = next((report for report in reports if is_automatic(report)), None)
    agreement, spoken = _agreement(journey, spoken_on)
    assigned = [fact for fact in _assignments(journey) if fact.type == t.OFFICER_ASSIGNED]
    roles = {fact.data["role"] for fact in assigned}
    return Person(
        victim=hashed(journey.victim_id),
        offence=offence,
        group=group,
        sex=next((each.data["victim_sex"] for each in reversed(reports) if "victim_sex" in each.data), NOT_RECORDED),
        age_band=latest.get("victim_age_band", NOT_RECORDED),
        team=_team(reports, assigned),
        officers=" and ".join(role for role in ("SOLO", "DALO") if role in roles) or "neither",
        reported_on=london_date(journey.reported_at) if journey.reported_at is not None else None,
        automatic_on=london_date(automatic.occurred_at) if automatic is not None else None,
        flagged_late=any(
            flag.kind == "enhanced_flagged_late" and flag.victim_id == journey.victim_id for flag in flags
        ),
        agreement=agreement,
        spoken=spoken,
        officers_met=met,
        accounts=len(journey.concerning(t.ACCOUNT_TAKEN)),
        solos=_live_solos(journey),
    )


def is_open_now(journey: Journey, at: datetime) -> bool:
    """Return whether the case is open for the victim at an instant."""
    return CaseSpans(journey).is_open(at)


def _offence(reports: Sequence[Fact]) -> tuple[str, str]:
    """The gravest group of what was reported, and the first offence within it; domestic where a report says so."""
    if not reports:
        return NOT_RECORDED, NOT_RECORDED
    rank, report = min(((_rank(each), each) for each in reports), key=lambda pair: pair[0])
    return report.data["offence"], GROUPS[rank][0]


def _rank(report: Fact) -> int:
    rank = _RANK[report.data["offence"]]
    domestic = next(each for each, (name, _) in enumerate(GROUPS) if name == _DOMESTIC)
    return min(rank, domestic) if report.data.get("domestic") is True else rank


def _team(reports: Sequence[Fact], assigned: Sequence[Fact]) -> str:
    """The team the latest report names, else that of the officer last assigned."""
    named = [fact.data["team"] for fact in (*assigned, *reports) if "team" in fact.data]
    return cleaned(named[-1]) if named else NOT_RECORDED


def _agreement(journey: Journey, spoken_on: frozenset[date]) -> tuple[str, bool]:
    agreements = frequency_agreements(journey.concerning(t.CONTACT_AGREED))
    if not agreements:
        return "none", False
    latest = agreements[-1]
    days = latest.data.get("frequency_days")
    spoken = london_date(latest.occurred_at) in spoken_on
    if days is None:
        return "only when something happens", spoken
    return ("long" if days > LONGEST_USUAL_DAYS else "days"), spoken


def _assignments(journey: Journey) -> list[Fact]:
    found = [
        fact
        for type_ in (t.OFFICER_ASSIGNED, t.OFFICER_RELEASED)
        for fact in journey.case.by_type.get(type_, ())
        if fact.victim_id in (None, journey.victim_id)
    ]
    found.sort(key=lambda fact: fact.order)
    return found


def _live_solos(journey: Journey) -> tuple[str, ...]:
    spans = CaseSpans(journey).spans
    if not spans or spans[-1].ended_by is not None:
        return ()
    assigned: set[str] = set()
    for fact in _assignments(journey):
        if fact.data["role"] == "SOLO":
            (assigned.add if fact.type == t.OFFICER_ASSIGNED else assigned.discard)(fact.data["officer_ref"])
    return tuple(sorted(hashed(ref) for ref in assigned))
