"""Sums, shares, medians and percentiles over what the cases of a period contribute."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from statistics import median
from typing import Any, Final, Generic, TypeVar

from services.figures.rates import rounded
from services.figures.rows import (
    CaseFigures,
    Closing,
    Contact,
    Duty,
    Happening,
    Person,
    Referral,
    Survey,
    Transfer,
    Withdrawal,
)

ALL: Final = "all"
NO_EDITION: Final = "none: no duty of an edition"
EVERYBODY: Final = "all victims"
MEN_AND_BOYS: Final = "men and boys"

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Of(Generic[R]):
    """A row with the victim it is about."""

    person: Person
    row: R


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, or a few that belong together, of one part of what is counted.

    ``by`` and ``value`` name the part (``owner``, ``police``). ``n`` is how many were looked at; where there is a
    share, numerator and denominator say of what. ``measures`` are further numbers by name, each in its unit's name.
    """

    id: str
    n: int
    by: str = ALL
    value: str = ALL
    edition: str = NO_EDITION
    offence_group: str = ALL
    population: str = EVERYBODY
    numerator: int | None = None
    denominator: int | None = None
    measures: Mapping[str, float | int | None] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """Numerator over denominator, from 0 to 1, to four places; None where nothing was counted."""
        if self.numerator is None or not self.denominator:
            return None
        return rounded(self.numerator / self.denominator)

    def numbers(self) -> dict[str, float | int | None]:
        """Every number of the figure by name."""
        found: dict[str, float | int | None] = {"n": self.n}
        if self.denominator is not None:
            found |= {"numerator": self.numerator, "denominator": self.denominator, "share": self.share}
        return found | dict(self.measures)

    def for_population(self, population: str) -> Figure:
        """The figure as one of some victims only."""
        return replace(self, population=population)

    def as_json(self) -> dict[str, Any]:
        """The figure as a row of the report."""
        return {
            "by": self.by,
            "value": self.value,
            "edition": self.edition,
            "offence_group": self.offence_group,
            "population": self.population,
            **self.numbers(),
        }


@dataclass(slots=True)
class Counted:
    """What the cases of a period contribute, each row by the day that its figures are counted by.

    ``untimed`` duties go by the day they began, timed ones by the day they were due, contacts, decisions and the rest
    by their own day, promises by the day promised, ``reported`` victims by their first report; ``people`` are all.
    """

    first: date
    last: date
    cases: int = 0
    people: list[Person] = field(default_factory=list)
    reported: list[Person] = field(default_factory=list)
    duties: list[Of[Duty]] = field(default_factory=list)
    untimed: list[Of[Duty]] = field(default_factory=list)
    contacts: list[Of[Contact]] = field(default_factory=list)
    promises: list[Of[Contact]] = field(default_factory=list)
    withdrawals: list[Of[Withdrawal]] = field(default_factory=list)
    closings: list[Of[Closing]] = field(default_factory=list)
    referrals: list[Of[Referral]] = field(default_factory=list)
    surveys: list[Of[Survey]] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    happenings: list[tuple[int, Happening]] = field(default_factory=list)
    """Each with the number of its case, in the order in which cases were added."""
    live: list[str] = field(default_factory=list)
    """The SOLO of each live case (a hash), today and not in the period; of several each of them."""

    def is_in(self, day: date | None) -> bool:
        """Whether a day lies in the period, its first and last day included."""
        return day is not None and self.first <= day <= self.last

    def add(self, case: CaseFigures) -> None:
        """Take in what one case contributes."""
        people = case.people
        number, self.cases = self.cases, self.cases + 1
        self.people += people
        self.live += sorted({solo for person in people for solo in person.solos})
        self.reported += [each for each in people if self.is_in(each.reported_on)]
        self.duties += [Of(people[each.person], each) for each in case.duties if self.is_in(each.due_on)]
        self.untimed += [
            Of(people[each.person], each) for each in case.duties if each.due_on is None and self.is_in(each.on)
        ]
        self.contacts += [Of(people[each.person], each) for each in case.contacts if self.is_in(each.on)]
        self.promises += [Of(people[each.person], each) for each in case.contacts if self.is_in(each.promised)]
        self.withdrawals += [Of(people[each.person], each) for each in case.withdrawals if self.is_in(each.on)]
        self.closings += [Of(people[each.person], each) for each in case.closings if self.is_in(each.on)]
        self.referrals += [Of(people[each.person], each) for each in case.referrals if self.is_in(each.on)]
        self.surveys += [Of(people[each.person], each) for each in case.surveys if self.is_in(each.on)]
        self.transfers += [each for each in case.transfers if self.is_in(each.on)]
        self.happenings += [(number, each) for each in case.happenings if self.is_in(each.on)]

    def of(self, is_one: Callable[[Person], bool]) -> Counted:
        """Return what concerns some of the victims only; what is counted for whole cases is left out."""
        return replace(
            self,
            people=[each for each in self.people if is_one(each)],
            reported=[each for each in self.reported if is_one(each)],
            duties=[each for each in self.duties if is_one(each.person)],
            untimed=[each for each in self.untimed if is_one(each.person)],
            contacts=[each for each in self.contacts if is_one(each.person)],
            promises=[each for each in self.promises if is_one(each.person)],
            withdrawals=[each for each in self.withdrawals if is_one(each.person)],
            closings=[each for each in self.closings if is_one(each.person)],
            referrals=[each for each in self.referrals if is_one(each.person)],
            surveys=[each for each in self.surveys if is_one(each.person)],
            transfers=[],
            happenings=[],
            live=[],
        )


def victims(people: Iterable[Person]) -> int:
    """Return how many different victims these are: one in two cases is counted once."""
    return len({person.victim for person in people})


def grouped(rows: Iterable[T], by: Callable[[T], str]) -> Iterator[tuple[str, list[T]]]:
    """Yield the parts of some rows, by name."""
    parts: dict[str, list[T]] = {}
    for row in rows:
        parts.setdefault(by(row), []).append(row)
    yield from sorted(parts.items())


def by_offence(rows: Sequence[Of[R]]) -> Iterator[tuple[str, list[Of[R]]]]:
    """Yield all rows as ``all``, then those of each group of offences."""
    yield ALL, list(rows)
    yield from grouped(rows, lambda each: each.person.group)


def middle(values: Collection[float]) -> float | None:
    """Return the median, to two places; None of nothing."""
    return round(float(median(values)), 2) if values else None


def ninetieth(values: Collection[float]) -> float | None:
    """Return the 90th percentile by nearest rank: nine of ten are no greater; None of nothing.

    >>> ninetieth([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    9
    """
    if not values:
        return None
    return sorted(values)[math.ceil(len(values) * 0.9) - 1]


def counts_of(names: Iterable[str], *, among: Sequence[str] = (), prefix: str = "") -> dict[str, int]:
    """Return how often each name occurs, those in ``among`` also where they do not."""
    found = Counter(names)
    ordered = [*among, *sorted(found.keys() - set(among))]
    return {f"{prefix}{name}".replace(" ", "_").replace("-", "_"): found[name] for name in ordered}
