"""The first days of a case: the report, what is said and given then, needs, terms of contact, officers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from services.provisions.working_days import london_date
from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import Case, Happening
from services.simulator.days import DAY, by_day, in_office, on, plus
from services.simulator.officers import Officer
from services.simulator.victims import AUTOMATIC, SEXUAL, Victim, terms_of

_SERIOUS = frozenset({"rape", "sexual_assault"})


def report(case: Case, victim: Victim, at: datetime) -> Happening:
    """The report of one victim and everything that follows it as a matter of course."""
    chance = case.chance
    case.reported.append(at)
    reported = case.add(at, "policing.crime.reported", _report_data(case, victim, at), victim=victim, prompt=True)
    if chance.yes(f.RECORDED_CRIME):
        at_desk = plus(at, chance.within(a.RECORDED_DAYS))
        case.add(at_desk, "policing.crime.recorded", {"crime_ref": f"46/{case.number:06}/{at:%y}"}, victim=victim)
    _given(case, victim, at)
    _needs(case, victim, at)
    _terms(case, victim, at)
    return reported


def _report_data(case: Case, victim: Victim, at: datetime) -> dict[str, Any]:
    chance = case.chance
    is_child = case.offence == "child_sexual_exploitation"
    data: dict[str, Any] = {
        "offence": case.offence,
        "victim_age_band": "under_18" if is_child else victim.age,
        "victim_sex": victim.sex,
        "channel": _channel(case),
        "domestic": case.domestic,
        "force": "kent",
        "division": case.division,
        "team": case.oic.team if case.oic else "control-room",
    }
    if chance.yes(a.DATE_KNOWN):
        data["offence_on"] = _offence_on(case, at).isoformat()
    return data


def _channel(case: Case) -> str:
    if case.offence == "rape":
        return case.chance.weighted(f.CHANNELS_RAPE)
    if case.offence in SEXUAL:
        return case.chance.weighted(f.CHANNELS_SEXUAL)
    if case.offence in {"stalking", "harassment"}:
        return case.chance.weighted(f.CHANNELS_STALKING)
    return case.chance.weighted(f.CHANNELS)


def _offence_on(case: Case, at: datetime) -> date:
    chance = case.chance
    if case.offence in SEXUAL and chance.yes(f.OLD_OFFENCE):
        return london_date(at) - int(365 * chance.along(f.OLD_YEARS)) * DAY
    return london_date(at) - int(chance.along(f.RECENT_DAYS)) * DAY


def _given(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    way = "email" if chance.yes(a.BY_EMAIL) else "letter"
    if chance.yes(f.ACKNOWLEDGED):
        when = in_office(chance, plus(at, chance.within(a.ACKNOWLEDGED_DAYS)))
        case.add(
            when, "policing.report.acknowledged", {"channel": way, "safe_way": chance.yes(a.SAFE_WAY)}, victim=victim
        )
    if chance.yes(f.INFORMED_OF_CODE):
        when = plus(at, chance.within(a.CODE_DAYS))
        data = {
            "channel": "in_person" if chance.yes(a.CODE_IN_PERSON) else way,
            "stages_explained": chance.yes(a.STAGES_EXPLAINED),
        }
        case.add(when, "policing.code_information.given", data, victim=victim, by=case.oic)
    if chance.yes(f.COMPENSATION_TOLD):
        when = by_day(chance, plus(at, chance.within(a.COMPENSATION_DAYS)))
        case.add(when, "compensation.information.given", victim=victim, by=case.oic)


def _needs(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    if not chance.yes(f.NEEDS_ASSESSED):
        return
    is_automatic = case.offence in AUTOMATIC or victim.age == "under_18"
    is_enhanced = not chance.yes(f.ENHANCED_MISSED) if is_automatic else chance.yes(f.ENHANCED_OTHERS)
    case.high_risk = case.high_risk or ((case.domestic or case.offence == "stalking") and chance.yes(f.HIGH_RISK))
    when = plus(at, chance.along(f.NEEDS_DAYS))
    data = _needs_data(case, victim, is_enhanced=is_enhanced)
    case.add(when, "policing.needs.assessed", data, victim=victim, by=case.oic)
    if is_automatic and not is_enhanced:
        data = _needs_data(case, victim, is_enhanced=True)
        put_right = in_office(chance, plus(when, chance.within(a.ENHANCED_PUT_RIGHT_DAYS)))
        case.add(put_right, "policing.needs.assessed", data, victim=victim, by=case.oic)


def _needs_data(case: Case, victim: Victim, *, is_enhanced: bool) -> dict[str, Any]:
    chance = case.chance
    data: dict[str, Any] = {"enhanced_rights": is_enhanced}
    if is_enhanced:
        serious = "most_serious_crime" if case.offence in AUTOMATIC else "persistently_targeted"
        data["grounds"] = [serious, "vulnerable"] if victim.age == "under_18" else [serious]
    data["risk"] = "high" if case.high_risk else chance.of((("standard", 0.6), ("medium", 0.4)))
    data["language"] = victim.language
    if chance.yes(a.ADJUSTED):
        data["adjustments"] = chance.pick(("large print", "an interpreter", "short calls", "a supporter present"))
    return data


def _terms(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    spoken = by_day(chance, plus(at, chance.within(a.TERMS_DAYS)))
    if chance.yes(f.FREQUENCY_AGREED):
        _agree(case, victim, spoken, victim.frequency)
        if chance.yes(f.FREQUENCY_CHANGED):
            _agree(
                case,
                victim,
                by_day(chance, plus(spoken, chance.within(a.FREQUENCY_CHANGED_DAYS))),
                chance.pick((7, 14, 28, 42)),
            )
    if chance.yes(f.SAFE_RECORDED):
        _record_terms(case, victim, plus(spoken, chance.within(a.SAFE_RECORDED_DAYS)))
    scope = chance.weighted(f.WAIVED)
    if scope:
        waived = by_day(chance, plus(at, chance.within(a.WAIVED_DAYS)))
        said = {"scope": scope, "said_at": waived.isoformat()}
        case.add(waived, "policing.right.waived", said, victim=victim, by=case.oic)
        resumed = by_day(chance, plus(waived, chance.within(a.RESUMED_DAYS))) if chance.yes(f.RESUMED) else None
        if resumed is not None:
            case.add(resumed, "policing.right.resumed", {"scope": scope}, victim=victim, by=case.oic)
        if scope != "VC-R5-COMPENSATION":
            case.waived[victim.id] = (waived, resumed)


def _agree(case: Case, victim: Victim, at: datetime, days: int) -> None:
    data: dict[str, Any] = {"frequency_days": days} if days else {"only_when_something_happens": True}
    data["channel"] = victim.channel
    if victim.sms == "never" and victim.channel == "sms":
        data["channel"] = "phone"
    case.add(at, "policing.contact.agreed", data, victim=victim, by=case.oic)
    case.frequencies.setdefault(victim.id, []).append((at, days))


def _record_terms(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    data = terms_of(chance, victim, at)
    days = chance.weighted(f.SAFE_VALID_DAYS)
    ends = london_date(at) + (days or 36500) * DAY
    data["valid_until"] = ends.isoformat() if days else "9999-12-31"
    case.add(at, "policing.safe_contact.recorded", data, victim=victim, by=case.oic)
    case.terms_at[victim.id] = at
    if days and chance.yes(f.SAFE_RENEWED):
        renewed = by_day(chance, plus(at, days - chance.within(a.RENEWED_DAYS)))
        data = terms_of(chance, victim, renewed) | {"valid_until": "9999-12-31"}
        case.add(renewed, "policing.safe_contact.recorded", data, victim=victim, by=case.oic)
        case.terms_at[victim.id] = renewed


def staff(case: Case, at: datetime) -> None:
    """Who takes the case: an officer in charge, a SOLO or DALO, and what becomes of those who leave."""
    chance, force = case.chance, case.force
    is_serious = case.offence in _SERIOUS
    post = "phoenix" if case.offence in SEXUAL else "vit" if case.domestic else "local"
    oic = case.oic = force.posted(chance, post, at)
    case.division = oic.team.split("-")[1]
    _assign(case, oic, plus(at, chance.within(a.OIC_DAYS)))
    case.carers.append((at, oic))
    if is_serious and chance.yes(f.SOLO_GIVEN):
        since = at + timedelta(minutes=int(60 * chance.along(f.SOLO_HOURS)))
        solo = force.posted(chance, "SOLO", since)
        _assign(case, solo, since)
        case.carers.append((since, solo))
    elif case.domestic and case.division == "east" and chance.yes(f.DALO_GIVEN):
        since = plus(at, chance.within(a.DALO_DAYS))
        dalo = force.posted(chance, "DALO", since)
        _assign(case, dalo, since)
        case.carers.append((since, dalo))
    if is_serious or chance.yes(a.SUPERVISOR_NAMED):
        _assign(case, force.supervisor_of(oic), plus(at, chance.within(a.SUPERVISOR_DAYS)))


def _assign(case: Case, officer: Officer, at: datetime) -> None:
    data = {"role": officer.role, "officer_ref": officer.ref, "team": officer.team}
    case.add(at, "policing.officer.assigned", data, by=case.force.supervisor_of(officer))


def hand_over(case: Case) -> None:
    """Officers who leave, or pass the case on, while it runs: released, and another assigned, not always at once."""
    chance, until = case.chance, min(case.ends or case.horizon, case.horizon)
    for since, officer in list(case.carers):
        goes = None
        if officer.leaves_on is not None:
            goes = in_office(chance, plus(_noon(officer.leaves_on), -chance.within(a.RELEASED_BEFORE)))
        elif officer is case.oic and chance.yes(f.HANDED_OVER):
            goes = in_office(chance, plus(since, chance.within(a.HANDED_OVER_DAYS)))
        if goes is None or not since + DAY < goes < until:
            continue
        data = {"role": officer.role, "officer_ref": officer.ref, "team": officer.team}
        case.add(goes, "policing.officer.released", data, by=case.force.supervisor_of(officer))
        comes = plus(goes, chance.within(a.VACANT_DAYS))
        post = {"SOLO": "SOLO", "DALO": "DALO"}.get(officer.role) or ("phoenix" if case.offence in SEXUAL else "vit")
        follower = case.force.posted(chance, post, comes)
        if follower is officer:
            continue
        _assign(case, follower, comes)
        case.carers.append((comes, follower))
        if officer is case.oic:
            case.oic = follower
    case.carers.sort(key=lambda each: (each[0], each[1].ref))
    last: dict[str, Officer] = {}
    for _since, officer in case.carers:
        last[officer.role] = officer
    for officer in last.values():
        officer.live.append(min(case.ends or case.horizon, case.horizon))


def _noon(day: date) -> datetime:
    return on(day, 12)
