"""Finds the shared folder beside the repository: hand-made cases and labelled contacts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


def shared(*parts: str) -> Path:
    """A path in the shared folder; in CI a missing one fails, elsewhere the test says why it is skipped."""
    path = _REPOSITORY.parent.joinpath("shared", *parts)
    if not path.exists():
        reason = f"shared/{'/'.join(parts)} does not lie beside this repository"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
