"""compose.yaml is tried only where an engine is named: its images must be there, and it takes minutes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.composed import ENGINE, Composed


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """Everything of compose.yaml, starting; taken down at the end."""
    if not ENGINE:
        pytest.skip("CONTAINER_ENGINE names no engine: `make compose-try` does (docs/deployment.md).")
    composed = Composed(Path(tmp_path_factory.mktemp("compose")))
    try:
        composed.up()
        yield composed
    finally:
        composed.down()
