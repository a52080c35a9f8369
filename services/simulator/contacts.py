"""The contacts of one victim in one case: introductions, news, agreed updates, promises, calls nobody answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, Final

from services.provisions.working_days import end_of_day, london_date
from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.casebook import RMS, WCU, Case, Happening
from services.simulator.days import DAY, MINUTE, by_day, limit, plus
from services.simulator.notes import Scribe
from services.simulator.officers import Force, Officer
from services.simulator.telling import NICE, POLICE_NEWS, News, news_for, plan_call, update_call
from services.simulator.victims import Victim

_TRIES: Final = 5
_USUAL_DAYS: Final = 28
_NAMES: Final = dict(f.NAMES_NEWS.value)
_MISSED: Final = ("no_answer", "voicemail_left", "undelivered")


class Talks:
    """All contacts of one victim, in the order in which they happen; each may plan the next."""

    def __init__(self, case: Case, victim: Victim, reported: datetime) -> None:
        self.case, self.victim, self.reported = case, victim, reported
        self.chance = case.chance
        self.news = news_for(case, victim, reported)
        self.stop = case.horizon
        self.updates_until = min(case.ends or case.horizon, case.horizon)
        self._plans: list[tuple[datetime, int, str, int, Officer, News | None]] = []
        self._count = 0
        self._round = 0

    def run(self) -> None:
        """Make every contact until the simulated time ends."""
        officer = self.case.carer(self.reported)
        if officer is None:
            return
        soon = plus(self.reported, self.chance.along(f.INTRODUCED_DAYS))
        begins = Force.on_duty(self.chance, officer, soon, self.victim.hours_of(officer))
        self._plan(begins, "first", officer)
        for each in self.news:
            if each.event.type not in NICE and not (self._waived(each.known) and self.chance.yes(a.WAIVER_HEEDED)):
                planned = plan_call(self.case, self.victim, each)
                if planned is not None:
                    self._plan(planned[0], "news", planned[1], news=each)
        self._plan_update(self.reported)
        self._plan_asking()
        while self._plans:
            at, _count, kind, round_, officer, news = heappop(self._plans)
            if at >= self.stop:
                return
            self._do(at, kind, round_, officer, news)

    def _plan(self, at: datetime, kind: str, officer: Officer, *, news: News | None = None, tries: int = 0) -> None:
        self._count += 1
        round_ = tries if kind.endswith("again") else self._round
        heappush(self._plans, (at, self._count, kind, round_, officer, news))

    def _waived(self, at: datetime) -> bool:
        waived = self.case.waived.get(self.victim.id)
        return waived is not None and waived[0] <= at and (waived[1] is None or at < waived[1])

    def _do(self, at: datetime, kind: str, round_: int, officer: Officer, news: News | None) -> None:
        base = kind.removesuffix("again")
        if base in {"update", "promise"} and kind == base and round_ != self._round:
            return  # a real conversation since then has started a new round
        if base in {"update", "promise"} and (at >= self.updates_until or self._waived(at)):
            return
        if base == "news" and (news is None or news.told):
            return
        if officer.leaves_on is not None and london_date(at) >= officer.leaves_on:
            officer = self.case.carer(at) or officer
        if base == "ask":
            self._asked(at, officer)
            return
        tries = round_ if kind != base else 0
        channel = self._channel(officer, tries)
        outcome = self._outcome(channel)
        if outcome in _MISSED:
            self._missed(at, base, officer, news, channel=channel, outcome=outcome, tries=tries)
        else:
            self._reached(at, base, officer, channel, outcome)

    def _channel(self, officer: Officer, tries: int) -> str:
        if tries >= _TRIES - 1:
            return "in_person" if self.chance.yes(a.VISITED) else "email"
        if self.victim.channel == "via_adviser" and self.chance.yes(a.BY_ADVISER):
            return "via_adviser"
        channel = self.chance.weighted(f.WCU_CHANNELS if officer.role == "WCU_officer" else f.CONTACT_CHANNELS)
        return "phone" if channel == "sms" and (self.victim.sms == "never" or tries) else channel

    def _outcome(self, channel: str) -> str:
        if channel == "phone":
            if self.chance.falls(self.victim.answers):
                return "reached"
            return "voicemail_left" if self.chance.yes(f.MESSAGE_LEFT) else "no_answer"
        if channel in {"email", "letter", "sms"}:
            if self.chance.yes(f.BOUNCED):
                return "undelivered"
            return "delivered" if channel == "sms" else "sent"
        return "reached"

    def _missed(
        self, at: datetime, kind: str, officer: Officer, news: News | None, *, channel: str, outcome: str, tries: int
    ) -> None:
        scribe = Scribe(self.chance, at)
        rule = {"voicemail_left": "voicemail", "no_answer": "unanswered"}.get(outcome, "bounced")
        self._write(
            at, officer, {"channel": channel, "direction": "outbound", "outcome": outcome, "note": scribe.say(rule)}
        )
        if tries < _TRIES:
            wait = (
                self.chance.within(a.TRIED_AGAIN_SOON)
                if kind in {"news", "first"}
                else self.chance.within(a.TRIED_AGAIN)
            )
            again = Force.on_duty(
                self.chance, officer, at + timedelta(minutes=int(60 * wait)), self.victim.hours_of(officer)
            )
            self._plan(again, f"{kind}again", officer, news=news, tries=tries + 1)

    def _reached(self, at: datetime, kind: str, officer: Officer, channel: str, outcome: str) -> None:
        chance = self.chance
        is_wcu = officer.role == "WCU_officer"
        owed = [each for each in self._untold(at) if each.event.type not in NICE and (each.is_court or not is_wcu)]
        if is_wcu:
            owed = [each for each in owed if each.is_court]
        is_routine = kind in {"update", "promise"} and not owed
        if is_routine and chance.falls(f.TICK_BOX.value * (1.6 - officer.care)):
            self._ticked(at, officer, channel, outcome)
            return
        nice = [] if is_wcu else [each for each in self._untold(at) if each.event.type in NICE]
        told = owed + (nice if chance.yes(a.PASSED_ON) else [])
        by = london_date(at) + chance.whole(4, 21) * DAY
        scribe = Scribe(chance, at)
        extras = [scribe.step(by)] if not told or chance.yes(a.SAYS_MORE) else []
        promised = not is_wcu and chance.yes(f.PROMISED)
        if promised:
            extras.append(scribe.say("next_call", scribe.by(by)))
        events = [each.event for each in told]
        data = self._data(channel, outcome, events)
        data["note"] = scribe.real(channel, events, extras, first=kind == "first", inbound=False)
        if promised:
            data["promised_by"] = by.isoformat()
        names_none = self._name(data, events, officer)
        contact = self._write(at, officer, data)
        if names_none and events and chance.yes(f.LINKED):
            linked = by_day(chance, plus(at, chance.within(a.LINKED_DAYS)), 7, 21)
            informed = {"event_id": contact.id, "informed_of": [each.id for each in events]}
            self.case.add(linked, "contact.linked", informed, victim=self.victim, by=officer)
        self._after_telling(at, told, officer)
        self._afterwards(contact, officer, grade="tick_box" if chance.yes(a.REGRADED_DOWN) else "meaningful")
        if promised and at < self.updates_until:
            self._plan_promise(at, by, officer)

    def _untold(self, at: datetime) -> list[News]:
        return [each for each in self.news if not each.told and each.known <= at - 5 * MINUTE]

    def _after_telling(self, at: datetime, told: Sequence[News], officer: Officer) -> None:
        for each in told:
            each.told = True
            rule = POLICE_NEWS.get(each.event.type)
            if rule is not None and at >= each.until and self.chance.yes(f.GOOD_REASON):
                self._excuse(at, each, rule, officer)
        self._round += 1
        if officer.role != "WCU_officer" or self.chance.yes(a.WCU_RESETS):
            self._plan_update(at)

    def _excuse(self, at: datetime, news: News, rule: str, officer: Officer) -> None:
        decided = by_day(self.chance, plus(at, self.chance.within(a.EXCUSED_DAYS)))
        data = {
            "event_id": news.event.id,
            "rule": rule,
            "category": self.chance.pick(("unreachable", "asked_to_wait", "unsafe_to_contact", "officer_absent")),
            "words": self.chance.pick(("No reply on several days.", "Asked us to wait until after the weekend.",
                                       "No safe moment to ring.", "Officer on sick leave, cover arranged late.")),
            "decided_at": decided.isoformat(),
            "reviewed_by": self.case.force.supervisor_of(officer).ref,
        }  # fmt: skip
        self.case.add(decided, "record.good_reason", data, victim=self.victim, by=officer)

    def _data(self, channel: str, outcome: str, events: Sequence[Happening]) -> dict[str, Any]:
        chance = self.chance
        data: dict[str, Any] = {"channel": channel, "direction": "outbound", "outcome": outcome}
        if channel in {"phone", "video"}:
            data["duration_seconds"] = chance.whole(70, 1500)
            if chance.yes(f.ADVISER_PRESENT):
                data["adviser_present"] = True
        types = [each.type for each in events]
        if "policing.decision.no_further_action.v1" in types and chance.yes(f.EXPLAINS_REVIEW):
            data["review_explained"] = True
        if "court.sentence.passed.v1" in types and chance.yes(f.EXPLAINS_LENIENT):
            data["lenient_sentence_explained"] = True
        return data

    def _name(self, data: dict[str, Any], events: Sequence[Happening], officer: Officer) -> bool:
        """Name in the record what was told; returns whether it names nothing."""
        if not events or not self.chance.falls(_NAMES[officer.role]):
            return True
        types = sorted({each.type for each in events})
        data["informed_of"] = types if self.chance.yes(f.NAMES_TYPES) else [each.id for each in events]
        return False

    def _write(self, at: datetime, officer: Officer, data: dict[str, Any]) -> Happening:
        if data["channel"] == "via_adviser" and self.chance.yes(a.PASSED_ON_TIME):
            data["passed_on_at"] = plus(at, self.chance.within(a.PASSED_ON_DAYS)).isoformat()
        source = WCU if officer.role == "WCU_officer" else RMS
        return self.case.add(at, "contact.made", data, victim=self.victim, source=source, by=officer)

    def _ticked(self, at: datetime, officer: Officer, channel: str, outcome: str) -> None:
        data = self._data(channel, outcome, ())
        data["note"] = Scribe(self.chance, at).empty(channel)
        if "duration_seconds" in data:
            data["duration_seconds"] = self.chance.whole(25, 200)
        contact = self._write(at, officer, data)
        self._afterwards(contact, officer, grade="meaningful")
        self._round += 1
        if self.chance.yes(f.TICK_BOX_PUT_RIGHT):
            # "real" is no routine call, so something is told in it.
            put_right = Force.on_duty(
                self.chance, officer, plus(at, self.chance.within(a.PUT_RIGHT_DAYS)), self.victim.hours_of(officer)
            )
            self._plan(put_right, "real", officer)
        else:
            self._plan_update(at)

    def _afterwards(self, contact: Happening, officer: Officer, *, grade: str) -> None:
        chance, case = self.chance, self.case
        if chance.yes(f.REGRADED):
            reason = chance.pick(("It says what is awaited.", "Nothing in it was new.", "The question was answered."))
            when = by_day(chance, plus(contact.at, chance.within(a.REGRADED_DAYS)), 8, 18)
            data = {"event_id": contact.id, "grade": grade, "reason": reason}
            case.add(when, "contact.regraded", data, victim=self.victim, by=case.force.supervisor_of(officer))
        if chance.yes(f.RECORDED_TWICE) and "note" in contact.data:
            data = {
                name: held for name, held in contact.data.items() if name not in {"victim_id", "agency", "recorded_by"}
            }
            other = case.force.cover_of(officer)
            case.add(contact.at + chance.whole(1, 12) * MINUTE, "contact.made", data, victim=self.victim, by=other)

    def _plan_update(self, since: datetime) -> None:
        agreed = self.case.frequencies.get(self.victim.id, ())
        days = next((days for at, days in reversed(agreed) if at <= since), _USUAL_DAYS)
        officer = self.case.carer(since)
        if not days or officer is None:
            return
        due = end_of_day(london_date(since) + days * DAY)
        if due < self.updates_until + 20 * DAY:
            at, who = update_call(self.case, self.victim, due, officer)
            self._plan(max(at, since + 60 * MINUTE), "update", who)

    def _plan_promise(self, at: datetime, by: Any, officer: Officer) -> None:
        if self.chance.yes(f.KEPT):
            wanted = plus(end_of_day(by), -self.chance.within(a.KEPT_BEFORE))
            call = Force.on_duty(self.chance, officer, max(wanted, at + 60 * MINUTE), self.victim.hours_of(officer))
            self._plan(call, "promise", officer)

    def _reply(self, at: datetime, until: datetime, officer: Officer) -> tuple[datetime, Officer]:
        """When a message is answered: by the officer, or where they are off until after its day, by their cover."""
        reply = Force.on_duty(self.chance, officer, at, self.victim.hours_of(officer))
        if reply < until or at >= until or not self.chance.yes(f.COVERED):
            return reply, officer
        cover = self.case.force.cover_of(officer)
        return Force.on_duty(self.chance, cover, at, self.victim.hours_of(cover)), cover

    def _plan_asking(self) -> None:
        """The victim rings in, now and then, in each month of waiting."""
        at = plus(self.reported, self.chance.within(a.FIRST_ASKS_DAYS))
        while at < self.updates_until:
            officer = self.case.carer(at)
            if officer is not None and self.chance.yes(f.ASKS):
                self._plan(by_day(self.chance, at, 9, 20), "ask", officer)
            at = plus(at, self.chance.within(a.ASKS_EVERY))

    def _asked(self, at: datetime, officer: Officer) -> None:
        chance = self.chance
        self.case.add(at, "victim.update.requested", victim=self.victim, by=officer)
        scribe = Scribe(chance, at)
        data = self._data("phone", "reached", ()) | {"direction": "inbound"}
        if chance.yes(f.TURNED_AWAY):
            data["note"] = scribe.say("turned_away")
            self._write(at + MINUTE, officer, data)
            within = chance.within(a.ANSWERED_DAYS) if chance.yes(f.ANSWERED) else chance.within(a.ANSWERED_LATE_DAYS)
            reply, who = self._reply(plus(at, within), limit(at, 2), officer)
            self._plan(reply, "real", who)
            return
        told = self._untold(at)
        events = [each.event for each in told]
        by = scribe.by(london_date(at) + chance.whole(4, 20) * DAY)
        data["note"] = scribe.real("phone", events, [scribe.say("answered", by)], first=False, inbound=True)
        self._name(data, events, officer)
        self._write(at + MINUTE, officer, data)
        self._after_telling(at, told, officer)
