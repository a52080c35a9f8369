"""Published tables show no count under 5, and none can be had by subtraction."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.figures.suppression import HIDDEN, SMALL, Cell, published
from services.figures.totals import Figure


def _table(parts: Sequence[tuple[int, int, int]], by: str = "team") -> list[Figure]:
    """A whole and its parts; each part is how many, the denominator, the numerator."""
    cells = [
        Figure("on_time_rate", n, by=by, value=f"part {index}", edition="E", numerator=num, denominator=den)
        for index, (n, den, num) in enumerate(parts)
    ]
    n, den, num = (sum(each) for each in zip(*parts, strict=True))
    return [Figure("on_time_rate", n, edition="E", numerator=num, denominator=den), *cells]


def _shown(cells: Sequence[Cell]) -> dict[str, bool]:
    return {cell.figure.value: not cell.is_hidden for cell in cells}


def test_a_small_cell_is_hidden_and_the_next_smallest_with_it() -> None:
    found = published(_table([(3, 3, 0), (20, 20, 10), (40, 40, 20)]))
    assert _shown(found) == {"all": True, "part 0": False, "part 1": False, "part 2": True}
    row = found[1].as_json()
    assert {row[name] for name in ("n", "numerator", "denominator", "share")} == {HIDDEN}
    assert row["value"] == "part 0"


def test_what_is_left_of_a_cell_is_a_count_too() -> None:
    found = published(_table([(40, 40, 37), (40, 40, 20), (60, 60, 30)]))
    assert _shown(found)["part 0"] is False, "three were not in time"


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert all(_shown(published(_table([(40, 40, 20), (60, 60, 30)]))).values())


def test_a_whole_that_is_small_hides_everything() -> None:
    assert not any(_shown(published(_table([(4, 4, 2), (0, 0, 0)]))).values())


def test_rules_are_left_out_and_rights_where_an_owner_is_hidden() -> None:
    rules = published(_table([(40, 40, 20), (60, 60, 30)], by="rule"))
    assert _shown(rules) == {"all": True}
    owners = _table([(3, 3, 0), (40, 40, 20), (60, 60, 30)], by="owner")
    rights = _table([(43, 43, 20), (60, 60, 30)], by="right")[1:]
    assert {cell.figure.by for cell in published([*owners, *rights])} == {"all", "owner"}
    fine = _table([(40, 40, 20), (60, 60, 30)], by="owner")
    assert {cell.figure.by for cell in published([*fine, *rights[:1]])} == {"all", "owner", "right"}


def test_men_and_boys_are_left_out_where_the_rest_would_be_a_small_count() -> None:
    (whole,) = _table([(40, 40, 20)])[:1]
    men = Figure("on_time_rate", 37, edition="E", population="men and boys", numerator=18, denominator=37)
    assert {cell.figure.population for cell in published([whole, men])} == {"all victims"}
    few = Figure("on_time_rate", 20, edition="E", population="men and boys", numerator=10, denominator=20)
    assert {cell.figure.population for cell in published([whole, few])} == {"all victims", "men and boys"}


def test_medians_of_few_and_other_numbers_stay_inside() -> None:
    few = Figure("x", 9, measures={"median_days": 3, "never": 6})
    many = Figure("y", 10, measures={"median_days": 3, "most": 30})
    cells = published([few, many])
    assert [dict(cell.figure.measures) for cell in cells] == [{}, {"median_days": 3}]


_PARTS = st.lists(
    st.integers(0, 30).flatmap(
        lambda n: st.integers(0, n).flatmap(lambda den: st.tuples(st.just(n), st.just(den), st.integers(0, den)))
    ),
    min_size=1,
    max_size=7,
)


@given(_PARTS)
def test_no_small_count_is_shown_or_can_be_had_by_subtraction(parts: list[tuple[int, int, int]]) -> None:
    cells = published(_table(parts))
    whole, rest = cells[0], cells[1:]
    for cell in cells:
        if not cell.is_hidden:
            n, den, num = cell.figure.n, cell.figure.denominator or 0, cell.figure.numerator or 0
            assert not any(0 < count < SMALL for count in (n, den, num, den - num, n - den))
    hidden = [cell.figure for cell in rest if cell.is_hidden]
    if whole.is_hidden or not hidden or len(hidden) == len(rest):
        return
    assert len(hidden) > 1
    for counts in ([each.n for each in hidden], [each.numerator or 0 for each in hidden]):
        assert not 0 < sum(counts) < SMALL
