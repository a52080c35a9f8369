"""Which events were considered for a duty that another event meets, and why each counted or did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from services.journeys import event_types as t
from services.journeys.assessment import State
from services.journeys.explain_view import View, taken_back_words
from services.journeys.facts import Fact
from services.provisions.rules import Clause, Shape
from services.provisions.working_days import london_date

_CONDITION_WORDS: Final[Mapping[str, str]] = {
    "other_service_is_specialist": (
        "a service called other is a specialist one only where a report is of honour-based abuse, FGM, forced marriage "
        "or child sexual exploitation, or says under 18."
    ),
    "says_how_often": "it says nothing of how often.",
}


def events_considered(view: View) -> Iterator[dict[str, Any]]:
    """The events of the kinds that can meet the duty, in order, each with why it counted or did not."""
    if view.rule.shape is Shape.AT_CASE_END:
        yield from _returns(view)
        return
    was_met = False
    for fact in _of_the_right_types(view):
        against = _against(view, fact)
        if was_met and against is not None:
            continue  # what could not have met it, after it was met, tells nobody anything
        met = against is None and fact.id == view.duty.satisfied_by and not was_met
        was_met = was_met or met
        yield view.row(fact, against or (_met_words(view, fact) if met else _came_second(view, fact)), met=met)
    types = {clause.type for clause in view.rule.discharges}
    for fact, retraction in view.taken_back:
        if fact.type in types and fact.victim_id in (None, view.journey.victim_id):
            yield view.row(fact, taken_back_words(retraction))


def missing(view: View) -> list[str]:
    """What is still wanting, in sentences: a notice that was never given, a thing that is still kept."""
    if view.duty.state not in (State.PENDING, State.BREACHED):
        return []
    if view.rule.shape is Shape.GATE:
        given = {fact.type for fact in _of_the_right_types(view) if _against(view, fact) is None}
        return [
            f"No {clause.type.removesuffix('.v1')} before it."
            for clause in view.rule.discharges
            if clause.type not in given
        ]
    if view.rule.shape is Shape.AT_CASE_END:
        kept = _kept_at_end(view)
        for back in _all_returns(view):
            kept = {key: taken for key, taken in kept.items() if not _brings_back(back, key, taken)}
        return [f"Still kept: {_thing(key)}, taken by {taken.id}." for key, taken in kept.items()]
    return []


def _of_the_right_types(view: View) -> list[Fact]:
    """Events of the discharging types that name this victim or nobody, in order."""
    types = dict.fromkeys(clause.type for clause in view.rule.discharges)
    found = [
        fact
        for type_ in types
        for fact in view.journey.case.by_type.get(type_, ())
        if fact.victim_id in (None, view.journey.victim_id)
    ]
    return sorted(found, key=lambda fact: fact.order)


def _against(view: View, fact: Fact) -> str | None:
    """Why an event does not meet the duty; None where nothing speaks against it."""
    by_shape = {Shape.GATE: _too_late_for_the_gate, Shape.PHONE: _before_seizure}.get(view.rule.shape, _too_early)
    checks: tuple[Callable[[View, Fact], str | None], ...] = (_not_of_the_kind, by_shape, _about_another, _disagrees)
    return next((why for check in checks if (why := check(view, fact)) is not None), None)


def _not_of_the_kind(view: View, fact: Fact) -> str | None:
    clauses = [clause for clause in view.rule.discharges if clause.type == fact.type]
    admitting = [clause for clause in clauses if clause.admits(fact.data)]
    if any(clause.only_if is None or view.meets(clause, fact) for clause in admitting):
        return None
    if admitting:
        return _CONDITION_WORDS[admitting[0].only_if or ""]
    return f"not of the kind that meets it ({_is_and_should(clauses, fact)})."


def _is_and_should(clauses: list[Clause], fact: Fact) -> str:
    should: dict[str, list[str]] = {}
    for clause in clauses:
        for name, words in clause.where.items():
            should[name] = sorted({*should.get(name, ()), *(_word(each) for each in words)})
    said = (
        f"{name.replace('_', ' ')}: {_word(fact.data.get(name))}, and {' or '.join(words)} is needed"
        for name, words in should.items()
        if _word(fact.data.get(name)) not in words
    )
    return "; ".join(said)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ") if value is not None else "not said"


def _too_early(view: View, fact: Fact) -> str | None:
    trigger = view.trigger
    if fact.occurred_at < trigger.occurred_at and not view.rule.before_too:
        return "before the trigger: it does not count."
    at_once = fact.occurred_at == trigger.occurred_at
    if at_once and trigger.type == t.SCHEME_OPTED_IN and fact.type == t.SCHEME_OPTED_OUT:
        return "at one instant an opt-out comes before an opt-in: it does not count."
    return None


def _too_late_for_the_gate(view: View, fact: Fact) -> str | None:
    if fact.occurred_at >= view.trigger.occurred_at:
        return "not before the trigger: too late for good."
    return None


def _before_seizure(view: View, fact: Fact) -> str | None:
    if fact.data["device_ref"] != view.trigger.data["device_ref"]:
        return "about another device."
    if fact.occurred_at < view.trigger.occurred_at and not _is_swap_of_the_day(view, fact):
        return "before the trigger: it does not count."
    return None


def _is_swap_of_the_day(view: View, fact: Fact) -> bool:
    same_day = london_date(fact.occurred_at) == london_date(view.trigger.occurred_at)
    return fact.type == t.PHONE_REPLACED and same_day


def _about_another(view: View, fact: Fact) -> str | None:
    if view.rule.about and fact.data["about"] != view.trigger.id:
        return "about another event."
    return None


def _disagrees(view: View, fact: Fact) -> str | None:
    """Another suspect, or another reference where both name one."""
    if view.rule.shape is Shape.PHONE:
        return None
    if None not in (view.trigger.suspect_ref, fact.suspect_ref) and view.trigger.suspect_ref != fact.suspect_ref:
        return "about another suspect."
    for name in view.rule.match:
        ours, theirs = view.trigger.data.get(name), fact.data.get(name)
        if None not in (ours, theirs) and ours != theirs:
            return f"about another {name.removesuffix('_ref').removesuffix('_event_id').replace('_', ' ')}."
    return None


def _met_words(view: View, fact: Fact) -> str:
    if view.rule.shape is Shape.GATE:
        return "it met the duty: with it, all that had to be done before was done."
    if view.rule.shape is Shape.PHONE and _is_swap_of_the_day(view, fact):
        return "it met the duty: under the same number on the day of the seizure, it counts as given at the seizure."
    if fact.occurred_at < view.trigger.occurred_at:
        return "it met the duty: done before the trigger, it counts from then."
    return "it met the duty."


def _came_second(view: View, fact: Fact) -> str:
    if view.duty.state is State.WAIVED:
        return "it would have met the duty, which the victim had waived."
    if view.rule.shape is Shape.GATE:
        first = next(one for one in _of_the_right_types(view) if one.type == fact.type and _against(view, one) is None)
        return "given before, as it had to be." if first is fact else "given once already."
    return "another event had met it first."


_Key = tuple[str, bool]
"""What is kept: its reference, and whether it is a phone."""


def _kept_at_end(view: View) -> dict[_Key, Fact]:
    """What was the victim's and kept when the case ended, with the event that took it."""
    takings = [(fact, (fact.data["device_ref"], True)) for fact in view.journey.concerning(t.PHONE_SEIZED)]
    takings += [(fact, (fact.data["item_ref"], False)) for fact in view.journey.concerning(t.PROPERTY_TAKEN)]
    takings.sort(key=lambda each: (each[0].occurred_at, each[1]))
    kept = {key: fact for fact, key in takings if fact.occurred_at <= view.trigger.occurred_at}
    for back in _all_returns(view):
        if back.occurred_at <= view.trigger.occurred_at:
            kept = {key: taken for key, taken in kept.items() if not _brings_back(back, key, taken)}
    return kept


