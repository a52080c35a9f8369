"""The files that are ours: what git tracks or would track, read once."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "services", "consumers", "notifications", "infra", "tests", "benchmarks")
COMPILED = frozenset({"requirements.txt"})
"""Made by a tool and full of digits that mean nothing to people."""


@cache
def own_files() -> tuple[Path, ...]:
    """Every file git tracks, and every new one it does not ignore, relative to the repository."""
    git = shutil.which("git") or "git"
    listed = subprocess.run(  # noqa: S603 - git, with words written here
        [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout
    found = sorted(Path(name) for name in listed.decode().split("\0") if name)
    return tuple(path for path in found if (REPOSITORY / path).is_file())


@cache
def text_of(path: Path) -> str:
    """The text of one of our files."""
    return (REPOSITORY / path).read_text(encoding="utf-8")


def python_files() -> tuple[Path, ...]:
    """Every Python file of ours."""
    return tuple(path for path in own_files() if path.suffix == ".py")
