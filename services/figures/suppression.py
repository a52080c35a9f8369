"""Tables that may leave the force: counts under 5 are hidden, and what would let somebody work them back is too.

A published table has each figure whole and by one part at a time (owner, team, group of offence, …). Its cells hold how
many, numerator, denominator and share, and a median where at least ten stand behind it; everything finer stays inside.

Hidden is a cell in which a count, or what it leaves of a larger one, is from 1 to 4. As the whole is
shown, one hidden cell could be had by subtraction, so further ones are hidden, the smallest first, until two are and
what they hold together is no small count either. Rules add up to owners and to Rights, so rules are left out, and
Rights too where an owner or a Right is hidden. Men and boys are left out where the breakdown by sex hides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from services.figures.totals import ALL, EVERYBODY, MEN_AND_BOYS, Figure

SMALL: Final = 5
"""Counts under this, but not zero, are hidden."""

HIDDEN: Final = "hidden: under 5, or it would give one away"

_FOR_A_MEDIAN: Final = 10
_LEFT_OUT: Final = frozenset({"rule"})
_AT_LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of a published table; where it ``is_hidden`` no number of it may be shown."""

    figure: Figure
    is_hidden: bool = False

    def as_json(self) -> dict[str, Any]:
        """The cell as a row of the report, without numbers where it is hidden."""
        row = self.figure.as_json()
        if not self.is_hidden:
            return row
        numbers = self.figure.numbers()
        return {name: HIDDEN if name in numbers else value for name, value in row.items()}


def published(figures: Iterable[Figure]) -> list[Cell]:
    """Return the cells of a published table, in the order of the figures."""
    kept = [_bare(figure) for figure in figures if _may_be_published(figure)]
    hidden: set[int] = set()
    tables: dict[tuple[str, str, str], list[int]] = {}
    for index, figure in enumerate(kept):
        tables.setdefault((figure.id, figure.edition, figure.population), []).append(index)
    left_out: set[int] = set()
    for indexes in tables.values():
        parts = list(_breakdowns(kept, indexes))
        totals = [index for index in indexes if _part_of(kept[index]) == ALL]
        if any(_is_small(kept[index]) for index in totals):
            hidden.update(indexes)
            continue
        for _, part in parts:
            hidden.update(_hidden_in(kept, part, has_total=bool(totals)))
        by_name = dict(parts)
        if any(index in hidden for name in ("owner", "right") for index in by_name.get(name, ())):
            left_out.update(by_name.get("right", ()))
    sexes_hidden = {kept[index].id for index in hidden if kept[index].by == "sex"}
    left_out |= {
        index
        for index, figure in enumerate(kept)
        if figure.population == MEN_AND_BOYS and (figure.id in sexes_hidden or _rest_is_small(kept, figure))
    }
    return [Cell(figure, index in hidden) for index, figure in enumerate(kept) if index not in left_out]


def _may_be_published(figure: Figure) -> bool:
    one_part = figure.by in (ALL, "offence group") or figure.offence_group == ALL
    return one_part and figure.by not in _LEFT_OUT


def _bare(figure: Figure) -> Figure:
    medians = {name: value for name, value in figure.measures.items() if "median" in name and figure.n >= _FOR_A_MEDIAN}
    return replace(figure, measures=medians)


def _part_of(figure: Figure) -> str:
    if figure.by == ALL and figure.offence_group != ALL:
        return "offence group"
    return figure.by


def _breakdowns(figures: Sequence[Figure], indexes: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
    found: dict[str, list[int]] = {}
    for index in indexes:
        if (part := _part_of(figures[index])) != ALL:
            found.setdefault(part, []).append(index)
    yield from found.items()


def _hidden_in(figures: Sequence[Figure], part: Sequence[int], *, has_total: bool) -> set[int]:
    """The cells of one breakdown to hide: small ones, and as many others as keep them from being worked back."""
    found = {index for index in part if _is_small(figures[index])}
    if not found or not has_total:
        return found
    others = sorted((index for index in part if index not in found), key=lambda index: figures[index].n)
    for index in others:
        if len(found) >= _AT_LEAST and not any(_small(count) for count in _together(figures, found)):
            break
        found.add(index)
    return found


def _together(figures: Sequence[Figure], indexes: Iterable[int]) -> list[int]:
    return [sum(counts) for counts in zip(*(_counts(figures[index]) for index in indexes), strict=True)]


def _rest_is_small(figures: Sequence[Figure], some: Figure) -> bool:
    """Whether everybody less these is a small count."""
    for figure in figures:
        same = (figure.id, figure.edition, _part_of(figure), figure.value, figure.offence_group)
        if figure.population == EVERYBODY and same == (
            some.id, some.edition, _part_of(some), some.value, some.offence_group,
        ):  # fmt: skip
            rest = zip(_counts(figure), _counts(some), strict=True)
            return any(_small(everybody - men) for everybody, men in rest)
    return False


def _is_small(figure: Figure) -> bool:
    return any(_small(count) for count in _counts(figure))


def _counts(figure: Figure) -> list[int]:
    """Every count that a cell shows or lets be worked out."""
    numerator = figure.numerator or 0
    denominator = figure.denominator if figure.denominator is not None else figure.n
    return [figure.n, numerator, denominator, denominator - numerator, figure.n - denominator]


def _small(count: int) -> bool:
    return 0 < count < SMALL
