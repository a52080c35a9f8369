"""Generated histories of cases, also hostile ones, as hypothesis strategies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.contacts.reading import read_note
from services.journeys.fact_of import fact_from
from services.journeys.facts import Fact
from tests.support.history_kinds import everyday_kinds, rarer_kinds

_THEMES = (
    ("policing.phone.", "policing.property.", "policing.third_party", "property."),
    ("policing.decision.", "policing.suspect.", "policing.review.", "prosecution."),
    ("policing.report.", "policing.code_", "policing.account.", "policing.officer.", "support.", "safeguarding."),
    ("court.", "wcu."),
    ("court.sentence.", "probation.", "compensation.", "expenses.", "complaint.", "victim."),
)
"""What the rarer events of one history are about; met with each other they make duties, one by one hardly."""

START = datetime(2026, 10, 20, 9, tzinfo=UTC)


def _fact(number: int, minutes: int, recorded_after: int, kind: tuple[str, dict[str, Any]]) -> Fact:
    type_, data = kind
    data = dict(data)
    note = data.pop("note", None)
    occurred_at = START + timedelta(minutes=minutes)
    data["recorded_at"] = (occurred_at + timedelta(minutes=recorded_after)).isoformat()
    return fact_from(
        event_id=f"e{number}",
        source="/kent/rms",
        type_=type_,
        case_id="KP-1",
        occurred_at=occurred_at,
        data=data,
        reading=read_note(note) if note is not None else None,
    )


@st.composite
def histories(draw: st.DrawFn, most: int = 14) -> list[Fact]:
    """A case of up to ``most`` events within six weeks; equal instants and London midnights are common."""
    count = draw(st.integers(1, most))
    ids = st.sampled_from([f"e{number}" for number in range(count)])
    rarer = rarer_kinds(ids)
    theme = draw(st.sampled_from(_THEMES))
    kinds = st.one_of([*everyday_kinds(ids), *(kind for type_, kind in rarer.items() if type_.startswith(theme))])
    minutes = st.one_of(st.integers(0, 42 * 24 * 60), st.integers(0, 42).map(lambda day: day * 24 * 60 + 15 * 60))
    return [
        _fact(number, draw(minutes), draw(st.sampled_from([0, 0, 60, 5000])), draw(kinds)) for number in range(count)
    ]
