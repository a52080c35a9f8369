"""Each figure names the document that says so, or why it was assumed."""

from __future__ import annotations

import pytest

from services.simulator import assumptions, figures
from services.simulator.chance import Figure

DOCUMENTS = {"000", "001", "002", "003", "004"}


def named() -> list[tuple[str, Figure[object]]]:
    found: list[tuple[str, Figure[object]]] = []
    for module in (figures, assumptions):
        for name, held in vars(module).items():
            if isinstance(held, Figure):
                found.append((name, held))
            elif name.isupper() and isinstance(held, dict):
                found += [(f"{name} {key}", each) for key, each in held.items()]
    return found


@pytest.mark.parametrize(("name", "figure"), named(), ids=[name for name, _ in named()])
def test_a_figure_has_a_source_or_a_reason(name: str, figure: Figure[object]) -> None:
    assert (figure.document in DOCUMENTS and bool(figure.says)) != bool(figure.assumed), name


def test_there_are_figures_from_documents_and_assumed_ones() -> None:
    assert sum(figure.document is not None for _, figure in named()) >= 40
    assert sum(figure.assumed is not None for _, figure in named()) >= 100


def test_no_name_stands_in_both_files() -> None:
    names = [name for name, _ in named()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "figure"), [each for each in named() if isinstance(each[1].value, float)])
def test_a_share_lies_between_nothing_and_all(name: str, figure: Figure[float]) -> None:
    assert 0 <= figure.value <= 1, name


@pytest.mark.parametrize("kind", list(figures.OUTCOMES))
def test_the_outcomes_of_a_kind_are_all_there_are(kind: str) -> None:
    assert sum(share for _, share in figures.OUTCOMES[kind].value) == pytest.approx(1, abs=0.002)


def test_what_the_documents_say_of_charges_is_what_is_drawn() -> None:
    said = {kind: dict(figures.OUTCOMES[kind].value)["charged"] for kind in ("rape", "sexual", "domestic")}
    assert said == {"rape": 0.043, "sexual": 0.075, "domestic": 0.05}
