"""What a supervisor is told of why an obligation stands as it does."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from services.journeys.assess import assess
from services.journeys.explain import explain
from services.journeys.histories import read_histories
from services.journeys.rule_set import RuleSet, load_rule_set
from tests.support.events import line

_NOTE = "Rang and told that a man was arrested at ten; interview this afternoon, next call at six today."


@cache
def _ruleset() -> RuleSet:
    return load_rule_set()


def _explained(lines: list[bytes], rule: str, now: datetime) -> list[str]:
    facts = read_histories((str(number), each) for number, each in enumerate(lines)).cases["KP-1"]
    (duty,) = [each for each in assess(facts, _ruleset(), now).obligations if each.rule == rule]
    found = explain(facts, _ruleset(), now, duty.id)
    assert found is not None
    return list(found.lines())


def test_each_day_is_counted_or_skipped_with_its_reason() -> None:
    words = _explained(
        [
            line("r", "policing.crime.reported", "2026-12-01T09:00:00Z", offence="stalking"),
            line("a", "policing.suspect.arrested", "2026-12-24T17:40:00Z", suspect_ref="S-1"),
        ],
        "VC-R6-ARREST",
        datetime(2026, 12, 29, tzinfo=UTC),
    )
    assert "  Fri 25 Dec 2026: not a Working Day: bank holiday (Christmas Day)" in words
    assert "  Sat 26 Dec 2026: not a Working Day: Saturday" in words
    assert "  Tue 5 Jan 2027: Working Day 5, the last" in words
    assert "Due by the end of Tue 5 Jan 2027." in words


def test_a_gain_of_enhanced_rights_is_named_where_the_date_was_counted_from_it() -> None:
    words = _explained(
        [
            line("r", "policing.crime.reported", "2026-11-02T09:00:00Z", offence="stalking"),
            line("a", "policing.suspect.arrested", "2026-11-16T10:00:00Z", suspect_ref="S-1"),
            line("n", "policing.needs.assessed", "2026-11-18T15:00:00Z", enhanced_rights=True),
        ],
        "VC-R6-ARREST",
        datetime(2026, 11, 19, 12, tzinfo=UTC),
    )
    assert any(each.startswith("Enhanced Rights since Wed 18 Nov 2026 15:00") for each in words)
    assert "Due by the end of Thu 19 Nov 2026 (without Enhanced Rights Mon 23 Nov 2026)." in words


def test_what_was_considered_says_why_it_did_not_count() -> None:
    contact: dict[str, Any] = {"channel": "phone", "direction": "outbound", "informed_of": ["a"]}
    words = _explained(
        [
            line("r", "policing.crime.reported", "2026-11-02T09:00:00Z", offence="stalking"),
            line("a", "policing.suspect.arrested", "2026-11-10T10:00:00Z", suspect_ref="S-1"),
            line("early", "contact.made", "2026-11-10T09:00:00Z", outcome="reached", note=_NOTE, **contact),
            line("missed", "contact.made", "2026-11-11T09:00:00Z", outcome="no_answer", note="No reply.", **contact),
            line("told", "contact.made", "2026-11-12T09:00:00Z", outcome="reached", note=_NOTE, **contact),
        ],
        "VC-R6-ARREST",
        datetime(2026, 11, 20, tzinfo=UTC),
    )
    text = "\n".join(words)
    assert "early of Tue 10 Nov 2026 09:00: told before the event is told too early." in text
    assert "missed of Wed 11 Nov 2026 09:00: it names the event, but was graded attempt" in text
    assert "told of Thu 12 Nov 2026 09:00: it met the duty." in text


def test_late_before_anybody_could_know_is_said() -> None:
    words = _explained(
        [
            line("r", "policing.crime.reported", "2026-11-02T09:00:00Z", offence="stalking"),
            line("a", "policing.suspect.arrested", "2026-11-03T10:00:00Z", suspect_ref="S-1",
                 recorded_at="2026-11-20T09:00:00Z"),
        ],
        "VC-R6-ARREST",
        datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip
    assert any("late before anybody could know" in each for each in words)


def test_news_of_a_verdict_told_in_court_counts_from_the_court_event() -> None:
    words = _explained(
        [
            line("r", "policing.crime.reported", "2026-11-02T09:00:00Z", offence="stalking"),
            line("v", "court.verdict.given", "2026-11-16T11:00:00Z", suspect_ref="S-1", verdict="guilty"),
            line("told", "contact.made", "2026-11-16T11:05:00Z", channel="in_person", direction="outbound",
                 outcome="reached", informed_of=["v"], note="Told in court that the verdict is guilty."),
            line("w", "wcu.notified", "2026-11-17T09:00:00Z", about="v"),
        ],
        "VC-R9-OUTCOME",
        datetime(2026, 11, 20, tzinfo=UTC),
    )  # fmt: skip
    assert any("told of Mon 16 Nov 2026 11:05: it met the duty." in each for each in words)
