"""Commands are loaded when they are chosen, and what is said of them before then is what they say themselves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from services.cli.later import Later
from services.cli.main import build_app

STORE_ALONE = ("case", "dead", "explain", "ledger", "officers", "people", "report", "texts", "time", "worklist")
"""Commands that need PostgreSQL, and neither Kafka nor spans."""
NO_SERVER = ("assess", "grade", "rules", "settings", "simulate")

KAFKA_AND_SPANS = ("faststream", "aiokafka", "kafka", "opentelemetry")
THE_STORE = ("sqlalchemy", "asyncpg", "alembic")
PAGES = ("fastapi", "uvicorn", "jinja2")


def listed_by(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Later]]:
    """Every command that is loaded later, by its words."""
    for name, command in group.commands.items():
        words = (*path, name)
        if isinstance(command, Later):
            yield " ".join(words), command
        loaded = command.loaded() if isinstance(command, Later) else command
        if hasattr(loaded, "commands"):
            yield from listed_by(loaded, words)


LATER = dict(listed_by(typer.main.get_command(build_app())))


def packages_loaded_after(*words: str) -> set[str]:
    """The packages a process has loaded once it has answered these words."""
    program = (
        "import sys\n"
        "from services.cli.main import main\n"
        f"sys.argv = {['waymark', *words]!r}\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print({name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={}
    )
    assert "Usage: waymark" in done.stdout
    return set(done.stderr.split("'"))


@pytest.mark.parametrize("words", sorted(LATER))
def test_a_command_says_of_itself_what_the_list_says_of_it(words: str) -> None:
    later = LATER[words]
    itself = later.loaded()
    assert later.name == itself.name
    assert later.help == " ".join(itself.help.split("\n\n")[0].split())
    assert not itself.hidden
    assert not itself.deprecated


def test_the_list_of_commands_loads_none_of_them() -> None:
    loaded = packages_loaded_after("--help")
    assert "typer" in loaded
    assert not loaded & {"pydantic", "rules", *KAFKA_AND_SPANS, *THE_STORE, *PAGES}


@pytest.mark.parametrize("command", STORE_ALONE)
def test_a_command_that_needs_the_store_alone_loads_neither_kafka_nor_spans_nor_pages(command: str) -> None:
    loaded = packages_loaded_after(command, "--help")
    assert "sqlalchemy" in loaded
    assert not loaded & {*KAFKA_AND_SPANS, *PAGES}


@pytest.mark.parametrize("command", NO_SERVER)
def test_a_command_that_needs_no_server_loads_no_client_of_one(command: str) -> None:
    assert not packages_loaded_after(command, "--help") & {*KAFKA_AND_SPANS, *THE_STORE, *PAGES}
