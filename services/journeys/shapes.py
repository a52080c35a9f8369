"""The shapes of duty: for each, what triggers it for a victim and what meets it (victims-code.md sections 2 and 3).

A shape turns a rule's parameters into obligations. What all shapes share (dates, gains, waivers, ends) is in duties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.journeys import event_types as t
from services.journeys import triggers
from services.journeys.assessment import Obligation
from services.journeys.case_end import CaseSpans
from services.journeys.court_news import CourtNews
from services.journeys.duties import Duties, Met
from services.journeys.facts import BY_ORDER, Fact
from services.journeys.journey import Journey
from services.journeys.limits import Due, due_by_end_of
from services.journeys.telling import Heard, Told
from services.journeys.updates import says_how_often
from services.provisions.rules import Rule, Shape
from services.provisions.working_days import add_months, london_date


@dataclass(frozen=True, slots=True)
class Scene:
    """What the shapes look at: one victim's journey, what they heard and were told, and the case's ends."""

    journey: Journey
    duties: Duties
    heard: Sequence[Heard]
    told: Told
    news: CourtNews
    spans: CaseSpans


def obligations_of(rule: Rule, scene: Scene) -> list[Obligation]:
    """The obligations that one rule owes one victim."""
    one = _BY_TRIGGER.get(rule.shape)
    if one is not None:
        found = [one(rule, scene, trigger) for trigger in triggers.of(rule, scene.journey)]
    else:
        found = [*_BY_CASE[rule.shape](rule, scene)]
    return [each for each in found if each is not None]


def _told(rule: Rule, scene: Scene, trigger: Fact) -> Obligation | None:
    contact = scene.told.first([(trigger, trigger.occurred_at)])
    return scene.duties.obligation(
        rule, trigger, _met(contact), suspect_ref=trigger.suspect_ref, possible=lambda: _possible(scene, trigger)
    )


def _told_by_unit(rule: Rule, scene: Scene) -> Iterator[Obligation | None]:
    started: set[tuple[str, str]] = set()
    for event in scene.news.notified_of(rule.triggers):
        notification = scene.news.notification_of(event)
        if notification is None or (notification.id, notification.source) in started:
            continue
        if not rule.is_in_force(london_date(notification.occurred_at)):
            continue
        started.add((notification.id, notification.source))
        contact = scene.told.first(scene.news.what_tells(event))
        yield scene.duties.obligation(
            rule,
            notification,
            _met(contact),
            suspect_ref=event.suspect_ref,
            possible=lambda since=notification: _possible(scene, since),  # type: ignore[misc] # bound now, not later
        )


def _possible(scene: Scene, trigger: Fact) -> tuple[str, ...]:
    """Real updates since the trigger that name nothing: one of them may have told it (surfaces.md)."""
    return tuple([fact.id for fact in scene.told.unnamed_since(trigger.occurred_at)])


def _acted(rule: Rule, scene: Scene, trigger: Fact) -> Obligation | None:
    return scene.duties.obligation(
        rule,
        trigger,
        _met(_first_discharge(rule, scene.journey, trigger)),
        suspect_ref=trigger.suspect_ref,
        ends=_ends(rule, scene, trigger),
    )


def _answered(rule: Rule, scene: Scene, trigger: Fact) -> Obligation | None:
    contact = next(
        (each.fact for each in scene.heard if each.is_meaningful and each.fact.occurred_at >= trigger.occurred_at), None
    )
    return scene.duties.obligation(rule, trigger, _met(contact), suspect_ref=trigger.suspect_ref)


def _gate(rule: Rule, scene: Scene, trigger: Fact) -> Obligation | None:
    """Every kind of notice must lie before the trigger; the last of their firsts met it (PCSC Act 2022 ss.37-39)."""
    notices: list[Fact] = []
    for clause in rule.discharges:
        notice = next(
            (
                fact
                for fact in scene.journey.counting(clause)
                if fact.occurred_at < trigger.occurred_at and _agrees(rule, trigger, fact)
            ),
            None,
        )
        if notice is not None:
            notices.append(notice)
    met = max(notices, key=BY_ORDER) if len(notices) == len(rule.discharges) else None
    due = Due(london_date(trigger.occurred_at), trigger.occurred_at)
    return scene.duties.obligation(rule, trigger, _met(met), suspect_ref=trigger.suspect_ref, due=due, by_limit=False)


def _before_later_event(rule: Rule, scene: Scene, trigger: Fact) -> Obligation | None:
    """Undated until the first sentence after the trigger; from then due at that instant (Right 7)."""
    met = _first_discharge(rule, scene.journey, trigger)
    sentence = next(
        (fact for fact in scene.journey.concerning(t.SENTENCE) if fact.occurred_at >= trigger.occurred_at), None
    )
    due = Due(london_date(sentence.occurred_at), sentence.occurred_at) if sentence is not None else None
    waived_at = scene.duties.waivers(rule).first_from(trigger.occurred_at)
    if due is not None and waived_at is not None and waived_at < due.at:
        met_first = met is not None and waived_at > trigger.occurred_at and met.occurred_at <= waived_at
        due = due if met_first else None  # a waived obligation keeps the dates it had when waived: none
    return scene.duties.obligation(rule, trigger, _met(met), suspect_ref=trigger.suspect_ref, due=due, by_limit=False)


def _phone(rule: Rule, scene: Scene, trigger: Fact) -> Obligation | None:
    """Returned, or replaced under the same number; a swap on the day of the seizure counts as given at the seizure."""
    seized_on = london_date(trigger.occurred_at)
    met: Met | None = None
    for fact in _discharges(rule, scene.journey):
        if not _agrees_on_device(trigger, fact):
            continue
        if fact.type == t.PHONE_REPLACED and london_date(fact.occurred_at) == seized_on:
            met = Met(trigger.occurred_at, fact)
        elif fact.occurred_at >= trigger.occurred_at:
            met = Met(fact.occurred_at, fact)
        else:
            continue
        break
    return scene.duties.obligation(rule, trigger, met, suspect_ref=trigger.suspect_ref)


def _assault_limit(rule: Rule, scene: Scene, trigger: Fact) -> Obligation | None:
    """The earlier of six months from the account and two years from the offence (Criminal Justice Act 1988 s.39A)."""
    last = add_months(london_date(trigger.occurred_at), rule.limit.standard if rule.limit is not None else 0)
    offences = [on for on in (report.on("offence_on") for report in triggers.domestic_assaults(scene.journey)) if on]
    if offences:
        last = min(last, add_months(min(offences), triggers.ASSAULT_YEARS * 12))
    return scene.duties.obligation(
        rule,
        trigger,
        _met(_first_discharge(rule, scene.journey, trigger)),
        suspect_ref=trigger.suspect_ref,
        due=due_by_end_of(last),
        by_limit=False,
        ends=_ends(rule, scene, trigger),
    )


def _at_case_end(rule: Rule, scene: Scene) -> Iterator[Obligation | None]:
    """What is kept when the case ends: untimed, met by the return after which nothing kept then is missing."""
    takings = [
        *((fact.occurred_at, fact.data["device_ref"], True) for fact in scene.journey.concerning(t.PHONE_SEIZED)),
        *((fact.occurred_at, fact.data["item_ref"], False) for fact in scene.journey.concerning(t.PROPERTY_TAKEN)),
    ]
    if not takings:
        return
    returns = sorted(_discharges(rule, scene.journey), key=BY_ORDER)
    for end in scene.spans.ends():
        if not rule.is_in_force(london_date(end.occurred_at)):
            continue
        kept, met = _kept_at(end.occurred_at, sorted(takings), returns)
        if not kept and met is None:
            continue
        reopened = scene.spans.reopened_after(end.occurred_at)
        ends = [reopened.occurred_at] if reopened is not None else []
        # A return at the instant of the reopening comes after it.
        meets = met if met is not None and (not ends or met.occurred_at < ends[0]) else None
        yield scene.duties.obligation(rule, end, _met(meets), suspect_ref=end.suspect_ref, ends=ends)


def _kept_at(
    at: datetime, takings: Sequence[tuple[datetime, str, bool]], returns: Sequence[Fact]
) -> tuple[set[tuple[str, bool]], Fact | None]:
    """What was kept at an instant and never came back, and the later return after which nothing kept is missing."""
    kept = {(ref, is_phone): taken_at for taken_at, ref, is_phone in takings if taken_at <= at}
    for back in returns:
        missing = bool(kept)
        kept = {key: taken_at for key, taken_at in kept.items() if not _brings_back(back, key, taken_at)}
        if missing and not kept:
            return set(), back if back.occurred_at > at else None
    return set(kept), None


def _brings_back(back: Fact, kept: tuple[str, bool], taken_at: datetime) -> bool:
    ref, is_phone = kept
    if back.occurred_at < taken_at:
        return False
    if back.type == t.PHONE_RETURNED:
        return is_phone and bool(back.data["device_ref"] == ref)
    item = back.data.get("item_ref")
    return item is None or (not is_phone and item == ref)


def _discharges(rule: Rule, journey: Journey) -> list[Fact]:
    """Every event that could discharge a rule for the victim, in order."""
    found: list[Fact] = []
    for clause in rule.discharges:
        counting = journey.counting(clause)
        if clause.only_if is not None:
            condition = CONDITIONS[clause.only_if]
            counting = [fact for fact in counting if condition(journey, fact)]
        found += counting
    if len(rule.discharges) > 1:
        found.sort(key=BY_ORDER)
    return found


def _first_discharge(rule: Rule, journey: Journey, trigger: Fact) -> Fact | None:
    """The first event that discharges an obligation: about its trigger, agreeing with it, not before it."""
    since = trigger.occurred_at
    opted_in = trigger.type == t.SCHEME_OPTED_IN
    for fact in _discharges(rule, journey):
        if fact.occurred_at < since and not rule.before_too:
            continue
        if rule.about and fact.data["about"] != trigger.id:
            continue
        if opted_in and fact.type == t.SCHEME_OPTED_OUT and fact.occurred_at == since:
            continue  # at one instant an opt-out comes before an opt-in
        if _agrees(rule, trigger, fact):
            return fact
    return None


def _agrees(rule: Rule, trigger: Fact, fact: Fact) -> bool:
    """Whether both speak of the same suspect, device, complaint, request or claim, where both name one."""
    if None not in (trigger.suspect_ref, fact.suspect_ref) and trigger.suspect_ref != fact.suspect_ref:
        return False
    for name in rule.match:
        ours, theirs = trigger.data.get(name), fact.data.get(name)
        if None not in (ours, theirs) and ours != theirs:
            return False
    return True


def _agrees_on_device(trigger: Fact, fact: Fact) -> bool:
    return bool(trigger.data["device_ref"] == fact.data["device_ref"])


def _ends(rule: Rule, scene: Scene, trigger: Fact) -> list[datetime]:
    """The instants that end an obligation which ends with the case or with a charge."""
    since = trigger.occurred_at
    ends: list[datetime] = []
    if rule.ends_with_case:
        ends += [end.occurred_at for end in scene.spans.ends() if end.occurred_at >= since]
    if rule.ends_with_charge:
        ends += [fact.occurred_at for fact in scene.journey.concerning(t.CHARGED) if fact.occurred_at >= since]
    return ends


def _met(fact: Fact | None) -> Met | None:
    return Met(fact.occurred_at, fact) if fact is not None else None


def _other_service_is_specialist(journey: Journey, _fact: Fact) -> bool:
    return any(
        report.data["offence"] in triggers.OTHER_SPECIALIST_OFFENCES or report.data.get("victim_age_band") == "under_18"
        for report in journey.reports
    )


CONDITIONS: dict[str, Callable[[Journey, Fact], bool]] = {
    "other_service_is_specialist": _other_service_is_specialist,
    "says_how_often": lambda _journey, fact: says_how_often(fact),
}
"""What `only_if` of a clause may name: a further test of an event that is of the right kind."""

_BY_TRIGGER: dict[Shape, Callable[[Rule, Scene, Fact], Obligation | None]] = {
    Shape.TOLD: _told,
    Shape.ACTED: _acted,
    Shape.ANSWERED: _answered,
    Shape.GATE: _gate,
    Shape.BEFORE_LATER_EVENT: _before_later_event,
    Shape.PHONE: _phone,
    Shape.ASSAULT_LIMIT: _assault_limit,
}
_BY_CASE: dict[Shape, Callable[[Rule, Scene], Iterator[Obligation | None]]] = {
    Shape.TOLD_BY_UNIT: _told_by_unit,
    Shape.AT_CASE_END: _at_case_end,
}
