"""The file of `waymark officers import`: shifts and days, and sentences that never hold an address."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.clock import parse_instant
from services.contacts.officers_file import COLUMNS, OfficersFile, is_address, read_officers
from services.provisions.working_days import WorkingDays

DAYS = WorkingDays()
GOOD = {
    "officer_ref": "P-1",
    "role": "SOLO",
    "team": "east",
    "supervisor_ref": "S-1",
    "address": "p1@force.example",
    "from": "2026-11-20T08:00:00+00:00",
    "to": "2026-11-20T16:00:00+00:00",
    "cover_ref": "P-2",
}


def read(*changes: dict[str, str], in_service: bool = False) -> OfficersFile:
    lines = [",".join(COLUMNS), *(",".join({**GOOD, **each}[name] for name in COLUMNS) for each in changes)]
    return read_officers(lines, parse_instant, in_service=in_service, days=DAYS)


def test_a_line_is_a_shift_and_an_officer_has_all_of_them_in_order() -> None:
    later = {"from": "2026-11-21T08:00:00+00:00", "to": "2026-11-21T20:00:00Z", "team": "west", "address": ""}
    (row,) = read(later, {}).rows
    assert [shift.ends_at - shift.starts_at for shift in row.shifts] == [timedelta(hours=8), timedelta(hours=12)]
    assert (row.ref, row.role, row.team, row.supervisor_ref, row.cover_ref) == ("P-1", "SOLO", "west", "S-1", "P-2")
    assert row.address == "p1@force.example"
    assert "force.example" not in repr(row)


def test_dates_are_the_working_days_between_them_in_assumed_hours() -> None:
    (row,) = read({"from": "2026-12-23", "to": "2026-12-29"}).rows
    assert [shift.starts_at.isoformat() for shift in row.shifts] == [
        "2026-12-23T09:00:00+00:00",
        "2026-12-24T09:00:00+00:00",
        "2026-12-29T09:00:00+00:00",
    ]


def test_a_stretch_too_long_for_a_shift_is_days() -> None:
    (row,) = read({"from": "2026-11-16T00:00:00Z", "to": "2026-11-21T00:00:00Z"}).rows
    assert len(row.shifts) == 5


def test_shifts_that_overlap_are_one() -> None:
    (row,) = read({}, {"from": "2026-11-20T12:00:00Z", "to": "2026-11-20T18:00:00Z"}).rows
    assert [(shift.starts_at.hour, shift.ends_at.hour) for shift in row.shifts] == [(8, 18)]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"officer_ref": ""}, "officer_ref"),
        ({"role": ""}, "role"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-11-20T08:00:00"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"to": "2026-11-20T07:00:00Z"}, "to"),
        ({"from": "2026-11-20", "to": "2026-11-19"}, "to"),
        ({"from": "2026-11-21", "to": "2026-11-22"}, "to"),
        ({"from": "2026-01-01", "to": "2036-01-01"}, "to"),
        ({"from": "1999-01-01", "to": "1999-02-01"}, "from"),
        ({"address": "not an address"}, "address"),
        ({"address": "ftp://secret.example/x"}, "address"),
        ({"cover_ref": "P-1"}, "cover_ref"),
        ({"supervisor_ref": "P-1"}, "supervisor_ref"),
        ({"team": "x" * 501}, "team"),
    ],
)
def test_a_bad_cell_is_told_by_line_and_column_and_not_repeated(change: dict[str, str], column: str) -> None:
    found = read({}, change)
    assert found.refusals[0].startswith(f"line 3, column {column}: ")
    assert not any(value and len(value) > 4 and value in found.refusals[0] for value in change.values())


def test_webhooks_are_encrypted_in_service() -> None:
    assert is_address("http://127.0.0.1:9/x?sig=1", in_service=False)
    assert not is_address("http://127.0.0.1:9/x", in_service=True)
    assert is_address("https://hooks.example/x", in_service=True)
    assert not is_address("https://[hooks", in_service=True)


@pytest.mark.parametrize("header", ["officer_ref,role", ",".join([*COLUMNS, "mobile"]), ",".join([*COLUMNS, "role"])])
def test_the_first_line_names_the_columns(header: str) -> None:
    found = read_officers([header, "x"], parse_instant, in_service=False, days=DAYS)
    assert found.rows == []
    assert found.refusals[0].startswith("line 1: ")
    assert "mobile" not in found.refusals[0]


def test_what_is_not_csv_and_what_has_too_many_cells_is_told() -> None:
    lines = [",".join(COLUMNS), ",".join([*GOOD.values(), "more"]), '"open']
    found = read_officers(lines, parse_instant, in_service=False, days=DAYS)
    assert [each.split(":")[0] for each in found.refusals] == ["line 2, column cover_ref", "line 3"]
