"""What triggers a rule for a victim: the events its clauses name, narrowed where the duty needs more than that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from services.journeys import event_types as t
from services.journeys.facts import BY_ORDER, Fact
from services.journeys.journey import Journey
from services.provisions.rules import Rule
from services.provisions.working_days import add_months, london_date

ASSAULT_LAW_FROM = date(2022, 6, 28)
"""Criminal Justice Act 1988 s.39A applies to offences from this day (Police, Crime, Sentencing and Courts Act 2022)."""
ASSAULT_YEARS = 2
OTHER_SPECIALIST_OFFENCES = frozenset({"honour_based_abuse", "fgm", "forced_marriage", "child_sexual_exploitation"})
_DOMESTIC_OFFENCES = frozenset({"domestic_abuse", "coercive_control"})
_STALKING_OFFENCES = frozenset({"stalking"})


def of(rule: Rule, journey: Journey) -> Iterator[Fact]:
    """The triggers of a rule that fall under this edition; of what is owed once, the first trigger of all decides."""
    for fact in _narrowed(rule, journey):
        if rule.is_in_force(london_date(fact.occurred_at)):
            yield fact
        if rule.once:
            return


def matching(rule: Rule, journey: Journey) -> Sequence[Fact]:
    """Every event that concerns the victim and that a clause of the rule names, in order."""
    if len(rule.triggers) == 1 and not rule.triggers[0].where:
        return journey.concerning(rule.triggers[0].type)
    found = [
        fact
        for clause in rule.triggers
        for fact in journey.concerning(clause.type)
        if not clause.where or clause.admits(fact.data)
    ]
    if len(rule.triggers) > 1:
        found.sort(key=BY_ORDER)
    return found


def _narrowed(rule: Rule, journey: Journey) -> Iterable[Fact]:
    if rule.shape == "assault_limit":
        return _first_account(rule, journey)
    if rule.trigger_by is None:
        return matching(rule, journey)
    return _NARROWED[rule.trigger_by](rule, journey)


def _first_account(rule: Rule, journey: Journey) -> Iterator[Fact]:
    """The first account not earlier than the first report of an assault in a domestic setting."""
    first = next(iter(domestic_assaults(journey)), None)
    if first is not None:
        found = (fact for fact in matching(rule, journey) if fact.occurred_at >= first.occurred_at)
        yield from _first(found)


def domestic_assaults(journey: Journey) -> list[Fact]:
    """The victim's reports of domestic assault that the time limit's law reaches."""
    return [
        report
        for report in journey.reports
        if report.data["offence"] == "assault"
        and report.data.get("domestic") is True
        and (report.on("offence_on") or london_date(report.occurred_at)) >= ASSAULT_LAW_FROM
    ]


def _within_twelve_months(rule: Rule, journey: Journey) -> Iterator[Fact]:
    """Reports made within twelve months of the offence; where its day is not known: ask, raise nothing."""
    for report in matching(rule, journey):
        offence_on = report.on("offence_on")
        if offence_on is not None and add_months(offence_on, 12) >= london_date(report.occurred_at):
            yield report


def _high_risk_domestic(rule: Rule, journey: Journey) -> Iterator[Fact]:
    return _high_risk(
        rule,
        journey,
        lambda report: report.data.get("domestic") is True or report.data["offence"] in _DOMESTIC_OFFENCES,
    )


def _high_risk_stalking(rule: Rule, journey: Journey) -> Iterator[Fact]:
    return _high_risk(rule, journey, lambda report: report.data["offence"] in _STALKING_OFFENCES)


def _high_risk(rule: Rule, journey: Journey, is_meant: Callable[[Fact], bool]) -> Iterator[Fact]:
    """The victim's first assessment as high risk that is not earlier than a report that is meant."""
    reported = next((report.occurred_at for report in journey.reports if is_meant(report)), None)
    if reported is not None:
        found = (
            fact for fact in matching(rule, journey) if fact.type == t.NEEDS_ASSESSED and fact.occurred_at >= reported
        )
        yield from _first(found)


def _stalking_meeting(rule: Rule, journey: Journey) -> Iterator[Fact]:
    """Applications for a stalking protection order, and the assessment that calls for a stalking advocate."""
    found = [fact for fact in matching(rule, journey) if fact.type != t.NEEDS_ASSESSED]
    found += _high_risk_stalking(rule, journey)
    found.sort(key=BY_ORDER)
    yield from found


def _scheme_choice(rule: Rule, journey: Journey) -> Iterator[Fact]:
    """Eligible sentences, and opting in after having opted out (Victim Contact Scheme, Right 11)."""
    choices = journey.concerning_all((t.SCHEME_OPTED_OUT, t.SCHEME_OPTED_IN))
    # At one instant an opt-out comes before an opt-in.
    choices.sort(key=lambda fact: (fact.occurred_at, fact.type == t.SCHEME_OPTED_IN, fact.id, fact.source))
    for fact in matching(rule, journey):
        if fact.type == t.SENTENCE:
            yield fact
            continue
        earlier = [choice for choice in choices[: choices.index(fact)] if _same_suspect(fact, choice)]
        has_sentence = any(
            _same_suspect(fact, sentence)
            for sentence in matching(rule, journey)
            if sentence.type == t.SENTENCE and sentence.occurred_at <= fact.occurred_at
        )
        if earlier and earlier[-1].type == t.SCHEME_OPTED_OUT and has_sentence:
            yield fact


def _same_suspect(fact: Fact, other: Fact) -> bool:
    return None in (fact.suspect_ref, other.suspect_ref) or fact.suspect_ref == other.suspect_ref


def _first(facts: Iterator[Fact]) -> Iterator[Fact]:
    for fact in facts:
        yield fact
        return


_NARROWED: dict[str, Callable[[Rule, Journey], Iterator[Fact]]] = {
    "within_twelve_months": _within_twelve_months,
    "high_risk_domestic": _high_risk_domestic,
    "high_risk_stalking": _high_risk_stalking,
    "stalking_meeting": _stalking_meeting,
    "scheme_choice": _scheme_choice,
}
