"""The on-time rate and what keeps it honest: by owner, Right, rule, group of offence, sex, age band, team, edition."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Final

from services.figures.rates import COUNTED, FAILURES, Rate, Verdict, on_time_rate
from services.figures.rows import Duty
from services.figures.totals import ALL, Counted, Figure, Of, grouped, middle, ninetieth

Part = Callable[[Of[Duty]], str]

PARTS: Final[Mapping[str, Part]] = {
    "owner": lambda each: each.row.owner,
    "right": lambda each: f"Right {each.row.right}" if each.row.right is not None else "outside the Code",
    "rule": lambda each: each.row.rule,
    "offence group": lambda each: each.person.group,
    "sex": lambda each: each.person.sex,
    "age band": lambda each: each.person.age_band,
    "team": lambda each: each.person.team,
    "officers": lambda each: each.person.officers,
}
"""How duties are told apart; each part by itself, and never two editions in one number."""

_FEW: Final = ("owner",)


def verdict_of(duty: Duty, not_measured: Container[str]) -> Verdict:
    """Return how a stored duty counts, given the rules that no connected source could show to be met."""
    verdict = Verdict(duty.verdict)
    return Verdict.NOT_MEASURED if verdict is not Verdict.ADVISORY and duty.rule in not_measured else verdict


def on_time_figures(counted: Counted, not_measured: Container[str], *, few: bool = False) -> Iterator[Figure]:
    """Yield the on-time rate of each edition, whole and by every part; ``few``: by owner only."""
    for edition, duties in grouped(counted.duties, lambda each: each.row.pack):
        yield _rate(edition, duties, not_measured)
        for by in _FEW if few else PARTS:
            for value, some in grouped(duties, PARTS[by]):
                group = value if by == "offence group" else ALL
                yield _rate(edition, some, not_measured, by=by, value=value, offence_group=group)
    if not few:
        yield from _good_reasons(counted, not_measured)
        yield from _honest(counted, not_measured)
        yield from _untimed(counted)


def _rate(edition: str, duties: Sequence[Of[Duty]], not_measured: Container[str], **part: str) -> Figure:
    rate = on_time_rate(verdict_of(each.row, not_measured) for each in duties)
    to_confirm = sum(each.row.confidence != "H" and verdict_of(each.row, not_measured) in COUNTED for each in duties)
    late = [
        each.row.days_late for each in duties if each.row.verdict == Verdict.LATE and each.row.days_late is not None
    ]
    return Figure(
        "on_time_rate",
        len(duties),
        edition=edition,
        numerator=rate.on_time,
        denominator=rate.due,
        measures={
            **_split(rate),
            "to_be_confirmed": to_confirm,
            "late_median_working_days": middle(late),
            "late_p90_working_days": ninetieth(late),
        },
        **part,
    )


def _split(rate: Rate) -> dict[str, int]:
    return {
        name: getattr(rate, name)
        for name in ("late", "never", "not_linked", "not_measured", "waived", "advisory", "not_due")
    }


def _good_reasons(counted: Counted, not_measured: Container[str]) -> Iterator[Figure]:
    """Of failures that could carry a good reason, how many do, and how many of those were reviewed."""
    for edition, duties in grouped(counted.duties, lambda each: each.row.pack):
        parts = [(ALL, ALL, duties), *(("owner", owner, some) for owner, some in grouped(duties, PARTS["owner"]))]
        for by, value, some in parts:
            failures = [each.row for each in some if verdict_of(each.row, not_measured) in FAILURES]
            with_reason = [row for row in failures if row.reason is not None]
            categories: dict[str, float | int | None] = {}
            for row in with_reason:
                name = f"category_{row.reason}"
                categories[name] = (categories.get(name) or 0) + 1
            yield Figure(
                "good_reason_rate",
                len(failures),
                by=by,
                value=value,
                edition=edition,
                numerator=len(with_reason),
                denominator=sum(row.may_be_excused for row in failures),
                measures={"reviewed": sum(row.reason_reviewed for row in with_reason), **categories},
            )


def _honest(counted: Counted, not_measured: Container[str]) -> Iterator[Figure]:
    """What keeps the rate honest: written down late, waived, thinly evidenced, by text alone."""
    for edition, duties in grouped(counted.duties, lambda each: each.row.pack):
        parts = [(ALL, ALL, duties), *(("team", team, some) for team, some in grouped(duties, PARTS["team"]))]
        for by, value, some in parts:
            met = [each.row for each in some if verdict_of(each.row, not_measured) is Verdict.ON_TIME]
            written_late = [row.written_late for row in met if row.written_late is not None]
            yield Figure(
                "met_on_time_recorded_late",
                len(met),
                by=by,
                value=value,
                edition=edition,
                numerator=len(written_late),
                denominator=len(met),
                measures={"median_days": middle(written_late)},
            )
        rate = on_time_rate(verdict_of(each.row, not_measured) for each in duties)
        owed = rate.due + rate.waived
        yield Figure("waived_share", owed, edition=edition, numerator=rate.waived, denominator=owed)
        told = [each.row for each in duties if each.row.met_by == "contact.made.v1" and each.row.state != "waived"]
        thin = sum(row.is_thin for row in told)
        yield Figure("thinly_evidenced_share", len(told), edition=edition, numerator=thin, denominator=len(told))
        texts = sum(row.is_text_alone for row in told)
        yield Figure("met_by_text_alone", len(told), edition=edition, numerator=texts, denominator=len(told))


def _untimed(counted: Counted) -> Iterator[Figure]:
    """Duties without a date: how many were done."""
    for edition, duties in grouped(counted.untimed, lambda each: each.row.pack):
        for rule, some in grouped(duties, PARTS["rule"]):
            owed = [each.row for each in some if each.row.state != "waived"]
            done = sum(row.met_on is not None for row in owed)
            yield Figure(
                "untimed_done",
                len(some),
                by="rule",
                value=rule,
                edition=edition,
                numerator=done,
                denominator=len(owed),
                measures={"waived": len(some) - len(owed)},
            )
