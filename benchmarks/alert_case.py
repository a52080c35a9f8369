"""One simulated case run through its year: which cards it puts in front of whom, and when.

Pure: the core's own functions, moment by moment, as the processes would with nothing late. Whoever is shown a card is
taken to acknowledge it in that shift.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from benchmarks.alert_texts import Outcome, Texts
from services.contacts.addressee import Addressee, addressee_of
from services.contacts.cards import Card, CardKind, cards_of
from services.contacts.grade_cards import grade_cards
from services.contacts.planning import Item, Plan, SafeTimes, may_wait, plan, safe_times_of
from services.contacts.roster import Roster
from services.contacts.safe_contact import safe_contact_of
from services.contacts.talks import is_talked_over
from services.journeys.assess import assess
from services.journeys.assessment import Assessment
from services.journeys.changes import Announced, Announcement, changes, fold
from services.journeys.event_types import KNOWLEDGE
from services.journeys.facts import Fact
from services.journeys.putting_right import put_right
from services.journeys.replacements import read_replacement_of
from services.journeys.rule_set import RuleSet
from services.provisions.working_days import WorkingDays
from services.simulator.simulation import Invented

_days = WorkingDays()


@dataclass(frozen=True, slots=True)
class Showing:
    """One victim's item put in front of somebody."""

    to: str
    at: datetime
    case_id: str
    victim_id: str | None
    rule: str | None
    kind: str
    interrupts: bool


@dataclass(slots=True)
class _Open:
    card: Card
    plan: Plan
    to: str
    planned_due: datetime | None = None
    shown: bool = False
    again: bool = False


@dataclass(slots=True)
class CaseYear:
    """What one case put in front of people. ``live`` are spans (from, until) in which it was somebody's live case."""

    showings: list[Showing] = field(default_factory=list)
    live: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    overdue: int = 0
    overdue_unseen: list[str] = field(default_factory=list)
    """Duties that became overdue, known in time, without a card before: ``rule case``."""
    texts: Counter[str] = field(default_factory=Counter)
    """Texts by what the gate said of them for good, with the rule."""


def year_of(case: Invented, facts: Sequence[Fact], rules: RuleSet, roster: Roster, horizon: datetime) -> CaseYear:
    """Run one case through the year and return what it showed to whom."""
    return _Driver(case, rules, roster, horizon).run(facts)


