"""One identity stands for one event: the first line of it counts, and what differs is refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

from services.journeys.histories import Histories, read_histories


def _arrest(**others: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "a",
        "source": "/kent/rms",
        "type": "policing.suspect.arrested.v1",
        "subject": "KP-1",
        "time": "2026-11-10T10:00:00+00:00",
        "data": {"suspect_ref": "S-1"},
        **others,
    }


def _read(*events: dict[str, Any]) -> Histories:
    return read_histories((f"line {at}", json.dumps(each).encode()) for at, each in enumerate(events, 1))


def test_the_same_content_written_otherwise_is_a_duplicate() -> None:
    again = _arrest(time="2026-11-10T11:00:00+01:00", data={"suspect_ref": "S-1", "agency": None, "victim_id": ""})
    found = _read(_arrest(), again)
    assert (len(found.cases["KP-1"]), found.refusals) == (1, [])


def test_other_content_under_one_identity_is_refused_and_the_first_stays() -> None:
    found = _read(_arrest(), _arrest(data={"suspect_ref": "S-2"}))
    assert [fact.suspect_ref for fact in found.cases["KP-1"]] == ["S-1"]
    (said,) = found.refusals
    assert said.startswith("line 2: the same id and source came before with other content; the first stays.")


def test_one_identity_in_two_cases_is_refused_as_such() -> None:
    found = _read(_arrest(), _arrest(subject="KP-2"))
    assert list(found.cases) == ["KP-1"]
    (said,) = found.refusals
    assert said.startswith("line 2: the same id and source came before for another case; the first stays.")


def test_a_refused_line_does_not_take_up_its_identity() -> None:
    found = _read(_arrest(time="2026-11-10"), _arrest())
    assert (len(found.cases["KP-1"]), len(found.refusals)) == (1, 1)
