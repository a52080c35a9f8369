"""A list of holidays is read whole or refused in a sentence that says which line and what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from infra.settings import SettingsError, load_settings
from services.journeys.rule_set import load_rule_set
from services.provisions.holidays_file import Holiday, read_holidays
from services.provisions.packs import PackError
from services.rules_in_use import rules_of
from services.web.viewing import known_of

GOOD = "- {date: 2027-06-07, name: A jubilee, source: https://www.gov.uk/bank-holidays, seen: 2026-11-01}\n"
EARLIER = "- {date: 2026-12-28, name: Another, source: a proclamation, seen: 2026-11-02}\n"


def test_holidays_are_read_in_the_order_of_their_dates() -> None:
    assert read_holidays(GOOD + EARLIER, "h.yaml") == (
        Holiday(date(2026, 12, 28), "Another", "a proclamation", date(2026, 11, 2)),
        Holiday(date(2027, 6, 7), "A jubilee", "https://www.gov.uk/bank-holidays", date(2026, 11, 1)),
    )
    assert read_holidays("# none yet\n", "h.yaml") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {date: 2027-06-07, name: A jubilee, seen: 2026-11-01}", "h.yaml, holiday 1: the field `source` is missing"),
        ("- {date: 2027-06-07, name: A, source: b, seen: 2026-11-01, on: x}", "unknown field `True`"),
        ("- {date: 7 June 2027, name: A, source: b, seen: 2026-11-01}", "holiday 1: `date` must be a day"),
        ("- {date: 2027-06-07T00:00:00Z, name: A, source: b, seen: 2026-11-01}", "`date` must be a day"),
        ("- {date: 2027-13-07, name: A, source: b, seen: 2026-11-01}", "not readable as YAML"),
        ("- {date: 2027-06-07, name: [A", "h.yaml, line 1: not readable as YAML"),
        ("2027-06-07", "this is no list"),
        ("- 2027-06-07", "holiday 1: it needs the fields date, name, source, seen"),
        (GOOD + GOOD, "2027-06-07 is listed twice"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(PackError, match=said):
        read_holidays(text, "h.yaml")


def test_another_list_is_another_rule_set_and_the_same_list_the_same(tmp_path: Path) -> None:
    file = tmp_path / "h.yaml"
    file.write_text(GOOD, "utf-8")
    settings = load_settings(holidays=file)
    carried = rules_of(settings)
    assert carried.hash != load_rule_set().hash
    assert not carried.days.is_working(date(2027, 6, 7))
    assert load_rule_set().days.is_working(date(2027, 6, 7))
    assert {name for name, part in carried.parts.items() if load_rule_set().parts[name] != part} == {"holidays"}
    assert known_of(settings).rules.hash == carried.hash, "pages count other days than the processes"
    file.write_text("# said again in other words\n" + GOOD.replace("A jubilee", "The jubilee"), "utf-8")
    assert rules_of(settings).hash == carried.hash


def test_a_list_that_is_not_there_or_not_text_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="WAYMARK_HOLIDAYS cannot be used: it is the path of a file that exists"):
        load_settings(holidays=tmp_path / "nowhere.yaml")
    file = tmp_path / "h.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PackError, match="cannot be read"):
        rules_of(load_settings(holidays=file))