class _Driver:
    def __init__(self, case: Invented, rules: RuleSet, roster: Roster, horizon: datetime) -> None:
        self.case_id, self.rules, self.roster, self.horizon = case.id, rules, roster, horizon
        self.found = CaseYear()
        self.texts = Texts(case, self.found.texts)
        self.open: dict[bytes, _Open] = {}
        self.announced = Announced()
        self.seen_duties: set[str] = set()
        self.dated: set[str] = set()
        self.holder: tuple[str, datetime] | None = None
        self.stand: Sequence[Fact] = ()
        self.assessed: Assessment

    def run(self, facts: Sequence[Fact]) -> CaseYear:
        waiting = sorted(facts, key=lambda each: (each.known_at, each.id))
        known: list[Fact] = []
        look: datetime | None = None
        while waiting or look is not None or self.texts.next_look is not None:
            moments = (waiting[0].known_at if waiting else None, look, self.texts.next_look)
            at = min(moment for moment in moments if moment is not None)
            if at >= self.horizon:
                break
            new = [fact for fact in waiting if fact.known_at <= at]
            del waiting[: len(new)]
            known += new
            self._show(at)
            if new or look == at:
                look = self._assess(known, new, at)
            waiting[:0] = self._texts(self.texts.decide(known, self.assessed, at), at)
        self._show(self.horizon)
        self._hold(None, self.horizon)
        return self.found

    def _texts(self, done: Outcome, at: datetime) -> list[Fact]:
        """Take the tasks that came of texts, and return the contacts that texts were: facts like any other."""
        for key in done.closed:
            self.open.pop(key, None)
        for card in done.raised:
            self._raise(card, self.stand, at)
        return done.contacts

    def _assess(self, known: Sequence[Fact], new: Sequence[Fact], at: datetime) -> datetime | None:
        found = self.assessed = assess(known, self.rules, at)
        told = changes(self.announced, found)
        self.announced = fold(told, self.announced)
        record = put_right(known, None, read_replacement_of)
        by_id = {fact.id: fact for fact in record.happenings}
        self._change(told, found, record.happenings, by_id, at)
        self._grades(found, record.happenings, by_id, at)
        for key, item in list(self.open.items()):
            if (
                self._waits(item)
                and item.card.due_at is None
                and is_talked_over(item.card.victim_id, item.card.raised_at, record.happenings)
            ):
                del self.open[key]
        self._follow_holder(found, record.happenings, at)
        self.stand = record.happenings
        is_correction = bool(new) and all(fact.type in KNOWLEDGE for fact in new)
        self._texts(self.texts.take(told, at, is_correction=is_correction), at)
        moments = (found.next_change_at, found.next_look_at)
        return min((moment for moment in moments if moment is not None and moment > at), default=None)

    def _change(
        self,
        told: Iterable[Announcement],
        found: Assessment,
        stand: Sequence[Fact],
        by_id: dict[str, Fact],
        at: datetime,
    ) -> None:
        owed = frozenset((each.rule, each.victim_id) for each in found.obligations)
        for each in told:
            if each.thing == "news":
                continue
            if each.thing == "obligation" and each.state != "breached" and each.body["due_at"] is not None:
                self.dated.add(each.id)
            called_for = cards_of(each, owed, by_id, _days, at)
            if each.thing == "obligation" and each.state == "breached" and not each.body["advisory"]:
                self._count_overdue(each, at)
            keys = {card.key(self.case_id) for card in called_for}
            for key in [key for key, item in self.open.items() if item.card.about == each.id and key not in keys]:
                del self.open[key]
            for card in called_for:
                self._raise(card, stand, at)
        for item in self.open.values():
            self._replan(item, stand, at)

    def _count_overdue(self, each: Announcement, at: datetime) -> None:
        due_at = datetime.fromisoformat(each.body["due_at"])
        self.found.overdue += 1
        # A duty whose date is known only as it passes cannot be warned of: a statement due before a hearing just held.
        was_dated = each.id in self.dated
        if at - due_at < timedelta(minutes=1) and was_dated and each.id not in self.seen_duties:
            self.found.overdue_unseen.append(f"{each.body['rule']} {self.case_id} due {due_at:%a %d %b %H:%M}")

    def _grades(self, found: Assessment, stand: Sequence[Fact], by_id: dict[str, Fact], at: datetime) -> None:
        cards = {card.key(self.case_id): card for card in grade_cards(found.contacts, by_id, None, at)}
        shown = [key for key, item in self.open.items() if item.card.kind is CardKind.GRADE]
        for key in shown:
            if key not in cards:
                del self.open[key]
        for key, card in cards.items():
            if key not in self.open:
                self._raise(card, stand, at)

    def _raise(self, card: Card, stand: Sequence[Fact], at: datetime) -> None:
        key = card.key(self.case_id)
        known = self.open.get(key)
        if known is not None:
            known.card = card
            return
        to, planned = self._plan(card, stand, at)
        self.open[key] = _Open(card, planned, to, planned_due=card.due_at)

    def _replan(self, item: _Open, stand: Sequence[Fact], at: datetime) -> None:
        to, planned = self._plan(item.card, stand, at)
        if to != item.to:
            item.to, item.plan, item.shown, item.again = to, planned, False, False
        elif item.card.due_at != item.planned_due:
            # As the store does: what was to be shown by now stays so, however the plan has changed since.
            item.plan = replace(planned, show_at=min(planned.show_at, item.plan.show_at))
        item.planned_due = item.card.due_at

    def _plan(self, card: Card, stand: Sequence[Fact], at: datetime) -> tuple[str, Plan]:
        to = addressee_of(card.duty_of, card.for_officer, card.victim_id, stand, at)
        safe = SafeTimes()
        if card.victim_id is not None:
            safe = safe_times_of(safe_contact_of(card.victim_id, stand, at))
        return to.ref, plan(_item(card, to), safe, self.roster, at)

    def _show(self, until: datetime) -> None:
        listed: dict[tuple[str, str | None], datetime] = {}
        for item in sorted(self.open.values(), key=lambda each: each.plan.show_at):
            to = (item.plan.to, item.card.victim_id)
            if not item.shown and item.plan.show_at <= until:
                item.shown = True
                self._put(item, item.plan.show_at, interrupts=item.plan.interrupts)
                if not item.plan.interrupts:
                    listed.setdefault(to, item.plan.show_at)
            if not item.again and item.plan.again_at is not None and item.plan.again_at <= until:
                item.again = True
                self._put(item, item.plan.again_at, interrupts=False)
                listed.setdefault(to, item.plan.again_at)
        for item in self.open.values():
            at = listed.get((item.plan.to, item.card.victim_id))
            if at is not None and not item.shown and self._waits(item):
                item.shown = True
                self._put(item, at, interrupts=False)

    @staticmethod
    def _waits(item: _Open) -> bool:
        return may_wait(_item(item.card, Addressee(item.plan.to)))

    def _put(self, item: _Open, at: datetime, *, interrupts: bool) -> None:
        card = item.card
        self.seen_duties.add(card.about)
        self.found.showings.append(
            Showing(item.plan.to, at, self.case_id, card.victim_id, card.rule, card.kind.value, interrupts)
        )

    def _follow_holder(self, found: Assessment, stand: Sequence[Fact], at: datetime) -> None:
        is_live = any(each.rule == "KENT-UPDATE" and each.satisfied_at is None for each in found.obligations)
        victim = next((each.victim_id for each in found.obligations), None)
        to = addressee_of("police", None, victim, stand, at).ref if is_live else None
        self._hold(to, at)

    def _hold(self, to: str | None, at: datetime) -> None:
        if self.holder is not None and self.holder[0] != to:
            self.found.live.append((self.holder[0], self.holder[1], at))
            self.holder = None
        if to is not None and self.holder is None:
            self.holder = (to, at)


def _item(card: Card, to: Addressee) -> Item:
    return Item(
        kind=card.kind.value,
        rule=card.rule,
        due_at=card.due_at,
        raised_at=card.raised_at,
        addressee=to.ref,
        team=to.team,
        for_officer=card.for_officer,
        urgent=card.urgent and card.kind is not CardKind.OVERDUE,
        never_interrupts=card.never_interrupts,
        is_short=card.is_short,
    )
