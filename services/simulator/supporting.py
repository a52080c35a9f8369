"""Support and safeguarding: referrals, the SARC, conferences, orders, disclosures, visits, reviews by supervisors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.provisions.working_days import london_date
from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import SUPPORT, Case
from services.simulator.days import DAY, OPENS, WORKING, by_day, in_office, on, plus
from services.simulator.victims import SEXUAL, Victim

_DISCLOSED = ("domestic_abuse", "coercive_control", "assault")
_SPO = "stalking_protection_order"


def support(case: Case, victim: Victim, at: datetime) -> None:
    """The referrals of one victim, and what the services did."""
    chance = case.chance
    if not chance.yes(f.REFERRAL_NEVER):
        when = plus(
            at,
            chance.within(a.REFERRAL_DAYS) if chance.yes(f.REFERRAL_IN_TIME) else chance.within(a.REFERRAL_LATE_DAYS),
        )
        _refer(case, victim, by_day(chance, when, 7, 22), "victim_support", f.REFERRAL_DECLINED.value)
    specialists = _specialists(case)
    for service in specialists:
        if chance.yes(f.SPECIALIST):
            when = by_day(chance, plus(at, chance.along(f.SPECIALIST_HOURS) / 24), 7, 22)
            _refer(case, victim, when, service, f.SPECIALIST_DECLINED.value)
    if case.domestic and not specialists and chance.yes(f.DOMESTIC_OFFERED):
        when = by_day(chance, plus(at, chance.along(f.SPECIALIST_HOURS) / 24), 7, 22)
        _refer(case, victim, when, "idva", f.DOMESTIC_DECLINED.value)
    if case.offence in SEXUAL:
        _sarc(case, victim, at)
    if case.high_risk:
        _conferences(case, victim, at)
    _orders(case, victim, at)
    if case.domestic and chance.yes(f.DISCLOSURE):
        _disclosure(case, victim, at)
    if case.domestic and chance.yes(f.VISITS):
        visit = by_day(chance, plus(at, chance.within(a.VISIT_DAYS)))
        case.add(visit, "safeguarding.visit.made", victim=victim, by=case.oic)


def _specialists(case: Case) -> list[str]:
    found = []
    if case.offence in SEXUAL:
        found.append("isva")
    if case.high_risk and case.domestic:
        found.append("idva")
    if case.offence == "stalking" and (case.high_risk or case.chance.yes(a.ISAC_UNASKED)):
        found.append("isac")
    if case.offence in {"honour_based_abuse", "fgm", "forced_marriage", "child_sexual_exploitation"}:
        found.append("other")
    return found


def _refer(case: Case, victim: Victim, at: datetime, service: str, declined: float) -> None:
    chance = case.chance
    data = {"service": service}
    if chance.falls(declined):
        case.add(at, "support.referral.declined", data, victim=victim, by=case.oic)
        return
    case.add(at, "support.referral.made", data, victim=victim, by=case.oic)
    if chance.yes(f.ENGAGED):
        begins = in_office(chance, plus(at, chance.along(f.ENGAGED_DAYS)))
        case.add(begins, "support.service.engaged", data, victim=victim, source=SUPPORT)
        if chance.yes(a.SERVICE_ENDS):
            ends = in_office(chance, plus(begins, chance.within(a.SERVICE_LASTS)))
            case.add(ends, "support.service.ended", data, victim=victim, source=SUPPORT)


def _sarc(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    if not chance.yes(f.SARC):
        if chance.yes(f.SARC_ASKED):
            asked = plus(at, chance.within(a.SARC_ASKED_DAYS))
            case.add(asked, "support.referral.declined", {"service": "sarc"}, victim=victim, by=case.oic)
        return
    is_self_referred = chance.yes(f.SARC_SELF)
    when = plus(at, -chance.within(a.SARC_BEFORE))
    if not is_self_referred:
        referred = plus(at, chance.within(a.SARC_REFERRED_DAYS))
        is_declined = chance.yes(a.SARC_DECLINED)
        name = "support.referral.declined" if is_declined else "support.referral.made"
        case.add(referred, name, {"service": "sarc"}, victim=victim, by=case.oic)
        if is_declined:
            return
        when = plus(referred, chance.within(a.SARC_ATTENDED_DAYS))
    data_of: dict[str, Any] = {
        "forensic_examination": chance.yes(f.FORENSIC),
        "self_referred": is_self_referred,
        "accompanied_by": "ISVA" if is_self_referred else chance.pick(("SOLO", "OIC", "friend")),
    }
    happening = case.add(when, "support.sarc.attended", data_of, victim=victim, source=SUPPORT)
    happening.recorded = max(happening.recorded, plus(at, 0.2))
    if chance.yes(f.SAMPLES):
        until = london_date(when) + 730 * DAY
        kept = case.add(plus(when, 0.1), "support.sarc.samples_stored", {"until": until.isoformat()}, victim=victim,
                        source=SUPPORT)  # fmt: skip
        kept.recorded = max(kept.recorded, plus(at, 0.3))


def _conferences(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    when = in_office(chance, plus(at, chance.within(a.CONFERENCE_DAYS)))
    data = {"repeat": chance.yes(a.CONFERENCE_REPEAT)}
    if case.domestic:
        case.add(when, "safeguarding.marac.referred", data, victim=victim, by=case.oic)
        day = WORKING.after(london_date(when) + (13 - london_date(when).toordinal() % 14) * DAY, 1)
        case.add(on(day, OPENS), "safeguarding.marac.heard", data, victim=victim)
        if chance.falls(f.MATAC.value * 5):
            case.add(plus(when, chance.within(a.MATAC_DAYS)), "safeguarding.matac.referred")
    if case.offence == "stalking" and chance.yes(a.MASIP_HELD):
        _masip(case, when)


def _masip(case: Case, at: datetime) -> None:
    """The monthly meeting: the first Working Day after the third Wednesday or so; missed now and then."""
    day = london_date(at).replace(day=16)
    if day <= london_date(at) or case.chance.yes(a.MASIP_MISSED):
        day = (day.replace(day=1) + 32 * DAY).replace(day=16)
    case.add(on(WORKING.after(day, 1), OPENS + 1), "safeguarding.masip.heard")


def _orders(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    if case.domestic and chance.falls(f.DVPO.value * 1.6):
        order = chance.pick(("dvpo", "dapo"))
        notice = plus(at, chance.within(a.NOTICE_SERVED_DAYS))
        first = {"order": {"dvpo": "dvpn", "dapo": "dapn"}[order]}
        case.add(notice, "safeguarding.order.granted", first, victim=victim, by=case.oic)
        _granted(case, victim, in_office(chance, plus(notice, chance.within(a.DVPO_DAYS))), order, 28)
    if case.offence == "stalking" and chance.yes(f.SPO):
        applied = in_office(chance, plus(at, chance.within(a.SPO_DAYS)))
        case.add(applied, "safeguarding.order.applied", {"order": _SPO}, victim=victim, by=case.oic)
        _masip(case, applied)
        _granted(case, victim, in_office(chance, plus(applied, chance.within(a.SPO_GRANTED_DAYS))), _SPO, 730)
    if case.offence in {"forced_marriage", "fgm"} and chance.yes(a.PROTECTION_ORDER):
        order = f"{case.offence}_protection_order"
        applied = in_office(chance, plus(at, chance.within(a.PROTECTION_DAYS)))
        case.add(applied, "safeguarding.order.applied", {"order": order}, victim=victim, by=case.oic)
        _granted(case, victim, in_office(chance, plus(applied, chance.within(a.PROTECTION_GRANTED_DAYS))), order, 365)


def _granted(case: Case, victim: Victim, at: datetime, order: str, days: int) -> None:
    chance = case.chance
    data = {"order": order, "ends_on": (london_date(at) + days * DAY).isoformat()}
    case.add(at, "safeguarding.order.granted", data, victim=victim, by=case.oic)
    if chance.yes(f.ORDER_BREACHED):
        breached = plus(at, chance.between(1, min(days, 120)))
        case.add(breached, "safeguarding.order.breached", {"order": order}, victim=victim, by=case.oic)


def _disclosure(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    data = {"route": chance.pick(("right_to_ask", "right_to_know", "right_to_know"))}
    asked = in_office(chance, plus(at, chance.within(a.DISCLOSURE_ASKED_DAYS)))
    case.add(asked, "safeguarding.disclosure.requested", data, victim=victim, by=case.oic)
    name = "refused" if chance.yes(f.DISCLOSURE_REFUSED) else "made"
    decided = in_office(chance, plus(asked, chance.along(f.DISCLOSURE_DAYS)))
    case.add(decided, f"safeguarding.disclosure.{name}", data, victim=victim, by=case.oic)


def review_by_supervisors(case: Case) -> None:
    """A supervisor's look at the case about every four weeks while it runs, and rare restrictions of who may see it."""
    chance, ends = case.chance, min(case.ends or case.horizon, case.horizon)
    sergeant = case.force.supervisor_of(case.oic) if case.oic else None
    at = in_office(chance, plus(case.start, chance.within(a.FIRST_REVIEW_DAYS)))
    while at < ends:
        if chance.yes(f.REVIEWED_WEEKLY):
            data = {
                "by": chance.pick(("supervisor", "supervisor", "weekly_review", "cps_joint")),
                "outcome": "continue",
            }
            case.add(at, "policing.case.reviewed", data, by=sergeant)
        at = in_office(chance, plus(at, chance.within(a.REVIEW_EVERY)))
    if chance.yes(f.RESTRICTED) and case.oic and sergeant:
        allowed = {"allowed": [case.oic.ref, sergeant.ref], "reason": "known_to_staff"}
        since = plus(case.start, chance.within(a.RESTRICTED_DAYS))
        case.add(since, "policing.case.restricted", allowed, by=sergeant)
        if chance.yes(f.UNRESTRICTED):
            later = in_office(chance, plus(since, chance.within(a.UNRESTRICTED_DAYS)))
            case.add(later, "policing.case.unrestricted", {"reason": "no_longer_needed"}, by=sergeant)