def kept_words(view: View) -> str:
    """What of the victim's was kept when the case ended, in words."""
    return ", ".join(f"{_thing(key)} (taken by {fact.id})" for key, fact in _kept_at_end(view).items())


def _all_returns(view: View) -> list[Fact]:
    return [fact for fact in _of_the_right_types(view) if _not_of_the_kind(view, fact) is None]


def _brings_back(back: Fact, kept: _Key, taken: Fact) -> bool:
    ref, is_phone = kept
    if back.occurred_at < taken.occurred_at:
        return False
    if back.type == t.PHONE_RETURNED:
        return is_phone and bool(back.data["device_ref"] == ref)
    item = back.data.get("item_ref")
    return item is None or (not is_phone and item == ref)


def _returns(view: View) -> Iterator[dict[str, Any]]:
    kept = _kept_at_end(view)
    for back in _all_returns(view):
        if back.occurred_at <= view.trigger.occurred_at:
            continue
        gone = [key for key, taken in kept.items() if _brings_back(back, key, taken)]
        kept = {key: taken for key, taken in kept.items() if key not in gone}
        met = bool(gone) and not kept and back.id == view.duty.satisfied_by
        brought = f"it brought back {' and '.join(map(_thing, gone))}" if gone else "it brought back nothing kept then"
        rest = f"; still kept: {', '.join(map(_thing, kept))}" if kept else ""
        yield view.row(back, f"{brought}{rest}{'; it met the duty' if met else ''}.", met=met)


def _thing(key: _Key) -> str:
    return f"{'phone' if key[1] else 'item'} {key[0]}"
