"""What the README tells a newcomer to type exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import build_app
from tests.code_health.own_files import REPOSITORY, text_of

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TARGET = re.compile(r"^([a-z-]+):.*?## \S", re.MULTILINE)
_WAYMARK = ".venv/bin/waymark"


def console_commands(text: str) -> list[list[str]]:
    """The commands of every console block, split into words, comments left out."""
    lines = [line for block in _BLOCK.findall(text) for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]


COMMANDS = console_commands(text_of(Path("README.md")))
TARGETS = set(_TARGET.findall(text_of(Path("Makefile"))))


def test_the_readme_shows_both_ways_in() -> None:
    assert ["make", "up"] in COMMANDS
    assert ["make", "test"] in COMMANDS
    assert any(words[0] == _WAYMARK for words in COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_in_the_readme_exists(words: list[str]) -> None:
    if words[0] == "make":
        assert words[1] in TARGETS
        return
    assert words[0] == _WAYMARK
    # With --help behind them, a command, option or argument that does not exist is still refused.
    done = CliRunner().invoke(build_app(), [*words[1:], "--help"])
    assert done.exit_code == 0, done.output
    assert "Usage: " in done.output


def test_targets_named_in_running_text_exist() -> None:
    assert set(re.findall(r"`make\s+([a-z-]+)", text_of(Path("README.md")))) <= TARGETS


def test_files_the_readme_leads_to_exist() -> None:
    text = text_of(Path("README.md"))
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    named = [word for words in COMMANDS for word in words if word.startswith("examples/")]
    assert linked
    assert not [path for path in (*linked, *named) if not (REPOSITORY / path).exists()]
