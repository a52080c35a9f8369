"""Our top-level packages are ours alone: a dependency that brings one of the same name would be imported instead."""

from __future__ import annotations

from importlib.metadata import distributions
from importlib.util import find_spec

import pytest

from tests.code_health.own_files import PACKAGES, REPOSITORY


def claimed() -> set[str]:
    """Every one of our names that an installed distribution other than Waymark brings, as "distribution: name"."""
    return {
        f"{distribution.name}: {name}"
        for distribution in distributions()
        if distribution.name != "waymark"
        for name in {file.parts[0].removesuffix(".py") for file in distribution.files or ()} & set(PACKAGES)
    }


def test_no_dependency_claims_one_of_our_names() -> None:
    assert not claimed()


@pytest.mark.parametrize("name", PACKAGES)
def test_each_of_our_names_leads_into_this_repository(name: str) -> None:
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    assert str(REPOSITORY / name) in list(spec.submodule_search_locations)
