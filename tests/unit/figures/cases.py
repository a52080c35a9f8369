"""Small case histories counted by hand, and what they contribute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from services.figures.audit import audit_of
from services.figures.contributions import contributions
from services.figures.rows import CaseFigures, from_stored, to_stored
from services.figures.totals import Counted, Figure
from services.journeys.assess import assess
from services.journeys.histories import read_histories
from services.journeys.rule_set import RuleSet, load_rule_set
from tests.support.events import line

NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
TOLD = "Rang and told that a man was arrested at ten; interview this afternoon, next call at six today."
EMPTY = "Routine 28 day update completed. No update. Victim advised of no update."


@cache
def rules() -> RuleSet:
    """The rules that ship, read once."""
    return load_rule_set()


def report(case: str = "KP-1", victim: str = "V-1", at: str = "2026-11-02T09:00:00Z", **data: Any) -> bytes:
    """A report; stalking where nothing else is said, so no Enhanced Rights by themselves."""
    told = {"offence": "stalking", **data}
    return line(f"r-{case}-{victim}", "policing.crime.reported", at, case_id=case, victim_id=victim, **told)


def call(id_: str, at: str, *, case: str = "KP-1", victim: str = "V-1", note: str | None = TOLD, **data: Any) -> bytes:
    """A call that reached the victim."""
    told = {"channel": "phone", "direction": "outbound", "outcome": "reached", **data}
    if note is not None:
        told["note"] = note
    return line(id_, "contact.made", at, case_id=case, victim_id=victim, **told)


def counted(lines: Iterable[bytes], now: datetime = NOW, first: date = FIRST, last: date = LAST) -> Counted:
    """What these events contribute to a period, by way of the stored form."""
    read = read_histories((str(number), each) for number, each in enumerate(lines))
    assert read.refusals == []
    found = Counted(first, last)
    for facts in read.cases.values():
        rows = contributions(facts, assess(facts, rules(), now), rules().days)
        stored = from_stored(to_stored(rows))
        assert stored == rows
        found.add(stored)
    return found


def rows_of(lines: Iterable[bytes], now: datetime = NOW) -> CaseFigures:
    """What one case contributes."""
    read = read_histories((str(number), each) for number, each in enumerate(lines))
    assert read.refusals == []
    (facts,) = read.cases.values()
    return contributions(facts, assess(facts, rules(), now), rules().days)


def figures(found: Counted, id_: str, now: datetime = NOW, not_measured: frozenset[str] = frozenset()) -> list[Figure]:
    """All figures of one id."""
    audit = audit_of(found, not_measured, tuple(sorted(not_measured)), now.date())
    return [each for each in audit.figures if each.id == id_]


def figure(found: Counted, id_: str, now: datetime = NOW, /, **part: str) -> Figure:
    """The one figure of this part: by default the whole, of all victims."""
    wanted = {"by": "all", "value": "all", "offence_group": "all", "population": "all victims", **part}
    (only,) = [
        each for each in figures(found, id_, now) if all(getattr(each, name) == value for name, value in wanted.items())
    ]
    return only
