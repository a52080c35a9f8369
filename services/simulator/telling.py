"""What a victim is owed to be told in a case, as officers see it on their lists, and when each plans to tell it.

This is how people behave, not what the Code says: the limits are reckoned here in Working Days as a person would, and
nothing of the assessment is asked, or the simulation would only agree with itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import Case, Happening
from services.simulator.days import HOUR, MINUTE, limit, plus
from services.simulator.officers import Force, Officer
from services.simulator.phrases import NEWS
from services.simulator.victims import AUTOMATIC, Victim

POLICE_NEWS: Final = {
    "policing.suspect.arrested.v1": "VC-R6-ARREST",
    "policing.suspect.interviewed.v1": "VC-R6-INTERVIEW",
    "policing.suspect.released.v1": "VC-R6-RELEASE",
    "policing.suspect.bail_changed.v1": "VC-R6-BAIL-CHANGE",
    "policing.suspect.charged.v1": "VC-R6-CHARGE",
    "policing.decision.no_further_action.v1": "VC-R6-NFA",
    "policing.decision.not_to_investigate.v1": "VC-R6-NOT-INVESTIGATED",
    "policing.decision.out_of_court.v1": "VC-R6-OUT-OF-COURT",
    "probation.offender.escaped.v1": "VC-R11-ESCAPE",
}
"""What the police tell, and the rule a good reason names (victims-code.md, section 2)."""
_SLOW: Final = frozenset({"court.bail.decided.v1", "court.warrant.issued.v1", "court.hearing.held.v1"})
_AT_ONCE: Final = "probation.offender.escaped.v1"
_DIRECT: Final = frozenset({"wcu.evidence.required.v1", "court.special_measures.decided.v1"})
_MUST: Final = frozenset(POLICE_NEWS) | _DIRECT
NICE: Final = frozenset(NEWS) - _MUST - frozenset(each for each in NEWS if each.startswith("court."))
"""What is worth telling and owed by no rule: it makes a call a real update."""


@dataclass(slots=True)
class News:
    """One thing to be told: from when the teller knows it, until when they mean to have told it."""

    event: Happening
    known: datetime
    until: datetime
    is_court: bool
    told: bool = False


def news_for(case: Case, victim: Victim, reported: datetime) -> list[News]:
    """Everything that is to be told to one victim, in the order in which it becomes known to whoever tells it."""
    days = 1 if case.offence in AUTOMATIC or victim.age == "under_18" else 5
    held = {each.data["event_id"]: each.at for each in case.events if each.type == "policing.news.released.v1"}
    by_id = {each.id: each for each in case.events}
    found = []
    seen: set[str] = set()
    for event in case.events:
        if event.data.get("victim_id", victim.id) != victim.id or event.at < reported:
            continue
        if event.type == "wcu.notified.v1":
            about = by_id[event.data["about"]]
            if about.type in NEWS and about.id not in seen and about.data.get("outcome", "re_arrest") != "other":
                if about.type == "court.hearing.held.v1" and about.data.get("outcome") != "re_arrest":
                    continue
                seen.add(about.id)
                known = max(event.at, about.at)
                found.append(News(about, known, limit(known, days if about.type in _SLOW else 1), is_court=True))
        elif event.type in _DIRECT:
            found.append(News(event, event.at, limit(event.at, 1), is_court=True))
        elif event.type in POLICE_NEWS:
            known = held.get(event.id, event.at)
            until = event.at + 4 * HOUR if event.type == _AT_ONCE else limit(event.at, days)
            found.append(News(event, known, until, is_court=False))
        elif event.type in NICE:
            found.append(News(event, event.at, event.at, is_court=False))
    found.sort(key=lambda each: (each.known, each.event.id))
    return found


def plan_call(case: Case, victim: Victim, news: News) -> tuple[datetime, Officer] | None:
    """When and by whom one piece of news is told, or None where it is left to whatever call comes next."""
    chance = case.chance
    officer = case.wcu if news.is_court and case.wcu else case.carer(news.known)
    if officer is None:
        return None
    if news.event.type == _AT_ONCE and chance.yes(a.ESCAPE_AT_ONCE):
        return news.known + chance.whole(8, 150) * MINUTE, officer
    in_time = f.WCU_IN_TIME.value if news.is_court else f.TOLD_IN_TIME.value * (0.6 + 0.4 * officer.care)
    if chance.falls(in_time):
        return _in_time(case, victim, news, officer)
    if not chance.yes(f.TOLD_LATE):
        return None
    late = plus(max(news.known, news.until), chance.along(f.LATE_DAYS))
    return Force.on_duty(chance, officer, late, victim.hours_of(officer)), officer


def _in_time(case: Case, victim: Victim, news: News, officer: Officer) -> tuple[datetime, Officer]:
    chance = case.chance
    room = max(timedelta(), news.until - news.known)
    at = news.known + 10 * MINUTE + timedelta(seconds=int(room.total_seconds() * chance.along(f.TELL_SHARE)))
    planned = Force.on_duty(chance, officer, at, victim.hours_of(officer))
    if planned < news.until or not chance.yes(f.COVERED):
        return planned, officer
    earlier = Force.on_duty(chance, officer, news.known + 10 * MINUTE, victim.hours_of(officer))
    if earlier < news.until:
        return earlier, officer
    cover, sergeant = case.force.cover_of(officer), case.force.supervisor_of(officer)
    for other in (cover, sergeant):
        covered = Force.on_duty(chance, other, news.known + 10 * MINUTE, victim.hours_of(other))
        if covered < news.until:
            return covered, other
    # Nobody of the team is there in the victim's hours: whoever is on duty rings before the evening ends.
    if chance.yes(a.EVENING):
        evening = Force.on_duty(chance, cover, news.known + 10 * MINUTE, (8, 21))
        return min(evening, planned), cover
    return planned, officer


def update_call(case: Case, victim: Victim, due: datetime, officer: Officer) -> tuple[datetime, Officer]:
    """When and by whom an agreed update is made, of which the list says when it is due."""
    chance = case.chance
    if not chance.falls(f.UPDATE_IN_TIME.value * (0.7 + 0.3 * officer.care)):
        return Force.on_duty(
            chance, officer, plus(due, chance.along(f.UPDATE_LATE_DAYS)), victim.hours_of(officer)
        ), officer
    wanted = plus(due, -chance.along(f.UPDATE_EARLY_DAYS))
    planned = Force.on_duty(chance, officer, wanted, victim.hours_of(officer))
    if planned >= due:
        planned = Force.on_duty(chance, officer, plus(due, -5), victim.hours_of(officer))
    if planned >= due and chance.yes(f.COVERED):
        cover = case.force.cover_of(officer)
        return Force.on_duty(chance, cover, wanted, victim.hours_of(cover)), cover
    return planned, officer
