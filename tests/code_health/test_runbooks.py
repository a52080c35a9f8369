"""The runbooks: a page a guarantee, commands and figures that exist, and alerts that lead to a page that names them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from services.cli.main import build_app
from tests.code_health.own_files import REPOSITORY, own_files, text_of
from tests.support.scraped import everything, sample_names

RUNBOOKS = tuple(path for path in own_files() if path.parts[:2] == ("docs", "runbooks"))
PAGES = tuple(path for path in RUNBOOKS if path.name[0].isdigit())
"""A page a guarantee; the others are about one thing that is done, or happens."""
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(text_of(Path("infra/monitoring/alerts.yaml")))["groups"] for rule in group["rules"]
]
NAMES = sample_names(everything())
_IN_TEXT = re.compile(r"`waymark ([a-z][^`\n]*)`")
_IN_BLOCK = re.compile(r"^\$ waymark (.*)$", re.MULTILINE)
_FIGURE = re.compile(r"\bwaymark_[a-z_]+")


def commands_of(path: Path) -> list[list[str]]:
    """The commands a page names, in running text and in console blocks."""
    return [shlex.split(each) for pattern in (_IN_TEXT, _IN_BLOCK) for each in pattern.findall(text_of(path))]


COMMANDS = sorted({(path, tuple(words)) for path in RUNBOOKS for words in commands_of(path)})


def test_each_of_the_six_guarantees_has_its_page() -> None:
    assert [path.name[:2] for path in PAGES] == ["1-", "2-", "3-", "4-", "5-", "6-"]
    index = text_of(Path("docs/runbooks/README.md"))
    assert not [path for path in RUNBOOKS if path.name != "README.md" and f"]({path.name})" not in index]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_each_page_says_what_to_look_at_what_to_do_and_whom_to_tell(path: Path) -> None:
    text = text_of(path)
    assert "**Promise.**" in text
    for heading in ("## How you see that it holds", "## Alerts", "## Whom to tell"):
        assert heading in text
    assert commands_of(path)


@pytest.mark.parametrize(
    ("path", "words"), COMMANDS, ids=lambda each: str(each) if isinstance(each, Path) else " ".join(each)
)
def test_every_command_of_a_runbook_exists_with_its_options(path: Path, words: tuple[str, ...]) -> None:
    assert path
    done = CliRunner().invoke(build_app(), [*words, "--help"])
    assert done.exit_code == 0, done.output
    assert "Usage: " in done.output


@pytest.mark.parametrize("path", RUNBOOKS, ids=str)
def test_every_figure_of_a_runbook_exists(path: Path) -> None:
    assert not set(_FIGURE.findall(text_of(path))) - NAMES


@pytest.mark.parametrize("path", RUNBOOKS, ids=str)
def test_every_link_of_a_runbook_leads_somewhere(path: Path) -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", text_of(path))
    assert not [each for each in linked if not (REPOSITORY / path.parent / each).exists()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_alert_asks_for_figures_that_exist_and_leads_to_a_page_that_names_it(rule: dict[str, Any]) -> None:
    asked = set(_FIGURE.findall(rule["expr"]))
    assert asked or rule["expr"].startswith("up{")
    assert not asked - NAMES
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert rule["labels"]["severity"] in {"page", "day"}
    assert rule["annotations"]["summary"].endswith((".", "?"))
    assert rule["alert"] in text_of(Path(rule["annotations"]["runbook"]))


def test_every_alert_that_a_page_names_exists() -> None:
    named = {name for path in PAGES for name in re.findall(r"\bWaymark[A-Z][A-Za-z]+", text_of(path))}
    assert named == {rule["alert"] for rule in RULES}


def test_labels_that_an_alert_asks_for_exist() -> None:
    labels = {
        (sample.name, name, value)
        for family in everything()
        for sample in family.samples
        for name, value in sample.labels.items()
    }
    asked = {
        (series, name, value)
        for rule in RULES
        for series, name, value in re.findall(r'(waymark_[a-z_]+)\{([a-z]+)="([^"]+)"\}', rule["expr"])
    }
    assert asked
    assert not asked - labels
