"""The examples in docstrings say what is true."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

from tests.code_health.own_files import python_files, text_of

OURS = ("contracts", "services", "consumers", "notifications", "infra")


def module_name(path: Path) -> str:
    """The dotted name of a Python file of ours."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


WITH_EXAMPLES = [module_name(path) for path in python_files() if path.parts[0] in OURS and "    >>> " in text_of(path)]


def test_there_are_examples_to_check() -> None:
    assert WITH_EXAMPLES


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    found = doctest.testmod(import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
