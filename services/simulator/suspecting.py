"""Suspects from identification to a decision: arrests, bail, early advice, the file's travels to the CPS and back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.provisions.working_days import london_date
from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import CPS, Case, Happening, Suspect
from services.simulator.days import DAY, HOUR, by_day, in_office, on, plus
from services.simulator.victims import SEXUAL

_IN_CUSTODY = 3
"""Days from report to decision below which the suspect was never let go."""
_REASONS = {"not_supporting": "victim_not_supporting", "unidentified": "suspect_not_identified"}


def investigate(case: Case, at: datetime, decided: datetime) -> None:
    """Every suspect of the case from the report to the decision; the outcome was drawn when the case began."""
    chance = case.chance
    if case.outcome == "not_investigated":
        data = {"reason": chance.pick(("evidential", "public_interest", "suspect_not_identified"))}
        _decide(case, decided, "policing.decision.not_to_investigate", data)
        return
    if case.outcome == "unidentified":
        _decide(case, decided, "policing.decision.no_further_action", _reason(case))
        return
    for index in range(chance.weighted(f.SUSPECTS)):
        suspect = Suspect(f"S-{case.seed}-{case.number:06}-{index + 1}")
        case.suspects.append(suspect)
        # Further suspects are let go earlier, the first stays to the end.
        ends = decided if index == 0 else plus(at, (decided - at).days * chance.within(a.OTHERS_CLEARED) + 1)
        _through_custody(case, suspect, at, ends)
        if index == 0:
            _to_decision(case, suspect, at, decided)
        else:
            data = {"suspect_ref": suspect.ref, "reason": "evidential"}
            _decide(case, max(ends, plus(at, 1)), "policing.decision.no_further_action", data)


def _through_custody(case: Case, suspect: Suspect, at: datetime, ends: datetime) -> None:
    chance, by = case.chance, case.oic
    who: dict[str, Any] = {"suspect_ref": suspect.ref}
    room = (ends - at).total_seconds() / 86400
    if case.outcome == "not_supporting" and room < 3 and chance.yes(a.NEVER_SPOKEN_TO):  # noqa: PLR2004 - closed before anybody was seen
        case.add(plus(at, room * 0.3), "policing.suspect.identified", who, by=by)
        return
    known = plus(at, min(chance.within(a.KNOWN_DAYS), room * 0.2))
    case.add(known, "policing.suspect.identified", who, by=by)
    if chance.yes(f.VOLUNTARY) and case.outcome != "charged":
        interviewed = by_day(chance, plus(known, min(chance.within(a.VOLUNTARY_DAYS), room * 0.5)), 9, 19)
        case.add(min(interviewed, ends - HOUR), "policing.suspect.interviewed", who, by=by)
        return
    is_soon = case.domestic and chance.yes(f.ARREST_AT_ONCE)
    arrested = plus(
        known, min(chance.within(a.ARREST_SOON_DAYS) if is_soon else chance.within(a.ARREST_DAYS), room * 0.35)
    )
    if chance.yes(f.PLANNED_HOLD):
        _hold(case, arrested, who)
    else:
        case.add(arrested, "policing.suspect.arrested", who, by=by)
    # At most a day in custody without charge: the interview lies within it, the release after it.
    hours = min(chance.within(a.CUSTODY), max(2.0, (ends - arrested).total_seconds() / 3600 - 1))
    interviewed = plus(arrested, hours * chance.within(a.INTERVIEW_AT) / 24)
    case.add(interviewed, "policing.suspect.interviewed", who, by=by)
    if not (case.outcome == "charged" and room < _IN_CUSTODY):
        _release(case, who, plus(arrested, hours / 24), ends)


def _hold(case: Case, arrested: datetime, who: dict[str, Any]) -> None:
    chance, by = case.chance, case.oic
    arrest = case.add(arrested, "policing.suspect.arrested", who, by=by)
    data = {"event_id": arrest.id, "category": "investigation", "authorised_by": "inspector"}
    until = (london_date(arrested) + 2 * DAY).isoformat()
    held = case.add(plus(arrested, 0.01), "policing.news.withheld", data | {"until": until}, by=by)
    held.recorded = max(held.recorded, arrest.recorded)
    case.add(plus(arrested, chance.within(a.HELD_DAYS)), "policing.news.released", data, by=by)


def _release(case: Case, who: dict[str, Any], at: datetime, ends: datetime) -> None:
    chance, by = case.chance, case.oic
    outcome = chance.weighted(f.RELEASE)
    data: dict[str, Any] = who | {"outcome": outcome}
    if outcome != "bail":
        case.add(at, "policing.suspect.released", data, by=by)
        return
    protects = chance.yes(f.BAIL_PROTECTS)
    last = london_date(at) + chance.weighted(f.BAIL_DAYS) * DAY
    case.add(at, "policing.suspect.released", data | {"ends_on": last.isoformat(), "protects_her": protects}, by=by)
    varied = by_day(chance, plus(at, chance.within(a.VARIED_DAYS)))
    if chance.yes(f.BAIL_VARIED) and varied < ends:
        change = {"change": "varied", "ends_on": last.isoformat(), "protects_her": protects}
        case.add(varied, "policing.suspect.bail_changed", who | change, by=by)
    while on(last, 12) < ends and on(last, 12) < case.horizon + 30 * DAY:
        changes = on(last, chance.whole(9, 16)) - chance.whole(0, 4) * DAY
        if not chance.yes(f.BAIL_EXTENDED):
            change = {"change": chance.pick(("lapsed", "lapsed", "cancelled"))}
            case.add(max(changes, at + DAY), "policing.suspect.bail_changed", who | change, by=by)
            return
        last += chance.pick((28, 60, 90)) * DAY
        change = {"change": "extended", "ends_on": last.isoformat(), "protects_her": protects}
        case.add(max(changes, at + DAY), "policing.suspect.bail_changed", who | change, by=by)


def _reason(case: Case) -> dict[str, Any]:
    data: dict[str, Any] = {"reason": _REASONS.get(case.outcome, "evidential")}
    if case.offence == "rape":
        data["panel_reviewed"] = case.chance.yes(f.PANEL)
    return data


def _decide(case: Case, at: datetime, name: str, data: dict[str, Any]) -> Happening:
    """A last word of the police, in office hours or a late shift, and what the victim does about it."""
    decision = case.add(by_day(case.chance, at, 8, 21), name, data, by=case.oic)
    case.last_word(decision.at)
    return decision


def _to_decision(case: Case, suspect: Suspect, at: datetime, decided: datetime) -> None:
    chance = case.chance
    who: dict[str, Any] = {"suspect_ref": suspect.ref}
    if case.outcome in {"charged", "cps_no_charge"}:
        _with_prosecutors(case, suspect, at, decided)
    elif case.outcome == "out_of_court":
        kind = {"kind": chance.pick(("conditional_caution", "community_resolution", "caution"))}
        _decide(case, decided, "policing.decision.out_of_court", who | kind)
    else:
        if case.offence in SEXUAL and (decided - at).days > 40 and chance.yes(f.EARLY_ADVICE):  # noqa: PLR2004 - not yet needed
            _early_advice(case, at, decided)
        _decide(case, decided, "policing.decision.no_further_action", who | _reason(case))


def _early_advice(case: Case, at: datetime, decided: datetime) -> None:
    chance = case.chance
    submitted = in_office(chance, plus(at, chance.along(f.EARLY_ADVICE_DAYS)))
    if submitted > decided - 10 * DAY:
        return
    data = {"victim_account": True, "suspect_account": chance.yes(a.SUSPECT_ACCOUNT), "lines_of_enquiry": True}
    case.add(submitted, "prosecution.early_advice.submitted", data, by=case.oic)
    held = in_office(chance, plus(submitted, chance.within(a.APPOINTMENT_DAYS)))
    if held < decided:
        case.add(held, "prosecution.early_advice.appointment_held", source=CPS)
        received = in_office(chance, plus(held, chance.within(a.ADVICE_DAYS)))
        if received < decided:
            case.add(received, "prosecution.early_advice.received", source=CPS)


def _with_prosecutors(case: Case, suspect: Suspect, at: datetime, decided: datetime) -> None:
    chance = case.chance
    who: dict[str, Any] = {"suspect_ref": suspect.ref}
    room = (decided - at).total_seconds() / 86400
    if case.offence in SEXUAL and room > 50 and chance.yes(f.EARLY_ADVICE):  # noqa: PLR2004 - time for an appointment
        _early_advice(case, at, plus(at, room * 0.6))
    if room < _IN_CUSTODY:  # decided by telephone
        case.add(decided - chance.whole(2, 8) * HOUR, "prosecution.file.submitted", who, by=case.oic)
    else:
        _file_travels(case, who, plus(at, room * 0.6), decided)
    charge = case.outcome == "charged"
    data = who | {"decision": "charge" if charge else "no_charge"}
    decision = case.add(decided, "prosecution.decision.made", data, source=CPS)
    if charge:
        wait = chance.within(a.CHARGED_SOON_DAYS) if room < _IN_CUSTODY else chance.within(a.CHARGED_DAYS)
        charged = by_day(chance, plus(decided, wait), 8, 22)
        first = in_office(chance, plus(charged, chance.along(f.FIRST_HEARING_DAYS)))
        starts = {"first_hearing_at": on(london_date(first), 10).isoformat()}
        suspect.charged = case.add(charged, "policing.suspect.charged", who | starts, by=case.oic)
        return
    letter(case, decision)
    told = by_day(chance, plus(decided, chance.within(a.NO_CHARGE_DAYS)))
    _decide(case, told, "policing.decision.no_further_action", who | {"reason": "evidential"})


def _file_travels(case: Case, who: dict[str, Any], begins: datetime, decided: datetime) -> None:
    chance = case.chance
    at = in_office(chance, begins)
    is_first = True
    while at < decided - timedelta(days=1):
        again = {} if is_first else {"reason": "action_plan_done"}
        case.add(at, "prosecution.file.submitted", who | again, by=case.oic)
        back = in_office(chance, plus(at, chance.along(f.FILE_DAYS)))
        if back >= decided - 3 * DAY or not chance.yes(f.FILE_RETURNED):
            return
        why = {"reason": chance.pick(("further_evidence", "disclosure", "statement"))}
        case.add(back, "prosecution.file.returned", who | why, source=CPS)
        at = min(in_office(chance, plus(back, chance.along(f.FILE_DAYS))), decided - DAY)
        is_first = False


def letter(case: Case, about: Happening) -> None:
    """The CPS's letter on a decision: mostly in time, some late, a few never."""
    chance = case.chance
    if chance.yes(f.CPS_LETTER_NEVER):
        return
    days = chance.within(a.LETTER_LATE_DAYS) if chance.yes(f.CPS_LETTER_LATE) else chance.within(a.LETTER_DAYS)
    data = {"about": about.id, "review_explained": chance.yes(a.LETTER_REVIEW)}
    case.add(in_office(chance, plus(about.at, days)), "prosecution.letter.sent", data, source=CPS)
