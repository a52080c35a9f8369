"""What victims do of themselves: withdraw or resume support, ask for reviews, complain, answer surveys."""

from __future__ import annotations

from datetime import datetime

from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import CPS, Case, of_type
from services.simulator.days import by_day, in_office, plus
from services.simulator.victims import SEXUAL, Victim

_AGENCIES = ("police", "police", "police", "cps", "wcu", "court")


def withdraw(case: Case, victim: Victim, at: datetime, decided: datetime) -> None:
    """Support withdrawn where the case is not supported, from the outset or later; a few support it again."""
    chance = case.chance
    if case.outcome == "not_supporting":
        if (decided - at).days < 3 or chance.yes(f.WITHDRAWN_AT_OUTSET):  # noqa: PLR2004 - it was closed at once
            when = plus(at, min(chance.within(a.NO_SUPPORT_SAID), (decided - at).total_seconds() / 86400 * 0.8))
            case.add(when, "victim.support_withdrawn", {"from_outset": True}, victim=victim, by=case.oic)
            case.withdrawn[victim.id] = when
            return
        when = plus(at, (decided - at).total_seconds() / 86400 * chance.within(a.SUPPORT_LOST_AT))
        data = {"from_outset": False, "reason": chance.pick(("wants_to_move_on", "fear", "family", "length_of_case"))}
        case.add(by_day(chance, when), "victim.support_withdrawn", data, victim=victim, by=case.carer(when))
        return
    if case.outcome == "charged" and chance.yes(f.WITHDRAWN_AFTER_CHARGE):
        when = by_day(chance, plus(decided, chance.within(a.WITHDRAWN_AFTER_CHARGE_DAYS)))
        case.add(when, "victim.support_withdrawn", {"from_outset": False}, victim=victim, by=case.carer(when))
        if chance.yes(f.SUPPORT_RESUMED) or chance.yes(a.SUPPORTED_AGAIN):
            again = by_day(chance, plus(when, chance.within(a.SUPPORTED_AGAIN_DAYS)))
            case.add(again, "victim.support_resumed", {}, victim=victim, by=case.carer(again))


def ask_for_review(case: Case, victim: Victim) -> None:
    """A review of a decision not to go on, by the police or the CPS, and its answer."""
    chance = case.chance
    for decision in of_type(case.events, "policing.decision.no_further_action", "prosecution.decision.made"):
        if decision.data.get("decision", "no_charge") != "no_charge" or not chance.yes(f.REVIEW_ASKED):
            continue
        is_police = decision.type.startswith("policing")
        where = "policing" if is_police else "prosecution"
        data = {"decision_event_id": decision.id}
        asked = by_day(chance, plus(decision.at, chance.within(a.REVIEW_ASKED_DAYS)))
        source = case.events[0].source if is_police else CPS
        case.add(asked, f"{where}.review.requested", data, victim=victim, source=source)
        if is_police and chance.yes(a.REVIEW_ACKNOWLEDGED):
            known = in_office(chance, plus(asked, chance.within(a.REVIEW_ACKNOWLEDGED_DAYS)))
            case.add(known, "policing.review.acknowledged", data, victim=victim)
        outcome = {"outcome": "overturned" if chance.yes(f.REVIEW_OVERTURNED) else "upheld"}
        answered = in_office(chance, plus(asked, chance.within(a.REVIEW_DECIDED_DAYS)))
        case.add(answered, f"{where}.review.decided", data | outcome, victim=victim, source=source)
        return


def meet_prosecutors(case: Case, victim: Victim) -> None:
    """A meeting with the CPS, offered after a decision not to charge a sexual offence."""
    chance = case.chance
    for decision in of_type(case.events, "prosecution.decision.made"):
        if decision.data["decision"] == "no_charge" and case.offence in SEXUAL and chance.yes(f.MEETING):
            offered = in_office(chance, plus(decision.at, chance.within(a.MEETING_OFFERED_DAYS)))
            case.add(offered, "prosecution.meeting.offered", victim=victim, source=CPS)
            if chance.yes(a.MEETING_HELD):
                held = in_office(chance, plus(offered, chance.within(a.MEETING_HELD_DAYS)))
                case.add(held, "prosecution.meeting.held", victim=victim, source=CPS)
            return


def complain_and_answer(case: Case, victim: Victim, at: datetime) -> None:
    """A complaint with its letters; and one of the three surveys, some time after the report."""
    chance = case.chance
    if chance.yes(f.COMPLAINT):
        data = {
            "complaint_ref": f"C-{case.seed}-{case.number:06}",
            "about_agency": chance.pick(_AGENCIES if case.outcome == "charged" else _AGENCIES[:4]),
        }
        received = in_office(chance, plus(at, chance.within(a.COMPLAINT_DAYS)))
        case.add(received, "complaint.received", data, victim=victim)
        if chance.yes(a.COMPLAINT_KNOWN):
            known = in_office(chance, plus(received, chance.within(a.COMPLAINT_KNOWN_DAYS)))
            case.add(known, "complaint.acknowledged", data, victim=victim)
            answered = in_office(chance, plus(known, chance.within(a.COMPLAINT_ANSWERED_DAYS)))
            case.add(answered, "complaint.answered", data, victim=victim)
    if chance.yes(f.SURVEYED) and (case.domestic or case.offence in SEXUAL):
        is_content = chance.yes(f.SATISFIED)
        answers = {
            "survey": "domestic_abuse" if case.domestic else "rape",
            "overall": chance.whole(4, 5) if is_content else chance.whole(1, 3),
            "treated_with_respect": chance.yes(f.RESPECTED),
            "kept_informed": is_content and chance.yes(a.KEPT_INFORMED),
            "would_report_again": chance.yes(f.REPORT_AGAIN),
        }
        case.add(
            in_office(chance, plus(at, chance.within(a.SURVEY_DAYS))), "victim.survey.answered", answers, victim=victim
        )
