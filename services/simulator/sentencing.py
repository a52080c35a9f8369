"""Sentence and after: the Victim Contact Scheme, appeals, the offender's release, recall and escape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import COURT, PROBATION, WCU, Case, Happening
from services.simulator.days import in_office, plus
from services.simulator.victims import SEXUAL, Victim

_ELIGIBLE_MONTHS = 12
_CROWN_FACTOR = 2.5
Notify = Callable[[Happening], None]


def sentence(case: Case, who: dict[str, Any], at: datetime, *, is_crown: bool, notify: Notify) -> datetime:
    """Pass sentence and tell what follows from it; returns the instant of the sentence."""
    chance = case.chance
    months = int(chance.along(f.MONTHS_PRISON) * (_CROWN_FACTOR if is_crown else 0.4))
    is_hospital = chance.yes(a.HOSPITAL_ORDER)
    is_eligible = months >= _ELIGIBLE_MONTHS or is_hospital
    data = who | {
        "months": months,
        "hospital_order": is_hospital,
        "scheme_eligible": is_eligible,
        "lenient_sentence_scheme": is_crown and case.offence in SEXUAL,
    }
    passed = case.add(plus(at, 0.02), "court.sentence.passed", data, source=COURT)
    notify(passed)
    if is_eligible:
        for victim in case.victims:
            _scheme(case, victim, passed.at)
    if chance.yes(f.APPEAL):
        _appeal(case, who, passed.at, notify)
    if 0 < months <= 2 * _ELIGIBLE_MONTHS:
        _release(case, who, passed.at, months)
    if months and chance.yes(f.ESCAPED):
        escaped = plus(passed.at, chance.within(a.ESCAPED_DAYS))
        case.add(escaped, "probation.offender.escaped", who, source=PROBATION)
    return passed.at


def _scheme(case: Case, victim: Victim, at: datetime) -> None:
    chance = case.chance
    referred = in_office(chance, plus(at, chance.within(a.SCHEME_DAYS)))
    if chance.yes(a.SCHEME_REFUSED):
        case.add(referred, "probation.scheme.opted_out", victim=victim, source=PROBATION)
        if chance.yes(f.SCHEME_OPT_IN):
            again = in_office(chance, plus(referred, chance.within(a.SCHEME_IN_DAYS)))
            case.add(again, "probation.scheme.opted_in", victim=victim, source=PROBATION)
            case.add(in_office(chance, plus(again, 3)), "probation.scheme.referred", victim=victim, source=WCU)
        return
    case.add(referred, "probation.scheme.referred", victim=victim, source=WCU, by=case.wcu)
    if chance.yes(a.SCHEME_REACHED):
        reached = in_office(chance, plus(referred, chance.within(a.SCHEME_REACHED_DAYS)))
        case.add(reached, "probation.scheme.contacted", victim=victim, source=PROBATION)
        if chance.yes(f.SCHEME_OPT_OUT):
            case.add(plus(reached, 0.01), "probation.scheme.opted_out", victim=victim, source=PROBATION)


def _appeal(case: Case, who: dict[str, Any], at: datetime, notify: Notify) -> None:
    chance = case.chance
    for name, least, most in (("lodged", 5, 26), ("listed", 20, 60), ("decided", 20, 80)):
        at = in_office(chance, plus(at, chance.between(least, most)))
        notify(case.add(at, f"court.appeal.{name}", who, source=COURT))


def _release(case: Case, who: dict[str, Any], at: datetime, months: int) -> None:
    """Half of the months served, less what was spent on remand."""
    chance = case.chance
    served = months * 30.4 * chance.within(a.SERVED)
    case.add(in_office(chance, plus(at, served * 0.6)), "probation.offender.release_planned", who, source=PROBATION)
    if chance.yes(f.RELEASED):
        released = in_office(chance, plus(at, served))
        case.add(released, "probation.offender.released", who, source=PROBATION)
        if chance.yes(f.RECALLED):
            recalled = in_office(chance, plus(released, chance.within(a.RECALLED_DAYS)))
            case.add(recalled, "probation.offender.recalled", who, source=PROBATION)
