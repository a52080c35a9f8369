"""The case in court: hearings listed, moved and adjourned, bail, plea, trial, verdict, sentence; and witness care."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.provisions.working_days import london_date
from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import COURT, CPS, WCU, Case, Happening, Suspect
from services.simulator.days import DAY, HOUR, WORKING, by_day, in_office, local, on, plus
from services.simulator.sentencing import sentence
from services.simulator.suspecting import letter
from services.simulator.victims import SEXUAL, Victim


class Court:
    """One defendant's way through court, in a courtroom that is told of to witness care."""

    def __init__(self, case: Case, suspect: Suspect, charged: Happening) -> None:
        self.case, self.suspect, self.charged = case, suspect, charged
        self.who: dict[str, Any] = {"suspect_ref": suspect.ref}
        serious = f.CROWN if case.offence in SEXUAL else f.CROWN_OTHERS
        self.is_crown = case.chance.yes(serious)
        self.hearings = 0

    def run(self) -> None:
        """From the first hearing to the last word."""
        case, chance = self.case, self.case.chance
        if case.wcu is None:
            case.wcu = case.force.posted(chance, "wcu", self.charged.at)
            data = {"role": case.wcu.role, "officer_ref": case.wcu.ref, "team": case.wcu.team}
            case.add(plus(self.charged.at, 0.2), "policing.officer.assigned", data, source=WCU)
        self._statements()
        first = datetime.fromisoformat(str(self.charged.data["first_hearing_at"]))
        if chance.yes(f.CUSTODY_FIRST):
            first = on(WORKING.after(london_date(self.charged.at), 1), 10)
        held = self._hearing("first", first, listed=plus(self.charged.at, 0.3), court="magistrates")
        if held is None:
            return
        bail = self.who | {"outcome": chance.pick(("conditional", "conditional", "remanded"))}
        self._notify(case.add(plus(held, 0.05), "court.bail.decided", bail, source=COURT))
        if chance.yes(f.ALTERED):
            altered = in_office(chance, plus(held, chance.within(a.ALTERED_DAYS)))
            letter(case, case.add(altered, "prosecution.charge.altered", self.who, source=CPS))
        if chance.yes(f.STOPPED):
            stopped = in_office(chance, plus(held, chance.within(a.STOPPED_DAYS)))
            letter(case, case.add(stopped, "prosecution.case.stopped", self.who, source=CPS))
            case.last_word(stopped)
            return
        plea = self._plea(held)
        if plea is None:
            return
        at, is_guilty = plea
        if is_guilty:
            self._sentence_hearing(at)
        else:
            self._trial(at)

    def _statements(self) -> None:
        case, chance = self.case, self.case.chance
        for victim in case.victims:
            if chance.yes(f.STATEMENT_OFFERED):
                offered = by_day(chance, plus(self.charged.at, chance.within(a.STATEMENT_OFFERED_DAYS)))
                case.add(offered, "victim.statement.offered", victim=victim, by=case.carer(offered))
                if chance.yes(f.STATEMENT_TAKEN):
                    taken = by_day(chance, plus(offered, chance.within(a.STATEMENT_TAKEN_DAYS)))
                    case.add(taken, "victim.statement.taken", victim=victim, by=case.carer(taken))

    def _plea(self, held: datetime) -> tuple[datetime, bool] | None:
        chance = self.case.chance
        is_guilty = chance.yes(f.GUILTY_EARLY)
        if self.is_crown:
            outcome = "guilty_plea" if is_guilty else "not_guilty_plea"
            when = on(london_date(in_office(chance, plus(held, chance.within(a.PLEA_DAYS)))), 10)
            at = self._hearing("plea", when, listed=plus(held, 0.3), court="crown", outcome=outcome)
            return None if at is None else (at, is_guilty)
        return held, is_guilty

    def _hearing(
        self, kind: str, starts: datetime, *, listed: datetime, court: str = "", outcome: str = "other"
    ) -> datetime | None:
        """List, move and hold one hearing; the instant it was held, or None where that lies beyond the horizon."""
        case, chance = self.case, self.case.chance
        self.hearings += 1
        ref = {"hearing_ref": f"H-{case.seed}-{case.number:06}-{self.suspect.ref[-1]}{self.hearings}"}
        where = ref | {"kind": kind, "court": court or ("crown" if self.is_crown else "magistrates")}
        listed = min(in_office(chance, listed), starts - 4 * HOUR)
        self._notify(case.add(listed, "court.hearing.listed", where | {"starts_at": local(starts)}, source=COURT))
        while (starts - listed).days > 20 and chance.yes(f.MOVED):  # noqa: PLR2004 - near dates are kept
            listed = in_office(chance, plus(listed, (starts - listed).days * chance.within(a.MOVED_AT)))
            later = chance.whole(14, 60) if kind == "trial" else chance.whole(5, 20)
            starts = on(london_date(in_office(chance, starts + later * DAY)), 10)
            if listed > case.horizon:
                return None
            self._notify(case.add(listed, "court.hearing.changed", where | {"starts_at": local(starts)}, source=COURT))
        if starts > case.horizon:
            return None
        if chance.yes(f.WARRANT) and kind != "trial":
            return self._did_not_come(starts, ref, kind)
        if kind in {"trial", "sentence"} and chance.yes(f.ADJOURNED):
            held = plus(starts, 0.1)
            self._notify(case.add(held, "court.hearing.held", ref | {"outcome": "adjourned"}, source=COURT))
            again = on(london_date(in_office(chance, plus(held, chance.within(a.ADJOURNED_DAYS)))), 10)
            return self._hearing(kind, again, listed=plus(held, 0.5))
        ends = plus(starts, chance.within(a.HEARING_DAYS) if kind != "trial" else chance.within(a.TRIAL_LASTS))
        data = (
            ref
            | {"outcome": outcome}
            | ({"accompanied_by": "SOLO"} if kind == "trial" and chance.yes(a.ACCOMPANIED) else {})
        )
        self._notify(case.add(starts + HOUR / 2, "court.hearing.held", data, source=COURT))
        return ends

    def _did_not_come(self, starts: datetime, ref: dict[str, Any], kind: str) -> datetime | None:
        case, chance = self.case, self.case.chance
        held = starts + HOUR
        self._notify(case.add(held, "court.hearing.held", ref | {"outcome": "other"}, source=COURT))
        self._notify(case.add(held + HOUR / 6, "court.warrant.issued", self.who | {"outcome": "no_bail"}, source=COURT))
        found = plus(held, chance.within(a.WARRANT_DAYS))
        if found > case.horizon:
            return None
        case.add(found, "policing.suspect.arrested", self.who, by=case.oic)
        again = on(WORKING.after(london_date(found), 1), 10)
        brought = {"hearing_ref": f"{ref['hearing_ref']}-w", "outcome": "re_arrest"}
        self._notify(case.add(again, "court.hearing.held", brought, source=COURT))
        return self._hearing(
            kind, on(WORKING.after(london_date(again), chance.whole(4, 15)), 10), listed=plus(again, 0.2)
        )

    def _trial(self, at: datetime) -> None:
        case, chance = self.case, self.case.chance
        days = chance.along(f.TRIAL_DAYS_CROWN if self.is_crown else f.TRIAL_DAYS)
        if case.is_carried:
            # Where the simulated year ends before the trial, the case would only wait: those carried in are near it.
            days = min(days, max(30.0, (case.horizon - at).days * chance.within(a.CARRIED_TRIAL)))
        starts = on(london_date(in_office(chance, plus(at, days))), 10)
        for victim in case.victims:
            self._prepare(victim, at, days)
        ends = self._hearing("trial", starts, listed=plus(at, 0.4))
        if ends is None:
            return
        ends = in_office(chance, ends)
        for victim in case.victims:
            self._expenses(victim, ends)
        is_guilty = chance.yes(f.CONVICTED)
        verdict = "guilty" if is_guilty else "discontinued" if chance.yes(a.DISCONTINUED) else "not_guilty"
        self._notify(case.add(ends, "court.verdict.given", self.who | {"verdict": verdict}, source=COURT))
        if is_guilty:
            self._sentence_hearing(ends)
        else:
            case.last_word(ends)

    def _prepare(self, victim: Victim, at: datetime, days: float) -> None:
        """What witness care and the police do for a witness before the trial."""
        case, chance, by = self.case, self.case.chance, self.case.wcu
        needed = in_office(chance, plus(at, chance.within(a.EVIDENCE_DAYS)))
        case.add(needed, "wcu.evidence.required", victim=victim, source=WCU, by=by)
        assessed = in_office(chance, plus(needed, chance.within(a.WITNESS_NEEDS_DAYS)))
        if chance.yes(a.WITNESS_NEEDS):
            case.add(assessed, "wcu.needs.assessed", victim=victim, source=WCU, by=by)
        if chance.yes(f.SPECIAL_MEASURES):
            applied = in_office(chance, plus(assessed, chance.within(a.MEASURES_APPLIED_DAYS)))
            asked = {"outcome": chance.pick(("screens", "live_link", "recorded_evidence"))}
            case.add(applied, "court.special_measures.applied", asked, victim=victim, source=COURT)
            decided = in_office(chance, plus(applied, chance.within(a.MEASURES_DECIDED_DAYS)))
            granted = {"outcome": "granted" if chance.yes(a.MEASURES_GRANTED) else "refused"}
            case.add(decided, "court.special_measures.decided", granted, victim=victim, source=COURT)
        if chance.yes(f.PRETRIAL_VISIT):
            offered = in_office(chance, plus(needed, days * chance.within(a.VISIT_OFFERED_AT)))
            case.add(offered, "wcu.pretrial_visit.offered", victim=victim, source=WCU, by=by)
            if chance.yes(a.VISIT_HELD):
                held = in_office(chance, plus(at, days * chance.within(a.VISIT_HELD_AT)))
                case.add(max(held, offered), "wcu.pretrial_visit.held", victim=victim, source=WCU, by=by)

    def _expenses(self, victim: Victim, at: datetime) -> None:
        case, chance = self.case, self.case.chance
        if chance.yes(f.EXPENSES):
            claim = {"claim_ref": f"X-{case.seed}-{case.number:06}"}
            claimed = in_office(chance, plus(at, chance.within(a.EXPENSES_DAYS)))
            case.add(claimed, "expenses.claimed", claim, victim=victim, source=CPS)
            if chance.yes(a.EXPENSES_PAID):
                paid = in_office(chance, plus(claimed, chance.within(a.EXPENSES_PAID_DAYS)))
                case.add(paid, "expenses.paid", claim, victim=victim, source=CPS)

    def _sentence_hearing(self, at: datetime) -> None:
        case, chance = self.case, self.case.chance
        starts = on(london_date(in_office(chance, plus(at, chance.within(a.SENTENCE_DAYS)))), 10)
        held = (
            at
            if not self.is_crown and chance.yes(a.SENTENCED_AT_ONCE)
            else self._hearing("sentence", starts, listed=plus(at, 0.3))
        )
        if held is None:
            return
        passed = sentence(case, self.who, held, is_crown=self.is_crown, notify=self._notify)
        case.last_word(passed)

    def _notify(self, event: Happening) -> None:
        notify(self.case, event)


def notify(case: Case, event: Happening) -> None:
    """Court news reaches witness care: by machine within hours, by hand in days, now and then after its limit."""
    chance = case.chance
    if chance.yes(f.COURT_BY_MACHINE):
        at, by_machine = plus(event.at, chance.within(a.MACHINE_DAYS)), True
    else:
        late = chance.falls(f.COURT_LATE.value / (1 - f.COURT_BY_MACHINE.value))
        at, by_machine = (
            in_office(
                chance, plus(event.at, chance.within(a.TRANSFER_LATE_DAYS) if late else chance.within(a.TRANSFER_DAYS))
            ),
            False,
        )
    data = {"about": event.id, "by_machine": by_machine}
    if "suspect_ref" in event.data:
        data["suspect_ref"] = event.data["suspect_ref"]
    case.add(at, "wcu.notified", data, source=WCU, by=None if by_machine else case.wcu)
