"""Evidence from the victim: accounts, phones and how long they are kept, belongings, material held by others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import Case
from services.simulator.days import by_day, in_office, plus
from services.simulator.victims import SEXUAL, Victim

_KINDS = ("counselling", "medical", "medical", "education", "social_services", "other")


def evidence(case: Case, victim: Victim, at: datetime, ends: datetime) -> None:
    """What was asked of one victim between the report and the end of the investigation."""
    chance = case.chance
    is_sexual = case.offence in SEXUAL
    if chance.yes(f.ACCOUNT):
        _accounts(case, victim, at, ends, is_sexual=is_sexual)
    if chance.yes(f.PHONE_TAKEN_SEXUAL if is_sexual else f.PHONE_TAKEN_OTHER):
        _phone(case, victim, by_day(chance, plus(at, chance.within(a.PHONE_TAKEN_DAYS)), 8, 21))
    if chance.yes(f.PROPERTY_TAKEN):
        item = {"item_ref": f"I-{case.seed}-{case.number:06}"}
        taken = plus(at, chance.within(a.PROPERTY_TAKEN_DAYS))
        case.add(taken, "policing.property.taken", item, victim=victim, by=case.oic)
        if chance.yes(a.PROPERTY_BACK):
            back = in_office(chance, plus(max(ends, taken), chance.within(a.PROPERTY_BACK_DAYS)))
            case.add(max(back, plus(taken, 1)), "property.returned", item, victim=victim, by=case.oic)
    if is_sexual and (ends - at).days > 20 and chance.yes(f.THIRD_PARTY):  # noqa: PLR2004 - not for what closes at once
        _third_party(case, victim, in_office(chance, plus(at, chance.within(a.THIRD_PARTY_DAYS))))


def _accounts(case: Case, victim: Victim, at: datetime, ends: datetime, *, is_sexual: bool) -> None:
    chance = case.chance
    said = {"may_add_explained": True} if chance.yes(f.ACCOUNT_MAY_ADD) else {}
    first = plus(at, chance.within(a.FIRST_ACCOUNT_DAYS))
    case.add(first, "policing.account.taken", {"kind": "initial"} | said, victim=victim, by=case.oic)
    whole = by_day(chance, plus(at, chance.along(f.ABE_DAYS)), 9, 19)
    if whole < min(ends, case.withdrawn.get(victim.id, ends)) and (is_sexual or chance.yes(a.WHOLE_ACCOUNT)):
        kind = "abe" if is_sexual or victim.age == "under_18" else "statement"
        case.add(whole, "policing.account.taken", {"kind": kind} | said, victim=victim, by=case.carer(whole))
        if chance.yes(f.STATEMENT_EARLY):
            case.add(plus(whole, 0.05), "victim.statement.offered", victim=victim, by=case.carer(whole))
        further = by_day(chance, plus(whole, chance.within(a.FURTHER_ACCOUNT_DAYS)), 9, 19)
        if further < ends and chance.yes(a.FURTHER_ACCOUNT):
            case.add(further, "policing.account.taken", {"kind": "further"}, victim=victim, by=case.carer(further))


def _phone(case: Case, victim: Victim, at: datetime) -> None:
    chance, by = case.chance, case.carer(at)
    case.phones += 1
    device: dict[str, Any] = {"device_ref": f"D-{case.seed}-{case.number:06}-{case.phones}"}
    data = device | {"victims_only_phone": chance.yes(a.ONLY_PHONE), "contact_point_ref": victim.point}
    case.add(at, "policing.phone.seized", data, victim=victim, by=by)
    days = chance.along(f.PHONE_DAYS)
    if days > 1 and chance.yes(f.PHONE_REPLACED):
        given = plus(at, chance.within(a.REPLACED_DAYS))
        same = {"same_number": chance.yes(f.SAME_NUMBER)}
        case.add(given, "policing.phone.replacement_issued", device | same, victim=victim, by=by)
    if chance.yes(f.EXTRACTED):
        scope = device | {"scope": "targeted" if chance.yes(a.TARGETED) else "whole", "alternative_considered": True}
        extracted = plus(at, days * chance.within(a.EXTRACTED_AT))
        is_late = chance.yes(f.NOTICE_MISSED)
        notified = plus(extracted, 0.3) if is_late else plus(at, 0.01)
        case.add(notified, "policing.phone.extraction_notified", scope, victim=victim, by=by)
        case.add(plus(notified, 0.005), "policing.phone.extraction_agreed", scope, victim=victim, by=by)
        case.add(extracted, "policing.phone.extracted", scope, victim=victim, by=by)
    case.add(plus(at, days), "policing.phone.returned", device, victim=victim, by=by)


def _third_party(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    request = {"request_ref": f"T-{case.seed}-{case.number:06}", "kind": chance.pick(_KINDS)}
    told = plus(
        at, chance.within(a.NOTICE_LATE_DAYS) if chance.yes(f.THIRD_PARTY_LATE) else -chance.within(a.NOTICE_DAYS)
    )
    case.add(told, "policing.third_party_material.notified", request, victim=victim, by=case.carer(at))
    case.add(at, "policing.third_party_material.requested", request, victim=victim, by=case.oic)
